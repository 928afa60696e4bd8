"""Take a picture in."""

from __future__ import annotations

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.ids import new_id
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.accounts.views import ProfilePicture
from folkmoot.network.media import pictures, queries, rules
from folkmoot.network.media.pictures import Cut, Picture
from folkmoot.network.media.worker import aside
from folkmoot.network.posts.views import MediaView
from folkmoot.settings import Settings
from folkmoot.storage import Key, Storage, key_of, record_object

AVATAR_SIZE = (400, 400)
HEADER_SIZE = (1500, 500)


async def upload(
    db: Database,
    storage: Storage,
    viewer: Viewer,
    *,
    data: bytes,
    filename: str = "",
    description: str = "",
    focus: tuple[float, float] = (0.0, 0.0),
    settings: Settings,
) -> MediaView:
    """Keep a picture, cleaned of all but its pixels, for the viewer's next post.

    The file's name is not kept: it often tells more than its owner means to. Raises Invalid, Unavailable.
    """
    rules.check_size(data, settings.upload_mb)
    rules.check_focus(focus)
    description = rules.described(description)
    prepared = await aside(pictures.prepare, data, most_pixels=settings.image_pixels)
    keys = await _keep(db, storage, prepared.picture, prepared.preview)
    async with db.transaction() as tx:
        return await queries.insert(
            tx, new_id(), viewer.account_id, prepared, (keys[0], keys[1]), description, focus, clock.now()
        )


async def process_avatar(data: bytes, settings: Settings) -> Cut:
    """An upload cut to an avatar. Raises Invalid."""
    return await _process(data, AVATAR_SIZE, settings)


async def process_header(data: bytes, settings: Settings) -> Cut:
    """An upload cut to the header of a profile. Raises Invalid."""
    return await _process(data, HEADER_SIZE, settings)


async def store_avatar(db: Database, storage: Storage, data: bytes, settings: Settings) -> ProfilePicture:
    """Keep an avatar, which the caller writes into the account. Raises Invalid, Unavailable."""
    return await _keep_cut(db, storage, await process_avatar(data, settings))


async def store_header(db: Database, storage: Storage, data: bytes, settings: Settings) -> ProfilePicture:
    """Keep a header picture, as `store_avatar` does."""
    return await _keep_cut(db, storage, await process_header(data, settings))


async def _keep_cut(db: Database, storage: Storage, cut: Cut) -> ProfilePicture:
    return ProfilePicture((await _keep(db, storage, cut.picture))[0], cut.hashes)


async def _process(data: bytes, size: tuple[int, int], settings: Settings) -> Cut:
    rules.check_size(data, settings.upload_mb)
    return await aside(pictures.crop, data, *size, most_pixels=settings.image_pixels)


async def _keep(db: Database, storage: Storage, *kept: Picture) -> list[Key]:
    """Enter pictures in the manifest, then write them: in this order no sweep can come between."""
    by_key = {key_of(picture.data, picture.content_type): picture for picture in kept}
    async with db.transaction() as tx:
        for key in sorted(by_key):  # in one order, or two uploads of the same pictures could wait for each other
            await record_object(tx, key, len(by_key[key].data), by_key[key].content_type)
    for picture in by_key.values():
        await storage.put(picture.data, picture.content_type)
    return [key_of(picture.data, picture.content_type) for picture in kept]
