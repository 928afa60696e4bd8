"""Every statement about volunteers and their practice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from folkmoot.database import Database, Row, Transaction


async def ground(tx: Transaction, account_id: int) -> Row | None:
    """What it takes to volunteer: how old account and network are, and how the account stands."""
    return await tx.fetchrow(
        """SELECT a.created_at, (SELECT min(created_at) FROM accounts) AS founded_at,
             coalesce((SELECT points FROM standings WHERE account_id = a.id), 0) AS points
           FROM accounts a WHERE a.id = $1""",
        account_id,
    )


async def keep_juror(tx: Transaction, account_id: int, opted_out: Sequence[str], now: datetime) -> None:
    """Take a volunteer on, or back; what was learned about them stays."""
    await tx.execute(
        """INSERT INTO jurors (account_id, since, opted_out, record_at) VALUES ($1, $3, $2, $3)
           ON CONFLICT (account_id) DO UPDATE SET opted_out = excluded.opted_out, stepped_down_at = NULL""",
        account_id,
        list(opted_out),
        now,
    )


async def step_down(tx: Transaction, account_id: int, now: datetime) -> bool:
    """Let a volunteer go; a case in hand lapses at the next look."""
    await tx.execute(
        "UPDATE seats SET lease_until = $2 WHERE juror_id = $1 AND ended_at IS NULL AND lease_until > $2",
        account_id,
        now,
    )
    return bool(
        await tx.execute(
            "UPDATE jurors SET stepped_down_at = $2 WHERE account_id = $1 AND stepped_down_at IS NULL", account_id, now
        )
    )


async def find(source: Database | Transaction, account_id: int, today: datetime) -> Row | None:
    return await source.fetchrow(
        """SELECT j.*, (SELECT count(*) FROM ballots b WHERE b.juror_id = j.account_id AND b.cast_at >= $2
                          AND b.voided_at IS NULL) AS cases_today,
             (SELECT s.id FROM seats s WHERE s.juror_id = j.account_id AND s.ended_at IS NULL) AS seat_id,
             coalesce((SELECT locale FROM credentials c WHERE c.account_id = j.account_id), 'en') AS locale
           FROM jurors j WHERE j.account_id = $1""",
        account_id,
        today,
    )


async def answers(source: Database | Transaction, account_id: int) -> list[Row]:
    """What was answered in the latest attempt."""
    return await source.fetch(
        """SELECT practice, attempt, is_right FROM practice_answers WHERE account_id = $1
             AND attempt = (SELECT max(attempt) FROM practice_answers WHERE account_id = $1)""",
        account_id,
    )


async def keep_answer(
    tx: Transaction, account_id: int, practice: str, attempt: int, choice: str, is_right: bool, now: datetime
) -> bool:
    return bool(
        await tx.execute(
            """INSERT INTO practice_answers (account_id, practice, attempt, choice, is_right, at)
               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING""",
            account_id,
            practice,
            attempt,
            choice,
            is_right,
            now,
        )
    )


async def qualify(tx: Transaction, account_id: int, now: datetime) -> None:
    await tx.execute(
        "UPDATE jurors SET qualified_at = coalesce(qualified_at, $2), sent_back_at = NULL WHERE account_id = $1",
        account_id,
        now,
    )


async def forget_practice_scorings(tx: Transaction, account_id: int) -> None:
    await tx.execute("DELETE FROM scorings WHERE juror_id = $1 AND case_id < 0", account_id)
