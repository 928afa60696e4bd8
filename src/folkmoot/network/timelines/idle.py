"""Accounts nobody reads: after a month they get no more home rows, and on their return the home is built anew."""

from __future__ import annotations

from datetime import timedelta

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.network.visibility import sql_may_see

IDLE_AFTER = timedelta(days=30)
REBUILT = 400
"""Entries of a home that is built anew."""


async def rest(db: Database) -> int:
    """Stop writing into the homes of accounts that have been away; says of how many follows."""
    async with db.transaction() as tx:
        return await tx.execute(
            """UPDATE follows SET delivers = false FROM accounts a
               WHERE a.id = follows.account_id AND a.active_at < $1 AND follows.delivers""",
            clock.now() - IDLE_AFTER,
        )


async def wake(db: Database, account_id: int) -> bool:
    """Somebody is back: deliver to them again and fill their home from the newest posts of those they follow."""
    async with db.transaction() as tx:
        if not await tx.execute(
            "UPDATE follows SET delivers = true WHERE account_id = $1 AND NOT delivers", account_id
        ):
            return False
        await tx.execute(
            f"""INSERT INTO home_entries (account_id, post_id, author_id, shows_id, shows_account_id)
                SELECT $1, p.id, p.account_id, p.shows_id, p.shows_account_id
                FROM posts p JOIN follows f ON f.account_id = $1 AND f.target_id = p.account_id
                WHERE p.visibility <> 'direct'
                  AND (p.shows_id IS NULL OR (f.shows_boosts AND p.shows_account_id <> $1))
                  AND (f.languages IS NULL OR p.language IS NULL OR p.language = ANY(f.languages))
                  AND (p.in_reply_to_account_id IS NULL OR p.in_reply_to_account_id IN ($1, p.account_id)
                       OR EXISTS (SELECT FROM follows o WHERE o.account_id = $1 AND o.target_id = p.in_reply_to_account_id))
                  AND {sql_may_see("p", "$1")}
                ORDER BY p.id DESC LIMIT $2
                ON CONFLICT DO NOTHING""",
            account_id,
            REBUILT,
        )
        tx.announce("home.changed", account_id=account_id)
        return True
