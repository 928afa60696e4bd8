"""Media move from one place to another while they are read and written, and none is lost on the way."""

from __future__ import annotations

import pytest

from folkmoot.errors import Missing, Unavailable
from folkmoot.settings import Settings, WrongSetting, load
from folkmoot.storage import BetweenPlaces, MemoryStorage, key_of, open_storage, record_object
from folkmoot.storage.move import NotAllThere, SamePlace, finish, move


@pytest.fixture
def between() -> BetweenPlaces:
    return BetweenPlaces(MemoryStorage(), MemoryStorage())


async def record(db, key: str, size: int) -> None:
    async with db.transaction() as tx:
        await record_object(tx, key, size, "image/png")


async def old(db, between: BetweenPlaces, data: bytes) -> str:
    """A medium that came in before the move began, or through a process that knows nothing of it."""
    key = await between.before.put(data, "image/png")
    await record(db, key, len(data))
    return key


async def test_what_is_new_goes_to_the_new_place_and_both_are_read(db, between):
    before = await old(db, between, b"old")
    after = await between.put(b"new", "image/png")
    assert await between.get(before) == b"old"
    assert await between.get(after, (0, 2)) == b"ne"
    assert await between.size(before) == 3
    assert await between.exists(after)
    assert not await between.before.exists(after)
    await between.delete(before)
    await between.delete(after)
    assert not await between.exists(before)
    with pytest.raises(Missing):
        await between.get(after)


async def test_published_files_are_read_from_both_places(between):
    await between.before.publish("log/checkpoint", b"old", "text/plain", cache="")
    assert await between.published("log/checkpoint") == b"old"
    await between.publish("log/checkpoint", b"new", "text/plain", cache="")
    assert await between.published("log/checkpoint") == b"new"
    await between.withdraw("log/checkpoint")
    with pytest.raises(Missing):
        await between.published("log/checkpoint")


async def test_everything_listed_is_copied_and_a_second_round_finds_what_came_late(db, between):
    keys = [await old(db, between, bytes([n]) * 10) for n in range(20)]
    first = await move(db, between)
    assert (first.copied, first.size, first.there) == (20, 200, 0)
    late = await old(db, between, b"late")
    with pytest.raises(NotAllThere) as found:
        await finish(db, between)
    assert late in found.value.words
    assert await between.before.exists(keys[0])
    second = await move(db, between)
    assert (second.copied, second.there) == (1, 20)
    assert await finish(db, between) == 21
    assert await between.before.keys() == set()
    assert await between.new.keys() == {*keys, late}


async def test_what_is_damaged_at_the_old_place_is_named_and_not_copied(db, between):
    key = key_of(b"right", "image/png")
    await between.before._write(key, b"wrong")
    await record(db, key, 5)
    moved = await move(db, between)
    assert (moved.copied, moved.damaged) == (0, [key])
    with pytest.raises(NotAllThere):
        await finish(db, between)


async def test_what_lies_nowhere_is_named_and_does_not_hold_the_move_up(db, between):
    key = key_of(b"being uploaded", "image/png")
    await record(db, key, 14)
    assert (await move(db, between)).absent == [key]
    assert await finish(db, between) == 0


async def test_half_a_medium_at_the_new_place_is_copied_again(db, between):
    key = await old(db, between, b"whole")
    await between.new._write(key, b"who")
    assert (await move(db, between)).copied == 1
    assert await between.new.get(key) == b"whole"


class Forgetful(MemoryStorage):
    """Takes everything, and gives back something else."""

    async def get(self, key: str, range: tuple[int, int] | None = None) -> bytes:
        return (await super().get(key, range))[:-1]


async def test_a_place_that_gives_back_something_else_stops_the_move(db):
    between = BetweenPlaces(Forgetful(), MemoryStorage())
    await old(db, between, b"mine")
    with pytest.raises(Unavailable, match="gives back something else"):
        await move(db, between)
    assert len(await between.before.keys()) == 1


async def test_two_addresses_of_one_place_are_found_out_before_anything_is_emptied(db, tmp_path):
    between = open_storage(Settings(data=tmp_path, storage_before="folder"))
    assert isinstance(between, BetweenPlaces)
    key = await old(db, between, b"mine")
    for deed in (move, finish):
        with pytest.raises(SamePlace):
            await deed(db, between)
    assert await between.get(key) == b"mine"
    assert not list((tmp_path / "media" / "public").glob("*"))


def test_the_settings_say_from_where_to_where(tmp_path):
    assert not isinstance(open_storage(Settings(data=tmp_path)), BetweenPlaces)
    made = open_storage(
        Settings(data=tmp_path, storage_url="s3://new", storage_endpoint="http://127.0.0.1:9", storage_before="folder")
    )
    assert isinstance(made, BetweenPlaces)
    other = Settings(data=tmp_path, storage_before="s3://old/media?endpoint=http://127.0.0.1:9")
    assert isinstance(open_storage(other), BetweenPlaces)
    with pytest.raises(WrongSetting):
        load(environ={"FOLKMOOT_STORAGE_BEFORE": "somewhere"})
