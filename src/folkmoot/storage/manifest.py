"""The list of everything in storage, kept in the database beside what refers to it."""

from __future__ import annotations

from folkmoot import clock
from folkmoot.database import Transaction
from folkmoot.storage import queries
from folkmoot.storage.keys import Key


async def record_object(tx: Transaction, key: Key, size: int, content_type: str) -> None:
    """Enter an object in the manifest, or say that it is wanted again.

    Commit this before writing the bytes: from then on no sweep takes the object away for a day.
    """
    await queries.record(tx, key, size, content_type, clock.now())
