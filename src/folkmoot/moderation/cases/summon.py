"""Give a juror their next case, take it back when the lease is over."""

from __future__ import annotations

import math
import secrets

from folkmoot import clock
from folkmoot.database import Database, Row, Transaction
from folkmoot.errors import Forbidden
from folkmoot.ids import new_id
from folkmoot.moderation.cases import care, content_queries, learned_queries, seats
from folkmoot.moderation.cases.inhand import CaseInHand
from folkmoot.moderation.cases.juries import (
    CARE,
    KNOWN_FOR,
    LEASE,
    Exclusion,
    Exposure,
    NotYourSeat,
    control_due,
    may_sit,
)
from folkmoot.moderation.cases.rows import content
from folkmoot.moderation.cases.states import ON_THE_DOCKET, State, Step
from folkmoot.moderation.cases.views import NoSeat, SeatView
from folkmoot.network.access.viewer import Viewer

AT_A_TIME = 12
"""Cases looked at together; the first the juror may sit in is theirs."""
LOOKS = 8
_SEATED = (*ON_THE_DOCKET, State.APPEALED)


class NotAVolunteer(Forbidden):
    sentence = "Jurors are members who have volunteered; you can do so at any time"


async def next_seat(db: Database, juror: Viewer) -> SeatView | NoSeat:
    """The case the juror holds already, or the first in the queue they may sit in, leased for ten minutes.

    Nobody chooses their case. A few are controls, whose answer is known, and look like any other.
    Raises NotAVolunteer for who never offered.
    """
    async with db.transaction() as tx:
        me = await seats.lock_juror(tx, juror.account_id)
        if me is None or me["stepped_down_at"] is not None:
            raise NotAVolunteer
        now = clock.now()
        held = await seats.open_seat(tx, juror.account_id)
        if held is not None:
            if await seats.is_excluded(tx, held["id"]):
                await _leave(tx, held, "excluded")
            elif now < held["lease_until"] and not await seats.moved_version(tx, held["content_id"]):
                return await _show(tx, held, me)
            else:
                await lapse(tx, held)
        exposure = care.exposure_of(me, now)
        if me["qualified_at"] is None or me["sent_back_at"] is not None:
            return NoSeat(reason=Exclusion.NOT_QUALIFIED)
        if exposure.break_until is not None:
            return NoSeat(reason=Exclusion.ON_BREAK, until=exposure.break_until)
        found = await _draw(tx, me, exposure)
        if found is None:
            return _nothing(exposure, care.may_see_severe(exposure, now))
        return await _show(tx, found, me)


def _nothing(exposure: Exposure, may_severe: bool) -> NoSeat:
    if may_severe:
        return NoSeat()
    if exposure.severe_today >= CARE.severe_minutes_a_day:
        return NoSeat(reason=Exclusion.OVER_BUDGET)
    return NoSeat(reason=Exclusion.ON_BREAK, until=exposure.milder_until)


async def _draw(tx: Transaction, me: Row, exposure: Exposure) -> Row | None:
    """Find a case, lease the seat; the seat's row."""
    now = clock.now()
    severe = care.may_see_severe(exposure, now)
    draw = secrets.randbelow(1_000_000) / 1_000_000
    if control_due(me["given"], me["controls_given"], draw, learned_queries.wait_from(me["wait"])):
        known = await seats.controls(tx, me["account_id"], me["opted_out"], severe, 5)
        for case in await _allowed(tx, me, known, exposure):
            seat_id = new_id()
            await seats.insert_seat(tx, seat_id, case, me["account_id"], now, now + LEASE, is_control=True)
            return await seats.find_seat(tx, seat_id)
    below = (math.inf, 0)
    for _ in range(LOOKS):
        waiting = await seats.candidates(tx, me["account_id"], me["opted_out"], severe, below, AT_A_TIME)
        for found in await _allowed(tx, me, waiting, exposure):
            case = await CaseInHand.lock(tx, found["id"])  # ours already; the whole row
            seat_id = new_id()
            await seats.insert_seat(tx, seat_id, found, me["account_id"], now, now + LEASE, is_control=False)
            case.take(Step.SEAT, f"{seat_id}", by=me["account_id"], about=seat_id)
            case.note(seats_free=case["seats_free"] - 1)
            await case.write()
            return await seats.find_seat(tx, seat_id)
        if len(waiting) < AT_A_TIME:
            return None
        below = (waiting[-1]["place"], -waiting[-1]["id"])
    return None


async def _allowed(tx: Transaction, me: Row, cases: list[Row], exposure: Exposure) -> list[Row]:
    """Those of the cases the juror may sit in, in their order."""
    if not cases:
        return []
    now = clock.now()
    rows = await seats.acquaintances(tx, me["account_id"], [case["id"] for case in cases], now, KNOWN_FOR)
    who = care.juror_for(me, rows)
    return [case for case in cases if may_sit(who, care.docket_for(case, rows), exposure, now) is None]


async def _show(tx: Transaction, seat: Row, me: Row) -> SeatView:
    contents = {row["id"]: row for row in await content_queries.contents(tx, seat["case_id"])}
    judged = contents[seat["content_id"]]
    earlier = [row for id, row in contents.items() if id < judged["id"] and row["post_id"] == judged["post_id"]]
    today = care.exposure_of(me, clock.now()).severe_today
    return SeatView(
        id=seat["id"],
        lease_until=seat["lease_until"],
        content=content(judged, without_names=True),
        earlier=tuple(content(row, without_names=True) for row in earlier),
        category=seat["category"],
        severe=care.is_severe(seat["severity"]),
        copies=max(seat["posts"] - 1, 0),
        severe_minutes_today=today,
        severe_minutes_left=max(CARE.severe_minutes_a_day - today, 0.0),
        may_take_back=me["last_seat"] if me["last_seat"] != seat["id"] else None,
    )


async def pass_on(db: Database, juror: Viewer, seat_id: int) -> None:
    """Leave a case to somebody else, without a reason and without consequences. Raises NotYourSeat."""
    async with db.transaction() as tx:
        if await seats.lock_juror(tx, juror.account_id) is None:
            raise NotAVolunteer
        seat = await seats.open_seat(tx, juror.account_id)
        if seat is None or seat["id"] != seat_id:
            raise NotYourSeat
        await _leave(tx, seat, "passed")


async def lapse(tx: Transaction, seat: Row) -> bool:
    """End a seat whose lease is over; somebody else gets the case. The juror is held by the caller."""
    if not await _leave(tx, seat, "lapsed"):
        return False
    await seats.count_lapse(tx, seat["juror_id"])
    return True


async def _leave(tx: Transaction, seat: Row, how: str) -> bool:
    if seat["is_control"]:
        return await seats.end_seat(tx, seat["id"], how, clock.now())
    case = await CaseInHand.lock(tx, seat["case_id"])
    if not await seats.end_seat(tx, seat["id"], how, case.now):
        return False
    if case.file.state in (*_SEATED, State.ESCALATED):
        # The same seat may be left twice, when its ballot was taken back in between.
        case.take(Step.LAPSE, f"{seat['id']}:{case.file.version}", by=seat["juror_id"], about=seat["id"], why=how)
        if case.file.state in _SEATED:
            case.note(seats_free=case["seats_free"] + 1)
        await case.write()
    return True


async def lapse_due(db: Database, *, limit: int = 200) -> int:
    """End every seat whose lease is over; periodic, and may run twice."""
    due = await seats.lapsed(db, clock.now(), limit)
    for row in due:
        async with db.transaction() as tx:
            await seats.lock_juror(tx, row["juror_id"])
            seat = await seats.find_seat(tx, row["id"])
            if seat is not None and seat["ended_at"] is None and seat["lease_until"] <= clock.now():
                await lapse(tx, seat)
    return len(due)
