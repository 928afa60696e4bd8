"""The embedded server: how it is set up, and that it comes back from everything that can happen to it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from folkmoot.errors import Unavailable
from folkmoot.hosting import processes
from folkmoot.hosting.link.database import connect
from folkmoot.hosting.postgres import EmbeddedPostgres, InUse, NoDatabase, available, hold
from folkmoot.hosting.postgres.binaries import STATE
from folkmoot.hosting.postgres.check import check_version
from folkmoot.hosting.postgres.places import find_cluster, get_owner, get_socket_folder
from folkmoot.settings import Settings

pytestmark = pytest.mark.slow

Ask = Callable[..., str]
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs a second user of the machine, which only root can be")
NOBODY = 65534


def test_a_new_cluster_is_ready_for_a_later_move(server: EmbeddedPostgres, ask: Ask) -> None:
    server.start()
    wanted = {
        "listen_addresses": "",
        "wal_level": "logical",
        "archive_mode": "on",
        "summarize_wal": "on",
        "hot_standby_feedback": "on",
        "data_checksums": "on",
        "synchronous_commit": "on",
        "wal_receiver_status_interval": "1s",
        "jit": "off",
        "shared_buffers": "16MB",
    }
    assert {name: ask(server.url, f"SHOW {name}") for name in wanted} == wanted
    locale = "SELECT datlocprovider::text || datlocale || pg_encoding_to_char(encoding) FROM pg_database"
    assert set(ask(server.url, locale).splitlines()) == {"bC.UTF-8UTF8"}


def test_the_application_owns_its_database_and_is_no_superuser(server: EmbeddedPostgres, ask: Ask) -> None:
    server.start()
    assert ask(server.url, "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user") == "f"
    assert ask(server.url, "CREATE EXTENSION pg_trgm; CREATE EXTENSION unaccent") == ""


def test_nobody_else_on_the_machine_comes_in(server: EmbeddedPostgres, ask: Ask) -> None:
    server.start()
    folder = server.prepare().sockets
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    if os.geteuid() == 0:
        assert "Permission denied" in ask(server.url, "SELECT 1", NOBODY)
        folder.chmod(0o755)
        (folder / ".s.PGSQL.5432").chmod(0o777)
        assert "Peer authentication failed" in ask(server.url, "SELECT 1", NOBODY)


def test_a_killed_postmaster_loses_nothing_and_starts_again(server: EmbeddedPostgres, ask: Ask) -> None:
    server.start()
    ask(server.url, "CREATE TABLE words (word text); INSERT INTO words VALUES ('kept')")
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    assert not server.is_running
    server.start()
    assert ask(server.url, "SELECT word FROM words") == "kept"


def test_a_note_whose_number_belongs_to_another_process_is_no_obstacle(server: EmbeddedPostgres) -> None:
    note = server.cluster / "postmaster.pid"
    note.write_text(f"{os.getpid()}\n{server.cluster}\n0\n5432\n/tmp\n\n  0 0\nready\n")
    shutil.chown(note, get_owner().uid)
    assert not server.is_running
    server.start()
    assert server.is_running


def test_a_server_that_has_not_said_yet_where_its_socket_is_is_not_called(server: EmbeddedPostgres) -> None:
    """PostgreSQL writes its note in two goes, and a standby's agent looks at any moment."""
    server.start()
    note = server.cluster / "postmaster.pid"
    lines = note.read_text().splitlines()
    note.write_text("\n".join([*lines[:4], ""]) + "\n")
    found = server.find_postmaster()
    assert found is not None
    assert (found.pid, found.sockets) == (int(lines[0]), None)
    with pytest.raises(Unavailable, match="does not run"):
        connect(server._settings)


def test_a_server_whose_owner_was_killed_ends_by_itself(settings: Settings) -> None:
    server = EmbeddedPostgres(settings)
    with another_user_of(settings) as owner:
        assert server.is_running
        found = server.find_postmaster()
        owner.kill()
        owner.wait()
    assert found is not None
    assert processes.wait_for_end(found.pid, 20)


def test_a_server_left_running_is_stopped_by_the_next_start(server: EmbeddedPostgres, ask: Ask) -> None:
    ground = server.prepare()
    server.start()
    orphan = server.find_postmaster()
    again = EmbeddedPostgres(server._settings)
    again.start()
    assert orphan is not None
    assert not processes.is_alive(orphan.pid)
    assert again.url.endswith(str(ground.sockets))
    assert ask(again.url, "SELECT 1") == "1"
    again.stop()


def test_two_commands_at_once_share_one_server(settings: Settings, ask: Ask) -> None:
    with another_user_of(settings) as first:
        with available(settings) as url:
            first.stdin.close()  # type: ignore[union-attr]  # opened as a pipe
            time.sleep(0.3)
            assert first.poll() is None, "the one that started the server waits for the other"
            assert ask(url, "SELECT 1") == "1"
        assert first.wait(20) == 0
    assert not EmbeddedPostgres(settings).is_running


def test_a_held_folder_is_refused_by_name(settings: Settings) -> None:
    with hold(settings.data, "folkmoot serve"), pytest.raises(InUse) as refused, hold(settings.data, "another"):
        pass
    assert "in use by folkmoot serve" in refused.value.words
    assert "--data" in refused.value.words


def test_a_cluster_of_another_major_version_is_refused(server: EmbeddedPostgres) -> None:
    (server.cluster / "PG_VERSION").write_text("17\n")
    with pytest.raises(NoDatabase, match="made by PostgreSQL 17"):
        server.start()


def test_a_half_made_cluster_is_made_anew(place: Path) -> None:
    data = place / "data"
    (data / "postgres.making").mkdir(parents=True)
    data.chmod(0o711)
    (data / "postgres.making" / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(Settings(data=data, shared_buffers_mb=16))
    server.start()
    assert server.is_running
    assert not (data / "postgres.making").exists()
    server.stop()


def test_a_file_where_the_data_folder_should_be_is_one_sentence(place: Path) -> None:
    (place / "data").write_text("")
    with pytest.raises(NoDatabase, match="is not a folder"):
        EmbeddedPostgres(Settings(data=place / "data")).start()


@only_root
def test_a_full_disk_is_one_sentence(place: Path) -> None:
    data = place / "data"
    data.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=0711", "tmpfs", data], check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        with pytest.raises(NoDatabase, match="make room"):
            EmbeddedPostgres(Settings(data=data)).start()
        _fill(data / "filler")
        with pytest.raises(NoDatabase, match="is full"):
            EmbeddedPostgres(Settings(data=data)).start()
    finally:
        subprocess.run(["umount", data], check=True)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while filler.write(bytes(65536)):
            pass


@only_root
def test_a_folder_closed_to_the_databases_user_stays_closed(place: Path) -> None:
    place.chmod(0o700)
    data = place / "data"
    server = EmbeddedPostgres(Settings(data=data, shared_buffers_mb=16))
    server.start()
    try:
        assert server.is_running
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        assert (data / "postgres").is_symlink()
        assert find_cluster(data).is_relative_to(STATE)
    finally:
        server.stop()
        shutil.rmtree(find_cluster(data).parent)


def test_a_long_runtime_folder_is_not_used_for_the_socket(settings: Settings) -> None:
    folder = get_socket_folder(settings.data / "postgres", get_owner(), {"XDG_RUNTIME_DIR": "/tmp/" + "x" * 100})
    assert len(str(folder / ".s.PGSQL.5432")) <= 107
    folder.rmdir()


@only_root
def test_a_socket_folder_of_somebody_else_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = settings.data / "postgres"
    owner = get_owner()
    folder = get_socket_folder(cluster, owner)
    os.chown(folder, NOBODY, NOBODY)
    elsewhere = get_socket_folder(cluster, owner)
    assert elsewhere != folder
    os.chown(elsewhere, NOBODY, NOBODY)
    with pytest.raises(NoDatabase, match="belongs to somebody else"):
        get_socket_folder(cluster, owner)
    folder.rmdir()
    elsewhere.rmdir()


def test_the_operators_own_lines_come_last(settings: Settings, ask: Ask) -> None:
    (settings.data / "postgres.conf").write_text("work_mem = '9MB'\n")
    with available(settings) as url:
        assert ask(url, "SHOW work_mem") == "9MB"


@pytest.mark.parametrize(("number", "well"), [(140012, False), (150001, True), (180006, True), (190000, False)])
def test_servers_from_15_to_18_are_welcome(number: int, well: bool) -> None:
    if well:
        check_version(number)
    else:
        with pytest.raises(NoDatabase, match="needs 15 to 18"):
            check_version(number)


class another_user_of:
    """Another process that uses the folder's database until its standard input closes."""

    def __init__(self, settings: Settings) -> None:
        program = f"""
            import sys
            from pathlib import Path
            from folkmoot.hosting.postgres import available
            from folkmoot.settings import Settings
            with available(Settings(data=Path({str(settings.data)!r}), shared_buffers_mb=16)):
                print("up", flush=True)
                sys.stdin.read()
        """
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> subprocess.Popen[bytes]:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"up\n"
        return self.process

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()
