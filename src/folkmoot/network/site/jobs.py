"""What a worker does for the site."""

from __future__ import annotations

from folkmoot.database import Database
from folkmoot.network.site import tell_staff as telling
from folkmoot.network.site.sending import send_due
from folkmoot.settings import Settings


async def send_announcements(db: Database, settings: Settings) -> None:
    """An announcement is due, or on its way."""
    await send_due(db, settings)


async def tell_staff(db: Database, settings: Settings, event: str, since: str) -> None:
    """Something happened to the hosts that those who run the network must know."""
    await telling.tell_staff(db, settings, event, since)
