"""Where the worker comes in."""

from __future__ import annotations

from folkmoot.database import Database
from folkmoot.network.relations.avoid import end_mutes


async def remove_ended_mutes(db: Database) -> None:
    """Every minute: remove the mutes whose time is over."""
    await end_mutes(db)
