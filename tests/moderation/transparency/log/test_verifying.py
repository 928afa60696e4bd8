"""Whoever has the files and the key finds every byte that was changed, and every past that was rewritten."""

from __future__ import annotations

import base64
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from folkmoot import clock
from folkmoot.errors import Unavailable
from folkmoot.moderation.transparency.log import keys, sources, tiles
from folkmoot.moderation.transparency.log.merkle import leaf_hash
from folkmoot.moderation.transparency.log.notes import Checkpoint, Note, VerifierKey, sign
from folkmoot.moderation.transparency.log.proofs import BadProof
from folkmoot.moderation.transparency.log.queries import entry_at
from folkmoot.moderation.transparency.log.read import prove
from folkmoot.moderation.transparency.log.sources import Folder, open_source
from folkmoot.moderation.transparency.log.verify import Verified, verify, verify_proof
from folkmoot.network.access.viewer import COMMAND_LINE


async def check(folder: Path, **more: Any) -> Verified:
    return await verify(Folder(folder), **more)


def key_of(folder: Path) -> VerifierKey:
    return VerifierKey.parse((folder / "keys").read_text().split("\n")[0])


def note_of(folder: Path) -> Note:
    return Note.parse((folder / "checkpoint").read_bytes())


async def _grown(moot: Any, folder: Path) -> Path:
    """A log with full and partial tiles of two levels, a changed key, and older partial tiles beside the newest."""
    await moot.enter(*range(120))
    await moot.grow()
    await moot.enter(*range(139))
    await moot.grow()
    await keys.rotate(moot.db, moot.vault, COMMAND_LINE)
    await moot.grow()
    await moot.enter(*range(4))
    await moot.grow()
    exported: Path = await moot.export(folder)
    return exported


@pytest.fixture
def fresh(moot: Any, run: Any, tmp_path: Path) -> Path:
    """Such a log whose database is there."""
    made: Path = run(_grown(moot, tmp_path / "log"))
    return made


_kept: dict[str, bytes] = {}


@pytest.fixture
def small(moot: Any, run: Any, tmp_path: Path) -> Path:
    """The files of such a log, made once."""
    folder = tmp_path / "log"
    if not _kept:
        run(_grown(moot, folder))
        _kept.update({str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()})
    for name, data in _kept.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


async def test_a_log_is_right_from_its_files_and_key_alone(small: Path) -> None:
    found = await check(small, key=key_of(small))
    assert found.problems == []
    assert (found.size, found.origin) == (265, "folkmoot.example/transparency/log")
    assert found.deeds == {"case.decided": 263, "log.key_changed": 1, "log.opened": 1}
    assert found.key_was_given
    assert (await check(small)).key_was_given is False


@given(st.data())
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_changed_byte_anywhere_is_found_and_named(small: Path, data: st.DataObject) -> None:
    files = sorted(path for path in small.rglob("*") if path.is_file())
    file = data.draw(st.sampled_from(files))
    whole = file.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= data.draw(st.integers(1, 255))
    file.write_bytes(changed)
    try:
        for key in (key_of(small) if file.name != "keys" else None, None):
            found = await check(small, key=key)
            assert str(file.relative_to(small)) in {problem.where for problem in found.problems}
    finally:
        file.write_bytes(whole)


@given(st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_file_taken_away_cut_short_or_put_there_is_found(small: Path, data: st.DataObject) -> None:
    wanted = {"checkpoint", *(tile.path for tile in tiles.tiles_at(265))}
    name = data.draw(st.sampled_from(sorted(wanted)))
    whole = (small / name).read_bytes()
    what = data.draw(st.sampled_from(["gone", "short", "long"]))
    if what == "gone":
        (small / name).unlink()
    else:
        (small / name).write_bytes(whole[:-1] if what == "short" else whole + b"\0")
    try:
        assert name in {problem.where for problem in (await check(small)).problems}
    finally:
        (small / name).write_bytes(whole)


@pytest.mark.parametrize("name", ["note.txt", "tile/0/001.p/17", "tile/3/000", "tile/0/x001/000", "tile/0/000.p/121x"])
async def test_what_does_not_belong_there_is_named(small: Path, name: str) -> None:
    (small / name).parent.mkdir(parents=True, exist_ok=True)
    (small / name).write_bytes(bytes(32))
    assert [problem.where for problem in (await check(small)).problems] == [name]


async def test_a_past_rewritten_with_the_right_key_is_found_by_who_kept_a_checkpoint(
    moot: Any, fresh: Path, tmp_path: Path
) -> None:
    """The network itself changes an old entry, and computes and signs everything anew."""
    kept = note_of(fresh)
    forged = tmp_path / "forged"
    shutil.copytree(fresh, forged)
    entries = []
    for tile in tiles.tiles_at(265):
        if tile.level == tiles.ENTRIES:
            entries += tiles.unbundle((fresh / tile.path).read_bytes())
    entries[17] = entries[17].replace(b"remove", b"keep")
    grown = tiles.grow(0, {}, [leaf_hash(entry) for entry in entries])
    for tile in tiles.tiles_at(265):
        first = tile.number * 256
        data = tiles.bundle(entries[first : first + tile.width]) if tile.level < 0 else grown[tile.place]
        (forged / tile.path).write_bytes(data)
    for stale in ("tile/entries/001.p/4", "tile/0/001.p/4", "tile/entries/001.p/5", "tile/0/001.p/5"):
        (forged / stale).unlink(missing_ok=True)
    text = Checkpoint("folkmoot.example/transparency/log", 265, tiles.root_of(265, grown)).text
    async with moot.db.transaction() as tx:
        signatures = await keys.signatures(tx, moot.vault, text, clock.now())
    (forged / "checkpoint").write_text(str(Note(text, tuple(signatures))))
    assert (await check(forged, key=key_of(fresh))).problems == []
    found = await check(forged, key=key_of(fresh), since=[kept])
    assert ["the past was changed" in problem.what for problem in found.problems] == [True]


async def test_a_log_continues_every_older_checkpoint(moot: Any, tmp_path: Path) -> None:
    kept = []
    for count in (1, 5, 250, 1, 300):
        await moot.enter(*range(count))
        await moot.grow()
        kept.append(Note.parse((await moot.files())["checkpoint"]))
    folder = await moot.export(tmp_path / "log")
    found = await check(folder, since=kept)
    assert found.problems == []
    assert found.continues == [Checkpoint.parse(note.text).size for note in kept]


async def test_entries_that_were_taken_away_again_are_missed(moot: Any, tmp_path: Path) -> None:
    await moot.enter(1, 2)
    await moot.grow()
    before = await moot.export(tmp_path / "before")
    await moot.enter(3)
    await moot.grow()
    after = await moot.export(tmp_path / "after")
    found = await check(before, since=[note_of(after)])
    assert "some were taken away" in found.problems[0].what


async def test_a_checkpoint_kept_from_another_log_or_not_signed_is_refused(small: Path) -> None:
    note = note_of(small)
    other = Ed25519PrivateKey.generate()
    strange = Note(note.text.replace("folkmoot.example", "other.example"), note.signatures)
    unsigned = Note(note.text, (sign(other, "folkmoot.example/transparency/log", note.text),))
    found = await check(small, since=[strange, unsigned])
    assert [problem.where for problem in found.problems] == ["--since", "--since"]


# Keys ---------------------------------------------------------------------------------------------------------------


async def test_whoever_knows_an_old_key_can_follow_to_the_new_one(moot: Any, tmp_path: Path) -> None:
    await moot.enter(1)
    await moot.grow()
    first = VerifierKey.parse((await moot.files())["keys"].decode().split("\n")[0])
    for days in (0, 40, 80):
        with clock.held_at(clock.now() + timedelta(days=days)):
            await keys.rotate(moot.db, moot.vault, COMMAND_LINE)
            await moot.grow()
    with clock.held_at(clock.now() + timedelta(days=200)):
        await moot.enter(2)
        await moot.grow()
    folder = await moot.export(tmp_path / "log")
    assert len(note_of(folder).signatures) == 1, "the old keys sign no more"
    found = await check(folder, key=first)
    assert found.problems == []
    assert len(found.keys) == 4
    assert found.signed_by == [found.keys[-1]]


async def test_old_and_new_key_sign_side_by_side_for_a_month_unless_the_old_one_is_lost(moot: Any) -> None:
    await moot.enter(1)
    await moot.grow()

    async def signatures() -> int:
        await moot.enter(1)
        await moot.grow()
        return len(Note.parse((await moot.files())["checkpoint"]).signatures)

    await keys.rotate(moot.db, moot.vault, COMMAND_LINE)
    assert await signatures() == 2
    with clock.held_at(clock.now() + timedelta(days=31)):
        assert await signatures() == 1
        await keys.rotate(moot.db, moot.vault, COMMAND_LINE, at_once=True)
        assert await signatures() == 1


async def test_a_key_nobody_vouches_for_signs_nothing(small: Path) -> None:
    stranger = VerifierKey.of("folkmoot.example/transparency/log", Ed25519PrivateKey.generate())
    found = await check(small, key=stranger)
    assert [problem.where for problem in found.problems] == ["checkpoint"]


# Proofs -------------------------------------------------------------------------------------------------------------


async def test_every_entry_has_a_proof_that_needs_nothing_else(moot: Any) -> None:
    await moot.enter(*range(270))
    await moot.grow()
    key = VerifierKey.parse((await moot.files())["keys"].decode())
    for place in (0, 1, 255, 256, 270):
        proof = str(await prove(moot.db, place)).encode()
        shown = verify_proof(proof, key)
        assert shown.entry == (await entry_at(moot.db, place))["body"]
        assert shown.signed_by == [str(key)]
        stranger = VerifierKey.of(key.name, Ed25519PrivateKey.generate())
        with pytest.raises(BadProof):
            verify_proof(proof, stranger)
        extra = base64.b64encode(msgspec.json.encode({"entry": "{}", "meanings": {}}))
        lines = proof.split(b"\n")
        with pytest.raises(BadProof):
            verify_proof(b"\n".join([lines[0], b"extra " + extra, *lines[2:]]), key)


# From a server ------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[str]:
    """The files as any web server hands them out."""

    async def broken(request: web.Request) -> web.Response:
        return web.Response(status=500)

    app = web.Application()
    app.router.add_static("/copies/log", folder)
    app.router.add_get("/broken/{path:.*}", broken)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_a_log_is_verified_from_any_server_that_has_its_files(small: Path) -> None:
    async with served(small) as address:
        async with open_source(f"{address}/copies/log/") as source:
            assert (await verify(source, key=key_of(small))).problems == []
        (small / "tile/0/000").write_bytes(bytes(8192))
        async with open_source(f"{address}/copies/log") as source:
            assert [problem.where for problem in (await verify(source)).problems] == ["tile/0/000"]
        async with open_source(address) as source:  # a network's own address; there is none here
            assert [problem.what for problem in (await verify(source)).problems] == ["is missing"]


async def test_a_server_in_trouble_is_trouble_and_not_a_changed_byte(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "TRIES", 1)
    async with served(small) as address, open_source(f"{address}/broken") as source:
        with pytest.raises(Unavailable, match="answers 500"):
            await verify(source)
    async with open_source(address) as source:  # nobody listens there any more
        with pytest.raises(Unavailable):
            await verify(source)
