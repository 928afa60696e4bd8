"""Every statement put to an operator's own server because it is one."""

from __future__ import annotations

import time
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row, tuple_row

from folkmoot.hosting.own.rules import Order, Server

Connection = psycopg.Connection[Any]

DESCRIBE = """
SELECT current_setting('server_version_num')::int AS number,
       (SELECT system_identifier::text FROM pg_control_system()) AS system,
       pg_is_in_recovery() AS follows,
       current_database()::text AS database,
       current_user::text AS role,
       (SELECT rolname::text FROM pg_roles WHERE oid = 10) AS superuser,
       (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user) AS may_replicate,
       current_setting('wal_level') AS wal_level,
       current_setting('max_wal_senders')::int - (SELECT count(*) FROM pg_stat_replication)::int AS senders_free,
       current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots)::int AS slots_free,
       current_setting('max_slot_wal_keep_size') <> '-1' AS slot_limit,
       EXISTS (SELECT FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')) AS tablespaces,
       current_setting('wal_compression') AS compression,
       current_setting('default_toast_compression') = 'lz4'
         OR EXISTS (SELECT FROM pg_attribute WHERE attcompression = 'l' AND NOT attisdropped) AS has_lz4,
       ARRAY(SELECT other.datname::text FROM pg_database AS other
             WHERE other.datname NOT IN ('postgres', current_database()) AND NOT other.datistemplate ORDER BY 1) AS others
"""
ORDER = """
SELECT datlocprovider::text AS provider, coalesce(datcollate, '') AS collate, coalesce(datctype, '') AS ctype,
       coalesce(datcollversion, '') AS version
FROM pg_database WHERE datname = current_database()
"""


def describe(connection: Connection) -> Server:
    """What a server says of itself and of what we may do there."""
    cursor = connection.cursor(row_factory=dict_row)
    said, order = cursor.execute(DESCRIBE).fetchone(), cursor.execute(ORDER).fetchone()
    assert said is not None
    assert order is not None
    return Server(order=Order(**order), others=tuple(said.pop("others")), **said)


def value(connection: Connection, statement: str | sql.Composed, *values: object) -> Any:
    """The first column of the first row, whatever shape the connection gives rows."""
    row = connection.cursor(row_factory=tuple_row).execute(statement, values or None).fetchone()
    return row[0] if row else None


CALLER = "SELECT host(inet_client_addr())"
"""The address the server sees us come from; nothing where that is no network."""
ROLE = "SELECT quote_ident(current_user)"
"""Our role's name, as a statement names it."""

# The bar ---------------------------------------------------------------------------------------------------------------

BAR = """
DO $$ BEGIN
  EXECUTE format('ALTER ROLE %I IN DATABASE %I SET default_transaction_read_only = on', current_user, current_database());
END $$
"""
"""Sessions of the network's role that begin from now on take no writes in this database. Any role may say so of itself."""

IS_BARRED = """
SELECT EXISTS (SELECT FROM pg_db_role_setting AS kept JOIN pg_database AS base ON base.oid = kept.setdatabase
               WHERE base.datname = current_database() AND kept.setrole = current_user::regrole
                 AND 'default_transaction_read_only=on' = ANY (kept.setconfig))
"""

BARRED_ROLES = """
SELECT kept.setrole::regrole::text FROM pg_db_role_setting AS kept JOIN pg_database AS base ON base.oid = kept.setdatabase
WHERE base.datname = current_database() AND kept.setrole <> 0
  AND 'default_transaction_read_only=on' = ANY (kept.setconfig)
  AND pg_has_role(current_user, kept.setrole, 'USAGE')
"""

END_SESSIONS = """
SELECT count(*) FROM (
  SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
  WHERE datname = current_database() AND usename = current_user AND backend_type = 'client backend'
    AND pid <> pg_backend_pid() AND backend_start <= %s
) AS ended
"""
"""Whoever writes already is ended: a bar holds only for those who come after it."""
LATECOMER_SECONDS = 0.05
"""A session may be about to begin just when the bar falls, with the defaults of before, and be seen a moment later."""


def bar(connection: Connection) -> None:
    """Have the network's role write no more in its database, whoever comes as it, from which machine ever."""
    connection.execute("SET synchronous_commit = local")  # a follower that is gone must not keep the bar from falling
    if not value(connection, IS_BARRED):
        connection.execute(BAR)
    fallen = value(connection, "SELECT clock_timestamp()")
    connection.execute(END_SESSIONS, (fallen,))
    time.sleep(LATECOMER_SECONDS)
    connection.execute(END_SESSIONS, (fallen,))


def lift(connection: Connection) -> bool:
    """Take the bar away; whether there was one. The session may write from now on, too."""
    rows = connection.cursor(row_factory=tuple_row).execute(BARRED_ROLES).fetchall()
    if not rows:
        return False
    connection.execute("SET default_transaction_read_only = off")
    database = value(connection, "SELECT current_database()::text")
    for (role,) in rows:
        connection.execute(  # regrole comes quoted
            sql.SQL("ALTER ROLE {role} IN DATABASE {database} RESET default_transaction_read_only").format(
                role=sql.SQL(role), database=sql.Identifier(database)
            )
        )
    return True


def place(connection: Connection) -> int:
    """How far the journal is written to the disk, in bytes."""
    return int(value(connection, "SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint"))


# Answers that wait -----------------------------------------------------------------------------------------------------

MAY_WAIT = """
SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
       OR (has_parameter_privilege('synchronous_standby_names', 'ALTER SYSTEM')
           AND has_function_privilege('pg_catalog.pg_reload_conf()', 'EXECUTE'))
"""
WAITS_FOR = "SELECT current_setting('synchronous_standby_names')"


def wait_for(connection: Connection, follower: str) -> None:
    """Have commits wait for a follower of this name; for nobody when it is empty."""
    connection.execute("SET synchronous_commit = local")
    if follower:
        names = f'FIRST 1 ("{follower}")'
        connection.execute(sql.SQL("ALTER SYSTEM SET synchronous_standby_names = {}").format(sql.Literal(names)))
    else:
        connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
    connection.execute("SELECT pg_reload_conf()")


# Becoming first --------------------------------------------------------------------------------------------------------

MAY_PROMOTE = "SELECT has_function_privilege('pg_catalog.pg_promote(boolean, integer)', 'EXECUTE')"
