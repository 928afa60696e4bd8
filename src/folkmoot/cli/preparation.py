"""What must be true of a database before the first page is served, and what its operator should read.

Loaded in a short-lived process beside the supervisor, which itself never loads a database driver.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable

from folkmoot import vault
from folkmoot.database import Database, migrate
from folkmoot.hosting.postgres.check import check_server
from folkmoot.moderation.screening import shipped
from folkmoot.network import accounts
from folkmoot.settings import Settings

WRITES_WITHIN = 8.0
"""Seconds a first write may take; with synchronous mode it waits for a standby that may be gone."""
OTHER_KEY = (
    "This database was sealed with another master key than {file}: evidence, the public log and notifications cannot use "
    "what it keeps. Stop, put the key of the old folder or of a backup there (readable by its owner alone), and start again."
)


def make(settings: Settings, demo: bool) -> Callable[[str], str]:
    """A function that migrates the database at an address, fills it when a demo is wanted, and returns words."""

    def prepare(url: str) -> str:
        at = dataclasses.replace(settings, database_url=url)
        if settings.database_url:
            asyncio.run(check_server(url))
        if settings.screening == "full":
            shipped.check()
        migrate.upgrade(url)
        words = [fill_with_demo(at)] if demo else []
        return "\n".join([*words, asyncio.run(operator_words(at))]).strip()

    return prepare


async def operator_words(settings: Settings) -> str:
    """How the first visitor becomes the operator, and what must be put right before the network can be trusted."""
    db = await Database.open(settings.database_url, connections=1)
    try:
        if not await vault.fits(db, settings.data):
            return OTHER_KEY.format(file=vault.master_key_file(settings.data))
        async with asyncio.timeout(WRITES_WITHIN):
            code = await accounts.operator_code(db)
    except TimeoutError:
        return (
            "The database takes no writes at present. In synchronous mode they wait for the standby: is it there? "
            "`folkmoot standby status` says more; `folkmoot standby sync off` lets the network write without it."
        )
    finally:
        await db.close()
    if code is None:
        return ""
    return f"Nobody runs it yet. Make the first account in the browser; this code makes it the operator's: {code}"


def fill_with_demo(settings: Settings) -> str:
    """Fill a new network with the small community of `folkmoot.demo`; words for the terminal."""
    # Only a demo pays for loading the painter and its texts.
    from folkmoot.demo.populate import populate

    return asyncio.run(populate(settings))
