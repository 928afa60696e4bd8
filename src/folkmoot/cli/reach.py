"""How a command reaches the network's database, whether the network runs or not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from folkmoot.database import Database, migrate
from folkmoot.hosting.postgres import available
from folkmoot.settings import Settings
from folkmoot.vault import open_vault

T = TypeVar("T")


def with_database(settings: Settings, act: Callable[[Database], Awaitable[T]]) -> T:
    """Do `act` with the database, which is started for it when nothing runs, and given its tables when it is new."""
    with available(settings) as url:
        if asyncio.run(migrate.current(url)) is None:
            migrate.upgrade(url)
        return asyncio.run(_act(settings, url, act))


async def _act(settings: Settings, url: str, act: Callable[[Database], Awaitable[T]]) -> T:
    db = await Database.open(url, connections=1)
    db.seals = open_vault(settings.data)
    try:
        return await act(db)
    finally:
        await db.close()
