"""The clocks of a notice and the operator's table they are taken from."""

from __future__ import annotations

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Transaction
from folkmoot.errors import Conflict, Missing
from folkmoot.moderation.cases.inhand import CaseInHand
from folkmoot.moderation.cases.leave import hurry
from folkmoot.moderation.notices import queries
from folkmoot.moderation.notices.inhand import NoticeInHand
from folkmoot.moderation.notices.rules import ANY, Clock, Kind, check_clock, find_clock, warnings_at
from folkmoot.moderation.notices.states import State
from folkmoot.network.access.viewer import Role, Viewer

DUE = "due"
CALL = "call"
"""The last reminder: every steward is called."""


class NeedsOne(Conflict):
    sentence = "The row for everything else stays; change it instead"


async def list_clocks(db: Database, steward: Viewer) -> list[Clock]:
    """The table, the row for everything else first. Raises Forbidden."""
    steward.check_role(Role.STEWARD)
    return await queries.clocks(db)


async def change_clock(db: Database, operator: Viewer, row: Clock) -> None:
    """Set a row of the table; notices that come from now on run by it. Raises Forbidden, Invalid."""
    operator.check_role(Role.OPERATOR)
    row = Clock(
        kind=row.kind,
        sender=row.sender.strip().lower(),
        minutes=row.minutes,
        warnings=row.warnings,
        why=row.why.strip()[:500],
    )
    check_clock(row)
    async with db.transaction() as tx:
        await queries.keep_clock(tx, row, operator.actor, clock.now())
        tx.record(
            Event.NOTICE_CLOCK_CHANGED,
            actor=operator.actor,
            kind=row.kind,
            sender=row.sender,
            minutes=row.minutes,
            warnings=list(row.warnings),
            **operator.traces,
        )


async def drop_clock(db: Database, operator: Viewer, kind: str, sender: str) -> None:
    """Take a row out of the table. Raises Forbidden, Missing, NeedsOne."""
    operator.check_role(Role.OPERATOR)
    if kind == ANY and not sender:
        raise NeedsOne
    async with db.transaction() as tx:
        if not await queries.drop_clock(tx, kind, sender.strip().lower()):
            raise Missing
        tx.record(Event.NOTICE_CLOCK_CHANGED, actor=operator.actor, kind=kind, sender=sender, **operator.traces)


async def set_clock(tx: Transaction, notice: NoticeInHand) -> None:
    """Set reminders and the end anew by the notice's `due_at`, and put it on the cases that are undecided."""
    row = find_clock(await queries.clocks(tx), Kind(notice["kind"]), notice["sender_address"])
    moments = warnings_at(row, notice["received_at"], notice["due_at"])
    moments = [moment for moment in moments if moment > notice.now]
    if notice.file.met_at is not None and notice.file.state is not State.OPEN:
        moments = []  # the sender has been told; nobody need be reminded
    timers = [(f"warn:{moment:%Y%m%dT%H%M%S}", moment) for moment in moments[:-1]]
    timers += [(f"{CALL}:{moment:%Y%m%dT%H%M%S}", moment) for moment in moments[-1:]]
    if moments or notice.file.state is State.OPEN or notice.file.state is State.RECEIVED:
        timers.append((f"{DUE}:{notice['due_at']:%Y%m%dT%H%M%S}", notice["due_at"]))
    await queries.set_timers(tx, notice.id, timers)
    for item in await queries.items(tx, notice.id):
        if item["case_id"] is not None and item["settled_at"] is None:
            await hurry(tx, await CaseInHand.lock(tx, item["case_id"]), notice["due_at"])
