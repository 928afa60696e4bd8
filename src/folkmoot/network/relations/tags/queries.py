"""Every statement about followed and featured hashtags."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from folkmoot.database import Database, Row, Transaction
from folkmoot.ids import LARGEST
from folkmoot.network.relations.views import FeaturedTag, FollowedTag

_FOLLOWED = (
    "SELECT f.id, f.tag, coalesce(t.shown_as, f.tag) AS shown_as FROM tag_follows f LEFT JOIN tags t ON t.name = f.tag"
)


async def keep_tag(tx: Transaction, tag: str, shown_as: str, now: datetime) -> None:
    """Have the hashtag exist, as first spelt."""
    await tx.execute(
        "INSERT INTO tags (name, shown_as, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", tag, shown_as, now
    )


async def spelling(db: Database, tag: str) -> str | None:
    """How the hashtag was first spelt; None for one that nobody has used yet."""
    found: str | None = await db.fetchval("SELECT shown_as FROM tags WHERE name = $1", tag)
    return found


async def insert_follow(tx: Transaction, account_id: int, tag: str, id: int) -> None:
    """Follow a hashtag."""
    await tx.execute(
        "INSERT INTO tag_follows (account_id, tag, id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", account_id, tag, id
    )


async def delete_follow(tx: Transaction, account_id: int, tag: str) -> None:
    """Stop following a hashtag."""
    await tx.execute("DELETE FROM tag_follows WHERE account_id = $1 AND tag = $2", account_id, tag)


async def get_followed(tx: Transaction, account_id: int, tag: str) -> FollowedTag:
    """The followed hashtag."""
    (row,) = await tx.fetch(f"{_FOLLOWED} WHERE f.account_id = $1 AND f.tag = $2", account_id, tag)
    return _followed(row)


async def followed(
    db: Database, account_id: int, *, max_id: int | None, since_id: int | None, min_id: int | None, limit: int
) -> list[FollowedTag]:
    """One page of followed hashtags, newest first."""
    rows = await db.fetch(
        f"""{_FOLLOWED} WHERE f.account_id = $1 AND f.id < $2 AND f.id > $3
            ORDER BY f.id {"DESC" if min_id is None else "ASC"} LIMIT $4""",
        account_id,
        LARGEST if max_id is None else max_id,
        max(since_id or 0, min_id or 0),
        limit,
    )
    return [_followed(row) for row in (rows if min_id is None else reversed(rows))]


async def which_followed(db: Database, account_id: int, tags: Sequence[str]) -> set[str]:
    """Those of the hashtags that the account follows."""
    rows = await db.fetch(
        "SELECT tag FROM tag_follows WHERE account_id = $1 AND tag = ANY($2::text[])", account_id, list(tags)
    )
    return {row["tag"] for row in rows}


async def insert_featured(tx: Transaction, account_id: int, tag: str, id: int, most: int) -> bool:
    """Show the hashtag; False when there are `most` others already."""
    await tx.execute("SELECT FROM accounts WHERE id = $1 FOR NO KEY UPDATE", account_id)  # two at once count as two
    return bool(
        await tx.fetchval(
            """WITH added AS (
                 INSERT INTO featured_tags (account_id, tag, id)
                 SELECT $1, $2, $3 WHERE (SELECT count(*) FROM featured_tags WHERE account_id = $1 AND tag <> $2) < $4
                 ON CONFLICT DO NOTHING RETURNING 1)
               SELECT EXISTS (SELECT FROM added)
                   OR EXISTS (SELECT FROM featured_tags WHERE account_id = $1 AND tag = $2)""",
            account_id,
            tag,
            id,
            most,
        )
    )


async def delete_featured(tx: Transaction, account_id: int, id: int) -> bool:
    """Show it no more; False when it was not shown."""
    return bool(await tx.execute("DELETE FROM featured_tags WHERE account_id = $1 AND id = $2", account_id, id))


async def delete_featured_by_name(tx: Transaction, account_id: int, tags: Sequence[str]) -> bool:
    """Show these hashtags no more; False when none of them was shown."""
    return bool(
        await tx.execute(
            "DELETE FROM featured_tags WHERE account_id = $1 AND tag = ANY($2::text[])", account_id, list(tags)
        )
    )


async def featured(source: Database | Transaction, account_id: int, tag: str | None) -> list[FeaturedTag]:
    """The account's featured hashtags, or the one asked for, with its public use."""
    rows = await source.fetch(
        """SELECT f.id, f.tag, coalesce(t.shown_as, f.tag) AS shown_as, used.count, used.last
           FROM featured_tags f LEFT JOIN tags t ON t.name = f.tag
           CROSS JOIN LATERAL (
             SELECT count(*) AS count, max(p.created_at) AS last
             FROM post_tags JOIN posts p ON p.id = post_tags.post_id AND p.account_id = post_tags.account_id
             WHERE post_tags.tag = f.tag AND post_tags.account_id = f.account_id
               AND p.visibility IN ('public', 'unlisted') AND p.hidden_at IS NULL) AS used
           WHERE f.account_id = $1 AND ($2::text IS NULL OR f.tag = $2)
           ORDER BY used.count DESC, f.id""",
        account_id,
        tag,
    )
    return [
        FeaturedTag(
            id=row["id"],
            name=row["tag"],
            shown_as=row["shown_as"],
            posts_count=row["count"],
            last_post_at=row["last"],
        )
        for row in rows
    ]


async def most_used(db: Database, account_id: int, limit: int) -> list[tuple[str, str]]:
    """The hashtags of the account's last 500 posts that it does not feature, most used first."""
    rows = await db.fetch(
        """SELECT pt.tag, coalesce(min(t.shown_as), pt.tag) AS shown_as
           FROM (SELECT id, account_id FROM posts WHERE account_id = $1 ORDER BY id DESC LIMIT 500) AS p
           JOIN post_tags pt ON pt.post_id = p.id AND pt.account_id = p.account_id
           LEFT JOIN tags t ON t.name = pt.tag
           WHERE NOT EXISTS (SELECT FROM featured_tags f WHERE f.account_id = $1 AND f.tag = pt.tag)
           GROUP BY pt.tag ORDER BY count(*) DESC, pt.tag LIMIT $2""",
        account_id,
        limit,
    )
    return [(row["tag"], row["shown_as"]) for row in rows]


def _followed(row: Row) -> FollowedTag:
    return FollowedTag(id=row["id"], name=row["tag"], shown_as=row["shown_as"])
