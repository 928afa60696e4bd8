"""Statements of reasons and standings, for those they concern."""

from __future__ import annotations

from folkmoot.database import Database
from folkmoot.moderation.sanctions.rules import Standing
from folkmoot.moderation.sanctions.views import StatementView
from folkmoot.network.access.viewer import Viewer


async def own_statements(
    db: Database, viewer: Viewer, *, before: int | None = None, limit: int = 40
) -> list[StatementView]:
    """What was decided about the viewer, newest first."""
    raise NotImplementedError


async def get_statement(db: Database, who: Viewer | str, id: int | None = None) -> StatementView:
    """One statement: the viewer's own (stewards: anybody's) by id, or by its token alone. Raises Missing."""
    raise NotImplementedError


async def latest_statement(db: Database, account_id: int) -> StatementView | None:
    """The statement that shut an account out, for the page somebody sees who may not sign in any more."""
    raise NotImplementedError


async def get_standing(db: Database, viewer: Viewer, account_id: int | None = None) -> Standing:
    """How the viewer stands now, or for stewards somebody else, recomputed from all events. Raises Forbidden."""
    raise NotImplementedError
