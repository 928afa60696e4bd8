"""Whatever is wrong with a repository is found and named in one sentence, and nothing is touched for it."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from folkmoot.errors import FolkmootError
from folkmoot.hosting.backup import (
    BackupError,
    Wanted,
    chunks,
    errors,
    follow,
    manifest,
    media,
    repository,
    restore,
    run,
    verify,
)
from folkmoot.hosting.backup.journal import Journal
from folkmoot.hosting.backup.restore import media_of
from folkmoot.hosting.backup.sealing import make_recovery_key
from folkmoot.hosting.backup.shipping import spooled
from folkmoot.storage import Named, NamedObjects, StorageFull, open_named
from folkmoot.vault import open_vault

from .conftest import Network, a_network, ask, complete, following, new_place, serving, wait_until

pytestmark = pytest.mark.slow


@dataclasses.dataclass
class Kept:
    """A repository with a full and an incremental backup, media and a journal; copied for every trial of something bad."""

    folder: Path
    key: str
    keys_of_media: list[str]
    data: Path

    def read_all(self, folder: Path) -> list[bytes]:
        """Everything a restore reads, as it reads it."""
        opened = repository.open_with_recovery(open_named(str(folder)), self.key)
        read = [str(opened.claims()).encode()]
        for name in opened.names():
            backup = opened.read_manifest(name)[0]
            assert opened.chain(backup)[-1] == backup
            for part in (backup.stream, backup.server_manifest, backup.bundle, backup.media):
                read += chunks.fetch(opened, part)
        read += [media.read(opened, key) for key in self.keys_of_media]
        journal = Journal(opened, 1)
        return [*read, *(journal.read(part)[1] for part in journal.parts())]

    def objects(self) -> list[Path]:
        return sorted(path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def kept(migrated: Path) -> Iterator[Kept]:
    """Made once; nobody writes to it."""
    with new_place() as place, a_network(migrated, place) as network:
        with following(network):
            keys = [network.add_medium(bytes([n]) * 2000) for n in range(3)]
            run(network.settings, Wanted())
            network.ask("INSERT INTO notes VALUES (900001, 'between')")
            run(network.settings, Wanted())
            complete(network)
        network.server.stop()
        yield Kept(network.repo, network.key, keys, network.settings.data)


@pytest.fixture
def copied(kept: Kept, place: Path) -> Path:
    """A copy of that repository to spoil."""
    shutil.copytree(kept.folder, place / "copy")
    return place / "copy"


IRRELEVANT = {"READ-ME.txt", "keys/network.sealed"}


def matters(path: Path) -> bool:
    return str(path) not in IRRELEVANT and path.name != "verified" and ".unfinished" not in path.parts


def test_what_lies_open_may_be_no_text_at_all(kept: Kept, copied: Path):
    about = copied / "folkmoot-backup.json"
    whole = about.read_bytes()
    try:
        about.write_bytes(whole.replace(b'"', b'"\xe4', 1))
        with pytest.raises(FolkmootError, match="cannot be read"):
            kept.read_all(copied)
    finally:
        about.write_bytes(whole)


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(some.data())
def test_one_bit_anywhere_is_found(kept: Kept, copied: Path, data: some.DataObject):
    name = data.draw(some.sampled_from([path for path in kept.objects() if matters(path)]))
    whole = (copied / name).read_bytes()
    at = data.draw(some.integers(0, len(whole) * 8 - 1))
    changed = bytearray(whole)
    changed[at // 8] ^= 1 << at % 8
    (copied / name).write_bytes(changed)
    try:
        with pytest.raises(FolkmootError) as found:
            kept.read_all(copied)
        assert found.value.words.endswith(".")
        assert "\n" not in found.value.words
    finally:
        (copied / name).write_bytes(whole)


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(some.data())
def test_an_object_that_is_dropped_or_swapped_or_cut_is_found(kept: Kept, copied: Path, data: some.DataObject):
    # The journal is told apart: its newest parts may be missing, and then the restore says until when it goes.
    names = [path for path in kept.objects() if matters(path) and path.parts[0] not in ("wal", "epochs", "backups")]
    name = data.draw(some.sampled_from(names))
    other = data.draw(some.sampled_from([each for each in names if each != name]))
    deed = data.draw(some.sampled_from(["drop", "swap", "cut", "empty"]))
    saved = {each: (copied / each).read_bytes() for each in (name, other)}
    if deed == "drop":
        (copied / name).unlink()
    elif deed == "swap":
        (copied / name).write_bytes(saved[other])
        (copied / other).write_bytes(saved[name])
    else:
        (copied / name).write_bytes(saved[name][: len(saved[name]) // 2 if deed == "cut" else 0])
    try:
        with pytest.raises(BackupError) as found:
            kept.read_all(copied)
        assert "copy" in found.value.words  # it says where
    finally:
        for each, whole in saved.items():
            (copied / each).write_bytes(whole)


def test_what_is_untouched_is_read_in_full(kept: Kept, copied: Path):
    assert kept.read_all(copied) == kept.read_all(kept.folder)


def test_a_wrong_recovery_key_opens_nothing(kept: Kept):
    with pytest.raises(errors.WrongKey):
        repository.open_with_recovery(open_named(str(kept.folder)), make_recovery_key().private)


def test_another_network_is_refused_and_so_is_a_folder_that_is_no_repository(kept: Kept, place: Path):
    with pytest.raises(errors.OtherNetwork):
        repository.open_with_vault(open_named(str(kept.folder)), open_vault(place / "other"))
    with pytest.raises(errors.NoRepository):
        repository.open_with_vault(open_named(str(place / "nothing")), open_vault(place / "other"))
    with pytest.raises(BackupError, match="not empty"):
        repository.make(open_named(str(kept.folder)), open_vault(place / "other"), "me")


def test_another_folder_of_the_same_network_must_claim_it_first(network: Network):
    opened = repository.open_own(network.settings)
    before = opened.claims()[-1]
    opened.claim("somebody else")
    with pytest.raises(errors.OtherWriter):
        run(network.settings, Wanted())
    assert opened.claim(before.writer).epoch == before.epoch + 2
    assert run(network.settings, Wanted()).kind == "full"


def test_a_half_copied_repository_is_refused_before_anything_is_placed(kept: Kept, copied: Path, place: Path):
    for path in sorted(path for path in (copied / "chunks").rglob("*") if path.is_file())[::2]:
        path.unlink()
    with pytest.raises(errors.Lost) as found:
        restore(repository.open_with_recovery(open_named(str(copied)), kept.key), place / "new")
    assert "no longer holds chunks/" in found.value.words
    assert not (place / "new" / "postgres" / "PG_VERSION").exists()


def test_a_missing_segment_of_the_journal_is_said(kept: Kept, copied: Path, place: Path, started):
    whole = [path for path in sorted((copied / "wal/0001").iterdir()) if "." not in path.name]
    parts = [path for path in sorted((copied / "wal/0001").iterdir()) if "." in path.name]
    assert parts
    next_one = f"{int(parts[-1].name[:24], 16) + 1:024X}"
    shutil.copy((whole or parts)[0], copied / "wal/0001" / next_one)
    done = restore(repository.open_with_recovery(open_named(str(copied)), kept.key), place / "new")
    assert done.gap == parts[-1].name[8:24]
    assert ask(serving(place / "new", started), "SELECT count(*) FROM notes WHERE id = 900001") == [(1,)]


def test_a_folder_that_holds_something_is_left_alone(kept: Kept, place: Path):
    (place / "full").mkdir()
    (place / "full" / "precious").write_text("mine")
    with pytest.raises(errors.NotEmpty):
        restore(repository.open_with_recovery(open_named(str(kept.folder)), kept.key), place / "full")
    assert [path.name for path in (place / "full").iterdir()] == ["precious"]


# Storages that lie


class Liar(NamedObjects):
    """A real folder that drops what it acknowledged, and lists what it does not hold."""

    def __init__(self, folder: Path) -> None:
        self._real = open_named(str(folder))
        self.place = self._real.place
        self.drops: str = ""
        self.lists: list[Named] = []

    def put(self, name: str, data: bytes, *, hurry: bool = False) -> None:
        if not self.drops or not name.startswith(self.drops):
            self._real.put(name, data, hurry=hurry)

    def get(self, name: str) -> bytes:
        return self._real.get(name)

    def size(self, name: str) -> int:
        return self._real.size(name)

    def delete(self, name: str) -> None:
        self._real.delete(name)

    def list(self, prefix: str = "") -> Iterator[Named]:
        yield from self._real.list(prefix)
        yield from (each for each in self.lists if each.name.startswith(prefix))

    def settle(self) -> None:
        self._real.settle()


@pytest.fixture
def liar(network: Network, monkeypatch: pytest.MonkeyPatch) -> Liar:
    made = Liar(network.repo)
    monkeypatch.setattr(repository, "objects_at", lambda settings, address="": made)
    return made


def test_a_storage_that_drops_chunks_is_noticed_when_the_backup_is_made(network: Network, liar: Liar):
    liar.drops = "chunks/"
    with pytest.raises(errors.Lost, match="no longer holds chunks/"):
        run(network.settings, Wanted())
    assert list((network.repo).glob("backups/*")) == []


def test_a_storage_that_drops_the_list_is_noticed_when_the_backup_is_made(network: Network, liar: Liar):
    liar.drops = "backups/"
    with pytest.raises(BackupError):
        run(network.settings, Wanted())


def test_a_storage_that_lists_what_it_lost_is_noticed_by_a_trial_and_healed_by_the_next_run(
    network: Network, liar: Liar
):
    made = run(network.settings, Wanted())
    lost = network.repo / repository.Repository.chunk_place(made.stream[3].name)
    name = str(lost.relative_to(network.repo))
    liar.lists = [Named(name, lost.stat().st_size, made.started_at)]
    lost.unlink()
    with pytest.raises(errors.Lost) as found:
        verify(network.settings)
    assert name in found.value.words
    assert network.ask("SELECT whole, words FROM backups") == [(False, found.value.words)]
    again = run(network.settings, Wanted())
    assert again.kind == "full"
    assert again.sent >= again.sealed_size * 0.9
    assert verify(network.settings).whole


def test_a_storage_that_forgets_a_backup_or_brings_back_an_old_list_is_noticed(network: Network):
    first, second = run(network.settings, Wanted()), run(network.settings, Wanted(full=True))
    place = network.repo / "backups" / second.name / "manifest"
    whole = place.read_bytes()
    place.unlink()
    with pytest.raises(errors.Lost, match=second.name):
        verify(network.settings, first.name)
    place.write_bytes(manifest.pack(network.open().seal, second))  # whole, and yet not what was written
    with pytest.raises(errors.Damaged, match="another one than was written"):
        verify(network.settings)
    place.write_bytes(whole)
    assert verify(network.settings).whole


# Full disks and kills


@pytest.fixture
def small_disk(place: Path) -> Iterator[Path]:
    folder = place / "small"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("a small disk cannot be made here")
    folder.chmod(0o711)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_of_the_backup_is_said_and_the_run_goes_on_when_there_is_room(network: Network, small_disk: Path):
    shutil.copytree(network.repo, small_disk / "repo")
    tight = dataclasses.replace(network.settings, backup_url=str(small_disk / "repo"))
    with pytest.raises(StorageFull, match="is full"):
        run(tight, Wanted())
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    assert run(tight, Wanted()).sent > 0


def test_a_disk_too_small_for_a_restore_is_said_before_anything_is_written(kept: Kept, small_disk: Path):
    with pytest.raises(BackupError, match="this restore needs"):
        restore(repository.open_with_recovery(open_named(str(kept.folder)), kept.key), small_disk / "new")


def folkmoot(network: Network, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "folkmoot.cli", "backup", *arguments],
        env=os.environ
        | {"FOLKMOOT_DATA": str(network.settings.data), "FOLKMOOT_BACKUP_URL": network.settings.backup_url}
        | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_a_run_that_is_killed_sends_the_rest_the_next_time(network: Network):
    with psycopg.connect(network.server.admin_url, autocommit=True) as connection:
        connection.execute("VACUUM FREEZE")  # the first look at a new database marks its pages: they would differ
    process = folkmoot(network, "run", "--throttle", "0.5")
    wait_until(lambda: len([*network.repo.glob("chunks/*/*")]) >= 6)
    process.kill()
    process.wait()
    assert not [*network.repo.glob("backups/*")]
    there = sum(path.stat().st_size for path in network.repo.glob("chunks/*/*"))
    made = run(network.settings, Wanted())
    assert made.sent < made.sealed_size - there * 0.5  # the server has written some of its files anew meanwhile
    assert verify(network.settings).whole


def test_a_restore_that_is_killed_goes_on_where_it_was(network: Network, place: Path, started):
    run(network.settings, Wanted())
    keys = [network.add_medium(os.urandom(20000)) for _ in range(30)]
    run(network.settings, Wanted())
    (place / "key").write_text(network.key)
    new = place / "new"
    places = (new / "postgres.restoring", new / "postgres" / "PG_VERSION", new / "media")
    for reached in places:
        process = folkmoot(network, "restore", str(network.repo), "--key", str(place / "key"), "--data", str(new))
        wait_until(lambda process=process, reached=reached: reached.exists() or process.poll() is not None)
        process.kill()
        process.wait()
    assert not (new / "restore.json").exists() or restore(network.open(), new).lacking == []
    assert all((new / "media" / key).exists() for key in keys)
    server = serving(new, started)
    assert ask(server, "SELECT count(*) FROM notes") == [(20000,)]
    assert {key for key, _ in media_of(server)} == set(keys)


def said(network: Network) -> str:
    """What the following process complains of."""
    status = follow.read_status(network.settings.data)
    return status.words if status else ""


def test_a_storage_that_is_away_fills_no_disk_and_costs_nothing_once_it_is_back(
    network: Network, place: Path, started, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(follow, "AGAIN_AFTER", 0.2)
    tight = dataclasses.replace(network, settings=dataclasses.replace(network.settings, backup_spool_mb=20))
    run(network.settings, Wanted())
    spool = network.settings.data / "backup" / "journal"
    with following(tight):
        complete(network)
        network.repo.rename(place / "away")
        for number in range(8):
            network.ask("INSERT INTO notes VALUES (%s, 'while it is away')", 900001 + number)
            network.ask("SELECT pg_switch_wal()", role="postgres")
            if number == 2:
                wait_until(lambda: "spool on this disk is full" in said(network))
        assert spooled(spool) <= 5 * 16 * 2**20
        shutil.rmtree(network.repo, ignore_errors=True)
        (place / "away").rename(network.repo)
        complete(network)
    new = place / "new"
    assert restore(network.open(), new).gap == ""
    assert ask(serving(new, started), "SELECT count(*) FROM notes WHERE id > 900000") == [(8,)]
