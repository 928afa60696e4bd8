"""Every statement a move puts to a database, on either side. Plain connections: they live for one step."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

import psycopg
from psycopg import sql

from folkmoot.errors import Unavailable
from folkmoot.hosting.postgres import configuration
from folkmoot.ids import new_id

Connection: TypeAlias = psycopg.Connection[Any]
SMALL_PAGES = 128
"""Tables up to this many pages of 8 kB are compared whole."""
WAKE_SECONDS = 0.02
OURS = 1 << 40
"""Ids made by us are larger than this; counters of others are not."""


@contextmanager
def connected(url: str, seconds: float = 5) -> Iterator[Connection]:
    """A connection to a server. Raises Unavailable."""
    try:
        connection = psycopg.connect(
            url, application_name="folkmoot-move", autocommit=True, connect_timeout=max(2, round(seconds)),
            options="-c statement_timeout=60000",
        )  # fmt: skip
    except psycopg.Error as error:
        raise Unavailable(cause=f"database: {error}") from error
    try:
        yield connection
    except psycopg.Error as error:
        raise Unavailable(cause=f"database: {error}") from error
    finally:
        connection.close()


def value(connection: Connection, statement: str, *values: object) -> Any:
    """The first column of the first row."""
    row = connection.execute(statement, values or None).fetchone()
    return row[0] if row else None


def is_following(connection: Connection) -> bool:
    """Whether this database follows another one."""
    return bool(value(connection, "SELECT pg_is_in_recovery()"))


def written(connection: Connection) -> int:
    """How far the journal of a first database is written, in bytes."""
    return lsn(value(connection, "SELECT pg_current_wal_flush_lsn()::text"))


def replayed(connection: Connection) -> int:
    """How far a following database has come, in bytes."""
    return lsn(value(connection, "SELECT coalesce(pg_last_wal_replay_lsn(), '0/0')::text"))


def lsn(text: str) -> int:
    """`16/B374D848` as a number of bytes."""
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) | int(low, 16)


def checkpoint(connection: Connection) -> None:
    """Write everything down now; on a following database as far as the first one has.

    The role of an operator's own server may not be allowed to; then it is written down when its time comes.
    """
    connection.execute("SET statement_timeout = 0")
    with suppress(psycopg.errors.InsufficientPrivilege):
        connection.execute("CHECKPOINT")


def promote(connection: Connection, seconds: int) -> bool:
    """Make a following database the first; whether it was done in time. Nothing happens to one that is first.

    A server that summarises its journal finishes that before it is promoted, and the process that does it sleeps up to
    30 s when little is written. Reading the settings again wakes it.
    """
    if not is_following(connection):
        return True
    connection.execute("SELECT pg_promote(false)")
    until = time.monotonic() + seconds
    while is_following(connection):
        if time.monotonic() > until:
            return False
        with suppress(psycopg.errors.InsufficientPrivilege):  # in an operator's own server, which then takes its time
            connection.execute("SELECT pg_reload_conf()")
        time.sleep(WAKE_SECONDS)
    return True


def make_roles(connection: Connection) -> None:
    """The roles by which others copy and follow: a copy of an operator's own server does not have them yet."""
    if value(connection, "SELECT count(*) FROM pg_roles WHERE rolname IN ('folkmoot_repl', 'folkmoot_rewind')") == 2:
        return
    for statement in configuration.ROLES:
        with suppress(psycopg.errors.DuplicateObject):
            connection.execute(statement)


def begin_epoch(connection: Connection, epoch: int, host: str, how: str) -> None:
    """Write down that an epoch began here; the first write of a new first host."""
    connection.execute(
        "INSERT INTO epochs (epoch, began_at, host, how) VALUES (%s, now(), %s, %s) ON CONFLICT (epoch) DO NOTHING",
        (epoch, host, how),
    )


def began_ms(connection: Connection, epoch: int) -> int:
    """When an epoch began here, in ms since 1970; now for one that is not known."""
    return int(
        value(
            connection,
            "SELECT extract(epoch FROM coalesce((SELECT began_at FROM epochs WHERE epoch = %s), now())) * 1000",
            epoch,
        )
    )


def write_rehearsal(connection: Connection, outcome: Mapping[str, Any]) -> None:
    """Keep what came of a rehearsal."""
    connection.execute(
        "INSERT INTO rehearsals (id, at, level, well, held_ms, outcome) VALUES (%s, now(), %s, %s, %s, %s)",
        (new_id(), outcome["level"], outcome["well"], outcome.get("held_ms"), json.dumps(outcome)),
    )


def last_rehearsal_ms(connection: Connection) -> int:
    """When the last one was, in ms since 1970; 0 for never."""
    return int(value(connection, "SELECT coalesce(extract(epoch FROM max(at)) * 1000, 0) FROM rehearsals"))


def newest_epoch(connection: Connection) -> int:
    """The epoch this database knows of; 1 when it has never moved."""
    return int(value(connection, "SELECT coalesce(max(epoch), 1) FROM epochs"))


def tables(connection: Connection) -> list[tuple[str, bool, int]]:
    """Every table of ours: its name, whether its key begins with an id, its size in pages."""
    rows = connection.execute(
        """SELECT c.relname,
                  coalesce(a.attname = 'id' AND a.atttypid = 'bigint'::regtype, false),
                  pg_relation_size(c.oid) / 8192
           FROM pg_class c
           JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
           LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
           LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
           WHERE c.relkind = 'r' ORDER BY c.relname"""
    ).fetchall()
    return [(str(name), bool(by_id), int(pages)) for name, by_id, pages in rows]


def id_bounds(connection: Connection, table: str) -> tuple[int, int] | None:
    """The smallest and largest id of a table whose ids are ours."""
    row = connection.execute(
        sql.SQL("SELECT min(id), max(id) FROM {table} WHERE id > %s").format(table=sql.Identifier(table)), (OURS,)
    ).fetchone()
    return (int(row[0]), int(row[1])) if row and row[0] is not None else None


def sum_of(connection: Connection, table: str, low: int | None, high: int | None) -> str:
    """Number of rows and sum of their hashes, of the whole table or of the ids from `low` to before `high`."""
    bounds = sql.SQL("") if low is None else sql.SQL("WHERE id >= {low} AND id < {high}").format(
        low=sql.Literal(low), high=sql.Literal(high)
    )  # fmt: skip
    row = connection.execute(
        sql.SQL("SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM {table} t {bounds}").format(
            table=sql.Identifier(table), bounds=bounds
        )
    ).fetchone()
    assert row is not None
    return f"{row[0]} rows, {row[1]}"


def counters(connection: Connection) -> dict[str, int]:
    """Where every sequence stands."""
    names = connection.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'").fetchall()
    found = {}
    for (name,) in names:
        row = connection.execute(sql.SQL("SELECT last_value FROM {name}").format(name=sql.Identifier(name))).fetchone()
        assert row is not None
        found[str(name)] = int(row[0])
    return found


def objects_since(connection: Connection, since: str) -> list[tuple[str, int]]:
    """Key and size of every object of the manifest entered since a moment (ISO 8601), the newest first."""
    rows = connection.execute(
        "SELECT key, size FROM objects WHERE created_at >= %s::timestamptz ORDER BY created_at DESC", (since,)
    ).fetchall()
    return [(str(key), int(size)) for key, size in rows]


def newest_public_post(connection: Connection) -> int | None:
    """The post anybody may see that was written last."""
    found = value(connection, "SELECT id FROM posts WHERE visibility = 'public' ORDER BY id DESC LIMIT 1")
    return None if found is None else int(found)


def missing_here(connection: Connection, table: str, ids: Sequence[int]) -> set[int]:
    """Which of these ids a table does not have."""
    rows = connection.execute(
        sql.SQL("SELECT id FROM {table} WHERE id = ANY(%s)").format(table=sql.Identifier(table)), (list(ids),)
    ).fetchall()
    return set(ids) - {int(row[0]) for row in rows}


def ids_since(connection: Connection, table: str, since: int, most: int) -> list[int]:
    """Ids of rows made since `since`, which is an id itself."""
    rows = connection.execute(
        sql.SQL("SELECT id FROM {table} WHERE id >= %s ORDER BY id LIMIT %s").format(table=sql.Identifier(table)),
        (since, most),
    ).fetchall()
    return [int(row[0]) for row in rows]


def rows_as_json(connection: Connection, table: str, ids: Sequence[int]) -> list[dict[str, Any]]:
    """The rows with these ids, readable by people and programs."""
    rows = connection.execute(
        sql.SQL("SELECT to_jsonb(t) FROM {table} t WHERE id = ANY(%s) ORDER BY id").format(table=sql.Identifier(table)),
        (list(ids),),
    ).fetchall()
    return [dict(row[0]) for row in rows]
