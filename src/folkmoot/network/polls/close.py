"""Close polls when their time has come, and tell those who took part."""

from __future__ import annotations

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.network.notifications import Kind, notify
from folkmoot.network.polls import queries


async def close_due(db: Database) -> int:
    """Close the polls that are due, each in its own transaction, tell author and voters once; says how many."""
    closed = 0
    while True:
        async with db.transaction() as tx:
            poll = await queries.close_one(tx, clock.now())
            if poll is None:
                return closed
            told = [poll["account_id"], *await queries.voters(tx, poll["id"])]
            await notify(tx, kind=Kind.POLL, to=told, from_id=poll["account_id"], post_id=poll["post_id"])
            tx.announce("post.changed", post_id=poll["post_id"])
        closed += 1
