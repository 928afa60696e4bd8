"""A small network with a running database and some media, and a repository for its backups."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from folkmoot.database import migrate
from folkmoot.hosting.backup import follow, repository
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.settings import Settings
from folkmoot.storage import open_storage
from folkmoot.vault import open_vault


@dataclass
class Network:
    """One network: its settings (backup_url among them), its recovery key, its running server."""

    settings: Settings
    key: str
    server: EmbeddedPostgres

    @property
    def repo(self) -> Path:
        return Path(self.settings.backup_url)

    def open(self) -> repository.Repository:
        return repository.open_with_recovery(repository.objects_at(self.settings), self.key)

    def ask(
        self, question: str, *values: object, role: str = "folkmoot", database: str = "folkmoot"
    ) -> list[tuple[Any, ...]]:
        """One statement to the running server."""
        return ask(self.server, question, *values, role=role, database=database)

    def add_medium(self, data: bytes) -> str:
        """A medium in storage and in the list, as an upload leaves it."""
        key = asyncio.run(open_storage(self.settings).put(data, "image/png"))
        self.ask(
            "INSERT INTO objects (key, size, content_type, created_at) VALUES (%s, %s, 'image/png', now()) "
            "ON CONFLICT DO NOTHING",
            key,
            len(data),
        )
        return key


def ask(
    server: EmbeddedPostgres, question: str, *values: object, role: str = "folkmoot", database: str = "folkmoot"
) -> list[tuple[Any, ...]]:
    with psycopg.connect(server.url, user=role, dbname=database, autocommit=True) as connection:
        cursor = connection.execute(question, values or None)
        return cursor.fetchall() if cursor.description else []


def _memory() -> str | None:
    """Where files cost nothing, if there is room: what reaches the disk is not the question here."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > 2 * 2**30 else None


@contextlib.contextmanager
def new_place() -> Iterator[Path]:
    """A folder that anybody may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="folkmoot-backup-", dir=_memory()))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def place() -> Iterator[Path]:
    """The same for a test."""
    with new_place() as folder:
        yield folder


@pytest.fixture(scope="session")
def migrated(made: Path) -> Iterator[Path]:
    """A data folder with the whole schema and a table to write notes into; stopped."""
    folder = Path(tempfile.mkdtemp(prefix="folkmoot-migrated-", dir=_memory()))
    folder.chmod(0o711)
    subprocess.run(["cp", "-a", made, folder / "data"], check=True)
    server = EmbeddedPostgres(Settings(data=folder / "data", shared_buffers_mb=16))
    server.start()
    migrate.upgrade(server.url)
    ask(server, "CREATE TABLE notes (id bigint PRIMARY KEY, words text)")
    ask(server, "INSERT INTO notes SELECT n, repeat(md5(n::text), 8) FROM generate_series(1, 20000) AS n")
    server.stop()
    yield folder / "data"
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def a_network(migrated: Path, place: Path) -> Iterator[Network]:
    """A network of its own, running, with an empty repository."""
    data = place / "data"
    subprocess.run(["cp", "-a", migrated, data], check=True)
    settings = Settings(
        data=data, shared_buffers_mb=16, backup_url=str(place / "repo"), public_url="https://moot.example"
    )
    server = EmbeddedPostgres(settings)
    server.start()
    _, pair = repository.make(repository.objects_at(settings), open_vault(data), repository.Local.of(data).writer)
    try:
        yield Network(settings, pair.private, server)
    finally:
        server.stop("immediate")


@pytest.fixture
def network(migrated: Path, place: Path) -> Iterator[Network]:
    """The same for a test."""
    with a_network(migrated, place) as made:
        yield made


@pytest.fixture
def started() -> Iterator[list[EmbeddedPostgres]]:
    """Servers a test started besides; stopped afterwards."""
    servers: list[EmbeddedPostgres] = []
    yield servers
    for server in servers:
        server.stop("immediate")


def serving(data: Path, started: list[EmbeddedPostgres]) -> EmbeddedPostgres:
    """A server on what was restored."""
    server = EmbeddedPostgres(dataclasses.replace(Settings(), data=data, shared_buffers_mb=16))
    server.start()
    started.append(server)
    return server


@contextlib.contextmanager
def following(network: Network) -> Iterator[None]:
    """`folkmoot backup follow`, without its periodic backups, in a thread."""
    settings = dataclasses.replace(network.settings, backup_every=0, backup_verify_every=0, backup_journal_every=1)
    stop = threading.Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(follow, "due", lambda *_, **__: follow.Due())
        thread = threading.Thread(target=follow.follow, args=(settings, stop))
        thread.start()
        try:
            wait_until(lambda: follow.read_status(settings.data) is not None)
            yield
        finally:
            stop.set()
            thread.join()


def complete(network: Network) -> bool:
    """Whether all that was written until now is in the repository."""
    [(now,)] = network.ask("SELECT clock_timestamp()")

    def reached() -> bool:
        status = follow.read_status(network.settings.data)
        return status is not None and status.complete_at is not None and status.complete_at > now

    wait_until(reached)
    return True


def wait_until(happened: Callable[[], bool], seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)
