"""Every statement about follows, requests, blocks, mutes and notes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from folkmoot.database import Database, Row, Transaction
from folkmoot.ids import LARGEST
from folkmoot.network.relations.rules import Bond
from folkmoot.network.relations.views import RelationView
from folkmoot.network.visibility import sql_may_see

_OPEN = "{0}.approved_at IS NOT NULL AND {0}.suspended_at IS NULL AND {0}.closed_at IS NULL"

_RELATIONS = """
SELECT a.id,
  f.account_id IS NOT NULL AS following,
  coalesce(f.shows_boosts, r.shows_boosts, false) AS shows_boosts,
  coalesce(f.notifies, r.notifies, false) AS notifies,
  coalesce(f.languages, r.languages) AS languages,
  EXISTS (SELECT FROM follows WHERE account_id = a.id AND target_id = $1) AS followed_by,
  EXISTS (SELECT FROM blocks WHERE account_id = $1 AND target_id = a.id) AS blocking,
  EXISTS (SELECT FROM blocks WHERE account_id = a.id AND target_id = $1) AS blocked_by,
  m.account_id IS NOT NULL AS muting,
  coalesce(m.hides_notifications, false) AS mutes_notifications,
  m.expires_at AS mute_expires_at,
  r.account_id IS NOT NULL AS requested,
  EXISTS (SELECT FROM follow_requests WHERE account_id = a.id AND target_id = $1) AS requested_by,
  coalesce(n.text, '') AS note
FROM unnest($2::bigint[]) WITH ORDINALITY AS asked (id, position)
JOIN accounts a ON a.id = asked.id
LEFT JOIN follows f ON f.account_id = $1 AND f.target_id = a.id
LEFT JOIN follow_requests r ON r.account_id = $1 AND r.target_id = a.id
LEFT JOIN mutes m ON m.account_id = $1 AND m.target_id = a.id AND (m.expires_at IS NULL OR m.expires_at > $3)
LEFT JOIN account_notes n ON n.account_id = $1 AND n.target_id = a.id
ORDER BY asked.position
"""


async def relations(
    source: Database | Transaction, account_id: int, ids: Sequence[int], now: datetime
) -> list[RelationView]:
    """How the account stands to each of those that exist, in the order asked."""
    return [_relation(row) for row in await source.fetch(_RELATIONS, account_id, list(ids), now)]


def _relation(row: Row) -> RelationView:
    languages = row["languages"]
    return RelationView(
        id=row["id"],
        following=row["following"],
        shows_boosts=row["shows_boosts"],
        notifies=row["notifies"],
        languages=tuple(languages) if languages is not None else None,
        followed_by=row["followed_by"],
        blocking=row["blocking"],
        blocked_by=row["blocked_by"],
        muting=row["muting"],
        mutes_notifications=row["mutes_notifications"],
        mute_expires_at=row["mute_expires_at"],
        requested=row["requested"],
        requested_by=row["requested_by"],
        note=row["note"],
    )


# Deeds ---------------------------------------------------------------------------------------------------------------


async def lock(tx: Transaction, account_id: int, target_id: int) -> bool:
    """Let nobody else change what is between the two until the commit; False when the target takes no part.

    Both rows in the order of their ids: two people who follow each other at once cannot lock each other out.
    """
    rows = await tx.fetch(
        f"""SELECT id, {_OPEN.format("accounts")} AS is_open FROM accounts
            WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE""",
        [account_id, target_id],
    )
    return any(row["id"] == target_id and row["is_open"] for row in rows)


async def bond(tx: Transaction, account_id: int, target_id: int) -> Bond:
    """What holds between the two; ask after `lock`, in a statement of its own, to see what others have committed."""
    row = await tx.fetchrow(
        """SELECT EXISTS (SELECT FROM follows WHERE account_id = $1 AND target_id = $2) AS following,
             EXISTS (SELECT FROM follows WHERE account_id = $2 AND target_id = $1) AS followed_by,
             EXISTS (SELECT FROM follow_requests WHERE account_id = $1 AND target_id = $2) AS requested,
             EXISTS (SELECT FROM follow_requests WHERE account_id = $2 AND target_id = $1) AS requested_by,
             EXISTS (SELECT FROM blocks WHERE account_id = $1 AND target_id = $2) AS blocking,
             EXISTS (SELECT FROM blocks WHERE account_id = $2 AND target_id = $1) AS blocked_by,
             they.locked AS they_are_locked, i.followers_count, i.following_count
           FROM accounts i, accounts they WHERE i.id = $1 AND they.id = $2""",
        account_id,
        target_id,
    )
    return Bond(**dict(row)) if row is not None else Bond()


async def insert_follow(
    tx: Transaction,
    account_id: int,
    target_id: int,
    id: int,
    shows_boosts: bool,
    notifies: bool,
    languages: Sequence[str] | None,
) -> bool:
    """Make one follow the other; False when that is so already. Counts it on both accounts."""
    added = await tx.execute(
        """WITH made AS (
             INSERT INTO follows (account_id, target_id, id, shows_boosts, notifies, languages)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING 1)
           UPDATE accounts
           SET following_count = following_count + (id = $1)::int, followers_count = followers_count + (id = $2)::int
           WHERE id IN ($1, $2) AND EXISTS (SELECT FROM made)""",
        account_id,
        target_id,
        id,
        shows_boosts,
        notifies,
        languages,
    )
    return added > 0


async def delete_follow(tx: Transaction, account_id: int, target_id: int) -> bool:
    """Undo a follow; False when there was none."""
    gone = await tx.execute(
        """WITH gone AS (DELETE FROM follows WHERE account_id = $1 AND target_id = $2 RETURNING 1)
           UPDATE accounts
           SET following_count = greatest(following_count - (id = $1)::int, 0),
               followers_count = greatest(followers_count - (id = $2)::int, 0)
           WHERE id IN ($1, $2) AND EXISTS (SELECT FROM gone)""",
        account_id,
        target_id,
    )
    return gone > 0


async def insert_request(
    tx: Transaction,
    account_id: int,
    target_id: int,
    id: int,
    shows_boosts: bool,
    notifies: bool,
    languages: Sequence[str] | None,
) -> bool:
    """Ask to follow; False when asked already."""
    return bool(
        await tx.execute(
            """INSERT INTO follow_requests (account_id, target_id, id, shows_boosts, notifies, languages)
               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING""",
            account_id,
            target_id,
            id,
            shows_boosts,
            notifies,
            languages,
        )
    )


async def take_request(tx: Transaction, account_id: int, target_id: int) -> Row | None:
    """Remove the request and give what was wished with it."""
    return await tx.fetchrow(
        """DELETE FROM follow_requests WHERE account_id = $1 AND target_id = $2
           RETURNING shows_boosts, notifies, languages""",
        account_id,
        target_id,
    )


async def change_wishes(
    tx: Transaction,
    account_id: int,
    target_id: int,
    shows_boosts: bool | None,
    notifies: bool | None,
    languages: Sequence[str] | None,
    all_languages: bool,
) -> None:
    """Change what is wished of somebody followed or asked; None leaves a wish as it is."""
    for table in ("follows", "follow_requests"):
        await tx.execute(
            f"""UPDATE {table} SET shows_boosts = coalesce($3, shows_boosts), notifies = coalesce($4, notifies),
                  languages = CASE WHEN $6 THEN NULL ELSE coalesce($5::text[], languages) END
                WHERE account_id = $1 AND target_id = $2""",
            account_id,
            target_id,
            shows_boosts,
            notifies,
            languages,
            all_languages,
        )


async def insert_block(tx: Transaction, account_id: int, target_id: int, id: int) -> None:
    """Block; nothing happens when it is so already."""
    await tx.execute(
        "INSERT INTO blocks (account_id, target_id, id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        account_id,
        target_id,
        id,
    )


async def delete_block(tx: Transaction, account_id: int, target_id: int) -> None:
    """Undo a block."""
    await tx.execute("DELETE FROM blocks WHERE account_id = $1 AND target_id = $2", account_id, target_id)


async def put_mute(
    tx: Transaction, account_id: int, target_id: int, id: int, hides_notifications: bool, expires_at: datetime | None
) -> None:
    """Mute, or change how."""
    await tx.execute(
        """INSERT INTO mutes (account_id, target_id, id, hides_notifications, expires_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (account_id, target_id) DO UPDATE
           SET hides_notifications = excluded.hides_notifications, expires_at = excluded.expires_at""",
        account_id,
        target_id,
        id,
        hides_notifications,
        expires_at,
    )


async def delete_mute(tx: Transaction, account_id: int, target_id: int) -> None:
    """Undo a mute."""
    await tx.execute("DELETE FROM mutes WHERE account_id = $1 AND target_id = $2", account_id, target_id)


async def delete_ended_mutes(tx: Transaction, now: datetime) -> list[tuple[int, int]]:
    """Remove the mutes whose time is over; says between whom."""
    rows = await tx.fetch("DELETE FROM mutes WHERE expires_at <= $1 RETURNING account_id, target_id", now)
    return [(row["account_id"], row["target_id"]) for row in rows]


async def put_note(tx: Transaction, account_id: int, target_id: int, text: str) -> None:
    """Keep a private note about somebody; an empty one is none."""
    if text:
        await tx.execute(
            """INSERT INTO account_notes (account_id, target_id, text) VALUES ($1, $2, $3)
               ON CONFLICT (account_id, target_id) DO UPDATE SET text = excluded.text""",
            account_id,
            target_id,
            text,
        )
    else:
        await tx.execute("DELETE FROM account_notes WHERE account_id = $1 AND target_id = $2", account_id, target_id)


# Homes ---------------------------------------------------------------------------------------------------------------


async def fill_home(tx: Transaction, account_id: int, target_id: int, limit: int) -> int:
    """Put the newest posts of somebody followed into the follower's home: those that would have been delivered."""
    return await tx.execute(
        f"""INSERT INTO home_entries (account_id, post_id, author_id, shows_id, shows_account_id)
            SELECT $1, p.id, p.account_id, p.shows_id, p.shows_account_id
            FROM posts p JOIN follows f ON f.account_id = $1 AND f.target_id = p.account_id
            WHERE p.account_id = $2 AND p.visibility <> 'direct' AND p.hidden_at IS NULL
              AND (p.shows_id IS NULL OR (f.shows_boosts AND p.shows_account_id <> $1))
              AND (f.languages IS NULL OR p.language IS NULL OR p.language = ANY(f.languages))
              AND (p.in_reply_to_account_id IS NULL OR p.in_reply_to_account_id IN ($1, $2)
                   OR EXISTS (SELECT FROM follows WHERE account_id = $1 AND target_id = p.in_reply_to_account_id))
              AND {sql_may_see("p", "$1")}
            ORDER BY p.id DESC LIMIT $3
            ON CONFLICT DO NOTHING""",
        account_id,
        target_id,
        limit,
    )


async def clear_home(
    tx: Transaction, account_id: int, target_id: int, *, only_boosts: bool = False, shown_too: bool = False
) -> int:
    """Take what somebody wrote or boosted out of a home; `shown_too`: also what others boosted of them."""
    return await tx.execute(
        """DELETE FROM home_entries
           WHERE account_id = $1
             AND ((author_id = $2 AND (NOT $3 OR shows_id IS NOT NULL)) OR ($4 AND shows_account_id = $2))""",
        account_id,
        target_id,
        only_boosts,
        shown_too,
    )


# Lists ---------------------------------------------------------------------------------------------------------------

_FOLLOWS = f"""
SELECT f.id, f.{{who}} AS account_id
FROM follows f JOIN accounts other ON other.id = f.{{who}} AND {_OPEN.format("other")}
JOIN accounts owner ON owner.id = f.{{whose}}
WHERE f.{{whose}} = $1 AND f.id < $3 AND f.id > $4
  AND owner.suspended_at IS NULL AND owner.closed_at IS NULL
  AND (f.{{whose}} = $2::bigint OR (
    NOT owner.hides_relations
    AND NOT EXISTS (SELECT FROM blocks WHERE account_id = $1 AND target_id = $2::bigint)
    AND NOT EXISTS (SELECT FROM blocks WHERE account_id = f.{{who}} AND target_id = $2::bigint)
    AND NOT EXISTS (SELECT FROM blocks WHERE account_id = $2::bigint AND target_id = f.{{who}})))
ORDER BY f.id {{order}} LIMIT $5
"""

_MINE = f"""
SELECT t.id, t.{{who}} AS account_id
FROM {{table}} t JOIN accounts other ON other.id = t.{{who}} AND {_OPEN.format("other")}
WHERE t.{{whose}} = $1 AND t.id < $2 AND t.id > $3 {{more}}
ORDER BY t.id {{order}} LIMIT $4
"""


async def follow_list(
    db: Database,
    viewer_id: int | None,
    account_id: int,
    *,
    followers: bool,
    max_id: int | None,
    since_id: int | None,
    min_id: int | None,
    limit: int,
) -> list[tuple[int, int]]:
    """One page of an account's followers, or of whom it follows, newest first: pairs of row and account."""
    who, whose = ("account_id", "target_id") if followers else ("target_id", "account_id")
    rows = await db.fetch(
        _FOLLOWS.format(who=who, whose=whose, order="DESC" if min_id is None else "ASC"),
        account_id,
        viewer_id,
        LARGEST if max_id is None else max_id,
        max(since_id or 0, min_id or 0),
        limit,
    )
    return _pairs(rows, min_id)


async def own_list(
    db: Database,
    account_id: int,
    table: str,
    *,
    incoming: bool = False,
    now: datetime | None = None,
    max_id: int | None,
    since_id: int | None,
    min_id: int | None,
    limit: int,
) -> list[tuple[int, int]]:
    """One page of the account's own blocks, mutes (those still running at `now`) or requests."""
    assert table in ("blocks", "mutes", "follow_requests")
    who, whose = ("account_id", "target_id") if incoming else ("target_id", "account_id")
    more = "AND (t.expires_at IS NULL OR t.expires_at > $5)" if now is not None else ""
    rows = await db.fetch(
        _MINE.format(table=table, who=who, whose=whose, more=more, order="DESC" if min_id is None else "ASC"),
        account_id,
        LARGEST if max_id is None else max_id,
        max(since_id or 0, min_id or 0),
        limit,
        *([now] if now is not None else []),
    )
    return _pairs(rows, min_id)


def _pairs(rows: list[Row], min_id: int | None) -> list[tuple[int, int]]:
    pairs = [(row["id"], row["account_id"]) for row in rows]
    return pairs if min_id is None else pairs[::-1]


async def familiar_followers(db: Database, account_id: int, ids: Sequence[int], limit: int) -> dict[int, list[int]]:
    """Of each account, those followers the reader follows too; none where the account hides its relations."""
    rows = await db.fetch(
        f"""SELECT asked.id AS asked, familiar.account_id
            FROM unnest($2::bigint[]) AS asked (id)
            JOIN accounts a ON a.id = asked.id AND NOT a.hides_relations AND {_OPEN.format("a")}
            CROSS JOIN LATERAL (
              SELECT f.account_id FROM follows mine
              JOIN follows f ON f.account_id = mine.target_id AND f.target_id = a.id
              JOIN accounts other ON other.id = f.account_id AND NOT other.hides_relations AND {_OPEN.format("other")}
              WHERE mine.account_id = $1 ORDER BY f.id DESC LIMIT $3) AS familiar""",
        account_id,
        list(ids),
        limit,
    )
    found: dict[int, list[int]] = {id: [] for id in ids}
    for row in rows:
        found[row["asked"]].append(row["account_id"])
    return found
