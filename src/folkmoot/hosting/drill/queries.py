"""Every statement a drill puts to a host's database, to make what it looks for later and to look for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import sql

from folkmoot.hosting.drill.hosts import Host

SOMETIME = 7
"""Days ahead for which the drill puts jobs that nobody is to take meanwhile."""

GOES_ON = {
    "tokens": ["id"], "sessions": ["id"], "push_subscriptions": ["id"], "scheduled_posts": ["id"], "grants": ["code_hash"],
    "case_timers": ["case_id", "kind"], "seats": ["id"], "notices": ["id", "due_at"],
    "notice_timers": ["notice_id", "kind", "due_at"], "idempotency_keys": ["key"], "objects": ["key"],
}  # fmt: skip
"""Tables whose rows a member, juror or authority would miss at once, and what names a row."""


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


def qualify(host: Host, names: Sequence[str]) -> None:
    """Make these members jurors of some experience, fresh from a rest."""
    with host.connected() as connection:
        connection.execute(
            """INSERT INTO jurors (account_id, since, qualified_at, record_at, hit, cleared, missed, accused)
               SELECT id, now(), now(), now(), 60, 60, 4, 4 FROM accounts WHERE name = ANY(%s)
               ON CONFLICT (account_id) DO UPDATE SET exposure = '{}', exposed_on = NULL""",
            (list(names),),
        )


def without_clock(host: Host, notices: Mapping[str, str]) -> list[str]:
    """Which of these notices, by reference and when they are due, are not there or whose clock no longer says so.

    The clock of a notice that was met or answered has stopped, and that is as it should be.
    """
    with host.connected() as connection:
        found = connection.execute(
            """SELECT n.reference FROM notices n JOIN unnest(%s::text[], %s::timestamptz[]) AS told (reference, due_at)
                 ON told.reference = n.reference AND told.due_at = n.due_at
               WHERE n.answered_at IS NOT NULL OR n.met_at IS NOT NULL
                 OR EXISTS (SELECT FROM notice_timers t WHERE t.notice_id = n.id AND t.done_at IS NULL)""",
            (list(notices), list(notices.values())),
        ).fetchall()
    return sorted(set(notices) - {str(row[0]) for row in found})


def what_goes_on(host: Host) -> dict[str, list[str]]:
    """Tokens, sessions, subscriptions, clocks: every row's name, by table."""
    found: dict[str, list[str]] = {}
    with host.connected() as connection:
        for table, columns in GOES_ON.items():
            statement = sql.SQL("SELECT concat_ws(' ', {columns}) FROM {table}").format(
                columns=sql.SQL(", ").join(map(sql.Identifier, columns)), table=sql.Identifier(table)
            )
            found[table] = [str(row[0]) for row in connection.execute(statement).fetchall()]
    return found


def log_size(host: Host) -> int:
    """Entries of the public log."""
    with host.connected() as connection:
        row = connection.execute("SELECT count(*) FROM log_entries").fetchone()
    return int(row[0]) if row else 0


def absent(host: Host, table: str, column: str, names: Sequence[Any]) -> list[Any]:
    """Which of these the table does not have, by the column that names a row."""
    statement = sql.SQL("SELECT {column} FROM {table} WHERE {column} = ANY(%s)").format(
        column=sql.Identifier(column), table=sql.Identifier(table)
    )
    with host.connected() as connection:
        found = {row[0] for row in connection.execute(statement, (list(names),)).fetchall()}
    return [name for name in names if name not in found]


def texts(host: Host, ids: Sequence[int]) -> dict[int, str]:
    """The texts of these posts, as far as they are there."""
    with host.connected() as connection:
        rows = connection.execute("SELECT id, text FROM posts WHERE id = ANY(%s)", (list(ids),)).fetchall()
    return {int(id): str(text) for id, text in rows}


def posted_twice(host: Host) -> int:
    """Texts of the drill that stand in more than one post."""
    with host.connected() as connection:
        row = connection.execute(
            "SELECT count(*) FROM (SELECT FROM posts WHERE text LIKE 'Drill %' GROUP BY text HAVING count(*) > 1) t"
        ).fetchone()
    return int(row[0]) if row else 0


def has_post(host: Host, id: int) -> bool:
    """Whether a post is there."""
    return bool(texts(host, [id]))
