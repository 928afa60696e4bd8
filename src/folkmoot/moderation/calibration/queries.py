"""What people decided, and what ordinary posts look like."""

from __future__ import annotations

from datetime import datetime

from folkmoot.database import Database, Row


async def decided(db: Database, since: datetime) -> list[Row]:
    """Texts stewards released or upheld since then."""
    return await db.fetch(
        """SELECT f.text, f.language, f.decision = 'upheld' AS violates, parent.text AS reply_to
           FROM findings f LEFT JOIN posts p ON p.id = f.post_id LEFT JOIN posts parent ON parent.id = p.in_reply_to_id
           WHERE f.decision IN ('released', 'upheld') AND f.decided_at >= $1 ORDER BY f.id DESC LIMIT 50000""",
        since,
    )


async def ordinary(db: Database, since_id: int, most: int) -> list[Row]:
    """Posts since an id that nobody has found to break a rule, at most so many, spread over the time."""
    return await db.fetch(
        """SELECT p.text, p.language FROM posts p
           WHERE p.id > $1 AND p.shows_id IS NULL AND p.text <> ''
             AND NOT EXISTS (SELECT FROM findings f WHERE f.post_id = p.id AND f.decision = 'upheld')
           ORDER BY hashint8(p.id) LIMIT $2""",
        since_id,
        most,
    )
