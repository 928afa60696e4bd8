"""Jobs about notices."""

from __future__ import annotations

from folkmoot.jobs.tools import Tools
from folkmoot.moderation.notices import work


async def work_notices(tools: Tools) -> None:
    """Whatever is due."""
    await work.work(tools.db, tools.settings)


async def log_deletions(tools: Tools) -> None:
    """What authors deleted, for the public log."""
    await work.log_deletions(tools.db)


async def amend(tools: Tools) -> None:
    """What was decided otherwise after the answer."""
    await work.amend(tools.db, tools.settings)


async def take_up_rest(tools: Tools, *, notice_id: int) -> None:
    """More was named than fits into one deed."""
    await work.bring_rest(tools.db, tools.gate, tools.settings, notice_id)
