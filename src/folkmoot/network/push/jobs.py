"""Jobs about web push."""

from __future__ import annotations

from folkmoot.database import Database
from folkmoot.network.push import queries
from folkmoot.network.push.deliver import AT_ONCE, deliver_due
from folkmoot.settings import Settings

PASSES = 20


async def deliver(db: Database, settings: Settings) -> None:
    """Deliver what is due, until nothing is or others want their turn."""
    for _ in range(PASSES):
        if await deliver_due(db, settings) < AT_ONCE:
            return


async def tidy(db: Database) -> None:
    """Forget subscriptions whose token or session was ended."""
    async with db.transaction() as tx:
        await queries.forget_ended(tx)
