"""The list of everything in storage, kept in the database beside what refers to it."""

from __future__ import annotations

from folkmoot import clock
from folkmoot.database import Transaction
from folkmoot.storage.keys import Key

_RECORD = """
INSERT INTO objects (key, size, content_type, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (key) DO UPDATE SET created_at = excluded.created_at
"""


async def record_object(tx: Transaction, key: Key, size: int, content_type: str) -> None:
    """Enter an object in the manifest, or say that it is wanted again.

    Commit this before writing the bytes: from then on no sweep takes the object away for a day.
    """
    await tx.execute(_RECORD, key, size, content_type, clock.now())
