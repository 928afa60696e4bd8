"""What stewards do to a case: decide in pairs, hide for a day, hand it up, set a clock, freeze it. All on record."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from folkmoot.audit import Event
from folkmoot.database import Database, Transaction
from folkmoot.errors import Conflict, Forbidden, Invalid
from folkmoot.moderation.cases import learned_queries, queries, seats, timer_queries
from folkmoot.moderation.cases.alarms import answer_alarm, raise_threat
from folkmoot.moderation.cases.effects import hide_provisionally
from folkmoot.moderation.cases.inhand import CaseInHand, MovedOn
from folkmoot.moderation.cases.priority import override_at
from folkmoot.moderation.cases.rules import Escalation, Verdict, reach_verdict
from folkmoot.moderation.cases.states import AlreadyDecided, State, Step
from folkmoot.moderation.cases.verdict import conclude_appeal, decide
from folkmoot.moderation.cases.verdict import escalate as hand_up
from folkmoot.moderation.sanctions.rules import Measure
from folkmoot.moderation.transparency.log import Deed, enter
from folkmoot.network.access.viewer import Role, Viewer

__all__ = [
    "answer_alarm",
    "decide_as_steward",
    "escalate",
    "freeze",
    "hide_for_now",
    "raise_threat",
    "set_deadline",
]

STEWARDS = 2
INTERIM = timedelta(hours=24)
"""For how long one steward alone may hide something."""
WHY_MOST = 2_000


class NotForYou(Forbidden):
    sentence = "You wrote, reported or judged this yourself, so others decide it"


class OnlyOnce(Conflict):
    sentence = "It was hidden for a day already; now it takes a jury or two stewards"


async def decide_as_steward(
    db: Database,
    steward: Viewer,
    case_id: int,
    verdict: Verdict,
    why: str,
    *,
    rule_id: int | None = None,
    measure: Measure = Measure.REMOVE,
    seen: int | None = None,
) -> bool:
    """A steward's word on an escalated or appealed case; the second one who agrees makes it the verdict.

    Answers whether it is decided now. `seen` is the case's version that was looked at. Raises Forbidden (also for
    stewards who reported, wrote or judged it), Missing, Conflict, AlreadyDecided, Invalid without a reason.
    """
    why = _reason(steward, why)
    async with db.transaction() as tx:
        case = await CaseInHand.lock(tx, case_id)
        if seen is not None and seen != case.seen:
            raise MovedOn
        if case.file.state not in (State.ESCALATED, State.APPEALED):
            raise AlreadyDecided if not case.is_undecided else Conflict("This case is before a jury")
        await check_uninvolved(tx, case, steward)
        earlier = await queries.votes(tx, case_id)
        if case.file.state is State.APPEALED and any(
            row["steward_id"] == steward.account_id and row["round"] < case["round"] for row in earlier
        ):
            raise NotForYou
        said = measure if verdict is Verdict.REMOVE else Measure.KEEP
        if said is Measure.KEEP and verdict is Verdict.REMOVE:
            raise Invalid("Say what should happen to the post.", field="measure")
        await give_word(tx, case, steward, verdict, said, rule_id, why)
        if case.file.state is State.APPEALED:
            return await conclude_appeal(tx, case, await _jury(tx, case))
        return await conclude_pair(tx, case, verdict)


async def check_uninvolved(tx: Transaction, case: CaseInHand, steward: Viewer) -> None:
    """Raise NotForYou for who wrote, reported or judged what the case is about."""
    if await queries.is_involved(tx, case.id, steward.account_id):
        raise NotForYou


async def give_word(
    tx: Transaction,
    case: CaseInHand,
    steward: Viewer,
    verdict: Verdict,
    measure: Measure,
    rule_id: int | None,
    why: str,
) -> None:
    """Write a steward's word down, where the others see it. A step of their deed."""
    kept = None if measure is Measure.KEEP else measure.value
    await queries.keep_vote(tx, case.id, case["round"], steward.account_id, verdict.value, kept, rule_id, why, case.now)
    tx.record(
        Event.CASE_VOTED,
        actor=steward.actor,
        subject=case.id,
        verdict=verdict.value,
        measure=measure.value,
        why=why,
        **steward.traces,
    )
    await enter(tx, Deed.STEWARD_VOTED, case=case.id, steward=steward.actor, verdict=verdict.value, round=case["round"])
    tx.announce("case.voted", case_id=case.id)


async def _jury(tx: Transaction, case: CaseInHand) -> Verdict | Escalation | None:
    """What the fresh jurors of an appeal said; recomputed from their ballots."""
    ballots = await seats.ballots(tx, case.id, case["round"], case["content_id"])
    return reach_verdict(case["prior"], [seats.weighed(row) for row in ballots], case.policy)


async def conclude_pair(tx: Transaction, case: CaseInHand, verdict: Verdict) -> bool:
    """Whether two stewards say so by now; then the case is decided with it."""
    agreed = [row for row in await queries.votes(tx, case.id, case["round"]) if row["verdict"] == verdict.value]
    if len(agreed) < STEWARDS:
        return False
    mildest = min(
        (Measure(row["measure"]) for row in agreed if row["measure"]),
        key=lambda each: -list(Measure).index(each),
        default=None,
    )
    named = Counter(row["rule_id"] for row in agreed if row["rule_id"] is not None)
    await decide(
        tx,
        case,
        verdict,
        by="stewards",
        measure=mildest,
        rule_id=named.most_common(1)[0][0] if named else None,
        ballots=case["ballots"],
        why=" / ".join(row["why"] for row in agreed),
    )
    return True


def _reason(steward: Viewer, why: str) -> str:
    steward.check_role(Role.STEWARD)
    why = why.strip()[:WHY_MOST]
    if not why:
        raise Invalid("Say why: others read it.", field="why")
    return why


async def hide_for_now(db: Database, steward: Viewer, case_id: int, why: str) -> None:
    """Hide what is under judgement for at most 24 hours: the one thing a steward may do alone. On record.

    Raises Forbidden, Missing, AlreadyDecided, OnlyOnce.
    """
    why = _reason(steward, why)
    async with db.transaction() as tx:
        case = await CaseInHand.lock(tx, case_id)
        if not case.is_undecided:
            raise AlreadyDecided
        await hide_alone(tx, case, steward, why)
        await case.write()


async def hide_alone(tx: Transaction, case: CaseInHand, steward: Viewer, why: str) -> None:
    """The step of it. Raises OnlyOnce."""
    if await timer_queries.had_timer(tx, case.id, "interim"):
        raise OnlyOnce
    if not case.file.hidden:
        case.take(Step.HIDE, f"interim:{case.file.version}", by=steward.actor, why=why)
        await hide_provisionally(tx, case)
        await timer_queries.set_timer(tx, case.id, "interim", case.now + INTERIM)
    tx.record(Event.CASE_HIDDEN_FOR_NOW, actor=steward.actor, subject=case.id, why=why, **steward.traces)


async def escalate(db: Database, steward: Viewer, case_id: int, why: str) -> None:
    """Take an undecided case to two stewards. On record. Raises Forbidden, Missing, AlreadyDecided."""
    why = _reason(steward, why)
    async with db.transaction() as tx:
        case = await CaseInHand.lock(tx, case_id)
        await hand_up(tx, case, why, by=steward.actor)
        await case.write()


async def set_deadline(db: Database, steward: Viewer, case_id: int, deadline_at: datetime, why: str) -> None:
    """Somebody outside wants an answer by then: hidden in time if the jury is not done. Raises AlreadyDecided."""
    why = _reason(steward, why)
    async with db.transaction() as tx:
        await deadline(tx, await CaseInHand.lock(tx, case_id), deadline_at)
        tx.record(
            Event.CASE_DEADLINE_SET,
            actor=steward.actor,
            subject=case_id,
            deadline_at=deadline_at.isoformat(),
            why=why,
            **steward.traces,
        )


async def deadline(tx: Transaction, case: CaseInHand, deadline_at: datetime) -> None:
    """The step of it, for notices from outside."""
    if not case.is_undecided:
        raise AlreadyDecided
    minutes = await learned_queries.verdict_p95(tx, case.now)
    case.note(deadline_at=deadline_at, target_at=min(case["target_at"], deadline_at))
    await timer_queries.set_timer(tx, case.id, "override", override_at(deadline_at, timedelta(minutes=minutes)))
    await enter(tx, Deed.DEADLINE_SET, case=case.id, deadline_at=deadline_at)
    await case.write()


async def freeze(db: Database, steward: Viewer, case_id: int, why: str, *, frozen: bool = True) -> None:
    """Put a case under legal hold, so that its evidence is kept whatever else happens; or end the hold."""
    why = _reason(steward, why)
    async with db.transaction() as tx:
        case = await CaseInHand.lock(tx, case_id)
        case.take(Step.FREEZE if frozen else Step.THAW, f"{case.file.version}", by=steward.actor, why=why)
        event = Event.CASE_FROZEN if frozen else Event.CASE_THAWED
        tx.record(event, actor=steward.actor, subject=case_id, why=why, **steward.traces)
        await case.write()
