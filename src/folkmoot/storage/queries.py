"""Every statement about the manifest: what is in storage, beside what refers to it."""

from __future__ import annotations

from datetime import datetime

from folkmoot.database import Database, Row, Transaction


async def record(tx: Transaction, key: str, size: int, content_type: str, now: datetime) -> None:
    """Enter an object, or renew the date of one that is there."""
    await tx.execute(
        """INSERT INTO objects (key, size, content_type, created_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (key) DO UPDATE SET created_at = excluded.created_at""",
        key,
        size,
        content_type,
        now,
    )


async def listed(db: Database, after: str, limit: int) -> list[Row]:
    """The next objects by key, with their sizes."""
    return await db.fetch("SELECT key, size FROM objects WHERE key > $1 ORDER BY key LIMIT $2", after, limit)


async def total(db: Database) -> int:
    """Bytes of all of them."""
    return int(await db.fetchval("SELECT coalesce(sum(size), 0) FROM objects"))
