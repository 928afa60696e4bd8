"""Jobs about mail."""

from __future__ import annotations

from folkmoot.jobs.tools import Tools
from folkmoot.mail import look
from folkmoot.mail.deliver import deliver_due


async def deliver(tools: Tools) -> None:
    """Mail was written, or the time for another attempt has come."""
    await deliver_due(tools.db, tools.settings)


async def tidy(tools: Tools) -> None:
    """Mail that is long settled."""
    await look.tidy(tools.db)
