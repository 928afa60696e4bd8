"""Jobs about the site."""

from __future__ import annotations

from folkmoot.database import Database
from folkmoot.network.site.sending import send_due
from folkmoot.settings import Settings


async def send_announcements(db: Database, settings: Settings) -> None:
    """An announcement is due, or on its way."""
    await send_due(db, settings)
