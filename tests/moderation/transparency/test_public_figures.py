"""The figures are what happened, no more and no less."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from folkmoot import clock
from folkmoot.moderation.cases import Choice
from folkmoot.moderation.transparency.figures import figures, months
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft

DAY = timedelta(days=1)


async def judged(court: Any, cast: Any, words: str, choice: Choice) -> int:
    post = await publish(court.desk, cast.ada, Draft(text=words))
    made = await court.report(cast.bert, cast.ada, post.id)
    await court.decide(choice, made.case_ids[0], None)
    return int(made.case_ids[0])


async def test_a_network_where_nothing_happened_has_figures_of_nothing(db: Any) -> None:
    found = await figures(db, clock.now() - DAY)
    assert (found.reports, found.cases_opened, found.open_cases, found.appeals) == (0, 0, 0, 0)
    assert (found.decided_by, found.measures, found.speed, found.notices, found.calibration) == ({}, {}, {}, (), ())
    assert found.oldest_open_at is None
    assert found.jurors.agreement is None
    assert [each.reports for each in await months(db)] == [0] * 12


async def test_reports_verdicts_and_their_speed_are_counted(db: Any, cast: Any, court: Any) -> None:
    await judged(court, cast, "The ferry to the island will not sail again this year, they say", Choice.BREAKS)
    await judged(court, cast, "The old mill is for sale and nobody wants it, which is a pity", Choice.FINE)
    waiting = await publish(court.desk, cast.ada, Draft(text="Somebody has painted the bridge blue over night"))
    await court.report(cast.bert, cast.ada, waiting.id)
    found = await figures(db, clock.now() - DAY)
    assert (found.reports, found.cases_opened, found.open_cases) == (3, 3, 1)
    assert found.decided_by == {"jury": 2}
    assert found.measures == {"remove": 1, "keep": 1}
    assert sum(each.cases for each in found.speed.values()) == 3
    assert sum(each.decided for each in found.speed.values()) == 2
    assert found.jurors.ballots > 0
    assert found.jurors.agreement == 1.0
    assert sum(each.cases for each in found.calibration) == 2
    (month,) = (await months(db, 1))[-1:]
    assert (month.reports, month.opened, month.decided, month.removed) == (3, 3, 2, 1)


async def test_a_span_counts_what_lies_in_it(db: Any, cast: Any, court: Any) -> None:
    with clock.held_at(clock.now() - 40 * DAY):
        await judged(court, cast, "The lighthouse keeper has retired after forty years", Choice.BREAKS)
    now = clock.now()
    recent = await figures(db, now - 30 * DAY)
    assert (recent.reports, recent.cases_opened, recent.decided_by) == (0, 0, {})
    older = await figures(db, now - 50 * DAY, now - 30 * DAY)
    assert (older.reports, older.cases_opened, older.decided_by) == (1, 1, {"jury": 1})
