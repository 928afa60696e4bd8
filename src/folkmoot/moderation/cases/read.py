"""The stewards' view of cases."""

from __future__ import annotations

from collections.abc import Collection

from folkmoot.database import Database
from folkmoot.moderation.cases.rules import Severity
from folkmoot.moderation.cases.states import State
from folkmoot.moderation.cases.views import Board, CaseLine, CaseView
from folkmoot.network.access.viewer import Viewer


async def board(db: Database, steward: Viewer) -> Board:
    """What burns, what is due, how the queue moves. Raises Forbidden."""
    raise NotImplementedError


async def list_cases(
    db: Database,
    steward: Viewer,
    *,
    states: Collection[State] = (),
    severity: Severity | None = None,
    account_id: int | None = None,
    post_id: int | None = None,
    before: int | None = None,
    limit: int = 40,
) -> list[CaseLine]:
    """Cases, newest first, narrowed down by what is given. Raises Forbidden."""
    raise NotImplementedError


async def get_case(db: Database, steward: Viewer, id: int) -> CaseView:
    """A case with its evidence, its events and, once a jury is done with it, its ballots. Raises Forbidden, Missing."""
    raise NotImplementedError
