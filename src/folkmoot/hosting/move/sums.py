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
IN_ADVANCE = 33
"""PostgreSQL writes a sequence down 32 numbers ahead; a server that was promoted or stopped in order begins elsewhere in these."""
RANGES = 3
RANGE_ROWS_MS = 3_600_000
"""Ranges drawn at random span an hour of ids."""
OF_AGENTS = frozenset({"heartbeats", "standby_reports"})
"""What the agents write of each other every second, also while posting is stopped; no member's."""


def new_rows(connection: Connection, now_ms: int) -> list[Piece]:
    """What is compared while posting is stopped: small tables, and the last two minutes of large ones."""
    pieces: list[Piece] = []
    for name, by_id, pages in queries.tables(connection):
        if name in OF_AGENTS:
            continue
        if pages <= queries.SMALL_PAGES:
            pieces.append((name, None, None))
        elif by_id:
            pieces.append((name, (now_ms - TAIL_MS) << 16, 1 << 62))
    return pieces


def random_ranges(connection: Connection, now_ms: int, draw: random.Random) -> list[Piece]:
    """What is compared beforehand: hours drawn from the history of large tables, up to a moment ago."""
    settled = (now_ms - TAIL_MS) << 16
    pieces: list[Piece] = []
    for name, by_id, pages in queries.tables(connection):
        bounds = queries.id_bounds(connection, name) if by_id and pages > queries.SMALL_PAGES else None
        if bounds and bounds[0] < settled:
            for _ in range(RANGES):
                begin = draw.randint(bounds[0], min(bounds[1], settled))
                pieces.append((name, begin, min(settled, begin + (RANGE_ROWS_MS << 16))))
    return pieces


def name_of(piece: Piece) -> str:
    """What a piece is called in sums."""
    table, low, high = piece
    return table if low is None else f"{table} from {low} to {high}"


def sums(connection: Connection, pieces: Sequence[Sequence[Any]]) -> dict[str, str]:
    """The sum of each piece, by a name that says what it is of. Tables we do not have are said to be missing."""
    known = {name for name, _, _ in queries.tables(connection)}
    found = {}
    pieces = [(str(table), low, high) for table, low, high in pieces]
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        for table, low, high in pieces:
            found[name_of((table, low, high))] = (
                queries.sum_of(connection, table, low, high) if table in known else "missing"
            )
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
    """Sequences that stand behind on the other side, by more than those a server writes down in advance."""
    return [
        f"sequence {name}: {place} here, {theirs.get(name, 'missing')} there"
        for name, place in sorted(ours.items())
        if theirs.get(name, -IN_ADVANCE - 1) < place - IN_ADVANCE
    ]
