"""Carry a database over: all of it as it was at one moment, then every transaction that was committed after it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from folkmoot.hosting.backup.progress import Progress
from folkmoot.hosting.engines import queries
from folkmoot.hosting.engines.pgoutput import transactions
from folkmoot.hosting.engines.queries import Connection
from folkmoot.hosting.engines.rules import BrokenOff
from folkmoot.hosting.export import queries as catalogue
from folkmoot.hosting.export import rules as order
from folkmoot.hosting.export.rules import Table
from folkmoot.hosting.postgres import EmbeddedPostgres

CHANGES_AT_ONCE = 5_000
LOST = "the old server threw its journal away before it could be carried over, so the copy has to begin anew."


@dataclass(frozen=True, slots=True)
class Ends:
    """Where from and where to."""

    old: str
    """As a role that may make a replication slot, when there is one."""
    new: str
    embedded: EmbeddedPostgres | None = None
    """The new server, when it is the embedded one and we have started it."""

    def on_old(self) -> Connection:
        return _session(self.old)

    def on_new(self) -> Connection:
        return _session(self.new)


def _session(url: str) -> Connection:
    connection = psycopg.connect(url, autocommit=True, connect_timeout=15, application_name="folkmoot change")
    try:
        connection.execute(queries.SESSION)
    except BaseException:
        connection.close()
        raise
    return connection


def tables_of(connection: Connection) -> list[Table]:
    """The tables that are carried over, each after all it refers to."""
    found = queries.copied(catalogue.tables(connection))
    return order.in_order(found)


def begun_from(connection: Connection) -> str:
    """What the new database says it is being filled from; empty when it is not."""
    row = connection.execute("SELECT to_regclass('public.folkmoot_change') IS NOT NULL").fetchone()
    if not row or not row[0]:
        return ""
    found = connection.execute(queries.READ_PROGRESS).fetchone()
    return str(found[1]) if found else ""


def copy_all(ends: Ends, origin: str, follows: bool, progress: Progress) -> None:
    """Copy everything, in one transaction of the new database; with `follows`, so that what comes later can be told.

    The new database has its tables already and no member's row in them.
    """
    with ends.on_old() as old, ends.on_new() as new:
        tables = tables_of(old)
        place, snapshot, held = 0, "", None
        if follows:
            forget(old)
            old.execute(queries.make_publication(tables))
            place, snapshot, held = _make_slot(ends.old)
        try:
            with old.transaction(), new.transaction():
                old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                if snapshot:
                    old.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
                if held is not None:
                    held.close()
                size = old.execute(catalogue.SIZE).fetchone()
                catalogue.empty(new, tables)
                indexes = catalogue.take_indexes_away(new)
                queries.switch_triggers(new, on=False)
                progress.begin("Copying rows", int(size[0]) if size else None)
                for table in tables:
                    _copy(old, new, table, progress)
                progress.begin("Making indexes")
                for statement in indexes:
                    new.execute(statement)
                new.execute(queries.MAKE_PROGRESS)
                new.execute(queries.BEGIN_PROGRESS, (place, origin))
        finally:
            if held is not None:
                held.close()
        new.execute("ANALYZE")


def _make_slot(url: str) -> tuple[int, str, psycopg.Connection[Any]]:
    """A slot, the moment it begins at, and the session that keeps that moment readable until it is taken up."""
    keeper = psycopg.connect(url, autocommit=True, connect_timeout=15, replication="database")
    made = keeper.pgconn.exec_(queries.MAKE_SLOT.encode())
    if made.ntuples != 1:
        reason = (made.error_message or b"").decode(errors="replace").strip()
        keeper.close()
        raise BrokenOff(why=f"the old server makes no replication slot: {reason}.")
    point, snapshot = (made.get_value(0, column) or b"" for column in (1, 2))
    high, _, low = point.decode().partition("/")
    return (int(high, 16) << 32) | int(low, 16), snapshot.decode(), keeper


def _copy(old: Connection, new: Connection, table: Table, progress: Progress) -> None:
    with old.cursor().copy(queries.copy_out(table)) as out, new.cursor().copy(queries.copy_in(table)) as into:
        for chunk in out:
            into.write(chunk)
            progress.advance(len(chunk))


def carry(old: Connection, new: Connection) -> int:
    """Do once more what was committed since the last time, in the same order; how many changes that were.

    How far it came stands in the new database, written with the changes themselves, so nothing is done twice.
    """
    state = old.execute(queries.SLOT_STATE, (queries.SLOT,)).fetchone()
    if state is None or state[0] == "lost":
        raise BrokenOff(why=LOST)
    rows = old.execute(queries.PEEK, (queries.SLOT, CHANGES_AT_ONCE)).fetchall()
    found = new.execute(queries.READ_PROGRESS).fetchone()
    reached = int(found[0]) if found else 0
    done, last = 0, reached
    with new.transaction():
        with new.pipeline():
            for committed in transactions(bytes(data) for (data,) in rows):
                last = max(last, committed.end)
                if committed.end <= reached:
                    continue
                for change in committed.changes:
                    new.execute(*queries.statement(change))
                    done += 1
        if last > reached:
            new.execute(queries.NOTE_PROGRESS, (last,))
    if rows:
        old.execute(queries.ADVANCE, (queries.SLOT, last))
    return done


def catch_up(old: Connection, new: Connection, is_enough: Callable[[int, float], bool], seconds: float) -> None:
    """Carry over until `is_enough` of the changes in one go and the seconds they took. Raises BrokenOff."""
    until = time.monotonic() + seconds
    while True:
        begun = time.monotonic()
        done = carry(old, new)
        if is_enough(done, time.monotonic() - begun):
            return
        if time.monotonic() > until:
            raise BrokenOff(why="the new server is slower than members post.")


def forget(old: Connection) -> None:
    """Take from the old server what was there for this."""
    old.execute(queries.DROP_SLOT, (queries.SLOT,))
    old.execute(queries.DROP_PUBLICATION)
