"""Offer to judge, say what one would rather not see, stop."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Row
from folkmoot.errors import Forbidden, Missing
from folkmoot.moderation.cases import care
from folkmoot.moderation.cases.juries import CARE
from folkmoot.moderation.cases.rules import Severity
from folkmoot.moderation.jurors import queries
from folkmoot.moderation.jurors.views import JurorView
from folkmoot.network.access.viewer import Viewer

YOUNG = timedelta(days=7)
NEW_NETWORK = timedelta(days=14)
"""While the network itself is this young, so may its jurors be."""


class TooYoung(Forbidden):
    sentence = "You can volunteer once your account is a week old"


class HasStrikes(Forbidden):
    sentence = "You can volunteer again once your strikes have expired"


async def volunteer(db: Database, viewer: Viewer, opted_out: Iterable[Severity] = ()) -> JurorView:
    """Offer oneself, or change what one does not want to see. Who stepped down comes back as they left.

    Raises TooYoung for accounts younger than a week (unless the network is new), HasStrikes.
    """
    now = clock.now()
    async with db.transaction() as tx:
        ground = await queries.ground(tx, viewer.account_id)
        if ground is None:
            raise Missing
        young = now - ground["created_at"] < YOUNG and now - ground["founded_at"] > NEW_NETWORK
        if young and not viewer.role.is_staff:
            raise TooYoung
        if ground["points"] > 0:
            raise HasStrikes
        await queries.keep_juror(tx, viewer.account_id, sorted(each.value for each in set(opted_out)), now)
        tx.record(Event.JUROR_VOLUNTEERED, actor=viewer.account_id, subject=viewer.account_id)
    found = await juror_view(db, viewer)
    assert found is not None  # written above
    return found


async def step_down(db: Database, viewer: Viewer) -> None:
    """Stop; a case in hand goes to somebody else. Stopping twice is no error."""
    async with db.transaction() as tx:
        if await queries.step_down(tx, viewer.account_id, clock.now()):
            tx.record(Event.JUROR_STEPPED_DOWN, actor=viewer.account_id, subject=viewer.account_id)


async def juror_view(db: Database, viewer: Viewer) -> JurorView | None:
    """How things stand for the viewer as a volunteer; None for who never was one."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    row = await queries.find(db, viewer.account_id, today)
    return _view(row) if row is not None else None


def _view(row: Row) -> JurorView:
    exposure = care.exposure_of(row, clock.now())
    return JurorView(
        since=row["since"],
        qualified_at=row["qualified_at"],
        needs_practice=row["qualified_at"] is None or row["sent_back_at"] is not None,
        stepped_down_at=row["stepped_down_at"],
        opted_out=tuple(Severity(each) for each in row["opted_out"]),
        cases_helped=row["cases_helped"],
        cases_today=row["cases_today"],
        severe_minutes_today=exposure.severe_today,
        severe_minutes_left=max(CARE.severe_minutes_a_day - exposure.severe_today, 0.0),
        break_until=exposure.break_until,
        milder_until=exposure.milder_until,
        seat_id=row["seat_id"],
    )
