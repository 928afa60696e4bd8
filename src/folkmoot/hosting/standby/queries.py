"""Every SQL statement of following. Plain connections: the agent has no pool and no event loop."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import psycopg.sql

from folkmoot.ids import new_id

Connection = psycopg.Connection[Any]


def sizes(connection: Connection) -> dict[str, Any]:
    """Bytes of the whole cluster and of all media, and how many media there are."""
    return _one(
        connection,
        """SELECT (SELECT sum(CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) ELSE 0 END)
                   FROM pg_database)::bigint AS database,
                  count(*) AS media, coalesce(sum(size), 0)::bigint AS media_bytes FROM objects""",
    )


def _one(connection: Connection, sql: str, values: dict[str, Any] | None = None) -> dict[str, Any]:
    row: dict[str, Any] | None = connection.execute(sql, values).fetchone()
    assert row is not None
    return row


def beat(connection: Connection, side: str) -> None:
    """Write the next beat. It waits for no standby: it is to say whether one is there."""
    connection.execute(
        """INSERT INTO heartbeats (side, beat, at) VALUES (%s, 1, clock_timestamp())
           ON CONFLICT (side) DO UPDATE SET beat = heartbeats.beat + 1, at = excluded.at""",
        (side,),
    )


def wait_for_nobody(connection: Connection) -> None:
    """Commits of this connection are done when they are on this disk."""
    connection.execute("SET synchronous_commit = local")


def first_side(connection: Connection, slot: str, beat_at: float) -> dict[str, Any]:
    """What the host that carries the network says to its standby, beside its clock."""
    return _one(
        connection,
        """SELECT pg_current_wal_lsn()::text AS lsn,
                  (SELECT timeline_id FROM pg_control_checkpoint()) AS timeline,
                  coalesce((SELECT wal_status FROM pg_replication_slots WHERE slot_name = %(slot)s), 'missing') AS slot,
                  coalesce((SELECT restart_lsn::text FROM pg_replication_slots WHERE slot_name = %(slot)s), '') AS kept_from,
                  (SELECT sync_state FROM pg_stat_replication WHERE application_name = %(slot)s LIMIT 1) AS sync_state,
                  (SELECT count(*) FROM (SELECT FROM posts WHERE id > %(after)s AND shows_id IS NULL
                     AND visibility = 'public' ORDER BY id DESC LIMIT 1000) AS recent)
                  AS unseen_posts""",
        {"slot": slot, "after": int(beat_at * 1000) << 16},
    )


def slot(connection: Connection, name: str) -> dict[str, Any]:
    """How a slot stands, where the journal it keeps begins, and what pieces the journal comes in."""
    return _one(
        connection,
        """SELECT coalesce(s.wal_status, 'missing') AS status, coalesce(s.restart_lsn::text, '') AS kept_from,
                  (SELECT timeline_id FROM pg_control_checkpoint()) AS timeline,
                  (SELECT bytes_per_wal_segment FROM pg_control_init()) AS segment_size
           FROM (SELECT) AS here LEFT JOIN pg_replication_slots AS s ON s.slot_name = %(name)s""",
        {"name": name},
    )


def journal_begins(connection: Connection) -> str:
    """Where the oldest piece of the journal that is still there begins; "" where the role may not look.

    A slot alone does not tell: a follower's first message sets the slot's place back to where the follower is, before its
    server has looked whether that piece is there.
    """
    allowed = _one(connection, "SELECT has_function_privilege('pg_catalog.pg_ls_waldir()', 'EXECUTE') AS to_look")
    if not allowed["to_look"]:
        return ""
    found = _one(
        connection,
        """SELECT min(substr(name, 9)) AS oldest, (SELECT bytes_per_wal_segment FROM pg_control_init()) AS size
           FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'""",
    )
    oldest = str(found["oldest"] or "")
    return f"{oldest[:8]}/{int(oldest[8:], 16) * int(found['size']):X}" if oldest else ""


def following_side(connection: Connection, side: str) -> dict[str, Any]:
    """What the server of a standby says of itself; `side` is whose beats to read."""
    return _one(
        connection,
        """SELECT pg_is_in_recovery() AS follows,
                  coalesce(pg_last_wal_receive_lsn()::text, '') AS received,
                  coalesce(pg_last_wal_replay_lsn()::text, '') AS replayed,
                  CASE WHEN EXISTS (SELECT FROM pg_stat_wal_receiver) THEN (SELECT received_tli FROM pg_stat_wal_receiver)
                       ELSE (SELECT timeline_id FROM pg_control_checkpoint()) END AS timeline,
                  -- To a role that may not ask, the receiver's own columns are NULL.
                  EXISTS (SELECT FROM pg_stat_wal_receiver WHERE coalesce(status, 'streaming') = 'streaming') AS streams,
                  (SELECT extract(epoch FROM at)::float8 FROM heartbeats WHERE side = %(side)s) AS beat_at""",
        {"side": side},
    )


def keep_report(connection: Connection, side: str, report: str) -> None:
    """Keep the last word of the standby for the page."""
    connection.execute(
        """INSERT INTO standby_reports (side, report, at) VALUES (%s, %s::jsonb, now())
           ON CONFLICT (side) DO UPDATE SET report = excluded.report, at = excluded.at""",
        (side, report),
    )


def forget_reports(connection: Connection) -> None:
    """Nobody follows any more."""
    connection.execute("DELETE FROM standby_reports")


def media_counts(connection: Connection, since: float) -> dict[str, Any]:
    """How many media there are in all."""
    return _one(connection, "SELECT count(*) AS total FROM objects", {})


def objects_after(connection: Connection, created_at: float, key: str, limit: int) -> list[dict[str, Any]]:
    """The next entries of the manifest, in the order they were made."""
    rows: list[dict[str, Any]] = connection.execute(
        """SELECT key, size, content_type, extract(epoch FROM created_at)::float8 AS created_at FROM objects
           WHERE (created_at, key) > (to_timestamp(%s), %s) ORDER BY created_at, key LIMIT %s""",
        (created_at, key, limit),
    ).fetchall()
    return rows


EVER_CHANGING = ["heartbeats", "standby_reports", "outbox", "procrastinate_jobs", "procrastinate_events"]


def some_blocks(connection: Connection, most: int) -> dict[str, Any] | None:
    """A table chosen by lot, larger ones more often, and some neighbouring blocks of it."""
    row: dict[str, Any] | None = connection.execute(
        """SELECT relname AS "table", start::int AS "from", (start + %(most)s)::int AS "to" FROM (
             SELECT relname, floor(random() * greatest(1, pages - %(most)s + 1)) AS start FROM (
               SELECT relname, pg_relation_size(oid) / 8192 AS pages FROM pg_class
               WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> ALL (%(without)s)
             ) AS sized WHERE pages > 0 ORDER BY -ln(1 - random()) / pages LIMIT 1
           ) AS chosen""",
        {"most": most, "without": EVER_CHANGING},
    ).fetchone()
    return row


def content_of(connection: Connection, table: str, start: int, end: int) -> dict[str, Any]:
    """Number and sum of the rows in these blocks. Blocks are the same on both hosts, since they are copied as they are."""
    return _one(
        connection,
        psycopg.sql.SQL(  # type: ignore[arg-type]  # a composed statement, which `execute` takes
            """SELECT count(*) AS rows, coalesce(sum(hashtextextended(t::text, 0)), 0)::text AS sum
               FROM ONLY {} AS t WHERE ctid >= %(start)s::tid AND ctid < %(end)s::tid"""
        ).format(psycopg.sql.Identifier(table)),
        {"start": f"({start},0)", "end": f"({end},0)"},
    )


def place(connection: Connection) -> str:
    """Where the journal of the first host ends."""
    return str(_one(connection, "SELECT pg_current_wal_lsn()::text AS lsn")["lsn"])


def has_replayed(connection: Connection, lsn: str) -> bool:
    """Whether a standby has everything up to that place."""
    return bool(_one(connection, "SELECT pg_last_wal_replay_lsn() >= %(lsn)s::pg_lsn AS yes", {"lsn": lsn})["yes"])


def reload(connection: Connection) -> None:
    """Have the server read its settings again."""
    connection.execute("SELECT pg_reload_conf()")


def is_waited_for(connection: Connection, slot: str) -> bool:
    """Whether commits wait for this follower."""
    row = connection.execute(
        # Of an operator's own server our role may not be told the state; that the setting is in force it may.
        """SELECT FROM pg_stat_replication WHERE application_name = %(slot)s
           AND CASE WHEN sync_state IS NULL THEN strpos(current_setting('synchronous_standby_names'), %(slot)s) > 0
                    ELSE sync_state = 'sync' END""",
        {"slot": slot},
    ).fetchone()
    return row is not None


def is_connected(connection: Connection, slot: str) -> bool:
    """Whether a follower of this name gets the journal from this server."""
    return (
        connection.execute("SELECT FROM pg_stat_replication WHERE application_name = %s", (slot,)).fetchone()
        is not None
    )


def record(connection: Connection, event: str, detail: dict[str, Any]) -> None:
    """The audit line of what an operator or the rule did."""
    connection.execute(
        """INSERT INTO events (id, name, actor_id, subject_id, detail, at) VALUES (%s, %s, NULL, NULL, %s::jsonb, now())""",
        (new_id(), event, json.dumps(detail)),
    )


def tell_staff(connection: Connection, event: str, since: str) -> None:
    """Have the worker tell those who run the network."""
    connection.execute(
        """INSERT INTO procrastinate_jobs (task_name, args, queueing_lock, scheduled_at, queue_name)
           VALUES ('network.site.tell_staff', %s::jsonb, NULL, NULL, 'default')""",
        (json.dumps({"event": event, "since": since}),),
    )


def drop_slots_but(connection: Connection, slot: str) -> None:
    """Drop the slots of standbys, except one and those in use."""
    connection.execute(
        """SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
           WHERE starts_with(slot_name, 'standby_') AND slot_name <> %s AND NOT active""",
        (slot,),
    )
