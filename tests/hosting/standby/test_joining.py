"""Becoming a standby, and everything that is refused on the way. The agents run in this process, the databases are real."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from folkmoot.database import migrate
from folkmoot.errors import FolkmootError
from folkmoot.hosting import state as states
from folkmoot.hosting.link import find_partner, forget_partner, make_code
from folkmoot.hosting.link.code import forget_code
from folkmoot.hosting.link.database import connect
from folkmoot.hosting.move.here import Here
from folkmoot.hosting.move.verbs import Askance
from folkmoot.hosting.postgres import EmbeddedPostgres, NoDatabase
from folkmoot.hosting.standby.copy import CannotCopy
from folkmoot.hosting.standby.join import CannotJoin, Way, join
from folkmoot.hosting.standby.queries import journal_begins
from folkmoot.hosting.standby.report import lsn
from folkmoot.settings import Settings

from .conftest import Running, free_port, silent, until, way

pytestmark = pytest.mark.slow


HASTY = "fsync = off\nfull_page_writes = off\nsummarize_wal = off\nwal_keep_size = 0\n"
"""Throwing the journal away must not wait for its summaries, either."""


@pytest.fixture(scope="module")
def first() -> Iterator[Running]:
    """A host that carries a network."""
    place = Path(tempfile.mkdtemp(prefix="folkmoot-first-"))
    place.chmod(0o711)
    settings = Settings(
        data=place / "data", shared_buffers_mb=16, link_host="127.0.0.1", link_port=free_port(), storage_url="",
        certificate_file=str(place / "fullchain.pem"), certificate_key_file=str(place / "privkey.pem"),
    )  # fmt: skip
    for name in ("fullchain.pem", "privkey.pem"):
        (place / name).write_text(f"-----BEGIN {name} -----\n")
    settings.data.mkdir(mode=0o711)
    (settings.data / "postgres.conf").write_text(HASTY)
    server = EmbeddedPostgres(settings)
    server.start()
    migrate.upgrade(server.url)
    server.stop()
    running = Running(settings)
    running.sql("CREATE TABLE probe (word text PRIMARY KEY)")
    running.sql("INSERT INTO probe VALUES ('there')")
    yield running
    running.close()
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def new(place: Path, first: Running) -> Settings:
    """Settings of a host to become the standby; the first host knows none yet."""
    forget_partner(first.settings.data)
    forget_code(first.settings.data)
    return Settings(
        data=place / "new", shared_buffers_mb=16, link_host="127.0.0.1", link_port=free_port(),
        certificate_command=f'echo "$CERTIFICATE $KEY" > {place}/new/told',
    )  # fmt: skip


def _throws_away(first: Running, segment: str) -> bool:
    """Write on until this piece of the journal is gone."""
    first.sql("INSERT INTO probe SELECT gen_random_uuid()::text")
    first.sql("SELECT pg_switch_wal()")
    first.sql("CHECKPOINT")
    return not first.sql(f"SELECT name FROM pg_ls_waldir() WHERE name = '{segment}'")


def test_a_wrong_code_leaves_the_folder_as_it_was(first: Running, new: Settings) -> None:
    with pytest.raises(FolkmootError, match="not the code shown"):
        join(new, way(first, code="aaaa-aaaa-aaaa-aaaa"), silent)
    assert states.read(new.data).role == "primary"
    assert not (new.data / "hosting.json").exists()


def test_without_a_code_one_is_asked_for(first: Running, new: Settings) -> None:
    with pytest.raises(FolkmootError, match="A code is needed"):
        join(new, Way(f"127.0.0.1:{first.settings.link_port}"), silent)


def test_a_folder_of_another_network_is_refused(first: Running, new: Settings) -> None:
    (new.data / "run").mkdir(parents=True)
    states.write(new.data, states.State(network="another", side="elsewhere", role="standby"))
    with pytest.raises(FolkmootError, match="belongs to another network"):
        join(new, way(first), silent)
    assert states.read(new.data).network == "another"
    assert find_partner(first.settings.data) is None


def test_an_address_where_nobody_is_is_one_sentence(new: Settings) -> None:
    with pytest.raises(FolkmootError, match=r"127\.0\.0\.1:9 cannot be reached"):
        join(new, Way("127.0.0.1:9", "x"), silent)


def test_a_server_of_the_operators_own_must_be_there(new: Settings) -> None:
    with pytest.raises(FolkmootError, match="DATABASE_URL cannot be reached"):
        join(dataclasses.replace(new, database_url="postgresql://x@127.0.0.1:9/x"), Way("127.0.0.1:9", "x"), silent)
    assert not new.data.exists()


def test_a_copy_that_was_interrupted_is_never_taken_for_whole_and_goes_on(first: Running, new: Settings) -> None:
    def interrupt(what: str, done: int, total: int) -> None:
        if what == "checking the copy":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        join(new, way(first), interrupt)
    with pytest.raises(NoDatabase, match="not complete: run `folkmoot standby join` again"):
        EmbeddedPostgres(new).start()
    said = join(new, Way(), silent)
    assert "(" in said
    standby = Running(new)
    try:
        assert until(lambda: standby.sql("SELECT word FROM probe") == [{"word": "there"}])
        with pytest.raises(CannotJoin, match="follows already"):
            join(new, Way(), silent)
        _notices_other_content(first, standby)
        _has_the_certificate(first, standby)
    finally:
        standby.close()


def _has_the_certificate(first: Running, standby: Running) -> None:
    """It came with the keys, and comes again when it was renewed; the standby's proxy is told each time."""
    there, here = Path(first.settings.certificate_file), standby.settings.data / "certificates"
    key = Path(first.settings.certificate_key_file)
    said = standby.settings.data / "told"
    assert (here / "fullchain.pem").read_text() == there.read_text()
    assert (here / "privkey.pem").read_text() == key.read_text()
    assert (here.stat().st_mode & 0o777, (here / "privkey.pem").stat().st_mode & 0o777) == (0o700, 0o600)
    assert said.read_text() == f"{here}/fullchain.pem {here}/privkey.pem\n"
    said.unlink()
    standby.agent.comparing.look()
    assert not said.exists()
    there.write_text("-----BEGIN CERTIFICATE-----\nrenewed\n")
    standby.agent.comparing.look()
    assert (here / "fullchain.pem").read_text() == there.read_text()
    assert said.exists()
    complaints = Askance(Here(first.settings), first.agent.link).complaints
    assert not any("has not the same" in words for words in complaints())
    key.rename(key.with_suffix(".gone"))
    assert any("privkey.pem cannot be read" in words for words in complaints())


def _notices_other_content(first: Running, standby: Running) -> None:
    """A host whose rows differ is found out, though its database streams."""
    comparing = standby.agent.comparing
    first.agent.link.verb("standby.content", lambda body: {"rows": 1, "sum": "1", "lsn": "0/0"})
    comparing.look()
    first.agent.link.verb("standby.content", first.agent.comparing._say_content)
    found = standby.agent.watching.look()
    assert found.equality.well is False
    assert [check.name for check in found.hindrances if check.name == "equality"] == ["equality"]
    comparing.look()
    assert standby.agent.watching.noted.equality.well is True


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a small disk")
def test_a_disk_without_room_is_refused_before_anything_is_copied(first: Running, new: Settings) -> None:
    new.data.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=90m,mode=0711", "tmpfs", new.data], check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        with pytest.raises(CannotCopy, match="make room"):
            join(new, way(first), silent)
        assert not list(new.data.glob("postgres*/PG_VERSION"))
    finally:
        subprocess.run(["umount", new.data], check=True)


def test_a_host_that_can_only_be_called_follows_as_well_and_a_lost_one_is_copied_anew(
    first: Running, new: Settings
) -> None:
    code = make_code(first.settings.data, time.time(), dial=f"127.0.0.1:{new.link_port}")
    told: list[str] = []
    joining = threading.Thread(
        target=join, args=(new, Way(code=code.word, wait_to_be_dialled=True), lambda what, *_: told.append(what))
    )
    joining.start()
    joining.join(90)
    assert not joining.is_alive()
    assert any(what.startswith("waiting on port") for what in told)
    partner, theirs = find_partner(new.data), find_partner(first.settings.data)
    assert partner is not None
    assert theirs is not None
    assert (partner.addresses, theirs.addresses) == ((), (f"127.0.0.1:{new.link_port}",))
    standby = Running(new)
    try:
        assert until(lambda: standby.agent.status().is_fresh)
        assert until(lambda: first.agent.status().is_fresh)
        standby.server.stop()
        first.sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")
        needed = first.sql("SELECT pg_walfile_name(pg_current_wal_lsn()) AS name")[0]["name"]
        assert until(lambda: _throws_away(first, str(needed)))
        with connect(first.settings) as connection:
            assert lsn(journal_begins(connection)) > lsn(standby.agent.watching.status.replayed_lsn)
        standby.server.start()
        assert until(lambda: standby.agent.watching.look().following == "lost"), standby.agent.watching.status
        standby.agent.recopying.copy_again(threading.Event())
        assert (new.data / "postgres.copied").exists()
        standby.server.stop()  # whoever supervises it starts it again
        standby.server.start()
        assert len(list(new.data.glob("postgres.until-*"))) == 1
        assert until(lambda: standby.agent.watching.look().is_fresh)
        assert len(standby.sql("SELECT word FROM probe")) == len(first.sql("SELECT word FROM probe"))
    finally:
        standby.close()
