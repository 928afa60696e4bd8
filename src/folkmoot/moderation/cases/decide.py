"""Verdicts: the jury's, the stewards', the clock's, and everything that follows from one."""

from __future__ import annotations

from folkmoot.database import Database
from folkmoot.moderation.cases.rules import Verdict
from folkmoot.moderation.cases.views import Alarm
from folkmoot.moderation.sanctions.rules import Measure
from folkmoot.network.access.viewer import Viewer


async def decide_as_steward(
    db: Database,
    steward: Viewer,
    case_id: int,
    verdict: Verdict,
    why: str,
    *,
    rule_id: int | None = None,
    measure: Measure = Measure.REMOVE,
    seen: int | None = None,
) -> bool:
    """A steward's word on an escalated or appealed case; the second one who agrees makes it the verdict.

    Answers whether it is decided now. `seen` is the case's version that was looked at. Raises Forbidden (also for
    stewards who reported, wrote or judged it), Missing, Conflict, AlreadyDecided, Invalid without a reason.
    """
    raise NotImplementedError


async def hide_for_now(db: Database, steward: Viewer, case_id: int, why: str) -> None:
    """Hide what is under judgement for at most 24 hours: the one thing a steward may do alone. On record."""
    raise NotImplementedError


async def escalate(db: Database, steward: Viewer, case_id: int, why: str) -> None:
    """Take an undecided case to two stewards. On record."""
    raise NotImplementedError


async def raise_threat(db: Database, viewer: Viewer, case_id: int, why: str) -> Alarm:
    """Somebody's life may be at risk: preserve, hide, tell every steward, prepare the note to the authority.

    Being wrong has no consequences.
    """
    raise NotImplementedError


async def answer_alarm(db: Database, steward: Viewer, alarm_id: int, answer: str) -> None:
    """Say what was done about an alarm. Raises Forbidden, Missing."""
    raise NotImplementedError


async def set_deadline(db: Database, steward: Viewer, case_id: int, deadline_at: object, why: str) -> None:
    """Somebody outside wants an answer by then: hidden in time if the jury is not done."""
    raise NotImplementedError


async def freeze(db: Database, steward: Viewer, case_id: int, why: str, *, frozen: bool = True) -> None:
    """Put a case under legal hold, so that its evidence is kept whatever else happens; or end the hold."""
    raise NotImplementedError
