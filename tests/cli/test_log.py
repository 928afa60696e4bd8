"""`folkmoot log`, as somebody calls it who has nothing but files and a key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from folkmoot.cli import main
from folkmoot.moderation.transparency.log import Deed, enter, origin_of
from folkmoot.moderation.transparency.log.keys import known_keys
from folkmoot.moderation.transparency.log.publish import keys_file, publish, tile_files
from folkmoot.moderation.transparency.log.read import newest_checkpoint, prove
from folkmoot.moderation.transparency.log.sequence import sequence
from folkmoot.settings import Settings
from folkmoot.storage import open_storage
from folkmoot.vault import Vault


@pytest.fixture
def published(db: Any, run: Any, tmp_path: Path) -> tuple[Path, str]:
    """A log that was published into a folder, a proof beside it, and its key."""
    storage = open_storage(Settings(data=tmp_path))

    async def make() -> str:
        async with db.transaction() as tx:
            for case in range(300):
                await enter(tx, Deed.CASE_DECIDED, case=case, verdict="remove")
        await sequence(db, Vault(bytes(32)), origin_of(Settings(public_url="https://moot.example")))
        await publish(db, storage)
        (tmp_path / "entry.tlog-proof").write_text(str(await prove(db, 7)))
        head = await newest_checkpoint(db)
        assert head is not None
        files = {path: data async for path, data in tile_files(db, head.checkpoint.size)}
        assert {path: (tmp_path / "media/public/log" / path).read_bytes() for path in files} == files
        assert (tmp_path / "media/public/log/keys").read_bytes() == await keys_file(db, 301)
        verifier: str = (await known_keys(db))[0]["verifier"]
        return verifier

    key = run(make())
    return tmp_path / "media/public/log", key


def called(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = 0
    try:
        main(arguments)
    except SystemExit as end:
        code = int(end.code or 0)
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_a_published_folder_is_verified_and_a_changed_byte_named(
    published: tuple[Path, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, key = published
    code, said, _ = called(capsys, "log", "verify", str(folder), "--key", key, "--since", str(folder / "checkpoint"))
    assert code == 0
    assert "moot.example/transparency/log: 301 entries, every byte as it was signed." in said
    assert "The first 301 entries are those you knew." in said
    bundle = folder / "tile/entries/000"
    bundle.write_bytes(bundle.read_bytes().replace(b"remove", b"remOve", 1))
    code, said, _ = called(capsys, "log", "verify", str(folder), "--key", key)
    assert code == 1
    assert said.startswith("tile/entries/000: entry 1 is not the one that was signed")


def test_a_proof_file_is_verified_by_itself(published: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    folder, key = published
    file = folder.parents[2] / "entry.tlog-proof"
    code, said, _ = called(capsys, "log", "verify", str(file), "--key", key)
    assert code == 0
    assert "Entry 7 of moot.example/transparency/log is among its 301 entries" in said
    file.write_text(file.read_text().replace("index 7", "index 8"))
    code, _, wrong = called(capsys, "log", "verify", str(file), "--key", key)
    assert code == 1
    assert "This proof proves nothing" in wrong


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("verify", "nowhere"), "neither a folder nor an address"),
        (("verify", ".", "--key", "nonsense"), "This is not a key"),
        (("forget", "planet:1", "--yes"), "Say whom"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, wrong = called(capsys, "log", *arguments)
    assert code == 1
    assert sentence in wrong
    assert wrong.count("\n") == 1
