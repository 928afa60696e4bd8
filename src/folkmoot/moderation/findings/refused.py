"""Pictures that were refused for a profile, sealed, for those who decide about them, until a month after they have."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.errors import Missing, Unavailable
from folkmoot.moderation.findings import queries
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.media import UPLOADED
from folkmoot.storage import Storage, content_type_of

log = structlog.get_logger(__name__)


def _purpose(finding_id: int, number: int) -> str:
    return f"refused picture {finding_id}/{number}"


async def keep_refused(db: Database, storage: Storage, *, finding_id: int, keys: Sequence[str]) -> None:
    """Keep these objects with a finding, sealed; the plain ones are deleted as soon as no upload can be about them. May run twice."""
    for number, key in enumerate(keys):
        try:
            plain = await storage.get(key)
        except Missing:
            log.warning("a refused picture is not in storage", object=key)
            continue
        sealed = db.vault.seal(_purpose(finding_id, number), plain)
        async with db.transaction() as tx:
            await queries.keep_refused(tx, finding_id, number, content_type_of(key), sealed)
    async with db.transaction() as tx:
        tx.defer("network.media.sweep_these", at=clock.now() + UPLOADED, keys=list(keys))
        if await queries.is_upheld(tx, finding_id):  # somebody was quicker
            tx.defer("moderation.findings.remember_crops", finding_id=finding_id)


async def refused_picture(db: Database, steward: Viewer, finding_id: int, number: int) -> tuple[bytes, str]:
    """One of the pictures that were refused, and its content type. Raises Forbidden, Missing."""
    steward.check_role(Role.STEWARD)
    for row in await queries.refused(db, finding_id):
        if row["number"] == number:
            return _plain(db, finding_id, number, row["sealed"]), row["content_type"]
    raise Missing


async def refused_pictures(db: Database, finding_id: int) -> list[bytes]:
    """All that were refused and are kept; none that was sealed with another master key."""
    found = []
    for row in await queries.refused(db, finding_id):
        try:
            found.append(_plain(db, finding_id, row["number"], row["sealed"]))
        except Unavailable as error:
            log.warning("a refused picture cannot be opened", finding=finding_id, error=str(error))
    return found


def _plain(db: Database, finding_id: int, number: int, sealed: bytes) -> bytes:
    return db.vault.unseal(_purpose(finding_id, number), bytes(sealed))
