"""What stewards look at."""

from __future__ import annotations

from datetime import timedelta

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.errors import Missing
from folkmoot.moderation.findings import queries, rules
from folkmoot.moderation.findings.views import FindingView, Overview
from folkmoot.moderation.screening import Outcome
from folkmoot.network.access.viewer import Role, Viewer

WEEK = timedelta(days=7)
SHOWN = timedelta(days=28)


async def list_open(
    db: Database, steward: Viewer, outcome: Outcome, *, skip: int = 0, limit: int = 20
) -> list[FindingView]:
    """Held texts, or published ones that were doubted, nobody has decided about: the likeliest violence first."""
    steward.check_role(Role.STEWARD)
    return await queries.open_findings(db, outcome.value, skip, limit)


async def list_decided(
    db: Database, steward: Viewer, *, before: int | None = None, limit: int = 20
) -> list[FindingView]:
    """What stewards decided, newest first."""
    steward.check_role(Role.STEWARD)
    return await queries.decided_findings(db, before, limit)


async def get_finding(db: Database, steward: Viewer, id: int) -> FindingView:
    """One finding. Raises Forbidden, Missing."""
    steward.check_role(Role.STEWARD)
    found = await queries.find(db, id)
    if found is None:
        raise Missing
    return found


async def own_profile_decision(db: Database, viewer: Viewer, id: int | None) -> FindingView:
    """What was decided about the viewer's own profile. Raises Missing, also of what they are not told of."""
    found = await queries.find(db, id) if id is not None else None
    if found is None or found.account_id != viewer.account_id or not rules.is_told(found.about, found.decision):
        raise Missing
    return found


async def count_held(db: Database) -> int:
    """How many held texts nobody has decided about."""
    found: int = (await queries.standing(db))["waiting"]
    return found


async def overview(db: Database, steward: Viewer) -> Overview:
    """The last four weeks of screening."""
    steward.check_role(Role.STEWARD)
    now = clock.now()
    week, shown = now - WEEK, now - SHOWN
    standing = await queries.standing(db)
    released, upheld = await queries.decided_holds(db, shown)
    tomorrow = now + timedelta(days=1)
    this_week, milliseconds, screened = await queries.scores(db, week, tomorrow)
    before, _, _ = await queries.scores(db, week - SHOWN, week)
    return Overview(
        waiting=standing["waiting"],
        doubted=standing["doubted"],
        oldest_at=standing["oldest_at"],
        days=tuple(await queries.days(db, shown)),
        names=tuple(await queries.names(db, shown)),
        released=released,
        upheld=upheld,
        false_holds=rules.interval(released, released + upheld) if released + upheld else None,
        scores=rules.shares(this_week),
        scores_before=rules.shares(before),
        drift=rules.drift(this_week, before),
        milliseconds=milliseconds / screened if screened else None,
    )
