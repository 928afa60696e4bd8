"""What comes to light later: a juror who should not have sat, jurors who act as one. Past cases are looked at without them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import timedelta

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Row, Transaction
from folkmoot.errors import Invalid, Missing
from folkmoot.moderation.cases import learned_queries, seats
from folkmoot.moderation.cases.decide import check_uninvolved
from folkmoot.moderation.cases.inhand import CaseInHand
from folkmoot.moderation.cases.juries import seats_wanted
from folkmoot.moderation.cases.reopen import reopen
from folkmoot.moderation.cases.rings import Cast, Closed, Flip, find_pairs, flips, rings_of
from folkmoot.moderation.cases.rules import POLICIES, Severity, Verdict, reach_verdict
from folkmoot.moderation.cases.states import ON_THE_DOCKET, State, Step
from folkmoot.moderation.cases.truth import dawid_skene, differing
from folkmoot.moderation.cases.weights import Record, accuracies
from folkmoot.network.access.viewer import Role, Viewer

RING_DAYS = timedelta(days=30)
"""How far back cases are recomputed when jurors turn out to be linked."""
COMPARED_DAYS = timedelta(days=90)
WHY_MOST = 2_000


async def void_ballot(db: Database, steward: Viewer, case_id: int, juror: int, why: str) -> bool:
    """A juror should not have sat: their ballot counts no longer. Whether that reopened a decided case.

    `juror` is the number under which `get_case` shows the ballot. Raises Forbidden (also for who wrote, reported or
    judged it), Missing, Invalid without a reason.
    """
    steward.check_role(Role.STEWARD)
    why = why.strip()[:WHY_MOST]
    if not why:
        raise Invalid("Say why: others read it.", field="why")
    async with db.transaction() as tx:
        case = await CaseInHand.lock(tx, case_id)
        await check_uninvolved(tx, case, steward)
        order = list(dict.fromkeys(row["juror_id"] for row in await seats.all_ballots(tx, case_id)))
        if not 1 <= juror <= len(order):
            raise Missing
        reopened = await void(tx, case, order[juror - 1], why)
        tx.record(
            Event.CASE_BALLOT_VOIDED, actor=steward.actor, subject=case_id, why=why, reopened=reopened, **steward.traces
        )
    return reopened


async def void(tx: Transaction, case: CaseInHand, juror_id: int, why: str) -> bool:
    """The step of it. A verdict that would not stand without the ballot goes before fresh jurors."""
    if not await seats.void_ballots_of(tx, case.id, juror_id, why, case.now):
        raise Missing
    case.take(Step.VOID, f"{juror_id}:{case.file.version}", by=juror_id, why=why)
    await seats.forget_scoring(tx, juror_id, case.id, case["round"])
    ballots = [seats.weighed(row) for row in await seats.ballots(tx, case.id, case["round"], case["content_id"])]
    belief = case.weigh(case["prior"], ballots)
    reopened = False
    if case.file.state in (*ON_THE_DOCKET, State.APPEALED):
        case.note(seats_free=seats_wanted(belief, len(ballots), case.policy, seats.NO_SHOW))
    elif (
        case.file.state is State.APPEALABLE
        and case["decided_by"] == "jury"
        and reach_verdict(case["prior"], ballots, case.policy) is not Verdict(case["verdict"])
    ):
        await reopen(tx, case, why)
        reopened = True
    await case.write()
    return reopened


async def find_rings(db: Database) -> list[Flip]:
    """Jurors who act as one, by the ballots of the last weeks: they count once from now on. Nightly.

    Answers the decided cases that would have ended otherwise without them; stewards find them by `doubted`.
    """
    since = clock.now() - RING_DAYS
    rows = await seats.ballots_since(db, since)
    casts = [
        Cast(row["case_id"], row["juror_id"], row["choice"] in ("breaks", "threat"), row["cast_at"], row["seconds"])
        for row in rows
        if row["choice"] != "unsure"
    ]
    rings = rings_of(find_pairs(casts))
    async with db.transaction() as tx:
        fresh = await seats.keep_rings(tx, rings)
    return await would_flip(db, frozenset(fresh)) if fresh else []


async def would_flip(db: Database, jurors: Collection[int]) -> list[Flip]:
    """The decided cases of the last weeks that would have ended otherwise without these jurors."""
    found: dict[int, list[Row]] = {}
    for row in await seats.decided_ballots(db, list(jurors), clock.now() - RING_DAYS):
        found.setdefault(row["case_id"], []).append(row)
    closed = [
        Closed(
            case=case_id,
            prior=rows[0]["prior"],
            ballots=tuple(seats.weighed(row) for row in rows),
            outcome=Verdict(rows[0]["verdict"]),
            severity=Severity(rows[0]["severity"]),
        )
        for case_id, rows in found.items()
    ]
    return list(flips(frozenset(jurors), closed, POLICIES))


async def doubted(db: Database, steward: Viewer) -> list[Flip]:
    """The same of everybody who is linked by now, for stewards to look at. Raises Forbidden."""
    steward.check_role(Role.STEWARD)
    linked = await seats.linked_jurors(db)
    return await would_flip(db, linked) if linked else []


async def compare(db: Database) -> dict[int, tuple[float, float]]:
    """Jurors of whom all ballots together say something else than was learned from case to case, and by how much. Nightly."""
    rows = [row for row in await seats.ballots_since(db, clock.now() - COMPARED_DAYS) if row["choice"] != "unsure"]
    ballots = [(row["case_id"], row["juror_id"], row["choice"] in ("breaks", "threat")) for row in rows]
    estimate = await asyncio.to_thread(dawid_skene, ballots)
    async with db.transaction() as tx:
        _, learning, _ = await learned_queries.learned(tx)
        online = {
            row["account_id"]: accuracies(Record(row["hit"], row["missed"], row["cleared"], row["accused"]), learning)
            for row in await learned_queries.records(tx)
        }
        apart = differing(online, estimate)
        await learned_queries.keep_learned(
            tx, "differing", {str(juror): by for juror, by in apart.items()}, clock.now()
        )
    return apart
