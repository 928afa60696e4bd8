"""Read one's notifications, throw them away, remember how far one has read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.errors import Missing
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.notifications import queries, rules
from folkmoot.network.notifications.views import Kind, Marker, NotificationView


async def listing(
    db: Database,
    viewer: Viewer,
    *,
    max_id: int | None = None,
    since_id: int | None = None,
    min_id: int | None = None,
    limit: int = 40,
    kinds: Iterable[Kind | str] | None = None,
    exclude: Iterable[Kind | str] | None = None,
    account_id: int | None = None,
    unchecked: bool = False,
) -> list[NotificationView]:
    """A page of the viewer's notifications, newest first; kinds we do not know are passed over.

    `unchecked` is for a caller that asks `visibility` about each itself, from memory: the statement then does not.
    """
    return await queries.listing(
        db,
        viewer.account_id,
        max_id=max_id,
        since_id=since_id,
        min_id=min_id,
        limit=max(1, min(limit, rules.LONGEST_PAGE)),
        kinds=rules.known(kinds),
        exclude=rules.known(exclude),
        from_id=account_id,
        unchecked=unchecked,
    )


async def get_notification(db: Database, viewer: Viewer, id: int) -> NotificationView:
    """One of the viewer's notifications. Raises Missing."""
    found = await queries.find(db, viewer.account_id, id)
    if found is None:
        raise Missing
    return found


async def unread_count(
    db: Database,
    viewer: Viewer,
    *,
    kinds: Iterable[Kind | str] | None = None,
    exclude: Iterable[Kind | str] | None = None,
    limit: int = 100,
) -> int:
    """How many notifications came after the viewer's read position, `limit` meaning that many or more."""
    limit = max(1, min(limit, rules.MOST_COUNTED))
    return await queries.unread(db, viewer.account_id, rules.known(kinds), rules.known(exclude), limit)


async def clear(db: Database, viewer: Viewer) -> None:
    """Throw all of the viewer's notifications away."""
    async with db.transaction() as tx:
        await queries.delete_all(tx, viewer.account_id)
        tx.announce("notifications.cleared", account_id=viewer.account_id)


async def dismiss(db: Database, viewer: Viewer, id: int) -> None:
    """Throw one notification away. Raises Missing."""
    async with db.transaction() as tx:
        if not await queries.delete_one(tx, viewer.account_id, id):
            raise Missing
        tx.announce("notification.removed", id=id, account_id=viewer.account_id)


async def markers(db: Database, viewer: Viewer, timelines: Sequence[str]) -> dict[str, Marker]:
    """The viewer's read positions in these timelines, where they have any."""
    found = await queries.markers(db, viewer.account_id, timelines)
    return {marker.timeline: marker for marker in found}


async def set_markers(
    db: Database, viewer: Viewer, last_read: Mapping[str, int], *, versions: Mapping[str, int] | None = None
) -> dict[str, Marker]:
    """Remember how far the viewer has read. `versions` are those the change builds on: another one raises Conflict."""
    rules.check_timelines(last_read)
    if not last_read:
        return {}
    async with db.transaction() as tx:
        put = await queries.put_markers(tx, viewer.account_id, last_read, clock.now())
        rules.check_versions(put, versions or {})
        tx.announce("markers.changed", account_id=viewer.account_id)
    return {marker.timeline: marker for marker in put}
