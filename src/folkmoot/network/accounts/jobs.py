"""What a worker does for accounts."""

from __future__ import annotations

from folkmoot.database import Database
from folkmoot.network.accounts import close


async def erase(db: Database, account_id: int) -> None:
    """`network.accounts.erase`: delete what a closed account left."""
    await close.erase(db, account_id)
