"""Strikes and limits, recomputed from what happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from folkmoot.moderation.cases import Severity, Verdict
from folkmoot.moderation.sanctions import (
    LADDER,
    Event,
    Grade,
    Happening,
    Immunity,
    Ladder,
    Limit,
    Measure,
    Rung,
    is_immune,
    measure_for,
    standing,
    state_reasons,
    strikes_of,
)
from folkmoot.moderation.sanctions.rules import GRAVITY, Source, grade_for, next_change

START = datetime(2021, 1, 9, 12, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def decided(case: int, on: float, grade: Grade = Grade.MINOR, posted: float | None = None) -> Event:
    written = None if posted is None else day(posted)
    return Event(what=Happening.DECIDED, case=case, at=day(on), grade=grade, posted=written)


def undone(case: int, on: float) -> Event:
    return Event(what=Happening.REVERSED, case=case, at=day(on))


def lifted(case: int, on: float) -> Event:
    return Event(what=Happening.LIFTED, case=case, at=day(on))


MAJOR, EXTREME = Grade.MAJOR, Grade.EXTREME


@pytest.mark.parametrize(
    ("events", "now", "limit", "points"),
    [
        ([], 0, Limit.NONE, 0),
        ([decided(1, 0, Grade.NOTE)], 1, Limit.NONE, 0),
        ([decided(1, 0)], 1, Limit.WARNING, 1),
        ([decided(1, 0)], 31, Limit.NONE, 1),
        ([decided(1, 0)], 91, Limit.NONE, 0),
        ([decided(1, 0, MAJOR)], 1, Limit.SLOW, 3),
        ([decided(1, 0, MAJOR)], 8, Limit.NONE, 3),
        ([decided(1, 0, MAJOR), decided(2, 20)], 20.5, Limit.SUSPENDED, 4),
        ([decided(1, 0, MAJOR), decided(2, 20)], 22, Limit.NONE, 4),
        ([decided(1, 0, MAJOR), decided(2, 20, MAJOR)], 26, Limit.SUSPENDED, 6),
        ([decided(1, 0, EXTREME)], 10_000, Limit.BANNED, 10),
        ([decided(n, 10 * n, MAJOR) for n in range(4)], 31, Limit.BANNED, 12),
        ([decided(1, 0, EXTREME), undone(1, 5)], 6, Limit.NONE, 0),
        ([decided(1, 0, EXTREME), undone(1, 5)], 4, Limit.BANNED, 10),
        ([decided(1, 0, MAJOR), decided(2, 20, MAJOR), lifted(2, 21)], 22, Limit.NONE, 6),
        ([decided(1, 0), undone(1, 1), decided(1, 2)], 3, Limit.WARNING, 1),
        ([decided(1, 5)], 1, Limit.NONE, 0),
    ],
)
def test_where_an_account_stands(events: list[Event], now: float, limit: Limit, points: int) -> None:
    found = standing(events, day(now))
    assert (found.limit, found.points) == (limit, points)


def test_what_was_posted_before_the_first_verdict_is_one_mistake() -> None:
    at_once = [decided(1, 0, MAJOR, posted=-2), decided(2, 1, MAJOR, posted=-1), decided(3, 2, MAJOR, posted=-1)]
    assert standing(at_once, day(2)).points == 3
    assert standing(at_once, day(2)).limit is Limit.SLOW
    later = [decided(1, 0, MAJOR, posted=-2), decided(2, 2, MAJOR, posted=1)]
    assert standing(later, day(2)).limit is Limit.SUSPENDED


def test_a_graver_one_among_them_counts_for_what_it_is_worse() -> None:
    events = [decided(1, 0, posted=-2), decided(2, 1, MAJOR, posted=-1)]
    assert standing(events, day(1)).points == 3


def test_a_reversal_takes_away_what_the_strike_had_led_to() -> None:
    events = [decided(1, 0, MAJOR), decided(2, 20, MAJOR)]
    assert standing(events, day(21)).limit is Limit.SUSPENDED
    assert standing([*events, undone(1, 21)], day(21)).limit is Limit.SLOW


def test_the_end_of_a_limit_is_known() -> None:
    found = standing([decided(1, 0, MAJOR)], day(1))
    assert (found.since, found.until, found.because) == (day(0), day(7), (1,))
    assert standing([decided(1, 0, EXTREME)], day(1)).until is None
    assert next_change([decided(1, 0, MAJOR)], day(1)) == day(7)
    assert next_change([decided(1, 0, MAJOR)], day(8)) == day(180)
    assert next_change([decided(1, 0, EXTREME)], day(8)) is None


records = some.lists(
    some.builds(
        Event,
        what=some.sampled_from(Happening),
        case=some.integers(1, 6),
        at=some.integers(0, 400).map(day),
        grade=some.sampled_from(Grade),
        posted=some.none() | some.integers(-50, 400).map(day),
    ),
    max_size=20,
)


@given(records, some.integers(0, 500), some.randoms())
def test_recomputing_again_in_any_order_and_twice_over_changes_nothing(
    events: list[Event], now: int, chaos: object
) -> None:
    shuffled = [*events, *events]
    chaos.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert standing(shuffled, day(now)) == standing(events, day(now))


@given(records, some.integers(0, 500))
def test_everything_reversed_is_as_if_nothing_had_happened(events: list[Event], now: int) -> None:
    cleared = [*events, *(undone(case, 401) for case in range(1, 7))]
    assert standing(cleared, day(402)).limit is Limit.NONE
    assert strikes_of(cleared, day(402)) == []
    assert standing(events, day(now)).points >= 0


@given(records, some.integers(0, 400), some.integers(0, 400))
def test_time_alone_never_makes_it_worse(events: list[Event], now: int, more: int) -> None:
    past = [event for event in events if event.at <= day(now)]
    before, later = standing(past, day(now)), standing(past, day(now + more))
    if before.because == later.because:
        assert GRAVITY[later.limit] <= GRAVITY[before.limit]
    lasting = [event for event in past if event.grade is not Grade.EXTREME]
    assert standing(lasting, day(now + 1000)).limit is Limit.NONE


def test_a_ladder_leads_upwards() -> None:
    with pytest.raises(ValueError):
        Ladder(worth=LADDER.worth, rungs=(Rung(3, Limit.BANNED), Rung(4, Limit.WARNING)))


def test_what_becomes_of_the_post() -> None:
    assert measure_for(Verdict.KEEP, Severity.THREAT) is Measure.KEEP
    assert measure_for(Verdict.REMOVE, Severity.THREAT, mildest=Measure.LABEL) is Measure.REMOVE
    assert measure_for(Verdict.REMOVE, Severity.ORDINARY, mildest=Measure.WARN) is Measure.WARN
    assert grade_for(Severity.THREAT) is Grade.MAJOR
    assert grade_for(Severity.ORDINARY, life_at_risk=True) is Grade.EXTREME


def test_after_a_keep_reports_need_no_new_jury_until_the_text_changes() -> None:
    kept = Immunity(version=3, kept_at=day(0))
    assert is_immune(kept, 3, day(30))
    assert not is_immune(kept, 4, day(30))
    assert not is_immune(kept, 3, day(366))
    assert not is_immune(kept, 3, day(30), life_at_risk=True)
    assert not is_immune(None, 3, day(30))


@pytest.mark.parametrize(("source", "appeal"), [(Source.REPORT, day(184)), (Source.ORDER, None)])
def test_the_reasons_name_rule_facts_jury_and_appeal(source: Source, appeal: datetime | None) -> None:
    found = state_reasons(
        case=1,
        rule=2,
        rule_text="No threats",
        measure=Measure.REMOVE,
        events=[decided(1, 0, MAJOR)],
        now=day(0),
        facts="the second sentence",
        source=source,
        found_by_machine=True,
        ballots=4,
        sure=0.996,
        decided_at=day(0),
        law="a law",
    )
    assert found.appeal_until == appeal
    assert (found.limit, found.limit_until) == (Limit.SLOW, day(7))
    assert (found.strike, found.strike_until) == (True, day(180))
    assert found.illegal
    assert not found.decided_by_machine
