"""What is in force, and what was."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

import msgspec

from folkmoot.database import Database
from folkmoot.moderation.rulebook import queries
from folkmoot.network.gate.parts import rules_that_load


class PartView(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a rule file, or of the limits."""

    id: int
    kind: str
    name: str
    version: str
    content: str
    made_at: datetime
    made_by_name: str | None
    active: bool


async def list_parts(db: Database, *, active: bool = False) -> list[PartView]:
    """Every version, newest first, or those in force."""
    return [PartView(**dict(row)) for row in await queries.parts(db, active)]


async def left_out(db: Database) -> Mapping[str, str]:
    """Rule files that are in force but do not load, by name, and why: screening goes without them."""
    files = sorted((part.name, part.content) for part in await list_parts(db, active=True) if part.kind == "rules")
    return (await asyncio.to_thread(rules_that_load, tuple(files)))[1]


async def picture_lists(db: Database) -> list[tuple[str, int]]:
    """Names of the lists of known pictures and how many hashes each has."""
    return [(row["list"], row["number"]) for row in await queries.picture_lists(db)]
