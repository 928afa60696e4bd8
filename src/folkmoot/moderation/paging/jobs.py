"""Jobs about calling stewards."""

from __future__ import annotations

from folkmoot.jobs.tools import Tools
from folkmoot.moderation.paging import hooks, page


async def round(tools: Tools) -> None:
    """An alarm was raised, or nobody has answered one."""
    await page.round_due(tools.db, tools.settings)


async def call_hooks(tools: Tools) -> None:
    """The operator's address is to be called, perhaps again."""
    await hooks.call_due(tools.db, tools.settings)


async def tidy(tools: Tools) -> None:
    """Calls that are long settled."""
    await hooks.tidy(tools.db)
