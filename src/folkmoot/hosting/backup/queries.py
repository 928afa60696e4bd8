"""Every statement of the backup."""

from __future__ import annotations

from psycopg import sql

DESCRIBE = """
SELECT current_setting('server_version_num'),
       (SELECT system_identifier FROM pg_control_system()),
       (SELECT timeline_id FROM pg_control_checkpoint()),
       (SELECT setting::bigint * CASE unit WHEN 'B' THEN 1 WHEN 'kB' THEN 1024 ELSE 1048576 END
          FROM pg_settings WHERE name = 'wal_segment_size'),
       pg_is_in_recovery(),
       coalesce(current_setting('summarize_wal', true), 'off'),
       current_database(), current_user,
       EXISTS (SELECT FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')),
       (SELECT sum(pg_database_size(oid)) FROM pg_database WHERE datallowconn AND has_database_privilege(oid, 'CONNECT'))
"""
SCHEMA_EXISTS = "SELECT to_regclass('alembic_version') IS NOT NULL"
SCHEMA = "SELECT version_num FROM alembic_version"

ONE_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
POSITION = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END"
TABLES = """
SELECT c.relname, coalesce(s.n_tup_ins, 0), coalesce(s.n_tup_del, 0)
FROM pg_class c LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY c.relname
"""


def count(table: str) -> sql.Composed:
    """How many rows a table has."""
    return sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("public", table))


HAS_LOG = "SELECT to_regclass('log_checkpoints') IS NOT NULL"
CHECKPOINT = "SELECT size, encode(root, 'hex') FROM log_checkpoints ORDER BY size DESC LIMIT 1"
LOG_ENTRIES = "SELECT body FROM log_entries WHERE place < %s ORDER BY place"

HOLD_WAL = "SELECT pg_create_physical_replication_slot(%s, true, true)"
"""A slot that ends with the session: what the server writes from now on stays until then."""

SLOT = "SELECT wal_status FROM pg_replication_slots WHERE slot_name = %s"
MAKE_SLOT = "SELECT pg_create_physical_replication_slot(%s, true)"
DROP_SLOT = "SELECT pg_drop_replication_slot(%s)"
WRITTEN = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END"

HAS_OBJECTS = "SELECT to_regclass('objects') IS NOT NULL"
MEDIA = "SELECT key, size FROM objects ORDER BY key"
MEDIA_SINCE = "SELECT key, size FROM objects WHERE created_at >= %s ORDER BY created_at"

CAN_READ_BACKUPS = "SELECT to_regclass('backups') IS NOT NULL"
BEGIN_EPOCH = """
INSERT INTO epochs (epoch, began_at, host, how) VALUES (%s, now(), %s, 'restore') ON CONFLICT (epoch) DO NOTHING
"""
LAST_EPOCH = "SELECT coalesce(max(epoch), 1) FROM epochs"
HAS_EPOCHS = "SELECT to_regclass('epochs') IS NOT NULL"

HAS_BACKUPS = "SELECT to_regclass('backups') IS NOT NULL AND NOT pg_is_in_recovery()"
ENTER = """
INSERT INTO backups (name, kind, made_at, size, sealed_size, manifest)
VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (name) DO NOTHING
"""
ENTERED = "SELECT name, manifest FROM backups ORDER BY made_at"
VERIFIED = "UPDATE backups SET verified_at = %s, whole = %s, words = %s WHERE name = %s"
FORGET = "DELETE FROM backups WHERE NOT (name = ANY(%s))"
STANDING = """
SELECT name, kind, made_at, size, sealed_size, verified_at, whole, words FROM backups ORDER BY made_at DESC LIMIT %s
"""


def adopt(database: str, role: str) -> list[sql.Composed]:
    """Give a server that was somebody else's our roles, and the database the name it has with us."""
    made: list[sql.Composed] = []
    for name, rights in (("folkmoot", "LOGIN"), ("folkmoot_repl", "LOGIN REPLICATION"), ("folkmoot_rewind", "LOGIN")):
        if name != role:
            made.append(
                sql.SQL("DO $$ BEGIN CREATE ROLE {} {}; EXCEPTION WHEN duplicate_object THEN NULL; END $$").format(
                    sql.Identifier(name), sql.SQL(rights)
                )
            )
    if database != "folkmoot":
        made.append(sql.SQL("ALTER DATABASE {} RENAME TO folkmoot").format(sql.Identifier(database)))
    made.append(sql.SQL("ALTER DATABASE folkmoot OWNER TO folkmoot").format())
    return made


def take_over(role: str) -> sql.Composed:
    """Make everything of the role that owned the tables ours."""
    if role == "folkmoot":
        return sql.Composed([sql.SQL("SELECT")])
    return sql.SQL("REASSIGN OWNED BY {} TO folkmoot").format(sql.Identifier(role))
