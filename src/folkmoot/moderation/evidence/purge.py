"""The end of evidence: keys destroyed, words gone, and an entry in the public log that says so."""

from __future__ import annotations

import hashlib
from datetime import datetime

from folkmoot.database import Transaction
from folkmoot.moderation.evidence import queries
from folkmoot.moderation.transparency.log import Deed, enter


async def purge(tx: Transaction, case_id: int, now: datetime) -> None:
    """Destroy what a case kept of what was said. What was decided stays.

    The digest kept beside the entry is that of the sealed versions, so that a copy found later can be told to be one.
    """
    rows = await queries.sealed_of(tx, case_id)
    digest = hashlib.sha256()
    for row in rows:
        digest.update(hashlib.sha256(bytes(row["sealed"] or b"")).digest())
    await queries.destroy(tx, case_id)
    entry = await enter(tx, Deed.EVIDENCE_PURGED, case=case_id, contents=len(rows), digest=digest.hexdigest())
    await queries.keep_purge(tx, case_id, len(rows), digest.digest(), entry, now)
