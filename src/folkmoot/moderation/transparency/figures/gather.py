"""Gathers the figures of a span of time."""

from __future__ import annotations

from datetime import datetime

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.moderation.cases.priors import calibration_table
from folkmoot.moderation.cases.rules import chance
from folkmoot.moderation.transparency.figures import queries
from folkmoot.moderation.transparency.figures.views import Figures, Jurors, Month, Notices, Screening, Speed


async def figures(db: Database, since: datetime, until: datetime | None = None) -> Figures:
    """What happened from `since` on and before `until` (until now, where it is not given)."""
    now = clock.now()
    end = min(until or now, now)
    reports = await queries.reports(db, since, end)
    standing = await queries.standing(db, now)
    appeals = await queries.appeals(db, since, end)
    jurors = await queries.jurors(db, since, end)
    screening = await queries.screening(db, since, end)
    return Figures(
        since=since,
        until=end,
        reports=sum(reports.values()),
        reports_by_category=reports,
        cases_opened=await queries.opened(db, since, end),
        decided_by=await queries.decided_by(db, since, end),
        measures=await queries.measures(db, since, end),
        open_cases=standing["cases"],
        open_by_severity=await queries.open_by_severity(db),
        oldest_open_at=standing["oldest_at"],
        open_age_p50=standing["age_p50"],
        open_age_p95=standing["age_p95"],
        speed={
            row["severity"]: Speed(
                cases=row["cases"],
                hidden=row["hidden"],
                decided=row["decided"],
                to_hidden_p50=row["hidden_p50"],
                to_hidden_p95=row["hidden_p95"],
                to_verdict_p50=row["verdict_p50"],
                to_verdict_p95=row["verdict_p95"],
            )
            for row in await queries.speed(db, since, end)
        },
        appeals=appeals["made"],
        appeals_open=appeals["open"],
        appeals_reversed=appeals["reversed"],
        appeals_upheld=appeals["upheld"],
        appeal_median_minutes=appeals["minutes"],
        limited=await queries.limited(db),
        suspensions=await queries.suspensions(db, since, end),
        jurors=Jurors(**dict(jurors)),
        screening=Screening(**dict(screening)),
        notices=tuple(
            Notices(
                kind=row["kind"],
                received=row["received"],
                answered=row["answered"],
                in_time=row["in_time"],
                late=row["late"],
                items=row["items"],
                items_settled=row["items_settled"],
                median_minutes=row["minutes"],
            )
            for row in await queries.notices(db, since, end, now)
        ),
        calibration=tuple(
            calibration_table([(chance(row["prior"]), row["broke"]) for row in await queries.claims(db)])
        ),
    )


async def months(db: Database, count: int = 12) -> list[Month]:
    """The last `count` months one by one, the present one included."""
    return [Month(**dict(row)) for row in await queries.months(db, clock.now(), count)]
