"""What screening found is kept for those who decide about it, and no longer than what it was found in."""

from __future__ import annotations

from datetime import timedelta

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.moderation.evidence import queries

REFUSED_KEPT = timedelta(days=30)
"""How long after the decision a picture is kept that was refused: another steward may want to turn it round."""
AT_A_TIME = 1_000
CASES_AT_A_TIME = 200


async def forget_found(db: Database) -> int:
    """Empty the findings nobody needs any more: what was said is deleted, and a case about it over. Nightly; how many.

    Pictures that were refused go with their finding, and a month after it was decided.
    That something was found, by whom, and what was decided, stays. What nobody has decided when its post is gone and no case
    has taken it up is superseded. It walks through all findings in order of id, so it may run twice and be stopped.
    """
    done = after = 0
    while True:
        async with db.transaction() as tx:
            until = await queries.end_of_findings(tx, after, AT_A_TIME)
            if until is None:
                break
            done += await queries.forget_found(tx, after, until)
        after = until
    async with db.transaction() as tx:
        await queries.forget_refused(tx, clock.now() - REFUSED_KEPT)
    while True:
        async with db.transaction() as tx:
            if await queries.forget_reasons(tx, CASES_AT_A_TIME) < CASES_AT_A_TIME:
                return done
