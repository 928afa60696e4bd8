"""Give a juror their next case."""

from __future__ import annotations

from folkmoot.database import Database
from folkmoot.moderation.cases.views import NoSeat, SeatView
from folkmoot.network.access.viewer import Viewer


async def next_seat(db: Database, juror: Viewer) -> SeatView | NoSeat:
    """The case the juror holds already, or the first in the queue they may sit in, leased for ten minutes.

    Nobody chooses their case. A few are controls, whose answer is known, and look like any other.
    Raises NotAVolunteer for who never offered.
    """
    raise NotImplementedError


async def pass_on(db: Database, juror: Viewer, seat_id: int) -> None:
    """Leave a case to somebody else, without a reason and without consequences. Raises NotYourSeat."""
    raise NotImplementedError
