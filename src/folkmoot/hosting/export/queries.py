"""Every statement of export and import: the tables come from the catalogue, so that none is forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import psycopg
from psycopg import sql

from folkmoot.hosting.export.rules import PARTLY, SECRET_COLUMNS, Column, Table

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

ONE_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
SCHEMA_EXISTS = "SELECT to_regclass('public.alembic_version') IS NOT NULL"
SCHEMA = "SELECT version_num FROM public.alembic_version"
PLAIN_SESSION = """
SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET bytea_output = 'hex';
SET extra_float_digits = 1; SET search_path = public, pg_catalog;
SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0
"""
"""The same text for the same value, whatever the server's operator has set."""
VERSION = "SELECT current_setting('server_version')"
SIZE = "SELECT pg_database_size(current_database())"
MEDIA = "SELECT key, size FROM objects ORDER BY key"
HAS_TABLES = """
SELECT count(*) FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
"""
HAS_MEMBERS = "SELECT EXISTS (SELECT FROM accounts) OR EXISTS (SELECT FROM posts)"
TABLES = """
SELECT c.relname,
       ARRAY(SELECT a.attname::text FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
             WHERE i.indrelid = c.oid AND i.indisprimary AND k.place <= i.indnkeyatts ORDER BY k.place),
       ARRAY(SELECT DISTINCT f.relname::text FROM pg_constraint r JOIN pg_class f ON f.oid = r.confrelid
             WHERE r.conrelid = c.oid AND r.contype = 'f')
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY c.relname
"""
COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY c.relname, a.attnum
"""
SECONDARY_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT i.indisunique
  AND NOT EXISTS (SELECT FROM pg_constraint n WHERE n.conindid = i.indexrelid)
ORDER BY i.indexrelid
"""
SEQUENCES = """
SELECT s.oid::regclass::text, t.relname, a.attname
FROM pg_class s
JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
JOIN pg_class t ON t.oid = d.refobjid
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE s.relkind = 'S' AND s.relnamespace = 'public'::regnamespace
ORDER BY s.relname
"""
LAST_EPOCH = "SELECT coalesce(max(epoch), 1) FROM epochs"
BEGIN_EPOCH = (
    "INSERT INTO epochs (epoch, began_at, host, how) VALUES (%s, now(), %s, %s) ON CONFLICT (epoch) DO NOTHING"
)
HEADROOM = 1000
"""How far a sequence is set beyond the highest number there is."""


def tables(connection: Connection) -> list[Table]:
    """Every table of the network, as the catalogue has it."""
    columns: dict[str, list[Column]] = {}
    for table, name, kind, is_null_allowed in connection.execute(COLUMNS).fetchall():
        columns.setdefault(table, []).append(Column(name, kind, is_null_allowed))
    return [
        Table(name, tuple(key), tuple(columns.get(name, ())), frozenset(refers_to))
        for name, key, refers_to in connection.execute(TABLES).fetchall()
    ]


def lines(connection: Connection, table: Table, columns: Sequence[Column]) -> Iterator[bytes]:
    """Every row as one line of JSON, in the order of the key."""
    condition, instead = PARTLY.get(table.name, ("true", {}))
    chosen = sql.SQL(", ").join(
        sql.SQL("{}::{} AS {}").format(
            sql.SQL(instead[each.name]) if each.name in instead else sql.Identifier(each.name),
            sql.SQL(each.type),
            sql.Identifier(each.name),
        )
        for each in columns
    )
    by_name = {each.name: each for each in table.columns}
    order = sql.SQL(", ").join(
        sql.SQL('t.{} COLLATE "C"').format(sql.Identifier(name))
        if by_name[name].type.startswith(("text", "character"))
        else sql.SQL("t.{}").format(sql.Identifier(name))
        for name in table.key
    )
    statement = sql.SQL(
        "COPY (SELECT row_to_json(r) FROM (SELECT {} FROM public.{} t WHERE {} ORDER BY {}) r) TO STDOUT"
    ).format(chosen, sql.Identifier(table.name), sql.SQL(condition), order)
    with connection.cursor().copy(statement) as copy:
        for chunk in copy:
            # JSON has no raw control characters, so of COPY's escapes only the doubled backslash occurs.
            yield bytes(chunk).replace(b"\\\\", b"\\")


def empty(connection: Connection, ordered: Sequence[Table]) -> None:
    """Take out what the migrations themselves put into a new database."""
    for table in reversed(ordered):
        connection.execute(sql.SQL("DELETE FROM public.{}").format(sql.Identifier(table.name)))


def insert(connection: Connection, table: Table, columns: Sequence[Column], batch: Iterable[bytes]) -> int:
    """Put rows in that came as lines of JSON; columns that did not come get what stands in for them."""
    given = {each.name for each in columns}
    secret = SECRET_COLUMNS.get(table.name, {})
    chosen: list[sql.Composable] = []
    for each in table.columns:
        if each.name not in given:
            chosen.append(sql.SQL(secret[each.name]))
        elif each.type == "jsonb" and not each.is_null_allowed:  # which may hold the JSON value null
            chosen.append(sql.SQL("coalesce({}, 'null'::jsonb)").format(sql.Identifier(each.name)))
        else:
            chosen.append(sql.Identifier(each.name))
    statement = sql.SQL(
        "INSERT INTO public.{} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM json_populate_recordset(NULL::public.{}, %s::json)"
    ).format(
        sql.Identifier(table.name),
        sql.SQL(", ").join(sql.Identifier(each.name) for each in table.columns),
        sql.SQL(", ").join(chosen),
        sql.Identifier(table.name),
    )
    return connection.execute(statement, (_array(batch),)).rowcount


def complete(connection: Connection, table: Table, columns: Sequence[Column], batch: Iterable[bytes]) -> int:
    """Give rows that are there the columns that came sealed."""
    statement = sql.SQL(
        "UPDATE public.{} t SET {} FROM json_populate_recordset(NULL::public.{}, %s::json) s WHERE {}"
    ).format(
        sql.Identifier(table.name),
        sql.SQL(", ").join(
            sql.SQL("{0} = s.{0}").format(sql.Identifier(each.name)) for each in columns if each.name not in table.key
        ),
        sql.Identifier(table.name),
        sql.SQL(" AND ").join(sql.SQL("t.{0} = s.{0}").format(sql.Identifier(name)) for name in table.key),
    )
    return connection.execute(statement, (_array(batch),)).rowcount


def _array(batch: Iterable[bytes]) -> str:
    return (b"[" + b",".join(batch) + b"]").decode()


def take_indexes_away(connection: Connection) -> list[str]:
    """Drop what only speeds up reading, so that rows come in faster; the statements that make it again."""
    found = connection.execute(SECONDARY_INDEXES).fetchall()
    for name, _ in found:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.SQL(name)))
    return [definition for _, definition in found]


def raise_sequences(connection: Connection) -> None:
    """Set every sequence beyond the highest number its column holds."""
    for sequence, table, column in connection.execute(SEQUENCES).fetchall():
        connection.execute(
            sql.SQL("SELECT setval({}, (SELECT coalesce(max({}), 0) FROM public.{}) + {})").format(
                sql.Literal(sequence), sql.Identifier(column), sql.Identifier(table), sql.Literal(HEADROOM)
            )
        )
