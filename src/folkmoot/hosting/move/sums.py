"""Whether two databases hold the same: rows counted and hashed on both sides at the same moment of their history.

The copy is PostgreSQL's and exact by construction; this is the proof that it was this database that was copied, and all of
it. Small tables are compared whole, of large ones what is new, and ranges drawn at random beforehand.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from folkmoot.hosting.move import queries
from folkmoot.hosting.move.queries import Connection

Piece = tuple[str, int | None, int | None]
"""A table, and the ids from and to (without) which are meant; None for all of it."""
TAIL_MS = 120_000
"""How far back rows of large tables are compared while posting is stopped: a matter of milliseconds at any size."""
TAIL_PAGES = 2_000
RANGES = 3
RANGE_ROWS_MS = 3_600_000
"""Ranges drawn at random span an hour of ids."""


def new_rows(connection: Connection, now_ms: int) -> list[Piece]:
    """What is compared while posting is stopped: small tables, and the last two minutes of large ones."""
    pieces: list[Piece] = []
    for name, by_id, pages in queries.tables(connection):
        if pages <= queries.SMALL_PAGES:
            pieces.append((name, None, None))
        elif by_id:
            pieces.append((name, (now_ms - TAIL_MS) << 16, 1 << 62))
    return pieces


def random_ranges(connection: Connection, draw: random.Random) -> list[Piece]:
    """What is compared beforehand: hours drawn from the history of large tables."""
    pieces: list[Piece] = []
    for name, by_id, pages in queries.tables(connection):
        bounds = queries.id_bounds(connection, name) if by_id and pages > queries.SMALL_PAGES else None
        if bounds:
            for _ in range(RANGES):
                begin = draw.randint(*bounds)
                pieces.append((name, begin, begin + (RANGE_ROWS_MS << 16)))
    return pieces


def sums(connection: Connection, pieces: Sequence[Sequence[Any]]) -> dict[str, str]:
    """The sum of each piece, by a name that says what it is of. Tables we do not have are said to be missing."""
    known = {name for name, _, _ in queries.tables(connection)}
    found = {}
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        for table, low, high in pieces:
            name = f"{table}" if low is None else f"{table} from {low} to {high}"
            found[name] = queries.sum_of(connection, table, low, high) if table in known else "missing"
    finally:
        connection.execute("ROLLBACK")
    return found


def differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    """What differs, in words."""
    return [
        f"{name}: {ours.get(name, 'missing')} here, {theirs.get(name, 'missing')} there"
        for name in sorted({*ours, *theirs})
        if ours.get(name) != theirs.get(name)
    ]


def behind(ours: Mapping[str, int], theirs: Mapping[str, int]) -> list[str]:
    """Sequences that stand behind on the other side."""
    return [
        f"sequence {name}: {place // 2} here, {theirs.get(name, 0) // 2} there"
        for name, place in sorted(ours.items())
        if theirs.get(name, -1) < place
    ]
