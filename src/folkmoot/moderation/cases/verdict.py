"""A verdict and everything that follows from it, in the transaction that reached it: posts, authors, reporters, jurors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from folkmoot.audit import Event
from folkmoot.database import Database, Row, Transaction
from folkmoot.moderation.cases import learned_queries, queries, seats, timer_queries
from folkmoot.moderation.cases.effects import AT_ONCE, decision_of, hide_provisionally, texts_of
from folkmoot.moderation.cases.inhand import CaseInHand
from folkmoot.moderation.cases.rules import Escalation, Verdict, reach_verdict
from folkmoot.moderation.cases.states import State, Step
from folkmoot.moderation.cases.weights import score_closing, score_final
from folkmoot.moderation.sanctions import enforce
from folkmoot.moderation.sanctions import queries as sanctions
from folkmoot.moderation.sanctions.rules import APPEAL_WINDOW, Judges, Measure
from folkmoot.network.notifications import notify

RETENTION = timedelta(days=184)
"""How long evidence is kept after the last thing that could be done about a case."""
REPORTERS_AT_ONCE = 50


async def conclude(tx: Transaction, case: CaseInHand, ballots: Sequence[Row]) -> Verdict | Escalation | None:
    """See what the ballots amount to, and do it: decide, escalate, or wait on."""
    outcome = reach_verdict(case["prior"], [seats.weighed(row) for row in ballots], case.policy)
    if case.file.state is State.APPEALED:
        if outcome is not None:
            case.note(seats_free=0)
            await conclude_appeal(tx, case, outcome)
        return outcome
    if isinstance(outcome, Verdict):
        await decide(tx, case, outcome, by="jury", rule_id=_rule_named(ballots), ballots=len(ballots))
    elif outcome is Escalation.TO_STEWARDS:
        await escalate(tx, case, "the jury is divided or not sure")
    return outcome


def _rule_named(ballots: Sequence[Row]) -> int | None:
    named = Counter(row["rule_id"] for row in ballots if row["rule_id"] is not None)
    return named.most_common(1)[0][0] if named else None


async def escalate(tx: Transaction, case: CaseInHand, why: str, *, by: int | None = None) -> None:
    """Hand a case to two stewards. Ballots still out are taken, and count for nothing but the record."""
    case.take(Step.ESCALATE, f"{case.file.version}", by=by, why=why)
    case.note(seats_free=0)
    tx.record(Event.CASE_ESCALATED, actor=by, subject=case.id, why=why)
    tx.announce("case.escalated", case_id=case.id)


async def decide(
    tx: Transaction,
    case: CaseInHand,
    verdict: Verdict,
    *,
    by: str,
    measure: Measure | None = None,
    rule_id: int | None = None,
    ballots: int,
    actor: int | None = None,
    why: str = "",
    judges: Judges | None = None,
) -> None:
    """Close a case with a verdict, carry it out and tell everybody concerned. The case is written by this."""
    was_hidden = case.file.hidden_at is not None
    measure = Measure.KEEP if verdict is Verdict.KEEP else measure or Measure.REMOVE
    key = f"{case['round']}"
    for seat in await seats.end_seats(tx, case.id, "closed", case.now):
        case.take(Step.LAPSE, f"{seat['id']}:closed", by=seat["juror_id"], about=seat["id"], why="decided")
    case.take(Step.DECIDE, key, by=actor, why=why or f"{by}: {verdict}")
    case.take(Step.ENFORCE, key)
    case.take(Step.NOTIFY, key)
    case.note(
        verdict=verdict.value, measure=measure.value, decided_by=by, decided_at=case.now, rule_id=rule_id, seats_free=0
    )
    decision = decision_of(
        case,
        by=by,
        measure=measure,
        rule_id=rule_id,
        ballots=ballots,
        judges=judges,
        hidden_by_machine=await queries.waited_out_of_sight(tx, case.id),
    )
    texts = await texts_of(tx, case, was_hidden=was_hidden)
    await enforce.carry_out(tx, decision, texts[:AT_ONCE])
    if len(texts) > AT_ONCE:
        tx.defer("moderation.cases.enforce_rest", once=f"enforce:{case.id}", case_id=case.id)
    judged = by not in ("clock", "order")  # what nobody here judged says nothing about copies of it
    if judged:
        await enforce.remember(tx, decision)
    outcome = "upheld" if verdict is Verdict.REMOVE else "released"
    await sanctions.close_findings(tx, case.id, outcome, case.now, judged=judged)
    await settle_reports(tx, case)
    await timer_queries.stop_timers(tx, case.id, ["default", "override", "interim"], case.now)
    await timer_queries.set_timer(tx, case.id, "close", case.now + APPEAL_WINDOW)
    tx.defer("moderation.cases.score", case_id=case.id)
    tx.record(
        Event.CASE_DECIDED, actor=actor, subject=case.id, by=by, verdict=verdict.value, measure=measure.value, why=why
    )
    tx.announce("case.decided", case_id=case.id)
    await case.write()


async def settle_reports(tx: Transaction, case: CaseInHand) -> None:
    """Give a case's reports their outcome and tell reporters; many are told by a job."""
    outcome = "upheld" if case["verdict"] == "remove" else "refused"
    fresh = await queries.answer_reports(tx, case.id, outcome, case.now, REPORTERS_AT_ONCE)
    for row in fresh:
        if row["reporter_id"] is not None:
            await notify(tx, kind="report_outcome", to=[row["reporter_id"]], from_id=None, about_id=row["report_id"])
        else:
            tx.defer("moderation.reports.mail_outcome", report_id=row["report_id"])
    if len(fresh) == REPORTERS_AT_ONCE:
        tx.defer("moderation.cases.tell_reporters", case_id=case.id)


async def tell_reporters(db: Database, case_id: int) -> None:
    """Tell the rest; a job. Each batch defers the next."""
    async with db.transaction() as tx:
        case = await CaseInHand.lock(tx, case_id)
        if case["verdict"] is not None:
            await settle_reports(tx, case)


async def enforce_on_copy(tx: Transaction, case: CaseInHand, post_id: int) -> None:
    """Do to a copy that came later what was decided about the first, and tell its author."""
    decision = decision_of(
        case, by=case["decided_by"], measure=Measure(case["measure"]), rule_id=case["rule_id"], ballots=case["ballots"]
    )
    texts = [text for text in await texts_of(tx, case, was_hidden=True) if text.post_id == post_id]
    await enforce.carry_out(tx, decision, texts)


async def enforce_rest(db: Database, case_id: int) -> None:
    """Carry a verdict out on the many copies of one post, some at a time; a job, which may run twice."""
    done: set[int] = set()
    while True:
        async with db.transaction() as tx:
            case = await CaseInHand.lock(tx, case_id)
            if case["verdict"] is None:
                return
            told = {row["post_id"] for row in await sanctions.told_of(tx, case_id, list(enforce.KIND_OF.values()))}
            texts = await texts_of(tx, case, was_hidden=True)
            rest = [text for text in texts if text.post_id not in told | done][:AT_ONCE]
            if not rest:
                return
            decision = decision_of(
                case,
                by=case["decided_by"],
                measure=Measure(case["measure"]),
                rule_id=case["rule_id"],
                ballots=case["ballots"],
            )
            await enforce.carry_out(tx, decision, rest)
            done |= {text.post_id for text in rest if text.post_id is not None}


async def hide_rest(db: Database, case_id: int) -> None:
    """Hide the many copies of one post, some at a time; a job, which may run twice."""
    async with db.transaction() as tx:
        case = await CaseInHand.lock(tx, case_id)
        if case.file.hidden:
            await hide_provisionally(tx, case)


# Appeals ------------------------------------------------------------------------------------------------------------


async def conclude_appeal(tx: Transaction, case: CaseInHand, jury: Verdict | Escalation | None) -> bool:
    """Whether fresh jurors and a steward, or else two stewards, agree by now; then what they agree on is done."""
    votes = await queries.votes(tx, case.id, case["round"])
    verdict = agree(jury, [Verdict(row["verdict"]) for row in votes])
    if verdict is None:
        return False
    await settle_appeal(tx, case, verdict)
    return True


def agree(jury: Verdict | Escalation | None, stewards: Sequence[Verdict]) -> Verdict | None:
    """What an appeal comes to: the jury first, then a steward with it or two stewards against it."""
    if jury is None:
        return None
    said = Counter(stewards)
    if isinstance(jury, Verdict) and said[jury]:
        return jury
    return next((verdict for verdict, count in said.items() if count >= 2), None)


async def settle_appeal(tx: Transaction, case: CaseInHand, verdict: Verdict) -> None:
    """End an appeal: as it was, or everything undone and everybody told who had been told."""
    key = f"{case['round']}"
    before = Verdict(case["verdict"])
    for seat in await seats.end_seats(tx, case.id, "closed", case.now):
        case.take(Step.LAPSE, f"{seat['id']}:closed", by=seat["juror_id"], about=seat["id"], why="decided")
    upheld = verdict is before
    case.take(Step.UPHOLD if upheld else Step.REVERSE, key)
    measure = Measure.KEEP if verdict is Verdict.KEEP else Measure.REMOVE
    if not upheld:
        case.note(verdict=verdict.value, measure=measure.value, decided_by="stewards", decided_at=case.now)
    case.note(seats_free=0)
    decision = decision_of(
        case,
        by="stewards",
        measure=Measure(case["measure"]),
        rule_id=case["rule_id"],
        ballots=case["ballots"],
        judges=Judges.APPEAL,
    )
    texts = await texts_of(tx, case, was_hidden=True)
    if upheld and verdict is Verdict.REMOVE:
        await enforce.say_upheld(tx, decision, texts)
    elif not upheld:
        if verdict is Verdict.KEEP:
            await enforce.undo(tx, decision, texts)
        else:
            await enforce.carry_out(tx, decision, texts)
        await enforce.remember(tx, decision)
        outcome = "upheld" if verdict is Verdict.REMOVE else "released"
        await sanctions.close_findings(tx, case.id, outcome, case.now, judged=True)
        await queries.reverse_reports(tx, case.id, "upheld" if verdict is Verdict.REMOVE else "refused", case.now)
        await settle_reports(tx, case)
    await queries.answer_appeals(tx, case.id, "upheld" if upheld else "reversed", case.now)
    await timer_queries.set_timer(tx, case.id, "erase", case.now + RETENTION)
    await timer_queries.stop_timers(tx, case.id, ["close"], case.now)
    tx.defer("moderation.cases.score", case_id=case.id, final=True)
    tx.record(
        Event.APPEAL_DECIDED,
        actor=None,
        subject=case.id,
        outcome="upheld" if upheld else "reversed",
        verdict=verdict.value,
    )
    tx.announce("case.decided", case_id=case.id)
    case.take(Step.CLOSE, key)
    case.note(closed_at=case.now)
    await case.write()


# What a case says of its jurors -------------------------------------------------------------------------------------


async def score(db: Database, case_id: int, *, final: bool = False) -> None:
    """Learn about the jurors of a closed case; after stewards or an appeal, by the truth. A job, which may run twice."""
    async with db.transaction() as tx:
        row = await queries.find_case(tx, case_id)  # not held: who casts a ballot holds their own row first
        if row is None or row["verdict"] is None:
            return
        case = CaseInHand(tx, row)
        _, learning, _ = await learned_queries.learned(tx)
        truth = Verdict(case["verdict"])
        touched: set[int] = set()
        for round in range(1, case["round"] + 1):
            rows = await seats.ballots(tx, case_id, round, case["content_id"])
            ballots = [seats.weighed(row) for row in rows]
            if not ballots:
                continue
            if case["decided_by"] == "jury" and not final:
                scorings = score_closing(case["prior"], ballots, case.policy)
            elif case["decided_by"] in ("clock", "order"):
                scorings = []
            else:
                scorings = score_final(ballots, truth, learning, weight=None if final else 1.0)
            touched |= {scoring.juror for scoring in scorings}
            if scorings:
                await seats.keep_scorings(
                    tx,
                    case_id,
                    round,
                    [(each.juror, each.says, each.truth, each.weight) for each in scorings],
                    case.now,
                )
        if touched:
            await seats.recompute_records(tx, sorted(touched), learning.decay, case.now)
