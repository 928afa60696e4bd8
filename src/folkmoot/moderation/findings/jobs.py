"""What follows a decision, later."""

from __future__ import annotations

import asyncio
import io

from PIL import Image

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.moderation.findings import queries
from folkmoot.moderation.screening.pictures import hash_crops
from folkmoot.storage import Storage


async def remember_crops(db: Database, storage: Storage, *, finding_id: int) -> None:
    """Know the pictures of what was upheld again when a little was cut off. May run twice."""
    found = await queries.upheld_pictures(db, finding_id)
    if found is None:
        return
    category, keys = found
    for key in keys:
        hashes = await asyncio.to_thread(_crops, await storage.get(key))
        async with db.transaction() as tx:
            await queries.keep_crops(tx, finding_id, hashes, category, clock.now())
            tx.announce("screening.changed")


def _crops(data: bytes) -> list[str]:
    with Image.open(io.BytesIO(data)) as image:
        return hash_crops(image)
