"""Every statement about the public log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from folkmoot.database import Row, Transaction

# Entering -----------------------------------------------------------------------------------------------------------


async def salts_for(tx: Transaction, subjects: Sequence[str], fresh: Sequence[bytes]) -> list[Row]:
    """The salts of these subjects; who has none gets the fresh one. One that another deed makes just now is left out."""
    return await tx.fetch(
        """WITH wanted AS (SELECT * FROM unnest($1::text[], $2::bytea[]) AS w (subject, salt)),
           there AS (SELECT s.subject, s.salt FROM log_salts s JOIN wanted USING (subject)),
           made AS (INSERT INTO log_salts (subject, salt)
             SELECT subject, salt FROM wanted WHERE subject NOT IN (SELECT subject FROM there)
             ON CONFLICT DO NOTHING RETURNING subject, salt)
           SELECT subject, salt FROM there UNION ALL SELECT subject, salt FROM made""",
        subjects,
        fresh,
    )


async def queue(tx: Transaction, id: int, deed: str, body: bytes, subjects: Sequence[str], at: datetime) -> None:
    await tx.execute(
        "INSERT INTO log_queue (id, deed, body, subjects, at) VALUES ($1, $2, $3, $4, $5)", id, deed, body, subjects, at
    )
