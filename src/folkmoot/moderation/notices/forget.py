"""Letters are kept for half a year after the last answer, then forgotten; the public log says so."""

from __future__ import annotations

from datetime import timedelta

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.moderation.notices import letter_queries
from folkmoot.moderation.transparency.log import Deed, enter

KEPT = timedelta(days=184)
"""Six months: what a removal order asks for (Regulation (EU) 2021/784, Article 6)."""
AT_A_TIME = 100


async def forget_letters(db: Database) -> int:
    """Empty the letters of notices that were closed half a year ago; how many notices. May run twice."""
    done = 0
    while True:
        async with db.transaction() as tx:
            ids = await letter_queries.outlived(tx, clock.now() - KEPT, AT_A_TIME)
            for id in ids:
                await letter_queries.empty_letters(tx, id)
                await enter(tx, Deed.EVIDENCE_PURGED, notice=id)
        done += len(ids)
        if len(ids) < AT_A_TIME:
            return done
