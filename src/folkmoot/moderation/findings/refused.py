"""Pictures that were refused for a profile, sealed, for those who decide about them and not for long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.errors import Missing
from folkmoot.moderation.findings import queries
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.storage import Storage, content_type_of

KEPT = timedelta(days=30)
"""How long after a decision, which another steward may want to turn round."""

log = structlog.get_logger(__name__)


def _purpose(finding_id: int, number: int) -> str:
    return f"refused picture {finding_id}/{number}"


async def keep_refused(db: Database, storage: Storage, *, finding_id: int, keys: Sequence[str]) -> None:
    """Keep these objects with a finding. May run twice. As objects nobody refers to them, and they are swept within two days."""
    for number, key in enumerate(keys):
        try:
            plain = await storage.get(key)
        except Missing:
            log.warning("a refused picture is not in storage", object=key)
            continue
        sealed = db.vault.seal(_purpose(finding_id, number), plain)
        async with db.transaction() as tx:
            await queries.keep_refused(tx, finding_id, number, content_type_of(key), sealed)


async def refused_picture(db: Database, steward: Viewer, finding_id: int, number: int) -> tuple[bytes, str]:
    """One of the pictures that were refused, and its content type. Raises Forbidden, Missing."""
    steward.check_role(Role.STEWARD)
    for row in await queries.refused(db, finding_id):
        if row["number"] == number:
            return _plain(db, finding_id, number, row["sealed"]), row["content_type"]
    raise Missing


async def refused_pictures(db: Database, finding_id: int) -> list[bytes]:
    """All that were refused and are kept."""
    return [_plain(db, finding_id, row["number"], row["sealed"]) for row in await queries.refused(db, finding_id)]


async def forget_refused(db: Database) -> int:
    """Delete those about which was decided a month ago, or nobody has to decide any more. Nightly; how many."""
    async with db.transaction() as tx:
        return await queries.forget_refused(tx, clock.now() - KEPT)


def _plain(db: Database, finding_id: int, number: int, sealed: bytes) -> bytes:
    return db.vault.unseal(_purpose(finding_id, number), bytes(sealed))
