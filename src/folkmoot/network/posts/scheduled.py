"""Posts that wait for their time. The timer is a row, so it goes on wherever the network moves."""

from __future__ import annotations

from datetime import datetime

import msgspec
import structlog

from folkmoot import clock
from folkmoot.database import Database, Row
from folkmoot.errors import Conflict, FolkmootError, Invalid, Missing, Unavailable
from folkmoot.ids import new_id
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.posts import queries, rules, scheduled_queries
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.views import MediaView
from folkmoot.network.site.read_only import read_only

log = structlog.get_logger(__name__)


class TooSoon(Invalid):
    sentence = "Validation failed: Scheduled at must be at least 5 minutes in the future"


class ScheduledView(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    due_at: datetime
    draft: rules.Draft
    media: tuple[MediaView, ...] = ()


async def schedule(
    desk: Desk, viewer: Viewer, draft: rules.Draft, at: datetime, *, key: str | None = None
) -> ScheduledView:
    """Keep the draft until `at`. Raises TooSoon and the errors of `rules`. The same key schedules once."""
    if not rules.due_for_schedule(at, clock.now()):
        raise TooSoon(field="scheduled_at")
    draft = draft.cleaned()
    rules.check_draft(
        draft,
        longest=desk.settings.post_length,
        most_media=desk.settings.media_per_post,
        own_domain=desk.settings.domain,
    )
    if key and (earlier := await queries.post_with_key(desk.db, viewer.account_id, key, clock.now() - _AN_HOUR)):
        return await get(desk.db, viewer, earlier)
    if len(await scheduled_queries.loose_media(desk.db, viewer.account_id, draft.media)) != len(draft.media):
        raise rules.MediaUnusable(field="media")
    id = new_id()
    try:
        async with desk.db.transaction() as tx:
            if key:
                await queries.keep_key(tx, viewer.account_id, key, id, clock.now())
            await scheduled_queries.insert_scheduled(
                tx, id, viewer.account_id, at, msgspec.json.encode(draft).decode(), clock.now()
            )
    except queries.KeyTaken:
        earlier = await queries.post_with_key(desk.db, viewer.account_id, key or "", clock.now() - _AN_HOUR)
        if earlier is None:
            raise Conflict("The same request is being worked on") from None
        return await get(desk.db, viewer, earlier)
    return await get(desk.db, viewer, id)


_AN_HOUR = rules.SCHEDULE_AHEAD * 12


async def waiting(db: Database, viewer: Viewer, *, before: int | None, limit: int) -> list[ScheduledView]:
    """The viewer's scheduled posts, the latest made first."""
    return [
        await _view(db, viewer, row)
        for row in await scheduled_queries.scheduled(db, viewer.account_id, None, before, limit)
    ]


async def get(db: Database, viewer: Viewer, id: int) -> ScheduledView:
    """One of them. Raises Missing."""
    rows = await scheduled_queries.scheduled(db, viewer.account_id, id, None, 1)
    if not rows:
        raise Missing
    return await _view(db, viewer, rows[0])


async def reschedule(db: Database, viewer: Viewer, id: int, at: datetime, now: datetime) -> ScheduledView:
    """Give it another time. Raises Missing, TooSoon."""
    if not rules.due_for_schedule(at, now):
        raise TooSoon(field="scheduled_at")
    async with db.transaction() as tx:
        if not await scheduled_queries.set_due(tx, viewer.account_id, id, at):
            raise Missing
    return await get(db, viewer, id)


async def cancel(db: Database, viewer: Viewer, id: int) -> None:
    """Forget it. Raises Missing."""
    async with db.transaction() as tx:
        if not await scheduled_queries.delete_scheduled(tx, viewer.account_id, id):
            raise Missing


async def publish_due(desk: Desk) -> int:
    """Publish what is due; says how many. May run twice: a scheduled post's row goes as its post comes."""
    due = await scheduled_queries.due(desk.db, clock.now())
    if due and (pause := await read_only(desk.db)) is not None and pause.in_force(clock.now()):
        return 0  # the operator has stopped all writing: the rows wait
    for row in due:
        viewer = Viewer(
            account_id=row["account_id"],
            name=row["name"],
            role=Role(row["role"]),
            slowed_until=row["slowed_until"],
        )
        try:
            await publish(desk, viewer, msgspec.json.decode(row["draft"], type=rules.Draft), scheduled_id=row["id"])
        except Unavailable:
            raise  # the row is still there, and the next run tries again
        except FolkmootError as error:  # what it answered is gone, say: it stays out, and the author's list is clean
            log.warning("scheduled post refused", post=row["id"], why=error.words)
            async with desk.db.transaction() as tx:
                await scheduled_queries.delete_scheduled(tx, row["account_id"], row["id"])
    return len(due)


async def _view(db: Database, viewer: Viewer, row: Row) -> ScheduledView:
    draft = msgspec.json.decode(row["draft"], type=rules.Draft)
    media = await scheduled_queries.loose_media(db, viewer.account_id, draft.media)
    return ScheduledView(id=row["id"], due_at=row["due_at"], draft=draft, media=tuple(media))
