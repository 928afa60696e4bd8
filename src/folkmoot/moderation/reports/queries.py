"""Every statement about reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from folkmoot.database import Database, Row, Transaction
from folkmoot.moderation.reports.views import Category, Outcome, ReportView

_VIEW = """
SELECT r.*, ARRAY(SELECT c.case_id FROM case_reports c WHERE c.report_id = r.id ORDER BY 1) AS case_ids
FROM reports r"""


def view(row: Row, *, for_staff: bool = False) -> ReportView:
    return ReportView(
        id=row["id"],
        account_id=row["account_id"],
        post_ids=tuple(row["posts"]),
        category=Category(row["category"]),
        rule_ids=tuple(row["rule_ids"]),
        comment=row["comment"],
        created_at=row["created_at"],
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        outcome_at=row["outcome_at"],
        case_ids=tuple(row["case_ids"]),
        reporter_id=row["reporter_id"],
        name=row["name"] if for_staff else None,
        email=row["email"] if for_staff else None,
    )


async def insert(tx: Transaction, row: dict[str, Any]) -> None:
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    await tx.execute(f"INSERT INTO reports ({', '.join(row)}) VALUES ({places})", *row.values())


async def link(
    tx: Transaction, case_id: int, report_id: int, post_id: int | None, reporter_id: int | None, outcome: str | None
) -> None:
    """Say which case a report belongs to; two posts of one case are one."""
    await tx.execute(
        """INSERT INTO case_reports (case_id, report_id, post_id, reporter_id, outcome) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT DO NOTHING""",
        case_id,
        report_id,
        post_id,
        reporter_id,
        outcome,
    )


async def answer(tx: Transaction, report_id: int, outcome: str, now: datetime) -> None:
    await tx.execute(
        "UPDATE reports SET outcome = $2, outcome_at = $3, told_at = $3 WHERE id = $1", report_id, outcome, now
    )


async def same_report(
    source: Database | Transaction, reporter_id: int, account_id: int, post_ids: Sequence[int]
) -> Row | None:
    """An open report of the same about the same."""
    return await source.fetchrow(
        f"""{_VIEW} WHERE r.reporter_id = $1 AND r.account_id = $2 AND r.outcome IS NULL
              AND r.posts = $3::bigint[] ORDER BY r.id DESC LIMIT 1""",
        reporter_id,
        account_id,
        sorted(post_ids),
    )


async def find(source: Database | Transaction, id: int) -> Row | None:
    return await source.fetchrow(f"{_VIEW} WHERE r.id = $1", id)


async def to_mail(tx: Transaction, id: int) -> Row | None:
    """A report by form with what its outcome is told by."""
    return await tx.fetchrow("SELECT email, locale, outcome, outcome_at FROM reports WHERE id = $1", id)


async def find_by_receipt(db: Database, digest: bytes) -> Row | None:
    return await db.fetchrow(f"{_VIEW} WHERE r.receipt_hash = $1", digest)


async def count_since(tx: Transaction, reporter_id: int | None, origin: str, since: datetime) -> int:
    found: int = await tx.fetchval(
        """SELECT count(*) FROM reports WHERE created_at > $3
             AND CASE WHEN $1::bigint IS NULL THEN reporter_id IS NULL AND origin = $2 ELSE reporter_id = $1 END""",
        reporter_id,
        origin,
        since,
    )
    return found


async def listing(
    db: Database,
    *,
    is_open: bool | None = None,
    account_id: int | None = None,
    reporter_id: int | None = None,
    case_id: int | None = None,
    ids: Sequence[int] | None = None,
    before: int | None = None,
    limit: int = 40,
) -> list[Row]:
    """Reports, newest first; only the conditions that are asked for."""
    values: list[object] = [limit]
    conditions = ["true"]
    for condition, value in (
        ("r.account_id = ${}", account_id),
        ("r.reporter_id = ${}", reporter_id),
        ("EXISTS (SELECT FROM case_reports c WHERE c.report_id = r.id AND c.case_id = ${})", case_id),
        ("r.id = ANY(${}::bigint[])", list(ids) if ids is not None else None),
        ("r.id < ${}", before),
    ):
        if value is not None:
            values.append(value)
            conditions.append(condition.format(len(values)))
    if is_open is not None:
        conditions.append("r.outcome IS NULL" if is_open else "r.outcome IS NOT NULL")
    return await db.fetch(f"{_VIEW} WHERE {' AND '.join(conditions)} ORDER BY r.id DESC LIMIT $1", *values)


async def account_exists(source: Database | Transaction, account_id: int) -> bool:
    found: bool = await source.fetchval(
        "SELECT EXISTS (SELECT FROM accounts WHERE id = $1 AND approved_at IS NOT NULL AND closed_at IS NULL)",
        account_id,
    )
    return found
