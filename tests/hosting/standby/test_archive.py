"""A standby that was away longer than its slot was kept: it catches up from the backups, or else is copied anew.

Real servers, a real repository; the slot is really invalidated by the first host's server.
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from folkmoot.database import migrate
from folkmoot.errors import FolkmootError, Missing
from folkmoot.hosting.backup import follow, repository
from folkmoot.hosting.backup.journal import Journal
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.hosting.postgres.following import archived
from folkmoot.hosting.standby import recopy
from folkmoot.hosting.standby.archive import LinkedObjects, held_archive, open_archive
from folkmoot.hosting.standby.join import join
from folkmoot.settings import Settings
from folkmoot.vault import open_vault

from .conftest import Running, free_port, silent, until, way

pytestmark = pytest.mark.slow

SMALL = (
    "fsync = off\nfull_page_writes = off\nsummarize_wal = off\nwal_keep_size = 0\n"
    "max_slot_wal_keep_size = 32MB\nmin_wal_size = 32MB\nmax_wal_size = 64MB\n"
)
"""A first host that keeps next to nothing for others."""


@pytest.fixture(scope="module")
def top() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="folkmoot-archive-"))
    place.chmod(0o711)
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def first(top: Path) -> Iterator[Running]:
    """A host that carries a network and sends its journal to a repository."""
    settings = Settings(
        data=top / "data", shared_buffers_mb=16, link_host="127.0.0.1", link_port=free_port(),
        backup_url=str(top / "repo"), backup_journal_every=1,
    )  # fmt: skip
    settings.data.mkdir(mode=0o711)
    (settings.data / "postgres.conf").write_text(SMALL)
    server = EmbeddedPostgres(settings)
    server.start()
    migrate.upgrade(server.url)
    server.stop()
    writer = repository.Local.of(settings.data).writer
    repository.make(repository.objects_at(settings), open_vault(settings.data), writer)
    running = Running(settings)
    running.sql("CREATE TABLE probe (word text PRIMARY KEY)")
    stop = threading.Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(follow, "due", lambda *_, **__: follow.Due())
        following = threading.Thread(target=follow.follow, args=(settings, stop))
        following.start()
        yield running
        stop.set()
        following.join()
    running.close()


@pytest.fixture(scope="module")
def standby(top: Path, first: Running) -> Iterator[Running]:
    """A host that follows it, and does not reach the repository by itself."""
    settings = Settings(data=top / "new", shared_buffers_mb=16, link_host="127.0.0.1", link_port=free_port())
    join(settings, way(first), silent)
    running = Running(settings)
    assert until(lambda: running.agent.status().is_fresh)
    yield running
    running.close()


HAS_SENT = """SELECT restart_lsn >= pg_current_wal_lsn() - 1024 * 1024 AS has_sent
              FROM pg_replication_slots WHERE slot_name = 'folkmoot_backup'"""
"""That the journal is in the repository does not mean its slot has been told."""


def write_until_it_is_lost(first: Running, standby: Running) -> None:
    """The standby is away until the first host lets go of its journal; all of that reaches the repository."""
    standby.server.stop()

    def is_lost() -> bool:
        first.sql("INSERT INTO probe SELECT gen_random_uuid()::text")
        written = first.sql("SELECT pg_walfile_name(pg_switch_wal()) AS file")[0]["file"]
        assert until(lambda: any(part.file == written and not part.end for part in journal_of(first).parts()))
        assert until(lambda: first.sql(HAS_SENT)[0]["has_sent"])
        first.sql("CHECKPOINT")
        found = first.sql("SELECT wal_status FROM pg_replication_slots WHERE slot_name LIKE 'standby_%'")
        return found == [{"wal_status": "lost"}]

    assert until(is_lost, 120)
    assert first.sql("SELECT wal_status FROM pg_replication_slots WHERE slot_name = 'folkmoot_backup'") != [
        {"wal_status": "lost"}
    ]


def journal_of(first: Running) -> Journal:
    return Journal(repository.open_own(first.settings), held_archive(first.settings)[1])


def test_it_reads_the_journal_from_the_backups_through_the_link(
    first: Running, standby: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recopy, "PATIENCE", 1.0)
    cluster = standby.server.cluster
    before = cluster.stat().st_ino
    write_until_it_is_lost(first, standby)
    standby.server.start()
    assert until(lambda: standby.agent.status().is_fresh, 120)
    assert standby.sql("SELECT word FROM probe ORDER BY 1") == first.sql("SELECT word FROM probe ORDER BY 1")
    assert cluster.stat().st_ino == before
    assert not list(standby.settings.data.glob("postgres.*"))
    assert first.sql("SELECT wal_status FROM pg_replication_slots WHERE slot_name LIKE 'standby_%'") != [
        {"wal_status": "lost"}
    ]


def test_an_archive_with_a_gap_leads_to_a_fresh_copy(
    first: Running, standby: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recopy, "PATIENCE", 3600.0)  # its agent must not begin by itself while we do
    write_until_it_is_lost(first, standby)
    standby.server.start()
    journal = journal_of(first)
    newest = [part for part in journal.parts() if not part.end and not part.is_history]
    journal.delete(newest[-2])
    assert until(lambda: standby.agent.watching.look().following == "lost")
    assert standby.agent.recopying.mend(threading.Event()) is False
    assert (standby.settings.data / "postgres.copied").exists()
    assert not archived(standby.settings.data).exists()
    standby.server.stop()
    standby.server.start()
    assert until(lambda: standby.agent.watching.look().is_fresh)


def test_the_repository_is_read_where_it_lies_when_that_can_be_reached(first: Running, standby: Running) -> None:
    wanted, epoch = held_archive(first.settings)
    reaches = dataclasses.replace(standby.settings, backup_url=first.settings.backup_url)
    with open_archive(reaches, standby.agent.link, wanted) as direct:
        assert not isinstance(direct.objects, LinkedObjects)
        there = Journal(direct, epoch).parts()
    elsewhere = dataclasses.replace(standby.settings, backup_url=str(standby.settings.data / "not" / "there"))
    with open_archive(elsewhere, standby.agent.link, wanted) as linked:
        assert isinstance(linked.objects, LinkedObjects)
        assert Journal(linked, epoch).parts() == there
        with pytest.raises(Missing):
            linked.objects.get("wal/0001/none")
        with pytest.raises(Missing):
            linked.objects.get("../data/keys/master.key")
    assert not (standby.settings.data / "not").exists()


def test_a_first_host_without_backups_says_so(first: Running) -> None:
    assert held_archive(dataclasses.replace(first.settings, backup_url="")) == ("", 0)
    with pytest.raises(FolkmootError):
        held_archive(dataclasses.replace(first.settings, backup_url=str(first.settings.data / "elsewhere")))
