"""Where the worker comes in."""

from __future__ import annotations

from folkmoot.database import Database
from folkmoot.network.polls.close import close_due


async def close_due_polls(db: Database) -> None:
    """Every minute: close the polls whose time has come."""
    await close_due(db)
