"""Put a Screen together from what is shipped and what is in the database."""

from __future__ import annotations

from folkmoot.database import Database
from folkmoot.moderation.screening.screen import Screen
from folkmoot.settings import Settings


async def assemble(db: Database, settings: Settings) -> Screen:
    """The stages in force."""
    return Screen([], {})
