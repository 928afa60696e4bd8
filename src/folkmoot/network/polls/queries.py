"""Every statement about votes and the end of polls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from folkmoot.database import Database, Row, Transaction
from folkmoot.network.visibility import sql_may_see


async def lock_for_vote(tx: Transaction, poll_id: int, account_id: int) -> Row | None:
    """The poll, when the account may see its post; two votes of one person are then counted one after the other."""
    return await tx.fetchrow(
        f"""SELECT polls.account_id, polls.post_id, cardinality(polls.options) AS options, multiple, due_at, closed_at
            FROM polls JOIN posts p ON p.id = polls.post_id AND p.account_id = polls.account_id
            WHERE polls.id = $1 AND {sql_may_see("p", "$2")}
              AND NOT EXISTS (SELECT FROM blocks WHERE account_id = $2 AND target_id = polls.account_id)
            FOR NO KEY UPDATE OF polls""",
        poll_id,
        account_id,
    )


async def insert_votes(
    tx: Transaction, poll_id: int, poll_account_id: int, account_id: int, choices: Sequence[int], now: datetime
) -> bool:
    """Count the choices; False when the account has voted before."""
    return bool(
        await tx.execute(
            """INSERT INTO poll_votes (poll_id, poll_account_id, account_id, choice, created_at)
               SELECT $1, $2, $3, choice, $5 FROM unnest($4::smallint[]) AS choice
               WHERE NOT EXISTS (SELECT FROM poll_votes WHERE poll_id = $1 AND account_id = $3)""",
            poll_id,
            poll_account_id,
            account_id,
            list(choices),
            now,
        )
    )


async def own_votes(db: Database, account_id: int, poll_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """What the account chose in each poll it voted in."""
    rows = await db.fetch(
        """SELECT poll_id, array_agg(choice ORDER BY choice) AS choices FROM poll_votes
           WHERE account_id = $1 AND poll_id = ANY($2::bigint[]) GROUP BY poll_id""",
        account_id,
        list(poll_ids),
    )
    return {row["poll_id"]: tuple(row["choices"]) for row in rows}


async def close_one(tx: Transaction, now: datetime) -> Row | None:
    """Close the poll that is longest due and no other worker is at."""
    return await tx.fetchrow(
        """UPDATE polls SET closed_at = $1
           WHERE (id, account_id) IN (SELECT id, account_id FROM polls WHERE closed_at IS NULL AND due_at <= $1
                                      ORDER BY due_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
           RETURNING id, account_id, post_id""",
        now,
    )


async def voters(tx: Transaction, poll_id: int) -> list[int]:
    """Who voted."""
    rows = await tx.fetch("SELECT DISTINCT account_id FROM poll_votes WHERE poll_id = $1", poll_id)
    return [row["account_id"] for row in rows]
