"""What can be wrong with going to another server, and what must be true of one before anything begins."""

from __future__ import annotations

from dataclasses import dataclass

from folkmoot.errors import FolkmootError, Kind
from folkmoot.hosting.postgres.check import NEWEST, OLDEST

NOT_COPIED = frozenset({"alembic_version"})
"""The new database has it from its own migrations."""
EXTENSIONS = ("pg_trgm", "unaccent")
GOOD_ORDERS = ("C", "POSIX", "C.UTF-8", "C.utf8")


class CannotChange(FolkmootError):
    """The database stays where it is. Nothing has changed."""

    kind = Kind.CONFLICT
    sentence = "The database stays where it is: {why} Nothing has changed."


class BrokenOff(FolkmootError):
    """It did not come to the end; the network goes on where it was."""

    kind = Kind.UNAVAILABLE
    sentence = "The database stays where it is for now: {why} Give the same command again, and it goes on."


@dataclass(frozen=True, slots=True)
class Server:
    """What a server says of itself and of what we may do there."""

    number: int
    encoding: str
    order: str
    """The collation of the database, as its provider names it."""
    provider: str
    """c: the operating system's, i: ICU's, b: built in."""
    tables: int
    schema: str
    may_create: bool
    extensions: tuple[str, ...]
    """Those of EXTENSIONS that are there or that we may install."""
    wal_level: str
    may_replicate: bool
    slots_free: int
    connections: int
    """How many it takes at once."""


def complaints(new: Server, old: Server, needed_connections: int) -> list[str]:
    """What keeps a server from carrying the network, in words."""
    found = []
    if not OLDEST <= new.number // 10000 <= NEWEST:
        found.append(f"it is PostgreSQL {new.number // 10000}, and Folkmoot needs {OLDEST} to {NEWEST}.")
    if new.encoding != "UTF8":
        found.append(f"its database is encoded in {new.encoding}: make one with ENCODING 'UTF8' TEMPLATE template0.")
    if new.provider != "b" and new.order not in GOOD_ORDERS:
        found.append(
            f"its database sorts by {new.order}: make one with LOCALE 'C.UTF-8' TEMPLATE template0, so that an update of "
            "the operating system cannot spoil its indexes."
        )
    if new.tables and new.schema != "ours":
        found.append("its database holds tables already: name an empty one.")
    if not new.may_create:
        found.append("our role may not make tables there: GRANT CREATE ON SCHEMA public, or make it the owner.")
    lacking = [name for name in EXTENSIONS if name not in new.extensions]
    if lacking:
        found.append(
            f"{' and '.join(lacking)} cannot be installed there: have an administrator CREATE EXTENSION "
            f"{', '.join(lacking)} (package postgresql-contrib)."
        )
    if new.connections < needed_connections:
        found.append(f"it takes {new.connections} connections, and this network needs {needed_connections}.")
    return found


def can_follow(old: Server) -> bool:
    """Whether the old server tells what is written while we copy."""
    return old.wal_level == "logical" and old.may_replicate and old.slots_free > 0
