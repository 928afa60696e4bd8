"""Jobs about cases."""

from __future__ import annotations

import structlog

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.jobs.tools import Tools
from folkmoot.moderation.cases import open as opening
from folkmoot.moderation.cases import queries, review, seats, timers, verdict
from folkmoot.moderation.cases.weights import LEARNING
from folkmoot.moderation.transparency.log import Deed, enter

FOUND_AT_A_TIME = 50

log = structlog.get_logger(__name__)


async def take_up_findings(db: Database) -> int:
    """Open cases for what screening held or doubted and no case has taken up yet; how many."""
    found = await queries.findings_without_case(db, FOUND_AT_A_TIME)
    for finding_id in found:
        await opening.open_found(db, finding_id)
    return len(found)


async def text_changed(tools: Tools, *, post_id: int) -> None:
    """An author changed a post that may be before a jury."""
    await opening.text_changed(tools.db, tools.gate, post_id)


async def reweigh(tools: Tools, *, case_id: int) -> None:
    """Reports came to a case."""
    await opening.reweigh(tools.db, case_id)


async def hide_rest(tools: Tools, *, case_id: int) -> None:
    """More copies to hide than fit into one deed."""
    await verdict.hide_rest(tools.db, case_id)


async def enforce_rest(tools: Tools, *, case_id: int) -> None:
    """More copies under a verdict than fit into one deed."""
    await verdict.enforce_rest(tools.db, case_id)


async def tell_reporters(tools: Tools, *, case_id: int) -> None:
    """More reporters to tell than fit into one deed."""
    await verdict.tell_reporters(tools.db, case_id)


async def score(tools: Tools, *, case_id: int, final: bool = False) -> None:
    """A case was closed: it says something about its jurors."""
    await verdict.score(tools.db, case_id, final=final)


async def recompute(tools: Tools, *, juror_id: int) -> None:
    """A juror answered a case whose answer is known."""
    async with tools.db.transaction() as tx:
        await seats.recompute_records(tx, [juror_id], LEARNING.decay, clock.now())


async def work_clocks(tools: Tools) -> None:
    """Whatever is due."""
    await timers.work_clocks(tools.db)


async def look_at_the_queue(tools: Tools) -> None:
    """How long it is, and in what order."""
    await timers.look_at_the_queue(tools.db)


async def learn_by_night(tools: Tools) -> None:
    """What all cases together teach, and who acts as one."""
    await timers.learn_by_night(tools.db)
    for flip in await review.find_rings(tools.db):
        async with tools.db.transaction() as tx:
            await enter(tx, Deed.VERDICT_DOUBTED, case=flip.case, was=flip.was, would_be=flip.would_be)
        log.warning(
            "without a ring a case would have ended otherwise", case=flip.case, was=flip.was, would_be=flip.would_be
        )
    for juror, (violations, innocent) in (await review.compare(tools.db)).items():
        log.warning("a juror differs from what was learned", juror=juror, violations=violations, innocent=innocent)
