"""Every statement about the clocks of cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from folkmoot.database import Database, Row, Transaction


async def set_timer(tx: Transaction, case_id: int, kind: str, due_at: datetime) -> None:
    """Set a clock of a case, or set it anew."""
    await tx.execute(
        """INSERT INTO case_timers (case_id, kind, due_at) VALUES ($1, $2, $3)
           ON CONFLICT (case_id, kind) DO UPDATE SET due_at = excluded.due_at, done_at = NULL""",
        case_id,
        kind,
        due_at,
    )


async def stop_timers(tx: Transaction, case_id: int, kinds: Sequence[str], now: datetime) -> None:
    await tx.execute(
        "UPDATE case_timers SET done_at = $3 WHERE case_id = $1 AND kind = ANY($2::text[]) AND done_at IS NULL",
        case_id,
        list(kinds),
        now,
    )


async def due_timers(db: Database, now: datetime, limit: int) -> list[Row]:
    return await db.fetch(
        "SELECT case_id, kind FROM case_timers WHERE due_at <= $1 AND done_at IS NULL ORDER BY due_at LIMIT $2",
        now,
        limit,
    )


async def take_timer(tx: Transaction, case_id: int, kind: str, now: datetime) -> bool:
    """Whether the clock is due and nobody else is at it."""
    return bool(
        await tx.execute(
            """UPDATE case_timers SET done_at = $3
               WHERE case_id = $1 AND kind = $2 AND done_at IS NULL AND due_at <= $3""",
            case_id,
            kind,
            now,
        )
    )


async def had_timer(tx: Transaction, case_id: int, kind: str) -> bool:
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM case_timers WHERE case_id = $1 AND kind = $2)", case_id, kind
    )
    return found


async def timer_runs(tx: Transaction, case_id: int, kind: str) -> bool:
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM case_timers WHERE case_id = $1 AND kind = $2 AND done_at IS NULL)", case_id, kind
    )
    return found
