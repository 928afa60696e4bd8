"""What a worker does for access."""

from __future__ import annotations

from folkmoot.jobs.tools import Tools
from folkmoot.network.access.sessions import forget_old_sessions


async def forget_old(tools: Tools) -> None:
    """`network.access.forget_old`, once a day: delete sessions and codes nobody can use any more."""
    await forget_old_sessions(tools.db)
