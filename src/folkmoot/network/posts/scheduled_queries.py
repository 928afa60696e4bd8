"""Every statement about posts that wait for their time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from folkmoot.database import Database, Row, Transaction
from folkmoot.network.posts.views import MediaView


async def loose_media(db: Database, account_id: int, ids: Sequence[int]) -> list[MediaView]:
    """Those of these media that are this account's and not yet in a post, in the order of `ids`."""
    if not ids:
        return []
    rows = await db.fetch(
        """SELECT id, kind, object_key, preview_key, width, height, preview_width, preview_height, description, focus_x,
                  focus_y, blurhash FROM media WHERE account_id = $1 AND id = ANY($2::bigint[]) AND post_id IS NULL
           ORDER BY array_position($2::bigint[], id)""",
        account_id,
        list(ids),
    )
    return [MediaView(**dict(row)) for row in rows]


async def insert_scheduled(
    tx: Transaction, id: int, account_id: int, due_at: datetime, draft: str, now: datetime
) -> None:
    await tx.execute(
        "INSERT INTO scheduled_posts (id, account_id, due_at, draft, created_at) VALUES ($1, $2, $3, $4::jsonb, $5)",
        id,
        account_id,
        due_at,
        draft,
        now,
    )


async def scheduled(db: Database, account_id: int, id: int | None, before: int | None, limit: int) -> list[Row]:
    return await db.fetch(
        """SELECT id, due_at, draft FROM scheduled_posts
           WHERE account_id = $1 AND ($2::bigint IS NULL OR id = $2) AND ($3::bigint IS NULL OR id < $3)
           ORDER BY id DESC LIMIT $4""",
        account_id,
        id,
        before,
        limit,
    )


async def set_due(tx: Transaction, account_id: int, id: int, due_at: datetime) -> int:
    return await tx.execute(
        "UPDATE scheduled_posts SET due_at = $3 WHERE account_id = $1 AND id = $2", account_id, id, due_at
    )


async def delete_scheduled(tx: Transaction, account_id: int, id: int) -> int:
    return await tx.execute("DELETE FROM scheduled_posts WHERE account_id = $1 AND id = $2", account_id, id)


async def due(db: Database, now: datetime) -> list[Row]:
    """Scheduled posts whose time has come, with who writes them."""
    return await db.fetch(
        """SELECT s.id, s.account_id, s.draft, a.name, a.role,
             (SELECT coalesce(d.until, '9999-12-31Z') FROM standings d
              WHERE d.account_id = a.id AND d.limited = 'slow') AS slowed_until
           FROM scheduled_posts s JOIN accounts a ON a.id = s.account_id
           WHERE s.due_at <= $1 AND a.suspended_at IS NULL AND a.closed_at IS NULL ORDER BY s.due_at LIMIT 100""",
        now,
    )
