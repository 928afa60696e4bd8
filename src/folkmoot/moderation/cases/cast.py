"""Cast a ballot, and take it back."""

from __future__ import annotations

from folkmoot.database import Database
from folkmoot.moderation.cases.rules import Choice
from folkmoot.moderation.cases.views import Cast, SeatView
from folkmoot.network.access.viewer import Viewer


async def cast(
    db: Database, juror: Viewer, seat_id: int, *, choice: Choice, rule_id: int | None = None, seen_version: int
) -> Cast:
    """Answer the case of a seat. The verdict, hiding or escalation it leads to happens in the same transaction.

    `rule_id` names the rule it breaks; `seen_version` is `SeatView.content.id`. Raises NotYourSeat, NoLease,
    TextChanged, AlreadyDecided, CaseClosed, Invalid; nothing is changed then.
    """
    raise NotImplementedError


async def take_back(db: Database, juror: Viewer, seat_id: int) -> SeatView:
    """Undo one's latest ballot and have the seat again, until the next case is answered or the jury has decided.

    Raises NotYourSeat, AlreadyDecided.
    """
    raise NotImplementedError
