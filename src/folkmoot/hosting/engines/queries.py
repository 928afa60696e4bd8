"""Every statement of going to another server, on either side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from folkmoot.hosting.engines.pgoutput import UNCHANGED, Delete, Insert, Truncate, Update
from folkmoot.hosting.engines.rules import EXTENSIONS, NOT_COPIED, Server
from folkmoot.hosting.export.queries import SEQUENCES
from folkmoot.hosting.export.rules import Table

Connection = psycopg.Connection[tuple[Any, ...]]

SLOT = PUBLICATION = "folkmoot_change"
PROGRESS = "folkmoot_change"
"""A small table in the new database, for as long as it is filled: how far it has come, and from where."""
SESSION = """
SET timezone = 'UTC'; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
SET search_path = public, pg_catalog
"""

DESCRIBE = """
SELECT current_setting('server_version_num')::int,
       current_setting('server_encoding'),
       coalesce(d.datcollate, ''), d.datlocprovider::text,
       (SELECT count(*) FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')),
       to_regclass('public.folkmoot_change') IS NOT NULL,
       has_schema_privilege('public', 'CREATE'),
       ARRAY(SELECT e.name::text FROM pg_available_extensions e LEFT JOIN pg_extension i ON i.extname = e.name
             WHERE e.name = ANY(%s) AND (i.oid IS NOT NULL OR has_database_privilege(current_database(), 'CREATE'))),
       current_setting('wal_level'),
       (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user),
       current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots),
       current_setting('max_connections')::int
FROM pg_database d WHERE d.datname = current_database()
"""


def describe(connection: Connection) -> Server:
    """What a server says of itself and of what we may do there."""
    row = connection.execute(DESCRIBE, (list(EXTENSIONS),)).fetchone()
    assert row is not None
    number, encoding, order, provider, tables, is_ours, may_create, extensions, level, replicates, slots, most = row
    return Server(
        number, encoding, order, provider, tables, "ours" if is_ours else "", may_create, tuple(extensions), level,
        bool(replicates), slots, most,
    )  # fmt: skip


# The old server --------------------------------------------------------------------------------------------------------

CURRENT = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"
FLUSHED = "SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint"
SLOT_STATE = "SELECT wal_status, (confirmed_flush_lsn - '0/0')::bigint FROM pg_replication_slots WHERE slot_name = %s"
MAKE_SLOT = f"CREATE_REPLICATION_SLOT {SLOT} LOGICAL pgoutput EXPORT_SNAPSHOT"
DROP_SLOT = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s AND NOT active"
DROP_PUBLICATION = f"DROP PUBLICATION IF EXISTS {PUBLICATION}"
PEEK = f"""
SELECT data FROM pg_logical_slot_peek_binary_changes(%s, NULL, %s, 'proto_version', '1', 'publication_names', '{PUBLICATION}')
"""
ADVANCE = "SELECT pg_replication_slot_advance(%s, '0/0'::pg_lsn + %s::numeric)"
LEFT = "UPDATE alembic_version SET version_num = %s"
_OTHERS = """
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> ALL(%s) AND backend_type = 'client backend'
  AND pg_has_role(current_user, usesysid, 'MEMBER')
"""
END_OTHERS = f"SELECT pg_terminate_backend(pid) {_OTHERS}"
BUSY = f"SELECT count(*) {_OTHERS} AND state = 'active' AND wait_event_type IS DISTINCT FROM 'Lock'"
"""Who still reads; whoever waits to write waits for us."""


def make_publication(tables: Sequence[Table]) -> sql.Composed:
    """What of the old database is told."""
    return sql.SQL("CREATE PUBLICATION {} FOR TABLE {}").format(
        sql.Identifier(PUBLICATION), sql.SQL(", ").join(sql.Identifier("public", each.name) for each in tables)
    )


def lock(tables: Sequence[Table]) -> sql.Composed:
    """Nobody writes until the transaction ends; everybody reads."""
    return sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(
        sql.SQL(", ").join(sql.Identifier("public", each.name) for each in tables)
    )


def copied(tables: Sequence[Table]) -> list[Table]:
    """The tables that are carried over."""
    return [each for each in tables if each.name not in NOT_COPIED and each.name != PROGRESS]


# The new server --------------------------------------------------------------------------------------------------------

MAKE_PROGRESS = f"CREATE TABLE {PROGRESS} (place bigint PRIMARY KEY, origin text NOT NULL)"
BEGIN_PROGRESS = f"INSERT INTO {PROGRESS} (place, origin) VALUES (%s, %s)"
READ_PROGRESS = f"SELECT place, origin FROM {PROGRESS}"
NOTE_PROGRESS = f"UPDATE {PROGRESS} SET place = %s"
DROP_PROGRESS = f"DROP TABLE IF EXISTS {PROGRESS}"
OUR_TRIGGERS = """
SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace
"""


def switch_triggers(connection: Connection, on: bool) -> None:
    """What triggers did on the old server is carried over like everything else; here they rest until then."""
    for (table,) in connection.execute(OUR_TRIGGERS).fetchall():
        connection.execute(
            sql.SQL("ALTER TABLE {} {} TRIGGER USER").format(
                sql.Identifier("public", table), sql.SQL("ENABLE" if on else "DISABLE")
            )
        )


def copy_out(table: Table) -> sql.Composed:
    """All rows, in the form both sides' COPY speaks."""
    return sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(_columns(table), sql.Identifier("public", table.name))


def copy_in(table: Table) -> sql.Composed:
    """The same on the other side."""
    return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier("public", table.name), _columns(table))


def _columns(table: Table) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(each.name) for each in table.columns)


def statement(change: Insert | Update | Delete | Truncate) -> tuple[sql.Composed, list[object]]:
    """A change as it is done again, and its values."""
    if isinstance(change, Truncate):
        names = sql.SQL(", ").join(sql.Identifier("public", each.name) for each in change.tables)
        return sql.SQL("TRUNCATE {}").format(names), []
    table = sql.Identifier("public", change.table.name)
    if isinstance(change, Insert):
        made = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
            table,
            sql.SQL(", ").join(map(sql.Identifier, change.new)),
            sql.SQL(", ").join([sql.Placeholder()] * len(change.new)),
        )
        return made, list(change.new.values())
    where = sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder()) for name in change.key
    )
    if isinstance(change, Delete):
        return sql.SQL("DELETE FROM {} WHERE {}").format(table, where), list(change.key.values())
    new = {
        name: value
        for name, value in change.new.items()
        if value is not UNCHANGED and (name not in change.key or change.key[name] != value)
    }
    if not new:
        return sql.SQL("SELECT").format(), []
    assigned = sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder()) for name in new)
    made = sql.SQL("UPDATE {} SET {} WHERE {}").format(table, assigned, where)
    return made, [*new.values(), *change.key.values()]


def copy_sequences(old: Connection, new: Connection, headroom: int = 1000) -> None:
    """Set every sequence on the new server beyond where it stands on the old one."""
    for name, _, _ in old.execute(SEQUENCES).fetchall():
        row = old.execute(sql.SQL("SELECT last_value FROM {}").format(sql.SQL(name))).fetchone()
        assert row is not None
        new.execute("SELECT setval(%s::regclass, %s)", (name, int(row[0]) + headroom))
