"""What must be true of a database before the first page is served, and what its operator should read.

Loaded in a short-lived process beside the supervisor, which itself never loads a database driver.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable

from folkmoot.database import migrate
from folkmoot.hosting.postgres.check import check_server
from folkmoot.settings import Settings


def make(settings: Settings, demo: bool) -> Callable[[str], str]:
    """A function that migrates the database at an address, fills it when a demo is wanted, and returns words."""

    def prepare(url: str) -> str:
        at = dataclasses.replace(settings, database_url=url)
        if settings.database_url:
            asyncio.run(check_server(url))
        migrate.upgrade(url)
        words = [fill_with_demo(at)] if demo else []
        return "\n".join([*words, operator_words(at)]).strip()

    return prepare


def operator_words(settings: Settings) -> str:
    """How the first visitor becomes the operator; nothing once somebody is."""
    return ""


def fill_with_demo(settings: Settings) -> str:
    """Fill a new network with the small community of `folkmoot.demo`."""
    return ""
