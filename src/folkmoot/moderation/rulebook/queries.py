"""Every statement about what screening goes by, as those who change it need them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from folkmoot.database import Database, Row, Transaction


async def parts(db: Database, active: bool) -> list[Row]:
    return await db.fetch(
        """SELECT p.id, p.kind, p.name, p.version, p.content, p.made_at, a.name AS made_by_name, p.active
           FROM screen_parts p LEFT JOIN accounts a ON a.id = p.made_by
           WHERE p.active OR NOT $1 ORDER BY p.id DESC LIMIT 500""",
        active,
    )


async def find_part(db: Database, id: int) -> Row | None:
    return await db.fetchrow("SELECT * FROM screen_parts WHERE id = $1", id)


async def retire(tx: Transaction, kind: str, name: str) -> int:
    """Take whatever of this kind and name is in force out of force; how many there were."""
    return await tx.execute(
        "UPDATE screen_parts SET active = false WHERE kind = $1 AND name = $2 AND active", kind, name
    )


async def activate(tx: Transaction, id: int) -> None:
    await tx.execute("UPDATE screen_parts SET active = true WHERE id = $1", id)


async def insert_part(
    tx: Transaction, id: int, kind: str, name: str, version: str, content: str, now: datetime, by: int | None
) -> None:
    await tx.execute(
        """INSERT INTO screen_parts (id, kind, name, version, content, made_at, made_by, active)
           VALUES ($1, $2, $3, $4, $5, $6, $7, true)""",
        id,
        kind,
        name,
        version,
        content,
        now,
        by,
    )


async def picture_lists(db: Database) -> list[Row]:
    return await db.fetch("SELECT list, count(*) AS number FROM known_pictures GROUP BY list ORDER BY list")


async def insert_pictures(tx: Transaction, name: str, rows: Sequence[tuple[str, str, str]], now: datetime) -> int:
    """Add hashes with reference and category; how many were new on this list."""
    return await tx.execute(
        """INSERT INTO known_pictures (hash, list, reference, category, added_at)
           SELECT hash, $1, reference, category, $5 FROM unnest($2::text[], $3::text[], $4::text[]) AS t (hash, reference, category)
           ON CONFLICT DO NOTHING""",
        name,
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
        now,
    )


async def delete_pictures(tx: Transaction, name: str) -> int:
    return await tx.execute("DELETE FROM known_pictures WHERE list = $1", name)
