"""Jobs about evidence."""

from __future__ import annotations

from folkmoot.jobs.tools import Tools
from folkmoot.moderation.evidence import pictures
from folkmoot.network.media import sweep_loose


async def seal_pictures(tools: Tools) -> None:
    """Seal what the sweep before this one left to evidence alone, and have the plain pictures deleted the same night."""
    if await pictures.seal_pictures(tools.db, tools.storage):
        await sweep_loose(tools.db, tools.storage)
