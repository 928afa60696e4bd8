"""Look reports up: one's own, by receipt, and as a steward everybody's."""

from __future__ import annotations

from folkmoot.database import Database
from folkmoot.errors import Missing
from folkmoot.moderation.reports import queries
from folkmoot.moderation.reports.report import digest
from folkmoot.moderation.reports.views import ReportView
from folkmoot.network.access.viewer import Role, Viewer

MOST = 200


async def own_reports(db: Database, viewer: Viewer, *, before: int | None = None, limit: int = 40) -> list[ReportView]:
    """The viewer's own reports with their outcomes, newest first."""
    rows = await queries.listing(db, reporter_id=viewer.account_id, before=before, limit=min(limit, MOST))
    return [queries.view(row) for row in rows]


async def receipt(db: Database, token: str) -> ReportView:
    """The report this receipt is for, without the names of anybody. Raises Missing."""
    row = await queries.find_by_receipt(db, digest(token))
    if row is None:
        raise Missing
    return queries.view(row)


async def find_reports(
    db: Database,
    steward: Viewer,
    *,
    is_open: bool | None = None,
    account_id: int | None = None,
    reporter_id: int | None = None,
    case_id: int | None = None,
    ids: list[int] | None = None,
    before: int | None = None,
    limit: int = 40,
) -> list[ReportView]:
    """Everybody's reports for stewards, newest first, narrowed down by what is given. Raises Forbidden."""
    steward.check_role(Role.STEWARD)
    rows = await queries.listing(
        db,
        is_open=is_open,
        account_id=account_id,
        reporter_id=reporter_id,
        case_id=case_id,
        ids=ids,
        before=before,
        limit=min(limit, MOST),
    )
    return [queries.view(row, for_staff=True) for row in rows]
