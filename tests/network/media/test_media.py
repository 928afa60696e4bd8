"""An upload belongs to its owner until it is posted; what is never posted goes, and no bytes anybody needs with it."""

import asyncio
import io
from datetime import timedelta

import pytest
from PIL import Image

from folkmoot import clock
from folkmoot.errors import Invalid, Missing
from folkmoot.network import media
from folkmoot.settings import Settings
from folkmoot.storage import MemoryStorage

SETTINGS = Settings(upload_mb=1)


def drawing(colour: str = "red", size: tuple[int, int] = (900, 600)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


async def take(db, storage, viewer, data=None, **said):
    return await media.upload(db, storage, viewer, data=data or drawing(), settings=SETTINGS, **said)


async def test_an_upload_is_kept_with_its_preview_and_its_words(db, storage, enrol, round_trips):
    ada = await enrol("ada_media")
    with round_trips(db, at_most=7):
        view = await take(db, storage, ada, description="A red wall", focus=(0.1, -0.5))
    assert (view.width, view.height, view.description) == (900, 600, "A red wall")
    assert (view.focus_x, view.focus_y) == (0.1, -0.5)
    assert view.preview_width * view.preview_height <= 640 * 360
    assert await storage.keys() == {view.object_key, view.preview_key}
    assert await media.find_media(db, ada, view.id) == view


async def test_the_same_picture_twice_is_kept_once(db, storage, enrol):
    ada = await enrol("ada_media")
    first, second = await take(db, storage, ada), await take(db, storage, ada)
    assert first.id != second.id
    assert first.object_key == second.object_key
    assert await db.fetchval("SELECT count(*) FROM objects WHERE key = $1", first.object_key) == 1


async def test_nobody_else_can_touch_a_loose_upload(db, storage, enrol):
    ada, bob = await enrol("ada_media"), await enrol("bob_media")
    view = await take(db, storage, ada)
    assert await media.find_media(db, bob, view.id) is None
    with pytest.raises(Missing):
        await media.describe(db, bob, view.id, description="mine")
    with pytest.raises(Missing):
        await media.discard(db, bob, view.id)


async def test_a_refused_upload_changes_nothing(db, storage, enrol):
    ada = await enrol("ada_media")
    for said in ({"data": b"<svg/>"}, {"description": "x" * 1501}, {"focus": (2, 0)}, {"data": b"x" * 1_100_000}):
        with pytest.raises(Invalid):
            await take(db, storage, ada, **said)
    assert await storage.keys() == set()
    assert await db.fetchval("SELECT count(*) FROM media WHERE account_id = $1", ada.account_id) == 0


async def test_words_and_focus_change_apart(db, storage, enrol):
    ada = await enrol("ada_media")
    view = await take(db, storage, ada, description="before")
    assert (await media.describe(db, ada, view.id, focus=(0.5, 0.25))).description == "before"
    changed = await media.describe(db, ada, view.id, description="")
    assert (changed.description, changed.focus_x, changed.focus_y) == ("", 0.5, 0.25)


async def test_once_posted_it_is_the_posts(db, storage, enrol, write):
    ada = await enrol("ada_media")
    view = await take(db, storage, ada)
    await post(db, view, await write(ada))
    with pytest.raises(Missing):
        await media.describe(db, ada, view.id, description="late")
    with pytest.raises(Invalid, match="currently used by a status"):
        await media.discard(db, ada, view.id)


async def test_a_discarded_upload_is_gone(db, storage, enrol):
    ada = await enrol("ada_media")
    view = await take(db, storage, ada)
    await media.discard(db, ada, view.id)
    assert await media.find_media(db, ada, view.id) is None
    with pytest.raises(Missing):
        await media.discard(db, ada, view.id)


async def test_what_nobody_posted_in_a_day_is_swept_away(db, storage, enrol, write):
    ada = await enrol("ada_media")
    start = clock.now()
    loose, posted = await take(db, storage, ada), await take(db, storage, ada, drawing("blue"))
    await post(db, posted, await write(ada))
    with clock.held_at(start + timedelta(hours=23)):
        young = await take(db, storage, ada, drawing("green"))
        await media.sweep_loose(db, storage)
    assert await media.find_media(db, ada, loose.id)
    with clock.held_at(start + timedelta(hours=25)):
        await media.sweep_loose(db, storage)
    assert await media.find_media(db, ada, loose.id) is None
    assert await storage.keys() == {
        posted.object_key,
        posted.preview_key,
        young.object_key,
        young.preview_key,
    }
    assert await db.fetchval("SELECT count(*) FROM objects WHERE key = $1", loose.object_key) == 0


async def test_what_a_scheduled_post_waits_with_stays(db, storage, enrol):
    ada = await enrol("ada_media")
    start = clock.now()
    views = [await take(db, storage, ada), await take(db, storage, ada, drawing("blue"))]
    await run(
        db,
        "INSERT INTO scheduled_posts (id, account_id, due_at, draft, created_at) VALUES (1, $1, $2, $3, $2)",
        ada.account_id,
        start,
        f'{{"media": [{views[0].id}, "{views[1].id}"]}}',
    )
    with clock.held_at(start + timedelta(days=2)):
        await media.sweep_loose(db, storage)
    assert all([await media.find_media(db, ada, view.id) for view in views])


async def test_pictures_of_earlier_versions_avatars_and_headers_stay(db, storage, enrol, write):
    ada = await enrol("ada_media")
    start = clock.now()
    avatar = (await media.store_avatar(db, storage, drawing("blue"), SETTINGS)).key
    header = (await media.store_header(db, storage, drawing("green"), SETTINGS)).key
    forgotten = (await media.store_avatar(db, storage, drawing("yellow"), SETTINGS)).key
    await run(db, "UPDATE accounts SET avatar_key = $2, header_key = $3 WHERE id = $1", ada.account_id, avatar, header)
    earlier = await take(db, storage, ada)
    await run(
        db,
        """INSERT INTO post_versions (post_id, account_id, version, text, warning, sensitive, media, created_at)
           VALUES ($1, $2, 1, '', '', false, jsonb_build_array(jsonb_build_object(
             'object_key', $3::text, 'preview_key', $4::text)), $5)""",
        await write(ada),
        ada.account_id,
        earlier.object_key,
        earlier.preview_key,
        start,
    )
    with clock.held_at(start + timedelta(days=2)):
        await media.sweep_loose(db, storage)
    kept = await storage.keys()
    assert {avatar, header, earlier.object_key, earlier.preview_key} == kept
    assert forgotten not in kept


async def test_two_uploads_at_once_are_worked_on_side_by_side():
    first, second = await asyncio.gather(
        media.process_avatar(drawing(), SETTINGS), media.process_header(drawing(), SETTINGS)
    )
    sizes = [(cut.picture.width, cut.picture.height) for cut in (first, second)]
    assert sizes == [(400, 400), (1500, 500)]


async def post(db, view, post_id):
    await run(db, "UPDATE media SET post_id = $2 WHERE id = $1", view.id, post_id)


async def run(db, sql, *values):
    async with db.transaction() as tx:
        await tx.execute(sql, *values)


async def test_pictures_from_before_there_were_hashes_are_hashed_once(db, storage, enrol):
    ada = await enrol("ada_media")
    out = io.BytesIO()
    Image.effect_mandelbrot((600, 600), (-1.6, -0.2, 0.4, 1.3), 100).convert("RGB").save(out, "PNG")
    picture = out.getvalue()
    posted = await take(db, storage, ada, picture)
    known = await db.fetchval("SELECT picture_hash FROM media WHERE id = $1", posted.id)
    avatar = await media.store_avatar(db, storage, picture, SETTINGS)
    blank = (await media.store_header(db, storage, drawing("white"), SETTINGS)).key
    await run(
        db, "UPDATE accounts SET avatar_key = $2, header_key = $3 WHERE id = $1", ada.account_id, avatar.key, blank
    )
    await run(db, "UPDATE media SET picture_hash = NULL WHERE id = $1", posted.id)
    lost = f"ab/ab/abab{'0' * 60}.jpg"
    for key in (posted.object_key, avatar.key, blank, lost):
        await run(db, "INSERT INTO unhashed_pictures (object_key) VALUES ($1)", key)
    assert await media.hash_old(db, storage, SETTINGS) == 4
    assert await media.hash_old(db, storage, SETTINGS) == 0
    again = await db.fetchval("SELECT picture_hash FROM media WHERE id = $1", posted.id)
    assert (int(known, 16) ^ int(again, 16)).bit_count() < 31
    rows = await db.fetch(
        "SELECT part, object_key, hashes FROM profile_pictures WHERE account_id = $1 ORDER BY part", ada.account_id
    )
    assert [(row["part"], row["object_key"]) for row in rows] == [("avatar", avatar.key), ("header", blank)]
    assert (int(rows[0]["hashes"][0], 16) ^ int(avatar.hashes[-1], 16)).bit_count() < 31
    assert rows[1]["hashes"] == []
