"""Every statement that takes an account away, or what it left, piece by piece."""

from __future__ import annotations

from datetime import datetime

from folkmoot import clock
from folkmoot.database import Row, Transaction
from folkmoot.network.accounts.queries import COLUMNS


async def delete_waiting(tx: Transaction, id: int) -> None:
    """Remove an account that never took part, and free its name."""
    for statement in (
        "DELETE FROM tokens WHERE account_id = $1",
        "DELETE FROM grants WHERE account_id = $1",
        "DELETE FROM sessions WHERE account_id = $1",
        "DELETE FROM credentials WHERE account_id = $1",
        "DELETE FROM accounts WHERE id = $1",
    ):
        await tx.execute(statement, id)


async def close(tx: Transaction, id: int, now: datetime) -> Row | None:
    """Leave of the account its name and its times."""
    return await tx.fetchrow(
        f"""UPDATE accounts SET closed_at = $2, display_name = '', bio = '', fields = '[]', avatar_key = NULL,
              header_key = NULL, avatar_alt = '', header_alt = '', role = 'member', suspended_by = NULL,
              suspended_why = NULL, discoverable = false, indexable = false
            WHERE id = $1 AND closed_at IS NULL RETURNING {COLUMNS}""",
        id,
        now,
    )


async def erase_person(tx: Transaction, id: int, now: datetime) -> None:
    """Delete what says who somebody is and what they set up for themselves: small tables, by their owner's index."""
    for statement in (
        "DELETE FROM sessions WHERE account_id = $1",
        "DELETE FROM grants WHERE account_id = $1",
        "DELETE FROM tokens WHERE account_id = $1",
        "DELETE FROM credentials WHERE account_id = $1",
        "DELETE FROM scheduled_posts WHERE account_id = $1",
        "DELETE FROM taken_back WHERE account_id = $1",
        "DELETE FROM follow_requests WHERE account_id = $1 OR target_id = $1",
        "DELETE FROM blocks WHERE account_id = $1 OR target_id = $1",
        "DELETE FROM mutes WHERE account_id = $1",
        "DELETE FROM profile_pictures WHERE account_id = $1",
        "DELETE FROM account_notes WHERE account_id = $1",
        "DELETE FROM tag_follows WHERE account_id = $1",
        "DELETE FROM featured_tags WHERE account_id = $1",
        "DELETE FROM pins WHERE account_id = $1",
        "DELETE FROM bookmarks WHERE account_id = $1",
        "DELETE FROM thread_mutes WHERE account_id = $1",
        "DELETE FROM idempotency_keys WHERE account_id = $1",
        "DELETE FROM markers WHERE account_id = $1",
        "DELETE FROM announcement_dismissals WHERE account_id = $1",
        "DELETE FROM announcement_reactions WHERE account_id = $1",
    ):
        await tx.execute(statement, id)
    await tx.execute("UPDATE invitations SET revoked_at = $2 WHERE account_id = $1 AND revoked_at IS NULL", id, now)


async def erase_posts(tx: Transaction, id: int, most: int) -> tuple[list[Row], list[int]]:
    """Delete up to `most` posts with all that hangs on them, others' boosts of them too.

    Which posts are gone (id, account_id, shows_id; the account's own first), and whose tallies have changed.
    """
    posts = await tx.fetch(
        "SELECT id, account_id, shows_id, waiting FROM posts WHERE account_id = $1 ORDER BY id LIMIT $2", id, most
    )
    ids = [row["id"] for row in posts]
    if not ids:
        return [], []
    # Tallies of what these posts answered or showed, by the primary key of posts, in order so that two erasures
    # wait for one another instead of blocking each other.
    touched = await tx.fetch(
        """WITH touched AS (
             SELECT target.id, target.account_id, sum(replies) AS replies, sum(boosts) AS boosts FROM (
               SELECT in_reply_to_id AS id, in_reply_to_account_id AS account_id, 1 AS replies, 0 AS boosts
               FROM posts WHERE id = ANY($2::bigint[]) AND account_id = $1 AND in_reply_to_id IS NOT NULL AND NOT waiting
               UNION ALL
               SELECT shows_id, shows_account_id, 0, 1
               FROM posts WHERE id = ANY($2::bigint[]) AND account_id = $1 AND shows_id IS NOT NULL
             ) AS target WHERE account_id <> $1 GROUP BY target.id, target.account_id
           ), held AS (
             SELECT posts.id, posts.account_id FROM posts JOIN touched USING (id, account_id)
             ORDER BY posts.id FOR UPDATE OF posts
           )
           UPDATE posts SET replies_count = greatest(0, posts.replies_count - touched.replies),
                            boosts_count = greatest(0, posts.boosts_count - touched.boosts)
           FROM touched JOIN held USING (id, account_id)
           WHERE posts.id = touched.id AND posts.account_id = touched.account_id
           RETURNING posts.id""",
        id,
        ids,
    )
    boosts = await tx.fetch(
        "DELETE FROM posts WHERE shows_id = ANY($1::bigint[]) AND account_id <> $2 RETURNING id, account_id, shows_id",
        ids,
        id,
    )
    await _count_posts_less(tx, [row["account_id"] for row in boosts])
    gone = [*ids, *(row["id"] for row in boosts)]
    for statement in (
        "DELETE FROM favourites WHERE post_id = ANY($1::bigint[])",
        "DELETE FROM bookmarks WHERE post_id = ANY($1::bigint[])",
        "DELETE FROM notifications WHERE post_id = ANY($1::bigint[])",
    ):
        await tx.execute(statement, gone)
    await tx.execute("DELETE FROM posts WHERE account_id = $1 AND id = ANY($2::bigint[])", id, ids)
    await tx.execute(
        """INSERT INTO tombstones (post_id, gone_at, how) SELECT post_id, $2, 'closed' FROM unnest($1::bigint[]) AS post_id
           ON CONFLICT DO NOTHING""",
        [row["id"] for row in posts if row["shows_id"] is None and not row["waiting"]],
        clock.now(),
    )
    return [*posts, *boosts], [row["id"] for row in touched]


async def _count_posts_less(tx: Transaction, authors: list[int]) -> None:
    await tx.execute(
        """WITH less AS (SELECT author, count(*) AS number FROM unnest($1::bigint[]) AS author GROUP BY author),
           held AS (SELECT id FROM accounts WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE)
           UPDATE accounts SET posts_count = greatest(0, posts_count - less.number)
           FROM less JOIN held ON held.id = less.author WHERE accounts.id = held.id""",
        authors,
    )


async def erase_favourites(tx: Transaction, id: int, most: int) -> list[int]:
    """Take back up to `most` favourites, out of the tallies too; of which posts."""
    taken = await tx.fetch(
        """WITH gone AS (
             DELETE FROM favourites WHERE account_id = $1 AND post_id IN (
               SELECT post_id FROM favourites WHERE account_id = $1 ORDER BY post_id LIMIT $2)
             RETURNING post_id
           ), held AS (
             SELECT id, account_id FROM posts WHERE id IN (SELECT post_id FROM gone) ORDER BY id FOR UPDATE
           ), told AS (
             UPDATE posts SET favourites_count = greatest(0, favourites_count - 1)
             FROM held WHERE posts.id = held.id AND posts.account_id = held.account_id
           )
           SELECT post_id FROM gone""",
        id,
        most,
    )
    return [row["post_id"] for row in taken]


async def erase_follows(tx: Transaction, id: int, most: int) -> tuple[list[int], list[int]]:
    """Undo up to `most` follows each way, with tallies and home timelines: whom it followed, who followed it."""
    following = await tx.fetch(
        """DELETE FROM follows WHERE account_id = $1 AND target_id IN (
             SELECT target_id FROM follows WHERE account_id = $1 ORDER BY target_id LIMIT $2) RETURNING target_id""",
        id,
        most,
    )
    followers = await tx.fetch(
        """DELETE FROM follows WHERE target_id = $1 AND account_id IN (
             SELECT account_id FROM follows WHERE target_id = $1 ORDER BY account_id LIMIT $2) RETURNING account_id""",
        id,
        most,
    )
    targets, sources = [row["target_id"] for row in following], [row["account_id"] for row in followers]
    if targets or sources:
        await tx.execute(
            """WITH held AS (
                 SELECT id FROM accounts WHERE id = ANY($1::bigint[]) OR id = ANY($2::bigint[]) ORDER BY id FOR UPDATE
               )
               UPDATE accounts
               SET followers_count = greatest(0, followers_count - (accounts.id = ANY($1::bigint[]))::int),
                   following_count = greatest(0, following_count - (accounts.id = ANY($2::bigint[]))::int)
               FROM held WHERE accounts.id = held.id""",
            targets,
            sources,
        )
    if sources:
        await tx.execute(
            "DELETE FROM home_entries WHERE account_id = ANY($1::bigint[]) AND author_id = $2", sources, id
        )
    return targets, sources


async def erase_rest(tx: Transaction, id: int, most: int) -> int:
    """Delete up to `most` rows each of the account's media, home, notifications and votes; how many."""
    deleted = 0
    for table, key in (
        ("media", "id"),
        ("home_entries", "post_id"),
        ("notifications", "id"),
        ("poll_votes", "poll_id"),
    ):
        deleted += await tx.execute(
            f"""DELETE FROM {table} WHERE account_id = $1 AND {key} IN (
                  SELECT {key} FROM {table} WHERE account_id = $1 LIMIT $2)""",
            id,
            most,
        )
    return deleted


async def erase_sent_notifications(tx: Transaction, id: int, most: int) -> int:
    """Delete up to `most` notifications others got from the account."""
    return await tx.execute(
        """DELETE FROM notifications WHERE (account_id, id) IN (
             SELECT account_id, id FROM notifications WHERE from_account_id = $1 LIMIT $2)""",
        id,
        most,
    )


async def zero_tallies(tx: Transaction, id: int) -> None:
    await tx.execute(
        """UPDATE accounts SET posts_count = 0, followers_count = 0, following_count = 0, last_post_at = NULL
           WHERE id = $1 AND closed_at IS NOT NULL""",
        id,
    )
