"""What a worker does for accounts."""

from __future__ import annotations

from folkmoot.jobs.tools import Tools
from folkmoot.network.accounts import leave


async def erase(tools: Tools, account_id: int) -> None:
    """`network.accounts.erase`: delete what a closed account left."""
    await leave.erase(tools.db, account_id)
