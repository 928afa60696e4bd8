"""What follows a decision, later."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import msgspec
from PIL import Image

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.errors import Missing
from folkmoot.moderation.cases import content_queries
from folkmoot.moderation.evidence.pictures import picture
from folkmoot.moderation.findings import queries
from folkmoot.moderation.findings.refused import refused_pictures
from folkmoot.moderation.screening.pictures import hash_crops
from folkmoot.storage import Storage


async def remember_crops(db: Database, storage: Storage, *, finding_id: int) -> None:
    """Know the pictures of what was upheld again when a little was cut off. May run twice."""
    found = await queries.upheld_pictures(db, finding_id)
    if found is None:
        return
    category, keys = found
    for data in await refused_pictures(db, finding_id):
        await _remember(db, finding_id, category, data)
    for key in keys:
        await _remember(db, finding_id, category, await storage.get(key))


async def _remember(db: Database, finding_id: int, category: str, data: bytes) -> None:
    hashes = await asyncio.to_thread(_crops, data)
    async with db.transaction() as tx:
        await queries.keep_crops(tx, finding_id, hashes, category, clock.now())
        tx.announce("screening.changed")


async def remember_crops_of_case(db: Database, storage: Storage, *, case_id: int) -> None:
    """The same of what a verdict removed: of the version that was judged, as evidence has it, since its author may have deleted it."""
    found = await queries.removed_version(db, case_id)
    judged = await content_queries.content(db, found["content_id"]) if found is not None else None
    if found is None or judged is None:
        return
    shown = msgspec.json.decode(judged["media"] or "[]", type=list[dict[str, Any]])
    for key in dict.fromkeys(item["object_key"] for item in shown if item["kind"] == "image"):
        try:
            data = await picture(db, storage, judged["id"], key)
        except Missing:  # purged meanwhile
            continue
        hashes = await asyncio.to_thread(_crops, data)
        async with db.transaction() as tx:
            await queries.keep_crops_of_case(tx, case_id, hashes, found["category"], clock.now())
            tx.announce("screening.changed")


def _crops(data: bytes) -> list[str]:
    with Image.open(io.BytesIO(data)) as image:
        return hash_crops(image)
