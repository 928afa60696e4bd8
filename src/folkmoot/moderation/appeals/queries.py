"""Every statement about appeals."""

from __future__ import annotations

from datetime import datetime

from folkmoot.database import Database, Row, Transaction
from folkmoot.moderation.appeals.views import AppealView


def view(row: Row) -> AppealView:
    return AppealView(
        id=row["id"],
        case_id=row["case_id"],
        part=row["part"],
        account_id=row["account_id"],
        text=row["text"],
        created_at=row["created_at"],
        outcome=row["outcome"],
        decided_at=row["decided_at"],
    )


async def part_of(source: Database | Transaction, case_id: int, account_id: int) -> str | None:
    """How a case concerns an account: as `author` of what was acted on, or as `reporter`."""
    found: str | None = await source.fetchval(
        """SELECT CASE
             WHEN EXISTS (SELECT FROM statements WHERE case_id = $1 AND account_id = $2) THEN 'author'
             WHEN EXISTS (SELECT FROM case_reports WHERE case_id = $1 AND reporter_id = $2) THEN 'reporter' END""",
        case_id,
        account_id,
    )
    return found


async def by_token(source: Database | Transaction, case_id: int, token: str, digest: bytes) -> Row | None:
    """Whose token it is: an author's statement (`account_id`), or a report by form (`account_id` null)."""
    return await source.fetchrow(
        """SELECT 'author' AS part, account_id FROM statements WHERE token = $2 AND case_id = $1
           UNION ALL
           SELECT 'reporter', NULL FROM reports r JOIN case_reports c ON c.report_id = r.id
           WHERE r.receipt_hash = $3 AND c.case_id = $1 LIMIT 1""",
        case_id,
        token,
        digest,
    )


async def earlier(source: Database | Transaction, case_id: int, part: str, account_id: int | None) -> Row | None:
    return await source.fetchrow(
        "SELECT * FROM appeals WHERE case_id = $1 AND part = $2 AND account_id IS NOT DISTINCT FROM $3",
        case_id,
        part,
        account_id,
    )


async def insert(
    tx: Transaction, id: int, case_id: int, round: int, account_id: int | None, part: str, text: str, now: datetime
) -> Row:
    row = await tx.fetchrow(
        """INSERT INTO appeals (id, case_id, round, account_id, part, text, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
           RETURNING *""",
        id,
        case_id,
        round,
        account_id,
        part,
        text,
        now,
    )
    assert row is not None  # an insert returns its row
    return row


async def listing(db: Database, account_id: int) -> list[Row]:
    return await db.fetch("SELECT * FROM appeals WHERE account_id = $1 ORDER BY id DESC LIMIT 100", account_id)
