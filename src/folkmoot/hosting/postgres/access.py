"""Who may use a data folder's database, and from when to when.

`owner.lock` belongs to whoever runs the server: `folkmoot serve`, or a single command while nothing serves.
`users.lock` is shared by commands at work: the one that started the server waits for the others before it stops it.
Both are flocks, so a killed process leaves none.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from folkmoot.hosting.postgres import places
from folkmoot.hosting.postgres.errors import InUse, NoDatabase, about_folder
from folkmoot.hosting.postgres.server import EmbeddedPostgres
from folkmoot.settings import Settings

PATIENCE = 60.0
"""Seconds to wait for somebody who is starting or stopping the server."""


@contextlib.contextmanager
def hold(data: Path, what: str, patience: float = 0.0) -> Iterator[None]:
    """Own the data folder for as long as the block runs; raises InUse when somebody else does."""
    places.make_data_folder(data)
    with _open(data, "owner.lock") as lock:
        until = time.monotonic() + patience
        while not _try(lock, fcntl.LOCK_EX):
            lock.seek(0)
            holder = lock.read().strip() or "another process"
            # A single command is soon done; a serving network is not, and waiting for it helps nobody.
            if holder.startswith("folkmoot serve") or time.monotonic() > until:
                raise InUse(folder=data, holder=holder)
            time.sleep(0.02)
        lock.seek(0)
        lock.truncate()
        lock.write(f"{what} (process {os.getpid()})")
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


def reach(settings: Settings) -> Settings:
    """The settings with the address of a database that runs; raises NoDatabase when none does."""
    if settings.database_url:
        return settings
    server = EmbeddedPostgres(settings)
    if not server.is_running:
        raise NoDatabase(
            "No database runs for {folder}: start `folkmoot serve` there, or set DATABASE_URL.", folder=settings.data
        )
    return dataclasses.replace(settings, database_url=server.url)


@contextlib.contextmanager
def available(settings: Settings) -> Iterator[str]:
    """The address of the database, for as long as the block runs.

    The operator's own server when DATABASE_URL names one, else the embedded one: running already, or started for this
    block and stopped after it.
    """
    if settings.database_url:
        yield settings.database_url
        return
    places.make_data_folder(settings.data)
    server = EmbeddedPostgres(settings)
    until = time.monotonic() + PATIENCE
    with _open(settings.data, "users.lock") as users:
        while True:
            fcntl.flock(users, fcntl.LOCK_SH)
            if server.is_running:
                yield server.url
                return
            with contextlib.ExitStack() as stack:
                try:
                    stack.enter_context(hold(settings.data, "another folkmoot command"))
                except InUse:
                    if time.monotonic() > until:
                        raise NoDatabase("The database of {folder} does not come up.", folder=settings.data) from None
                else:
                    server.start()
                    try:
                        yield server.url
                    finally:
                        fcntl.flock(users, fcntl.LOCK_EX)
                        server.stop()
                    return
            fcntl.flock(users, fcntl.LOCK_UN)
            time.sleep(0.02)


def _open(data: Path, name: str) -> IO[str]:
    try:
        return os.fdopen(os.open(data / "run" / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+")
    except OSError as error:
        raise about_folder(data, error) from error


def _try(lock: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
