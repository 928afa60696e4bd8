"""Whether everything that was acknowledged is there, by a ledger that no host has ever seen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

from folkmoot.hosting.drill.hosts import Host
from folkmoot.hosting.drill.load import Ledger

SOMETIME = 7
"""Days ahead for which the drill puts jobs that nobody is to take meanwhile."""


@dataclass
class Kept:
    """What a drill put into a network besides what members did, to look for it afterwards."""

    jobs: list[int] = field(default_factory=list)
    entries: int = 0


def put_jobs(host: Host, count: int) -> list[int]:
    """Jobs for next week; their ids."""
    with host.connected() as connection:
        rows = connection.execute(
            """INSERT INTO procrastinate_jobs (queue_name, task_name, args, scheduled_at)
               SELECT 'default', 'network.posts.deliver', jsonb_build_object('post_id', n::text), now() + %s * interval '1 day'
               FROM generate_series(1, %s) n RETURNING id""",
            (SOMETIME, count),
        ).fetchall()
    return [int(row[0]) for row in rows]


GOES_ON = {
    "tokens": "id", "sessions": "id", "push_subscriptions": "id", "scheduled_posts": "id", "grants": "code_hash",
    "case_timers": "id", "seats": "id", "notices": "id", "idempotency_keys": "key", "objects": "key",
}  # fmt: skip
"""Tables whose rows a member, juror or authority would miss at once, and what names a row."""


def what_goes_on(host: Host) -> dict[str, list[str]]:
    """Tokens, sessions, subscriptions, clocks: every row's name, by table; tables that do not exist have none."""
    found: dict[str, list[str]] = {}
    with host.connected() as connection:
        known = dict(
            connection.execute(
                "SELECT table_name || '.' || column_name, 1 FROM information_schema.columns WHERE table_schema = 'public'"
            ).fetchall()
        )
        for table, column in GOES_ON.items():
            if f"{table}.{column}" in known:
                statement = sql.SQL("SELECT {column}::text FROM {table}").format(
                    column=sql.Identifier(column), table=sql.Identifier(table)
                )
                found[table] = [str(row[0]) for row in connection.execute(statement).fetchall()]
    return found


def missing_from(host: Host, rows: Mapping[str, list[str]]) -> list[str]:
    """Which of these rows the host does not have."""
    have = what_goes_on(host)
    return [f"{table} {name}" for table, names in rows.items() for name in set(names) - set(have.get(table, ()))]


def log_size(host: Host) -> int:
    """Entries of the public log."""
    with host.connected() as connection:
        row = connection.execute("SELECT count(*) FROM log_entries").fetchone()
    return int(row[0]) if row else 0


def lost(host: Host, ledger: Ledger, kept: Kept) -> dict[str, Any]:
    """What the host does not have of what was acknowledged."""
    missing: dict[str, Any] = {}
    with host.connected() as connection:

        def absent(statement: str, ids: list[Any]) -> list[Any]:
            found = {row[0] for row in connection.execute(statement, (ids,)).fetchall()}
            return [id for id in ids if id not in found]

        rows = dict(
            connection.execute("SELECT id, text FROM posts WHERE id = ANY(%s)", (list(ledger.posts),)).fetchall()
        )
        missing["lost_posts"] = sum(1 for id, words in ledger.posts.items() if words not in (rows.get(id) or ""))
        missing["lost_scheduled"] = len(absent("SELECT id FROM scheduled_posts WHERE id = ANY(%s)", ledger.scheduled))
        missing["lost_reports"] = len(absent("SELECT id FROM reports WHERE id = ANY(%s)", ledger.reports))
        missing["lost_jobs"] = len(absent("SELECT id FROM procrastinate_jobs WHERE id = ANY(%s)", kept.jobs))
        listed = absent("SELECT key FROM objects WHERE key = ANY(%s)", list(ledger.media))
        twice = connection.execute(
            "SELECT count(*) FROM (SELECT text FROM posts WHERE text LIKE 'Drill %' GROUP BY text HAVING count(*) > 1) t"
        ).fetchone()
    missing["posted_twice"] = int(twice[0]) if twice else 0
    missing["lost_media"] = len({*listed, *(key for key, sum in ledger.media.items() if not _is_whole(host, key, sum))})
    missing["lost_log_entries"] = max(0, kept.entries - log_size(host))
    return missing


def _is_whole(host: Host, key: str, digest: str) -> bool:
    try:
        return hashlib.sha256((host.data / "media" / key).read_bytes()).hexdigest() == digest
    except OSError:
        return False
