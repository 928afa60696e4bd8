"""A network is written out and made again elsewhere: equal row by row, or refused in one sentence."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import errno
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pyrage  # type: ignore[import-untyped]  # it carries no types
import pytest
from tests.hosting.export.conftest import AWKWARD, PASSWORD, Network, dump, read

from folkmoot.database import Database
from folkmoot.errors import FolkmootError
from folkmoot.hosting import state as states
from folkmoot.hosting.export import Opening, Sealing, container, queries, rules
from folkmoot.hosting.export import read as reading
from folkmoot.hosting.postgres import available
from folkmoot.network import access
from folkmoot.settings import Settings, load
from folkmoot.storage import open_storage
from folkmoot.vault import open_vault


@pytest.fixture(scope="module")
def written(network: Network, folder: Path) -> Path:
    """An export into a folder, with its secrets sealed."""
    network.write(folder / "written")
    return folder / "written"


@pytest.fixture
def copied(written: Path, place: Path) -> Path:
    """A copy of it, to be spoilt."""
    return Path(shutil.copytree(written, place / "copied"))


@pytest.fixture(scope="module")
def arrived(network: Network, folder: Path) -> Iterator[Settings]:
    """Settings of the network as it came out of a zip file, on a server that runs."""
    network.write(folder / "written.zip")
    (folder / "new").mkdir(mode=0o711)
    (folder / "new" / "postgres.conf").write_text("fsync = off\n")
    settings = Settings(data=folder / "new", shared_buffers_mb=16)
    read(settings, folder / "written.zip")
    with available(settings) as url:
        yield dataclasses.replace(load(environ={}, overrides={"data": folder / "new"}), database_url=url)


def same(network: Network, url: str, but: tuple[str, ...] = ("epochs",)) -> None:
    ours, theirs = dump(network.url), dump(url)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if name not in but and ours[name] != theirs[name]] == []


def test_every_row_is_there_and_equal(network: Network, arrived: Settings):
    same(network, arrived.database_url)
    found = dump(arrived.database_url)
    assert (
        min(len(found[name]) for name in ("posts", "polls", "sessions", "tokens", "scheduled_posts", "home_entries"))
        > 0
    )


def test_jobs_that_wait_or_were_in_hand_wait_there_and_new_ones_get_new_numbers(network: Network, arrived: Settings):
    with psycopg.connect(arrived.database_url) as connection:
        jobs = dict(connection.execute("SELECT task_name, status::text FROM procrastinate_jobs").fetchall())
        assert jobs["network.polls.close"] == jobs["network.timelines.trim"] == "todo"
        highest = connection.execute("SELECT max(id) FROM procrastinate_jobs").fetchone()
        made = connection.execute("SELECT nextval('procrastinate_jobs_id_seq')").fetchone()
        assert highest is not None
        assert made is not None
        assert made[0] > highest[0]


def test_passwords_sessions_tokens_and_sealed_things_work_there(network: Network, arrived: Settings):
    async def act() -> None:
        db = await Database.open(arrived.database_url, connections=1)
        try:
            viewer = await access.viewer_by_session(db, network.session)
            assert viewer is not None
            assert viewer.name == "ada"
            assert await access.viewer_by_token(db, network.token) is not None
            await access.sign_in(db, name_or_email="bert", password=PASSWORD, address="127.0.0.1", agent="")
        finally:
            await db.close()

    asyncio.run(act())
    with psycopg.connect(arrived.database_url) as connection:
        row = connection.execute("SELECT sealed FROM secrets WHERE name = 'log'").fetchone()
    assert row is not None
    assert open_vault(arrived.data).unseal("secret log", row[0]) == b"key"


def test_media_settings_and_the_epoch_come_along(network: Network, arrived: Settings):
    assert (arrived.site_name, arrived.public_url) == ("Thorpe", "https://thorpe.example")
    assert arrived.smtp_password.reveal() == "ocean"
    state = states.read(arrived.data)
    assert (state.role, state.epoch) == ("primary", 2)
    with psycopg.connect(arrived.database_url) as connection:
        assert connection.execute("SELECT epoch, how FROM epochs").fetchall() == [(2, "import")]
        keys = [key for (key,) in connection.execute("SELECT key FROM objects")]
    storage = open_storage(arrived)
    for key in keys:
        assert asyncio.run(storage.get(key)) == asyncio.run(open_storage(network.settings).get(key))
    assert not states.unfinished_import(arrived.data).exists()


def test_a_stranger_can_read_it_and_check_it_with_common_tools(written: Path):
    done = subprocess.run(
        ["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=written, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    posts = [json.loads(line) for line in (written / "tables/posts.jsonl").read_text("utf-8").split("\n")[:-1]]
    assert "Good morning @bert #harvest" in {post["text"] for post in posts}
    manifest = json.loads((written / "manifest.json").read_text())
    assert {each["name"]: each["rows"] for each in manifest["tables"]}["posts"] == len(posts) == 3


def test_nothing_secret_lies_open(network: Network, written: Path):
    everything = b"".join(path.read_bytes() for path in written.rglob("*") if path.is_file())
    key = (network.settings.data / "keys" / "master.key").read_bytes().strip()
    for word in (b"argon2", b"ocean", key, bytes.fromhex(key.decode())):
        assert word not in everything
    assert (written / "manifest.json").stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_sealed_to_a_recipient_it_opens_with_that_key_only(network: Network, place: Path, own_17: Any):
    pair, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    network.write(place / "out", Sealing(recipient=str(pair.to_public())))
    new = Settings(data=place / "new", database_url=own_17.new_database("sealed"))
    with pytest.raises(FolkmootError, match="This key does not open the sealed part"):
        read(new, place / "out", Opening(private_key=str(other)))
    with pytest.raises(FolkmootError, match="--identity"):
        read(new, place / "out", Opening())
    assert not new.data.exists()
    read(new, place / "out", Opening(private_key=f"# created: today\n# public key: age1...\n{pair}\n"))
    same(network, new.database_url)


@pytest.mark.slow
def test_without_secrets_nobody_is_signed_in_and_no_password_is_right(network: Network, place: Path, own_15: Any):
    network.write(place / "out", Sealing())
    new = Settings(data=place / "new", database_url=own_15.new_database("without"))
    read(new, place / "out", Opening())
    same(network, new.database_url, ("epochs", "credentials", "apps", *rules.SECRET_TABLES))

    async def act() -> None:
        db = await Database.open(new.database_url, connections=1)
        try:
            assert await access.viewer_by_session(db, network.session) is None
            for password in (PASSWORD, ""):
                with pytest.raises(FolkmootError, match=r"not right|wrong|incorrect|does not"):
                    await access.sign_in(db, name_or_email="ada", password=password, address="127.0.0.1", agent="")
        finally:
            await db.close()

    asyncio.run(act())


def spoil(path: Path) -> None:
    """Turn one bit in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _older(manifest: dict[str, Any]) -> None:
    manifest["version"] = 2


def _newer_schema(manifest: dict[str, Any]) -> None:
    manifest["schema"] = "0999"


def _with_manifest(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def act(place: Path) -> None:
        manifest = json.loads((place / "manifest.json").read_text())
        change(manifest)
        (place / "manifest.json").write_text(json.dumps(manifest))
        done = subprocess.run(["sha256sum", "manifest.json"], cwd=place, capture_output=True, text=True, check=True)
        sums = (place / "SHA256SUMS").read_text().splitlines(keepends=True)
        (place / "SHA256SUMS").write_text("".join([line for line in sums if "manifest" not in line] + [done.stdout]))

    return act


def _first_medium(place: Path) -> Path:
    return next(path for path in sorted((place / "media").rglob("*")) if path.is_file())


WRONG: dict[str, tuple[Callable[[Path], Any], str]] = {
    "one bit of a table": (lambda place: spoil(place / "tables/posts.jsonl"), "posts.jsonl is not what was written"),
    "one bit of the manifest": (lambda place: spoil(place / "manifest.json"), "is damaged: .*manifest"),
    "one bit of the sums": (lambda place: spoil(place / "SHA256SUMS"), "is damaged"),
    "one bit of a medium": (lambda place: spoil(_first_medium(place)), "media/.* is not what was written"),
    "one bit of the sealed part": (
        lambda place: spoil(place / rules.SEALED),
        "secrets.jsonl.age is not what was written",
    ),
    "a table cut short": (lambda place: (place / "tables/posts.jsonl").write_bytes(b"{"), "has 1 bytes instead of"),
    "a table gone": (lambda place: (place / "tables/tags.jsonl").unlink(), "tables/tags.jsonl is missing"),
    "a medium gone": (lambda place: _first_medium(place).unlink(), "media/.* is missing"),
    "half copied": (lambda place: (place / "manifest.json").unlink(), "it lacks manifest.json"),
    "never finished": (lambda place: (place / rules.UNFINISHED).touch(), "never finished"),
    "a newer form": (
        _with_manifest(_older),
        "made by a newer Folkmoot .2; this one reads up to 1.: install that version",
    ),
    "a newer schema": (_with_manifest(_newer_schema), "made by a newer Folkmoot .schema 0999"),
    "a table more": (lambda place: _add_table(place), "nonsense.jsonl is not in the manifest"),
    "a path that leads away": (
        _with_manifest(lambda manifest: manifest["tables"][0].update(name="../x", file="tables/../x.jsonl")),
        "names a file that cannot be",
    ),
}


def _add_table(place: Path) -> None:
    (place / "tables/nonsense.jsonl").write_text("")
    with (place / "SHA256SUMS").open("a") as sums:
        sums.write("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  tables/nonsense.jsonl\n")


@pytest.mark.parametrize("what", WRONG)
def test_what_is_damaged_is_refused_before_anything_is_touched(copied: Path, place: Path, what: str):
    deed, words = WRONG[what]
    deed(copied)
    with pytest.raises(FolkmootError, match=words):
        read(Settings(data=place / "new"), copied)
    assert not (place / "new").exists()


def test_a_zip_file_that_is_cut_short_or_spoilt_is_refused(network: Network, place: Path):
    network.write(place / "out.zip", Sealing())
    whole = (place / "out.zip").read_bytes()
    (place / "short.zip").write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(FolkmootError, match="no whole zip file"):
        read(Settings(data=place / "new"), place / "short.zip")
    with zipfile.ZipFile(place / "out.zip") as opened:
        at = opened.getinfo("tables/posts.jsonl").header_offset + 200
    (place / "spoilt.zip").write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    with pytest.raises(FolkmootError, match=r"tables/posts.jsonl (cannot be read|is not what was written|has)"):
        read(Settings(data=place / "new"), place / "spoilt.zip")
    assert not (place / "new").exists()


@pytest.mark.slow
def test_a_place_that_holds_something_is_not_written_over(network: Network, written: Path, place: Path, own_17: Any):
    with pytest.raises(FolkmootError, match="is not empty, and nothing is overwritten: name a new folder"):
        network.write(written)
    with pytest.raises(FolkmootError, match="is not empty"):
        read(network.settings, written)
    url = own_17.new_database("taken")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE mine (id int PRIMARY KEY)")
    for _ in range(2):
        with pytest.raises(FolkmootError, match="The database is not empty"):
            read(Settings(data=place / "new", database_url=url), written)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (1,)


@pytest.mark.slow
def test_an_import_that_was_broken_off_goes_on(
    network: Network, written: Path, place: Path, own_17: Any, monkeypatch: pytest.MonkeyPatch
):
    new = Settings(data=place / "new", database_url=own_17.new_database("again"))

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for broken in ("_compare", "_bring_media", "_write_files"):
        with monkeypatch.context() as patch:
            patch.setattr(reading._Import, broken, fail)
            with pytest.raises(FolkmootError, match="is full: make room and give the same command again"):
                read(new, written)
        assert states.unfinished_import(new.data).exists()
    read(new, written)
    same(network, new.database_url)


def test_an_export_that_was_broken_off_goes_on_and_a_half_zip_file_never_has_its_name(
    network: Network, place: Path, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch:
        patch.setattr(rules, "sums_text", lambda sums: 1 / 0)
        for target in ("out", "out.zip"):
            with pytest.raises(ZeroDivisionError):
                network.write(place / target, Sealing())
    assert not list(place.glob("*.zip*"))
    medium = _first_medium(place / "out")
    before = medium.stat().st_mtime_ns
    network.write(place / "out", Sealing())
    assert medium.stat().st_mtime_ns == before
    assert not (place / "out" / rules.UNFINISHED).exists()


def test_a_full_disk_is_said_in_one_sentence(network: Network, place: Path, monkeypatch: pytest.MonkeyPatch):
    def full(self: object, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(container.Out, "write", full)
    with pytest.raises(FolkmootError, match=r"The disk of .* is full"):
        network.write(place / "out.zip", Sealing())
    assert list(place.glob("*")) == []


@pytest.mark.slow
def test_a_medium_missing_here_does_not_stop_the_rest(network: Network, place: Path, own_17: Any):
    with psycopg.connect(network.url, autocommit=True) as connection:
        row = connection.execute("SELECT key FROM objects ORDER BY key LIMIT 1").fetchone()
    assert row
    path = network.settings.data / "media" / row[0]
    kept = path.read_bytes()
    path.unlink()
    try:
        assert network.write(place / "out").lacking == 1
    finally:
        path.write_bytes(kept)
    assert (place / "out" / rules.LACKING).read_text() == f"{row[0]}\n"
    read(Settings(data=place / "new", database_url=own_17.new_database("lacking")), place / "out")


def test_the_moment_is_one_for_all_tables(network: Network, place: Path, monkeypatch: pytest.MonkeyPatch):
    """A post published while the export runs is in none of its files, or in all."""
    real = queries.lines
    new = 99

    def lines(connection: Any, table: Any, columns: Any) -> Iterator[bytes]:
        if table.name == "accounts":
            with psycopg.connect(network.url, autocommit=True) as other:
                other.execute("INSERT INTO tags (name, shown_as, created_at) VALUES ('late', 'late', now())")
                other.execute("UPDATE posts SET replies_count = %s", (new,))
        yield from real(connection, table, columns)

    monkeypatch.setattr(queries, "lines", lines)
    try:
        network.write(place / "out", Sealing())
    finally:
        with psycopg.connect(network.url, autocommit=True) as other, contextlib.suppress(psycopg.Error):
            other.execute("DELETE FROM tags WHERE name = 'late'")
            other.execute("UPDATE posts SET replies_count = 0")
    assert '"late"' not in (place / "out/tables/tags.jsonl").read_text()
    assert f'"replies_count":{new}' not in (place / "out/tables/posts.jsonl").read_text()


def test_awkward_words_are_really_in_it(written: Path):
    texts = {json.loads(line)["text"] for line in (written / "tables/posts.jsonl").read_text("utf-8").split("\n")[:-1]}
    assert any("\\N" in text and "\U0001f9ff" in text for text in texts)
    assert AWKWARD in {
        json.loads(line)["deed"] for line in (written / "tables/log_queue.jsonl").read_bytes().splitlines()
    }


@pytest.mark.parametrize("words", ["", "short", "age1nonsense"])
def test_a_recipient_or_pass_phrase_that_is_none_is_refused(network: Network, place: Path, words: str):
    wrong = Sealing(recipient=words) if words.startswith("age1") else Sealing(passphrase=words or "x")
    with pytest.raises(FolkmootError, match=r"no age recipient|at least 12 characters"):
        network.write(place / "out", wrong)
    assert not (place / "out").exists()
