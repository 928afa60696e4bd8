"""What the passing of time does to cases. Clocks are rows, so they go on by themselves on another host."""

from __future__ import annotations

from folkmoot import clock
from folkmoot.database import Database, Transaction
from folkmoot.moderation import evidence
from folkmoot.moderation.cases import learned_queries, queries, seats, timer_queries
from folkmoot.moderation.cases.effects import hide_provisionally, restore_provisionally
from folkmoot.moderation.cases.inhand import CaseInHand
from folkmoot.moderation.cases.priority import ORDER, Default, default_for, wait_minutes
from folkmoot.moderation.cases.priors import calibrate
from folkmoot.moderation.cases.rules import Verdict
from folkmoot.moderation.cases.states import ON_THE_DOCKET, State, Step
from folkmoot.moderation.cases.summon import lapse_due
from folkmoot.moderation.cases.verdict import RETENTION, decide
from folkmoot.moderation.cases.weights import LEARNING, Record, learn_from_all, needs_practice
from folkmoot.moderation.sanctions.enforce import end_what_is_over

AT_A_TIME = 100
MOVED_AT_ONCE = 2_000
"""A juror who votes meanwhile should not have to wait."""


async def work_clocks(db: Database) -> int:
    """Do all that is due: leases, clocks of cases, strikes and suspensions that end. May run twice; how many."""
    done = await lapse_due(db)
    for due in await timer_queries.due_timers(db, clock.now(), AT_A_TIME):
        async with db.transaction() as tx:
            if await timer_queries.take_timer(tx, due["case_id"], due["kind"], clock.now()):
                case = await CaseInHand.lock(tx, due["case_id"])
                await _ACTS[due["kind"]](tx, case)
                await case.write()
                done += 1
    return done + await end_what_is_over(db, clock.now())


async def _default(tx: Transaction, case: CaseInHand) -> None:
    """Nobody decided in time: what is grave and hidden stays so, anything else is restored."""
    if not case.is_undecided:
        return
    stays = default_for(case.policy, life_at_risk=case.file.life_at_risk) is Default.STAYS_HIDDEN
    if case.file.state in (State.EMPANELLED, State.TRIAGED):
        case.take(Step.ESCALATE, "default", why="nobody decided in time")
    verdict = Verdict.REMOVE if stays and case.file.hidden else Verdict.KEEP
    await decide(tx, case, verdict, by="clock", ballots=0, why="nobody decided in time")


async def _override(tx: Transaction, case: CaseInHand) -> None:
    """A deadline comes before the jury: hidden for the time being, and the vote goes on."""
    if case.is_undecided:
        case.take(Step.OVERRIDE, f"{case.file.version}", why="a deadline came first")
        await hide_provisionally(tx, case)
        tx.announce("case.overridden", case_id=case.id)


async def _interim(tx: Transaction, case: CaseInHand) -> None:
    """A steward's day is over: what they hid alone is seen again."""
    if case.is_undecided and case.file.hidden and not (case.file.overridden or case.file.life_at_risk):
        case.take(Step.RESTORE, f"interim:{case.file.version}", why="a day is over")
        await restore_provisionally(tx, case)
        await queries.reopen_findings(tx, case.id)


async def _close(tx: Transaction, case: CaseInHand) -> None:
    """The time for appeals is over."""
    if case.file.state is State.APPEALABLE:
        case.take(Step.CLOSE, f"{case['round']}")
        case.note(closed_at=case.now)
        await timer_queries.set_timer(tx, case.id, "erase", case.now + RETENTION)


async def _erase(tx: Transaction, case: CaseInHand) -> None:
    """Evidence has been kept for as long as anybody may need it; under legal hold it stays."""
    if case.file.frozen:
        await timer_queries.set_timer(tx, case.id, "erase", case.now + RETENTION)
    elif case.file.state is State.CLOSED:
        await evidence.purge(tx, case.id, case.now)
        case.note(erased_at=case.now)


_ACTS = {"default": _default, "override": _override, "interim": _interim, "close": _close, "erase": _erase}


async def look_at_the_queue(db: Database) -> float:
    """How long the queue is at the present pace, and the order as the clocks have moved it. Every few minutes."""
    now = clock.now()
    async with db.transaction() as tx:
        figures = await learned_queries.pace(tx, [state.value for state in ON_THE_DOCKET], now)
        per_case = (figures["ballots"] + 400) / (figures["decided"] + 100)
        wait = wait_minutes(figures["waiting"], per_case, max(figures["recent"] / 60, 1.0))
        await learned_queries.keep_learned(tx, "wait", wait, now)
    moved = MOVED_AT_ONCE
    while moved == MOVED_AT_ONCE:
        async with db.transaction() as tx:
            moved = await learned_queries.move_on(tx, now, ORDER.clock, ORDER.age_hours, MOVED_AT_ONCE)
    return wait


async def learn_by_night(db: Database) -> None:
    """Calibrate screening on the verdicts, recompute every juror, credit unknown ones with what the known turned out to be."""
    now = clock.now()
    async with db.transaction() as tx:
        judged = await learned_queries.judged_scores(tx)
        if judged:
            await learned_queries.keep_learned(tx, "calibration", calibrate(judged), now)
        await seats.recompute_records(tx, None, LEARNING.decay, now)
        rows = await learned_queries.records(tx)
        known = {row["account_id"]: Record(row["hit"], row["missed"], row["cleared"], row["accused"]) for row in rows}
        learning = learn_from_all(known.values(), LEARNING)
        await learned_queries.keep_learned(tx, "learning", learning, now)
        await learned_queries.send_back(
            tx, [id for id, record in known.items() if needs_practice(record, learning)], now
        )
