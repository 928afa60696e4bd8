"""What the operator must tell everyone, and how members answer with a sign."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Row, Transaction
from folkmoot.errors import Missing
from folkmoot.ids import new_id
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.site import limits, queries
from folkmoot.network.site.views import AnnouncementView, Reaction, Translations

_PARTS = {"text": limits.ANNOUNCEMENT_MOST}


async def announce(
    db: Database,
    operator: Viewer,
    *,
    text: str,
    translations: Mapping[str, Mapping[str, str]] | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    all_day: bool = False,
    urgent: bool = False,
    send: bool = True,
) -> AnnouncementView:
    """Tell everyone something: at once, or from `starts_at` when that is to come.

    With `send` it also goes to devices and by mail, once, to all who did not choose otherwise; `urgent` goes to all.
    """
    operator.check_role(Role.OPERATOR)
    text = limits.check_text(text, limits.ANNOUNCEMENT_MOST, "text")
    kept = limits.check_translations(translations, _PARTS)
    limits.check_span(starts_at, ends_at, all_day)
    async with db.transaction() as tx:
        now = clock.now()
        published_at = starts_at if starts_at is not None and starts_at > now else now
        row = await queries.insert_announcement(
            tx, new_id(), text, kept, all_day, starts_at, ends_at, published_at, urgent, now
        )
        if send:
            await queries.insert_sending(tx, row["id"], published_at)
        _tell(tx, "announcement.published", Event.ANNOUNCEMENT_PUBLISHED, operator, row["id"])
        return _view(row)


async def change(
    db: Database,
    operator: Viewer,
    id: int,
    *,
    text: str | None = None,
    translations: Mapping[str, Mapping[str, str]] | None = None,
    starts_at: datetime | UnsetType | None = UNSET,
    ends_at: datetime | UnsetType | None = UNSET,
    all_day: bool | None = None,
) -> AnnouncementView:
    """Change what is given and leave the rest. Raises Missing."""
    operator.check_role(Role.OPERATOR)
    async with db.transaction() as tx:
        row = await queries.find_announcement(tx, id)
        if row is None:
            raise Missing
        before = _view(row)
        text = before.text if text is None else limits.check_text(text, limits.ANNOUNCEMENT_MOST, "text")
        kept = before.translations if translations is None else limits.check_translations(translations, _PARTS)
        start = before.starts_at if isinstance(starts_at, UnsetType) else starts_at
        end = before.ends_at if isinstance(ends_at, UnsetType) else ends_at
        whole = before.all_day if all_day is None else all_day
        limits.check_span(start, end, whole)
        now = clock.now()
        published_at = before.published_at or now
        if published_at > now:  # it has not been seen yet, so it may come at another time
            published_at = start if start is not None and start > now else now
            await queries.move_sending(tx, id, published_at)
        row = await queries.update_announcement(tx, id, text, kept, whole, start, end, published_at, now)
        _tell(tx, "announcement.published", Event.ANNOUNCEMENT_CHANGED, operator, id)
        return _view(row)


async def withdraw(db: Database, operator: Viewer, id: int) -> None:
    """Take an announcement back. Raises Missing."""
    operator.check_role(Role.OPERATOR)
    async with db.transaction() as tx:
        if not await queries.withdraw_announcement(tx, id, clock.now()):
            raise Missing
        _tell(tx, "announcement.withdrawn", Event.ANNOUNCEMENT_WITHDRAWN, operator, id)


async def current(db: Database, viewer: Viewer | None) -> list[AnnouncementView]:
    """What is announced now, the newest first, with what the viewer has read and everybody's reactions."""
    rows = await queries.list_current(db, viewer.account_id if viewer else None, clock.now())
    return [_view(row) for row in rows]


async def every_announcement(db: Database) -> list[AnnouncementView]:
    """All that was not withdrawn, over or not: the operator's list."""
    return [_view(row) for row in await queries.list_announcements(db)]


async def find_for_all(db: Database, id: int) -> AnnouncementView | None:
    """An announcement that stands, as nobody in particular sees it."""
    row = await queries.find_public(db, id)
    return _view(row) if row is not None else None


async def dismiss(db: Database, viewer: Viewer, id: int) -> None:
    """Mark an announcement as read. Raises Missing."""
    async with db.transaction() as tx:
        await _check_there(tx, id)
        await queries.insert_dismissal(tx, viewer.account_id, id)


async def react(db: Database, viewer: Viewer, id: int, name: str) -> None:
    """Put an emoji under an announcement; twice is no error. Raises Missing, NotAReaction, TooManyReactions."""
    async with db.transaction() as tx:
        await _check_there(tx, id)
        limits.check_reaction(name, await queries.reaction_names(tx, id))
        if await queries.insert_reaction(tx, viewer.account_id, id, name):
            await _tell_count(tx, id, name)


async def unreact(db: Database, viewer: Viewer, id: int, name: str) -> None:
    """Take one's emoji away again. Raises Missing."""
    async with db.transaction() as tx:
        await _check_there(tx, id)
        limits.check_reaction(name, [name])
        if await queries.delete_reaction(tx, viewer.account_id, id, name):
            await _tell_count(tx, id, name)


async def _check_there(tx: Transaction, id: int) -> None:
    if await queries.find_announcement(tx, id) is None:
        raise Missing


async def _tell_count(tx: Transaction, id: int, name: str) -> None:
    tx.announce(
        "announcement.reaction", announcement_id=id, name=name, count=await queries.count_reactions(tx, id, name)
    )


def _tell(tx: Transaction, kind: str, event: Event, operator: Viewer, id: int) -> None:
    tx.record(event, actor=operator.actor, subject=id, **operator.traces)
    tx.announce(kind, announcement_id=id)
    tx.announce("site.changed")


def _view(row: Row) -> AnnouncementView:
    given = msgspec.json.decode(row["reactions"]) if "reactions" in row else []
    return AnnouncementView(
        id=row["id"],
        text=row["text"],
        translations=msgspec.json.decode(row["translations"], type=Translations),
        all_day=row["all_day"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        published_at=row["published_at"],
        updated_at=row["updated_at"],
        urgent=row["urgent"],
        read=bool(row["read"]) if "read" in row else False,
        reactions=tuple(Reaction(*reaction) for reaction in given),
    )
