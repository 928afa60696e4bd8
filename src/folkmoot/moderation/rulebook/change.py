"""Change what screening goes by. Every process takes it up by itself; a mistake is refused and the old stays in force."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence

import msgspec

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Transaction
from folkmoot.errors import Invalid, Missing
from folkmoot.ids import new_id
from folkmoot.moderation.rulebook import queries
from folkmoot.moderation.rulebook.read import list_parts
from folkmoot.moderation.screening.rules import BrokenRules
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.gate.parts import Tuning, load_rules, rules_that_load

LIMITS = "limits"
"""There is one set of limits, under this name."""
MOST_BYTES = 1_000_000
OURS = "removed"
"""The list of known pictures that verdicts and stewards keep."""


async def use_rules(db: Database, by: Viewer, files: Mapping[str, str]) -> dict[str, str]:
    """Put rule files in force, contents by name, each in the place of the one of its name; says their versions.

    Raises Forbidden, and Invalid with file, line and rule when one is broken or one of its examples fails: then nothing
    has changed.
    """
    by.check_role(Role.OPERATOR)
    for name, content in files.items():
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name):
            raise Invalid("A rule file's name has small letters, digits, - and _ and at most 40 of them.", field="name")
        if len(content) > MOST_BYTES:
            raise Invalid("A rule file may have a megabyte at most.", field="content")
    standing = await _rules_in_force(db)
    await asyncio.to_thread(_check_loads, standing, {**standing, **files})
    async with db.transaction() as tx:
        return {name: await _put(tx, by, "rules", name, content) for name, content in files.items()}


async def drop_rules(db: Database, by: Viewer, name: str) -> None:
    """Take a rule file out of force. Its versions stay. Raises Forbidden, Missing, and Invalid when another one needs it."""
    by.check_role(Role.OPERATOR)
    standing = await _rules_in_force(db)
    rest = {each: content for each, content in standing.items() if each != name}
    await asyncio.to_thread(_check_loads, standing, rest)
    async with db.transaction() as tx:
        if not await queries.retire(tx, "rules", name):
            raise Missing
        _tell(tx, by, Event.SCREENING_CHANGED, kind="rules", name=name, version="")


async def use_limits(db: Database, by: Viewer, tuning: Tuning) -> str:
    """Put limits and calibration in force; says their version. Raises Forbidden, Invalid."""
    by.check_role(Role.OPERATOR)
    for category, limit in tuning.limits.items():
        if not 0 < limit.case <= limit.hold:
            raise Invalid("The limits of {category} are not in order: doubt comes before holding.", category=category)
    async with db.transaction() as tx:
        return await _put(tx, by, "limits", LIMITS, msgspec.json.encode(tuning, order="sorted").decode())


async def ship_limits(db: Database, by: Viewer) -> None:
    """Put the shipped limits in force again, without a calibration. Raises Forbidden, and Missing where they are in force."""
    by.check_role(Role.OPERATOR)
    async with db.transaction() as tx:
        if not await queries.retire(tx, "limits", LIMITS):
            raise Missing
        _tell(tx, by, Event.SCREENING_CHANGED, kind="limits", name=LIMITS, version="")


async def roll_back(db: Database, by: Viewer, id: int) -> None:
    """Put an earlier version in force again. Raises Forbidden, Missing, and Invalid when rules do not load with it."""
    by.check_role(Role.OPERATOR)
    part = await queries.find_part(db, id)
    if part is None:
        raise Missing
    if part["kind"] == "rules":
        standing = await _rules_in_force(db)
        await asyncio.to_thread(_check_loads, standing, standing | {part["name"]: part["content"]})
    async with db.transaction() as tx:
        await queries.retire(tx, part["kind"], part["name"])
        await queries.activate(tx, id)
        _tell(tx, by, Event.SCREENING_ROLLED_BACK, kind=part["kind"], name=part["name"], version=part["version"])


async def add_pictures(db: Database, by: Viewer, name: str, rows: Sequence[tuple[str, str, str]]) -> int:
    """Add hashes (with reference and category) to a list of known pictures; says how many were new.

    Raises Forbidden, and Invalid for the name of the list that verdicts keep.
    """
    by.check_role(Role.OPERATOR)
    if name == OURS:
        raise Invalid("The list called {name} is kept by verdicts; give yours another name.", name=name, field="name")
    async with db.transaction() as tx:
        added = await queries.insert_pictures(tx, name, rows, clock.now())
        _tell(tx, by, Event.PICTURES_LISTED, list=name, added=added)
    return added


async def drop_pictures(db: Database, by: Viewer, name: str) -> int:
    """Forget a list of known pictures; says how many hashes it had. Raises Missing."""
    by.check_role(Role.OPERATOR)
    async with db.transaction() as tx:
        gone = await queries.delete_pictures(tx, name)
        if not gone:
            raise Missing
        _tell(tx, by, Event.PICTURES_UNLISTED, list=name, gone=gone)
    return gone


async def _rules_in_force(db: Database) -> dict[str, str]:
    return {part.name: part.content for part in await list_parts(db, active=True) if part.kind == "rules"}


def _check_loads(standing: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    """Raises Invalid when the wanted files do not load together, but for those that stand already and do not load."""
    try:
        try:
            load_rules(tuple(wanted.items()))
        except BrokenRules:
            broken = rules_that_load(tuple(sorted(standing.items())), tried=False)[1]
            rest = {name: text for name, text in wanted.items() if name not in broken or text != standing[name]}
            if len(rest) == len(wanted):
                raise
            load_rules(tuple(rest.items()))
    except BrokenRules as error:
        raise Invalid("{why}", why=str(error), field="content") from None


async def _put(tx: Transaction, by: Viewer, kind: str, name: str, content: str) -> str:
    version = hashlib.sha256(content.encode()).hexdigest()[:12]
    await queries.retire(tx, kind, name)
    await queries.insert_part(tx, new_id(), kind, name, version, content, clock.now(), by.actor)
    _tell(tx, by, Event.SCREENING_CHANGED, kind=kind, name=name, version=version)
    return version


def _tell(tx: Transaction, by: Viewer, event: Event, **what: object) -> None:
    tx.record(event, actor=by.actor, subject=None, **what, **by.traces)
    tx.announce("screening.changed")
