"""Every statement about what people do with a post: boosts, favourites, bookmarks, pins, threads left."""

from __future__ import annotations

from datetime import datetime

from folkmoot.database import Database, Transaction
from folkmoot.ids import new_id
from folkmoot.network.posts.views import PostView, Visibility


async def insert_boost(
    tx: Transaction, id: int, account_id: int, post: PostView, visibility: Visibility, now: datetime
) -> int | None:
    """Add a boost of `post`; the id of the earlier boost when there is one already, None when this one was made."""
    made = await tx.fetchval(
        """INSERT INTO posts (id, account_id, shows_id, shows_account_id, thread_id, visibility, created_at)
           VALUES ($1, $2, $3, $4, $1, $5, $6) ON CONFLICT (shows_id, account_id) WHERE shows_id IS NOT NULL DO NOTHING
           RETURNING id""",
        id,
        account_id,
        post.id,
        post.account_id,
        visibility.value,
        now,
    )
    return None if made is not None else await find_boost(tx, account_id, post.id)


async def find_boost(tx: Transaction, account_id: int, post_id: int) -> int | None:
    found: int | None = await tx.fetchval(
        "SELECT id FROM posts WHERE shows_id = $1 AND account_id = $2", post_id, account_id
    )
    return found


_MARKS = ("favourites", "bookmarks", "pins")


async def mark(tx: Transaction, table: str, account_id: int, post_id: int) -> bool:
    """Add a favourite, bookmark or pin; False when it was there."""
    assert table in _MARKS
    return bool(
        await tx.execute(
            f"INSERT INTO {table} (account_id, post_id, id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            account_id,
            post_id,
            new_id(),
        )
    )


async def unmark(tx: Transaction, table: str, account_id: int, post_id: int) -> bool:
    """Take a favourite, bookmark or pin away; False when there was none."""
    assert table in _MARKS
    return bool(await tx.execute(f"DELETE FROM {table} WHERE account_id = $1 AND post_id = $2", account_id, post_id))


async def pins(source: Database | Transaction, account_id: int) -> list[int]:
    """Pinned posts, newest pin first."""
    rows = await source.fetch("SELECT post_id FROM pins WHERE account_id = $1 ORDER BY id DESC", account_id)
    return [row["post_id"] for row in rows]


async def mute_thread(tx: Transaction, account_id: int, thread_id: int, muted: bool) -> None:
    if muted:
        await tx.execute(
            "INSERT INTO thread_mutes (account_id, thread_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            account_id,
            thread_id,
        )
    else:
        await tx.execute("DELETE FROM thread_mutes WHERE account_id = $1 AND thread_id = $2", account_id, thread_id)


async def boosters(tx: Transaction, post_id: int) -> list[int]:
    rows = await tx.fetch("SELECT account_id FROM posts WHERE shows_id = $1 ORDER BY id DESC LIMIT 1000", post_id)
    return [row["account_id"] for row in rows]


async def reactors(
    db: Database, table: str, post_id: int, *, before: int | None, after: int | None, limit: int
) -> list[tuple[int, int]]:
    """Who favourited or boosted the post, newest first, as pairs of row id and account."""
    source = {
        "favourites": "SELECT id, account_id FROM favourites WHERE post_id = $1",
        "boosts": "SELECT id, account_id FROM posts WHERE shows_id = $1",
    }[table]
    rows = await db.fetch(
        f"""SELECT id, account_id FROM ({source}) r
            WHERE ($2::bigint IS NULL OR id < $2) AND ($3::bigint IS NULL OR id > $3) ORDER BY id DESC LIMIT $4""",
        post_id,
        before,
        after,
        limit,
    )
    return [(row["id"], row["account_id"]) for row in rows]
