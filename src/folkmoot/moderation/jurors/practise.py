"""Practise on cases made up for it, with an answer to every answer; enough right ones qualify."""

from __future__ import annotations

from folkmoot.database import Database
from folkmoot.moderation.cases.rules import Choice
from folkmoot.moderation.jurors.views import Feedback, PracticeCase
from folkmoot.network.access.viewer import Viewer


async def practice_case(db: Database, viewer: Viewer) -> PracticeCase | None:
    """The viewer's next practice case, in their language; None when they need none. Raises NotAVolunteer."""
    raise NotImplementedError


async def answer_practice(db: Database, viewer: Viewer, name: str, choice: Choice) -> Feedback:
    """Answer a practice case and learn what it was, and why. The last one says whether the viewer is qualified.

    Who is not begins anew, as often as they like. Raises NotAVolunteer, Missing, AnsweredAlready.
    """
    raise NotImplementedError
