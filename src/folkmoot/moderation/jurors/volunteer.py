"""Offer to judge, say what one would rather not see, stop."""

from __future__ import annotations

from collections.abc import Iterable

from folkmoot.database import Database
from folkmoot.moderation.cases.rules import Severity
from folkmoot.moderation.jurors.views import JurorView
from folkmoot.network.access.viewer import Viewer


async def volunteer(db: Database, viewer: Viewer, opted_out: Iterable[Severity] = ()) -> JurorView:
    """Offer oneself, or change what one does not want to see. Who stepped down comes back as they left.

    Raises Forbidden for accounts younger than a week and for those with strikes.
    """
    raise NotImplementedError


async def step_down(db: Database, viewer: Viewer) -> None:
    """Stop; a case in hand goes to somebody else. Stopping twice is no error."""
    raise NotImplementedError


async def juror_view(db: Database, viewer: Viewer) -> JurorView | None:
    """How things stand for the viewer as a volunteer; None for who never was one."""
    raise NotImplementedError
