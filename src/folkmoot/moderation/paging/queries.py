"""Every statement about calling stewards."""

from __future__ import annotations

from datetime import datetime

from folkmoot.database import Database, Row, Transaction


async def begin(tx: Transaction, kind: str, about_id: int, case_id: int, via: str, now: datetime) -> None:
    await tx.execute(
        """INSERT INTO pagings (kind, about_id, case_id, via, began_at, due_at) VALUES ($1, $2, $3, $4, $5, $5)
           ON CONFLICT DO NOTHING""",
        kind,
        about_id,
        case_id,
        via,
        now,
    )


async def end(tx: Transaction, kind: str, about_id: int) -> None:
    await tx.execute("DELETE FROM pagings WHERE kind = $1 AND about_id = $2", kind, about_id)


async def due(db: Database, now: datetime) -> list[Row]:
    return await db.fetch("SELECT kind, about_id FROM pagings WHERE due_at <= $1 ORDER BY due_at LIMIT 50", now)


async def take(tx: Transaction, kind: str, about_id: int, now: datetime) -> Row | None:
    """The paging, locked, when it is still due; two workers make one call of it."""
    return await tx.fetchrow(
        "SELECT * FROM pagings WHERE kind = $1 AND about_id = $2 AND due_at <= $3 FOR UPDATE SKIP LOCKED",
        kind,
        about_id,
        now,
    )


async def is_answered(tx: Transaction, alarm_id: int) -> bool:
    found: bool = await tx.fetchval(
        "SELECT NOT EXISTS (SELECT FROM alarms WHERE id = $1 AND answered_at IS NULL)", alarm_id
    )
    return found


async def note_round(tx: Transaction, kind: str, about_id: int, round: int, due_at: datetime) -> None:
    await tx.execute(
        "UPDATE pagings SET round = $3, due_at = $4 WHERE kind = $1 AND about_id = $2", kind, about_id, round, due_at
    )


async def stewards(tx: Transaction) -> list[Row]:
    """Everybody who is to be called, with mail and language."""
    return await tx.fetch(
        """SELECT a.id, c.email, coalesce(c.locale, 'en') AS locale
           FROM accounts a LEFT JOIN credentials c ON c.account_id = a.id
           WHERE a.role IN ('steward', 'operator') AND a.suspended_at IS NULL AND a.closed_at IS NULL
             AND a.approved_at IS NOT NULL ORDER BY a.id"""
    )


async def insert_hook(tx: Transaction, id: int, key: str, body: str, now: datetime, fresh_until: datetime) -> None:
    await tx.execute(
        """INSERT INTO webhook_calls (id, key, body, created_at, fresh_until, due_at) VALUES ($1, $2, $3, $4, $5, $4)
           ON CONFLICT (key) DO NOTHING""",
        id,
        key,
        body,
        now,
        fresh_until,
    )


async def claim_hooks(tx: Transaction, now: datetime, until: datetime) -> list[Row]:
    """Take what is due; should this worker die, it is due again at `until`."""
    await tx.execute(
        """UPDATE webhook_calls SET failed_at = $1, due_at = NULL, why = 'not delivered in time: ' || why
           WHERE due_at IS NOT NULL AND fresh_until < $1""",
        now,
    )
    return await tx.fetch(
        """UPDATE webhook_calls SET due_at = $2, attempts = attempts + 1
           WHERE id IN (SELECT id FROM webhook_calls WHERE due_at <= $1 ORDER BY due_at LIMIT 20 FOR UPDATE SKIP LOCKED)
           RETURNING id, key, body, attempts""",
        now,
        until,
    )


async def note_hook(
    tx: Transaction,
    id: int,
    *,
    delivered_at: datetime | None,
    due_at: datetime | None,
    failed_at: datetime | None,
    why: str,
) -> None:
    await tx.execute(
        "UPDATE webhook_calls SET delivered_at = $2, due_at = $3, failed_at = $4, why = $5 WHERE id = $1",
        id,
        delivered_at,
        due_at,
        failed_at,
        why,
    )


async def forget_hooks(tx: Transaction, before: datetime) -> None:
    await tx.execute("DELETE FROM webhook_calls WHERE due_at IS NULL AND created_at < $1", before)
