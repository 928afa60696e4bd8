"""Entries get places, the tree is signed and published, whoever is killed or comes twice meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.errors import Unavailable
from folkmoot.moderation.transparency.log import Deed, enter, tiles
from folkmoot.moderation.transparency.log import publish as publishing
from folkmoot.moderation.transparency.log.merkle import leaf_hash
from folkmoot.moderation.transparency.log.notes import Checkpoint, Note, VerifierKey
from folkmoot.moderation.transparency.log.publish import publish
from folkmoot.moderation.transparency.log.sequence import sequence
from folkmoot.storage import MemoryStorage
from folkmoot.vault import Vault


async def places(db: Database) -> list[tuple[int, str]]:
    return [(row["place"], row["deed"]) for row in await db.fetch("SELECT place, deed FROM log_entries ORDER BY place")]


def checkpoint(files: dict[str, bytes]) -> Checkpoint:
    return Checkpoint.parse(Note.parse(files["checkpoint"]).text)


async def test_a_log_begins_with_its_own_name_and_key_and_then_has_entries_in_order(moot: Any) -> None:
    await moot.enter(1, 2, 3)
    assert await moot.grow() == 4
    assert [deed for _, deed in await places(moot.db)] == ["log.opened", *["case.decided"] * 3]
    ids = [row["id"] for row in await moot.db.fetch("SELECT id FROM log_entries WHERE place > 0 ORDER BY place")]
    assert ids == sorted(ids)
    files = await moot.files()
    note = Note.parse(files["checkpoint"])
    key = VerifierKey.parse(files["keys"].decode())
    assert note.signed_by([key]) == [key]
    assert key.name == moot.origin == checkpoint(files).origin
    entries = tiles.unbundle(files["tile/entries/000.p/4"])
    hashes = [leaf_hash(entry) for entry in entries]
    assert files["tile/0/000.p/4"] == b"".join(hashes)
    assert checkpoint(files).root == tiles.root_of(4, tiles.grow(0, {}, hashes))
    assert await moot.grow() == 0  # nothing new, nothing to sign
    assert await moot.files() == files


async def test_files_are_those_of_the_specification_at_every_size(moot: Any) -> None:
    await moot.enter(*range(100))
    await moot.grow()
    await moot.enter(*range(600))
    await moot.grow()
    files = await moot.files()
    assert set(files) == {
        "checkpoint",
        "keys",
        *(tile.path for tile in tiles.tiles_at(701)),
    }  # 101 partial ones are gone
    assert await moot.db.fetchval("SELECT count(*) FROM log_checkpoints") == 2
    entries = [entry for name in files if "entries" in name for entry in tiles.unbundle(files[name])]
    assert len(entries) == 701


async def test_a_waiting_entry_is_not_lost_when_its_number_is_smaller_than_those_before(moot: Any) -> None:
    async with moot.db.transaction() as tx:
        await enter(tx, Deed.CASE_DECIDED, case=1)
    await moot.grow()
    await moot.db.fetch("INSERT INTO log_queue (id, deed, body, subjects, at) VALUES (1, 'x', '{}', '{}', now())")
    await moot.grow()
    assert await places(moot.db) == [(0, "log.opened"), (1, "case.decided"), (2, "x")]


async def test_a_log_keeps_its_name(moot: Any) -> None:
    await moot.enter(1)
    await moot.grow()
    await moot.enter(2)
    await sequence(moot.db, moot.vault, "other.example/transparency/log")
    await publish(moot.db, moot.storage)
    assert checkpoint(await moot.files()).origin == moot.origin


async def test_without_the_master_key_nothing_is_signed_and_nothing_is_lost(moot: Any) -> None:
    await moot.enter(1)
    await moot.grow()
    before = await moot.files()
    await moot.enter(2)
    with pytest.raises(Unavailable):
        await sequence(moot.db, Vault(b"x" * 32), moot.origin)
    assert await moot.files() == before
    assert await moot.grow() == 1


async def test_nothing_is_added_to_a_tree_that_was_changed_in_the_database(moot: Any) -> None:
    await moot.enter(1)
    await moot.grow()
    await moot.db.fetch("UPDATE log_tiles SET hashes = set_byte(hashes, 3, 255 - get_byte(hashes, 3))")
    await moot.enter(2)
    with pytest.raises(Unavailable) as caught:
        await moot.grow()
    assert "not the one that was signed" in caught.value.cause


# Killed, and twice --------------------------------------------------------------------------------------------------


class Failing(MemoryStorage):
    """Storage that goes away after so many writes."""

    writes = 10**9

    async def publish(self, name: str, data: bytes, content_type: str, *, cache: str) -> None:
        self.writes -= 1
        if self.writes < 0:
            raise Unavailable(cause="gone")
        await super().publish(name, data, content_type, cache=cache)


@pytest.mark.parametrize("writes", range(9))
async def test_whoever_is_killed_while_publishing_another_one_finishes(moot: Any, writes: int) -> None:
    moot.storage = storage = Failing()
    await moot.enter(*range(254))
    await moot.grow()
    before = checkpoint(await moot.files())
    await moot.enter(*range(5))
    storage.writes = writes
    try:
        await moot.grow()
    except Unavailable:
        assert checkpoint(await moot.files()) == before  # what it promises is all there
        assert {tile.path for tile in tiles.tiles_at(before.size)} <= set(await moot.files())
    storage.writes = 10**9
    await moot.grow()
    files = await moot.files()
    assert checkpoint(files).size == 260
    assert set(files) == {"checkpoint", "keys", *(tile.path for tile in tiles.tiles_at(260))}


async def test_an_empty_storage_is_filled_again(moot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        await moot.enter(*range(150))
        await moot.grow()
    files = await moot.files()
    moot.storage = MemoryStorage()
    monkeypatch.setattr(publishing, "STEP", 200)  # in steps from one signed size to the next
    assert await publish(moot.db, moot.storage) == 601
    assert await moot.files() == files


async def test_a_published_log_that_is_longer_than_ours_is_left_alone(moot: Any) -> None:
    await moot.enter(1, 2)
    await moot.grow()
    files = await moot.files()
    await moot.db.fetch("DELETE FROM log_checkpoints")
    await moot.db.fetch(
        "INSERT INTO log_checkpoints (size, root, signatures, made_at) VALUES (1, $1, '{}', $2)", bytes(32), clock.now()
    )
    assert await publish(moot.db, moot.storage) == 0
    assert await moot.files() == files


async def test_many_deeds_and_several_workers_at_once_make_one_log(lasting: Any) -> None:
    async def deeds(first: int) -> None:
        for case in range(first, first + 40):
            await lasting.enter(case)

    async def worker() -> None:
        for _ in range(25):
            await lasting.grow()
            await asyncio.sleep(0.005)

    await asyncio.gather(*(deeds(first) for first in (0, 100, 200)), *(worker() for _ in range(3)))
    await lasting.grow()
    assert [place for place, _ in await places(lasting.db)] == list(range(121))
    files = await lasting.files()
    entries = tiles.unbundle(files["tile/entries/000.p/121"])
    assert len(set(entries)) == 121
    assert checkpoint(files).root == tiles.root_of(121, tiles.grow(0, {}, [leaf_hash(entry) for entry in entries]))


async def test_a_worker_killed_in_the_middle_leaves_everything_as_it_was(
    lasting: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lasting.enter(1)
    await lasting.grow()
    await lasting.enter(2)

    async def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("folkmoot.moderation.transparency.log.keys.signatures", killed)
        with pytest.raises(KeyboardInterrupt):
            await sequence(lasting.db, lasting.vault, lasting.origin)
    assert await lasting.db.fetchval("SELECT size FROM log_trees") == 2
    assert await lasting.db.fetchval("SELECT count(*) FROM log_queue") == 1
    assert await lasting.grow() == 1
