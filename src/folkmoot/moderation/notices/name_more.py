"""A steward reads what a machine could not: an address in a picture, a post that was only described."""

from __future__ import annotations

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database
from folkmoot.errors import Invalid
from folkmoot.moderation.notices import queries
from folkmoot.moderation.notices.clocks import set_clock
from folkmoot.moderation.notices.find import look_up, standing
from folkmoot.moderation.notices.inhand import NoticeInHand
from folkmoot.moderation.notices.reading import read_text
from folkmoot.moderation.notices.receive import house
from folkmoot.moderation.notices.states import RUNNING, NoticeClosed, State, Step, What
from folkmoot.moderation.notices.take_up import is_confirmed, look_at
from folkmoot.moderation.notices.write import settle
from folkmoot.moderation.notices.write_down import matters_in, write_items
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.gate import Gate
from folkmoot.settings import Settings


async def name_more(
    db: Database, gate: Gate, settings: Settings, steward: Viewer, notice_id: int, addresses: str
) -> int:
    """Add addresses, one a line, to what a notice names; how many were not known yet.

    They run by the notice's clock, and are hidden in time like the rest. Raises Forbidden, Missing, NoticeClosed, Invalid.
    """
    steward.check_role(Role.STEWARD)
    lines = tuple(line.strip()[:2_000] for line in addresses.splitlines() if line.strip())
    reading = read_text("", received_at=clock.now(), house=await house(db, settings), links=lines)
    targets = [each for each in await look_up(db, reading.items) if each.what is not What.UNKNOWN]
    if not targets:
        raise Invalid("Name at least one address (URL) of this network.", field="addresses")
    standings = [standing(each, confirmed=True) for each in targets]
    findings = await look_at(db, gate, matters_in(targets, standings, 1))
    async with db.transaction() as tx:
        notice = await NoticeInHand.lock(tx, notice_id)
        if notice.file.state not in RUNNING:
            raise NoticeClosed
        rows = await queries.items(tx, notice_id)
        known = {(row["what"], row["account_id"] if row["what"] == What.ACCOUNT else row["post_id"]) for row in rows}
        fresh = [each for each in targets if each.key not in known]
        if fresh:
            if notice.file.state is State.INTERIM:
                notice.take(Step.REOPEN, by=steward.actor, why="more was named")
            hows = [standing(each, confirmed=True) for each in fresh]
            first = len(rows) + 1
            await write_items(tx, notice, fresh, hows, findings, first=first, believed=is_confirmed(notice))
            notice.take(Step.CONFIRM, by=steward.actor, why="more addresses")
            await set_clock(tx, notice)
            await settle(tx, settings, notice)
        tx.record(Event.NOTICE_CONFIRMED, actor=steward.actor, subject=notice_id, added=len(fresh), **steward.traces)
        await notice.write()
    return len(fresh)
