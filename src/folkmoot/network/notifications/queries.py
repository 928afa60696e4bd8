"""Every statement about notifications and read positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from folkmoot.database import Database, Row, Transaction
from folkmoot.ids import LARGEST
from folkmoot.network.notifications.views import Kind, Marker, NotificationView
from folkmoot.network.visibility import sql_may_see

# Whoever wants it on a device gets it there: in the same statement, since publishing counts its exchanges.
_INSERT = """
WITH told AS (
INSERT INTO notifications (account_id, id, kind, from_account_id, post_id, created_at, about_id)
SELECT accounts.id, {id}, $3, coalesce($4::bigint, accounts.id), $5, $6, $7::bigint
FROM accounts {receivers}
WHERE accounts.id = {receiver}
  AND accounts.approved_at IS NOT NULL AND accounts.suspended_at IS NULL AND accounts.closed_at IS NULL
  AND (accounts.id <> $4 OR $3 = 'poll' OR $4 IS NULL)
  AND NOT EXISTS (SELECT FROM blocks WHERE account_id = accounts.id AND target_id = $4)
  AND NOT EXISTS (SELECT FROM blocks WHERE account_id = $4 AND target_id = accounts.id)
  AND NOT EXISTS (SELECT FROM mutes WHERE mutes.account_id = accounts.id AND target_id = $4
                  AND hides_notifications AND (expires_at IS NULL OR expires_at > $6))
  AND NOT EXISTS (SELECT FROM posts JOIN thread_mutes ON thread_mutes.thread_id = posts.thread_id
                  WHERE posts.id = $5 AND thread_mutes.account_id = accounts.id)
RETURNING account_id, id
), pushed AS (
INSERT INTO push_messages (subscription_id, about, about_id, due_at, fresh_until)
SELECT s.id, 'notification', told.id, $6, $6 + interval '1 day'
FROM told JOIN push_subscriptions s ON s.account_id = told.account_id
WHERE $3 = 'alarm' OR ($3 = ANY(s.alerts) AND s.policy <> 'none')
)
SELECT account_id, id FROM told
"""
_INSERT_SEVERAL = _INSERT.format(
    receivers="CROSS JOIN unnest($1::bigint[], $2::bigint[]) AS receiver (account_id, id)",
    receiver="receiver.account_id",
    id="receiver.id",
)
# PostgreSQL plans a statement with arrays anew each time, for half a millisecond; this one it plans once.
_INSERT_ONE = _INSERT.format(receivers="", receiver="$1::bigint", id="$2::bigint")

# A notification goes unseen while its sender takes no part, and when its post is held, gone or not for the reader.
_SEEN = f"""
  EXISTS (SELECT FROM accounts sender WHERE sender.id = n.from_account_id
          AND sender.suspended_at IS NULL AND sender.closed_at IS NULL)
  AND (n.post_id IS NULL OR EXISTS (SELECT FROM posts p WHERE p.id = n.post_id AND {sql_may_see("p", "$1")}))
"""

_COLUMNS = "n.id, n.kind, n.from_account_id, n.post_id, n.about_id, n.created_at"

_UNREAD = f"""
SELECT count(*) FROM (
  SELECT FROM notifications n
  WHERE n.account_id = $1
    AND n.id > coalesce((SELECT last_read_id FROM markers WHERE account_id = $1 AND timeline = 'notifications'), 0)
    AND ($2::text[] IS NULL OR n.kind = ANY($2)) AND ($3::text[] IS NULL OR n.kind <> ALL($3))
    AND {_SEEN}
  ORDER BY n.id DESC LIMIT $4) AS unread
"""


async def insert(
    tx: Transaction,
    receivers: Sequence[int],
    ids: Sequence[int],
    kind: Kind,
    from_id: int | None,
    post_id: int | None,
    about_id: int | None,
    now: datetime,
) -> list[tuple[int, int]]:
    """Tell those receivers who want to hear of it; says whom, with the notification's id."""
    about = (kind.value, from_id, post_id, now, about_id)
    if len(receivers) == 1:
        rows = await tx.fetch(_INSERT_ONE, receivers[0], ids[0], *about)
    else:
        rows = await tx.fetch(_INSERT_SEVERAL, list(receivers), list(ids), *about)
    return [(row["account_id"], row["id"]) for row in rows]


async def delete(
    tx: Transaction, kind: Kind | None, from_id: int, post_id: int | None, account_id: int | None
) -> list[tuple[int, int]]:
    """Take back what was said about this; about a post (its index), or to one account (the primary key)."""
    rows = await tx.fetch(
        """DELETE FROM notifications
           WHERE from_account_id = $2 AND ($1::text IS NULL OR kind = $1) AND ($3::bigint IS NULL OR post_id = $3)
             AND ($4::bigint IS NULL OR account_id = $4)
           RETURNING account_id, id""",
        kind.value if kind else None,
        from_id,
        post_id,
        account_id,
    )
    return [(row["account_id"], row["id"]) for row in rows]


async def listing(
    db: Database,
    account_id: int,
    *,
    max_id: int | None,
    since_id: int | None,
    min_id: int | None,
    limit: int,
    kinds: Sequence[Kind] | None,
    exclude: Sequence[Kind] | None,
    from_id: int | None,
    unchecked: bool,
) -> list[NotificationView]:
    """One page, newest first; `min_id` asks for the page directly after it."""
    # Only the conditions that are asked for: most readers ask for none, and that statement is planned once.
    values: list[object] = [account_id, LARGEST if max_id is None else max_id, max(since_id or 0, min_id or 0), limit]
    conditions = ["n.account_id = $1 AND n.id < $2 AND n.id > $3"]
    for condition, value in (
        ("n.kind = ANY(${}::text[])", _words(kinds)),
        ("n.kind <> ALL(${}::text[])", _words(exclude)),
        ("n.from_account_id = ${}", from_id),
    ):
        if value is not None:
            values.append(value)
            conditions.append(condition.format(len(values)))
    if not unchecked:
        conditions.append(_SEEN)
    order = "DESC" if min_id is None else "ASC"
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM notifications n WHERE {' AND '.join(conditions)} ORDER BY n.id {order} LIMIT $4",
        *values,
    )
    return [_view(row) for row in (rows if min_id is None else reversed(rows))]


async def find(db: Database, account_id: int, id: int) -> NotificationView | None:
    """One notification of this account."""
    row = await db.fetchrow(
        f"""SELECT {_COLUMNS} FROM notifications n
            WHERE n.account_id = $1 AND n.id = $2 AND {_SEEN}""",
        account_id,
        id,
    )
    return _view(row) if row else None


async def unread(
    db: Database, account_id: int, kinds: Sequence[Kind] | None, exclude: Sequence[Kind] | None, limit: int
) -> int:
    """How many came after the read position, counting no further than `limit`."""
    count: int = await db.fetchval(_UNREAD, account_id, _words(kinds), _words(exclude), limit)
    return count


async def delete_all(tx: Transaction, account_id: int) -> int:
    """Throw all of an account's notifications away."""
    return await tx.execute("DELETE FROM notifications WHERE account_id = $1", account_id)


async def delete_one(tx: Transaction, account_id: int, id: int) -> int:
    """Throw one notification away."""
    return await tx.execute("DELETE FROM notifications WHERE account_id = $1 AND id = $2", account_id, id)


async def markers(source: Database | Transaction, account_id: int, timelines: Sequence[str]) -> list[Marker]:
    """The read positions kept for these timelines."""
    rows = await source.fetch(
        """SELECT timeline, last_read_id, version, updated_at FROM markers
           WHERE account_id = $1 AND timeline = ANY($2::text[])""",
        account_id,
        list(timelines),
    )
    return [_marker(row) for row in rows]


async def put_markers(tx: Transaction, account_id: int, last_read: Mapping[str, int], now: datetime) -> list[Marker]:
    """Keep new read positions. In order of their names, so that two clients cannot lock each other."""
    timelines = sorted(last_read)
    rows = await tx.fetch(
        """INSERT INTO markers (account_id, timeline, last_read_id, updated_at)
           SELECT $1, timeline, id, $4 FROM unnest($2::text[], $3::bigint[]) AS read (timeline, id)
           ON CONFLICT (account_id, timeline) DO UPDATE
             SET last_read_id = excluded.last_read_id, version = markers.version + 1, updated_at = excluded.updated_at
           RETURNING timeline, last_read_id, version, updated_at""",
        account_id,
        timelines,
        [last_read[timeline] for timeline in timelines],
        now,
    )
    return [_marker(row) for row in rows]


def _words(kinds: Sequence[Kind] | None) -> list[str] | None:
    return None if kinds is None else [kind.value for kind in kinds]


def _view(row: Row) -> NotificationView:
    return NotificationView(
        id=row["id"],
        kind=Kind(row["kind"]),
        from_account_id=row["from_account_id"],
        post_id=row["post_id"],
        about_id=row["about_id"],
        created_at=row["created_at"],
    )


def _marker(row: Row) -> Marker:
    return Marker(
        timeline=row["timeline"],
        last_read_id=row["last_read_id"],
        version=row["version"],
        updated_at=row["updated_at"],
    )
