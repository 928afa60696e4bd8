"""Media between upload and post: described, looked at, discarded by their owner, and swept away when forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.errors import Invalid, Missing
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.media import queries, rules
from folkmoot.network.posts.views import MediaView
from folkmoot.storage import Storage

FORGOTTEN_AFTER = timedelta(hours=24)
UPLOADED = timedelta(minutes=10)
"""After so long an upload has found its place, or none."""
_SWEPT_AT_ONCE = 100


async def find_media(db: Database, viewer: Viewer, media_id: int) -> MediaView | None:
    """One of the viewer's own media, posted or not."""
    return await queries.find(db, viewer.account_id, media_id)


async def describe(
    db: Database,
    viewer: Viewer,
    media_id: int,
    *,
    description: str | None = None,
    focus: tuple[float, float] | None = None,
) -> MediaView:
    """Say what is to be seen, and where the eye belongs; None leaves it. Raises Missing once it was posted."""
    if focus is not None:
        rules.check_focus(focus)
    if description is not None:
        description = rules.described(description)
    async with db.transaction() as tx:
        media = await queries.describe(tx, viewer.account_id, media_id, description, focus)
    if media is None:
        raise Missing()
    return media


async def discard(db: Database, viewer: Viewer, media_id: int) -> None:
    """Take back an upload that was not posted. Raises Missing, or Invalid when it was posted."""
    async with db.transaction() as tx:
        if await queries.delete_loose(tx, viewer.account_id, media_id):
            return
    if await queries.find(db, viewer.account_id, media_id) is None:
        raise Missing()
    raise Invalid("Media attachment is currently used by a status")


async def sweep_loose(db: Database, storage: Storage) -> None:
    """Delete media nobody posted within a day, and objects nobody has referred to for as long."""
    before = clock.now() - FORGOTTEN_AFTER
    async with db.transaction() as tx:
        await queries.delete_forgotten(tx, before)
    while await _sweep_objects(db, storage) == _SWEPT_AT_ONCE:
        pass


async def sweep_these(db: Database, storage: Storage, *, keys: Sequence[str]) -> None:
    """Delete those of these objects that nobody refers to, without waiting a day. May run twice."""
    await _sweep_objects(db, storage, UPLOADED, keys)


async def _sweep_objects(
    db: Database, storage: Storage, after: timedelta = FORGOTTEN_AFTER, among: Sequence[str] | None = None
) -> int:
    # The files go inside the transaction, against our habit: its locks keep an upload of the same bytes waiting until
    # they are gone for certain. Should it fail half-way, the rows still name what is to be deleted next time.
    async with db.transaction() as tx:
        keys = await queries.lock_unreferenced(tx, clock.now() - after, _SWEPT_AT_ONCE, among)
        for key in keys:
            await storage.delete(key)
        await queries.delete_objects(tx, keys)
    return len(keys)
