"""Look reports up: one's own, by receipt, and as a steward everybody's."""

from __future__ import annotations

from folkmoot.database import Database
from folkmoot.moderation.reports.views import ReportView
from folkmoot.network.access.viewer import Viewer


async def own_reports(db: Database, viewer: Viewer, *, before: int | None = None, limit: int = 40) -> list[ReportView]:
    """The viewer's own reports with their outcomes, newest first."""
    raise NotImplementedError


async def receipt(db: Database, token: str) -> ReportView:
    """The report this receipt is for, without the names of anybody. Raises Missing."""
    raise NotImplementedError


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
    raise NotImplementedError
