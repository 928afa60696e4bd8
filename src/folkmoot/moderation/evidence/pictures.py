"""Pictures of evidence: as they were posted while anybody may see them, sealed once evidence alone holds them."""

from __future__ import annotations

import structlog

from folkmoot.database import Database, Row
from folkmoot.errors import Missing
from folkmoot.moderation.evidence import queries
from folkmoot.moderation.evidence.keep import key_of_version
from folkmoot.network.media.queries import only_evidence
from folkmoot.storage import Storage, key_of, record_object
from folkmoot.vault import Vault

AT_A_TIME = 100
SEALED = "application/octet-stream"

log = structlog.get_logger(__name__)


def _purpose(object_key: str) -> str:
    return f"evidence picture {object_key}"


async def picture(db: Database, storage: Storage, content_id: int, object_key: str) -> bytes:
    """A picture of a version, sealed or not. Raises Missing when the version does not show it or was purged."""
    row = await queries.find_picture(db, content_id, object_key)
    if row is None:
        raise Missing
    if row["sealed_key"] is None:
        return await storage.get(object_key)
    return Vault(key_of_version(db, row)).unseal(_purpose(object_key), await storage.get(row["sealed_key"]))


async def seal_pictures(db: Database, storage: Storage) -> int:
    """Seal every picture that no post and no profile shows any more; how many. May run twice.

    The plain ones go with whatever else nobody refers to: `network.media.sweep_loose`.
    """
    done, after = 0, ""
    while keys := await only_evidence(db, after, AT_A_TIME):
        for key in keys:
            try:
                plain = await storage.get(key)
            except Missing:
                log.warning("a picture of evidence is not in storage", object=key)
                continue
            for row in await queries.open_pictures(db, key):
                await _seal(db, storage, row, plain)
                done += 1
        after = keys[-1]
    return done


async def _seal(db: Database, storage: Storage, row: Row, plain: bytes) -> None:
    # The manifest first, then the bytes, then who refers to them: broken off anywhere, the plain picture is still there
    # and still referred to, and what was written for nothing is swept.
    sealed = Vault(key_of_version(db, row)).seal(_purpose(row["object_key"]), plain)
    async with db.transaction() as tx:
        await record_object(tx, key_of(sealed, SEALED), len(sealed), SEALED)
    sealed_key = await storage.put(sealed, SEALED)
    async with db.transaction() as tx:
        await queries.keep_sealed_picture(tx, row["content_id"], row["object_key"], sealed_key)
