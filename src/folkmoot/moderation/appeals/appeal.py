"""Ask again."""

from __future__ import annotations

from folkmoot.database import Database
from folkmoot.moderation.appeals.views import AppealView
from folkmoot.network.access.viewer import Viewer


async def appeal(db: Database, who: Viewer | str, case_id: int, text: str) -> AppealView:
    """Have a case judged anew: by its author against a removal, by a reporter against a keep.

    `who` is the viewer, or for somebody signed out the token of their statement or receipt. Raises Missing for what
    does not concern them, TooLate after six months, AppealedAlready.
    """
    raise NotImplementedError


async def may_appeal(db: Database, who: Viewer | str, case_id: int) -> bool:
    """Whether an appeal by them would be taken."""
    raise NotImplementedError


async def own_appeals(db: Database, viewer: Viewer) -> list[AppealView]:
    """The viewer's appeals, newest first."""
    raise NotImplementedError
