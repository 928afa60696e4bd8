"""A database of its own for a command that tries something out: made in a new folder, thrown away afterwards."""

from __future__ import annotations

import asyncio
import functools
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from folkmoot.database import Database, migrate
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.jobs.schedule import JOBS
from folkmoot.jobs.tools import Tools
from folkmoot.network.gate import Gate
from folkmoot.settings import Settings
from folkmoot.storage import open_storage
from folkmoot.vault import open_vault

T = TypeVar("T")


def with_scratch(act: Callable[[Database, Settings], Awaitable[T]]) -> T:
    """Do `act` with an empty, migrated database and settings to go with it; nothing of it stays."""
    place = Path(tempfile.mkdtemp(prefix="folkmoot-scratch-"))
    place.chmod(0o711)  # run as root, the server is another user and has to reach its folder
    data = place / "data"
    data.mkdir(mode=0o711)
    # Nothing here has to outlive a power cut.
    (data / "postgres.conf").write_text("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n")
    settings = Settings(data=data, public_url="https://folk.example", screening="off", storage_url="")
    server = EmbeddedPostgres(settings)
    try:
        server.start()
        migrate.upgrade(server.url)
        return asyncio.run(_act(server.url, settings, act))
    finally:
        server.stop("immediate")
        shutil.rmtree(server.prepare().sockets, ignore_errors=True)
        shutil.rmtree(place, ignore_errors=True)


async def _act(url: str, settings: Settings, act: Callable[[Database, Settings], Awaitable[T]]) -> T:
    db = await Database.open(url, connections=4)
    db.seals = open_vault(settings.data)
    try:
        return await act(db, settings)
    finally:
        await db.close()


def jobs(db: Database, settings: Settings) -> Mapping[str, Callable[..., Awaitable[Any]]]:
    """What a worker knows of moderation and posts, with its tools; mail stays where it is written."""
    tools = Tools(db, open_storage(settings), settings, Gate(db, settings))
    return {
        name: functools.partial(act, tools)
        for name, act in JOBS.items()
        if name.startswith(("moderation.", "network.posts."))
    }
