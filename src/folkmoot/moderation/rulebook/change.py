"""Change what screening goes by. Every process takes it up by itself; a mistake is refused and the old stays in force."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

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
from folkmoot.network.gate.parts import Tuning, load_rules

LIMITS = "limits"
"""There is one set of limits, under this name."""
MOST_BYTES = 1_000_000


async def use_rules(db: Database, by: Viewer, name: str, content: str) -> str:
    """Put a rule file in force, in the place of the one of this name; says its version.

    Raises Forbidden, and Invalid with file, line and rule when the file is broken or one of its examples fails: then
    nothing has changed.
    """
    by.check_role(Role.OPERATOR)
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name):
        raise Invalid("A rule file's name has small letters, digits, - and _ and at most 40 of them.", field="name")
    if len(content) > MOST_BYTES:
        raise Invalid("A rule file may have a megabyte at most.", field="content")
    others = {part.name: part.content for part in await list_parts(db, active=True) if part.kind == "rules"}
    try:
        load_rules(tuple(sorted((others | {name: content}).items())))
    except BrokenRules as error:
        raise Invalid("{why}", why=str(error), field="content") from None
    return await _put(db, by, "rules", name, content)


async def drop_rules(db: Database, by: Viewer, name: str) -> None:
    """Take a rule file out of force. Its versions stay. Raises Forbidden, Missing."""
    by.check_role(Role.OPERATOR)
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
    return await _put(db, by, "limits", LIMITS, msgspec.json.encode(tuning, order="sorted").decode())


async def roll_back(db: Database, by: Viewer, id: int) -> None:
    """Put an earlier version in force again. Raises Forbidden, Missing."""
    by.check_role(Role.OPERATOR)
    async with db.transaction() as tx:
        part = await queries.find_part(tx, id)
        if part is None:
            raise Missing
        await queries.retire(tx, part["kind"], part["name"])
        await queries.activate(tx, id)
        _tell(tx, by, Event.SCREENING_ROLLED_BACK, kind=part["kind"], name=part["name"], version=part["version"])


async def add_pictures(db: Database, by: Viewer, name: str, rows: Sequence[tuple[str, str, str]]) -> int:
    """Add hashes (with reference and category) to a list of known pictures; says how many were new."""
    by.check_role(Role.OPERATOR)
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


async def _put(db: Database, by: Viewer, kind: str, name: str, content: str) -> str:
    version = hashlib.sha256(content.encode()).hexdigest()[:12]
    async with db.transaction() as tx:
        await queries.retire(tx, kind, name)
        await queries.insert_part(tx, new_id(), kind, name, version, content, clock.now(), by.actor)
        _tell(tx, by, Event.SCREENING_CHANGED, kind=kind, name=name, version=version)
    return version


def _tell(tx: Transaction, by: Viewer, event: Event, **what: object) -> None:
    tx.record(event, actor=by.actor, subject=None, **what, **by.traces)
    tx.announce("screening.changed")
