"""Keep somebody away: block, mute; and note in private why."""

from __future__ import annotations

from datetime import timedelta

from folkmoot import clock
from folkmoot.database import Database, Transaction
from folkmoot.errors import Missing
from folkmoot.ids import new_id
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.notifications import unnotify
from folkmoot.network.relations import queries, rules
from folkmoot.network.relations.follow import disconnect, withdraw
from folkmoot.network.relations.views import RelationView


async def block(db: Database, viewer: Viewer, target_id: int) -> RelationView:
    """Have nothing to do with an account: follows and requests both ways end, and what was at home or told goes."""
    me = viewer.account_id
    rules.check_other(me, target_id)
    async with db.transaction() as tx:
        await queries.lock(tx, me, target_id)
        await _check_known(tx, me, target_id)
        await queries.insert_block(tx, me, target_id, new_id())
        for account_id, other_id in ((me, target_id), (target_id, me)):
            await disconnect(tx, account_id, other_id)
            await withdraw(tx, account_id, other_id)
            if await queries.clear_home(tx, account_id, other_id, shown_too=True):
                tx.announce("home.changed", account_id=account_id)
        await unnotify(tx, kind=None, from_id=target_id, to=me)
        tx.announce("relation.changed", account_id=me, target_id=target_id)
        return await _check_known(tx, me, target_id)


async def unblock(db: Database, viewer: Viewer, target_id: int) -> RelationView:
    """End a block; what it ended before stays ended."""
    me = viewer.account_id
    rules.check_other(me, target_id)
    async with db.transaction() as tx:
        await queries.delete_block(tx, me, target_id)
        tx.announce("relation.changed", account_id=me, target_id=target_id)
        return await _check_known(tx, me, target_id)


async def mute(
    db: Database,
    viewer: Viewer,
    target_id: int,
    *,
    hides_notifications: bool = True,
    seconds: int | None = None,
) -> RelationView:
    """Not see an account for some time, or (None, 0) until further notice; muting again changes how."""
    me = viewer.account_id
    rules.check_other(me, target_id)
    span = rules.check_span(seconds)
    expires_at = clock.now() + timedelta(seconds=span) if span else None
    async with db.transaction() as tx:
        await _check_known(tx, me, target_id)
        await queries.put_mute(tx, me, target_id, new_id(), hides_notifications, expires_at)
        tx.announce("relation.changed", account_id=me, target_id=target_id)
        return await _check_known(tx, me, target_id)


async def unmute(db: Database, viewer: Viewer, target_id: int) -> RelationView:
    """See an account again."""
    me = viewer.account_id
    rules.check_other(me, target_id)
    async with db.transaction() as tx:
        await queries.delete_mute(tx, me, target_id)
        tx.announce("relation.changed", account_id=me, target_id=target_id)
        return await _check_known(tx, me, target_id)


async def end_mutes(db: Database) -> int:
    """Remove the mutes whose time is over, and say how many; readers heed the time before that, too."""
    async with db.transaction() as tx:
        ended = await queries.delete_ended_mutes(tx, clock.now())
        for account_id, target_id in ended:
            tx.announce("relation.changed", account_id=account_id, target_id=target_id)
    return len(ended)


async def note(db: Database, viewer: Viewer, target_id: int, text: str) -> RelationView:
    """Keep a note about an account that only the viewer sees; an empty one removes it."""
    text = rules.check_note(text)
    async with db.transaction() as tx:
        await _check_known(tx, viewer.account_id, target_id)
        await queries.put_note(tx, viewer.account_id, target_id, text)
        return await _check_known(tx, viewer.account_id, target_id)


async def _check_known(tx: Transaction, account_id: int, target_id: int) -> RelationView:
    found = await queries.relations(tx, account_id, [target_id], clock.now())
    if not found:
        raise Missing
    return found[0]
