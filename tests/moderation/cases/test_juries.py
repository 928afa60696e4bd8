"""Who may sit, how much they see, and what a ballot needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from folkmoot.moderation.cases.juries import (
    CARE,
    Care,
    Docket,
    Exclusion,
    Exposure,
    Juror,
    NoLease,
    NotYourSeat,
    TextChanged,
    check_ballot,
    control_due,
    expose,
    may_sit,
    rested,
    seats_wanted,
)
from folkmoot.moderation.cases.rules import EVEN, Policy, Severity

NOON = datetime(2021, 1, 9, 12, tzinfo=UTC)
AUTHOR, REPORTER, VICTIM, JUROR = 1, 2, 3, 9
CASE = Docket(
    authors=frozenset({AUTHOR}),
    reporters=frozenset({REPORTER}),
    mentioned=frozenset({VICTIM}),
    severity=Severity.THREAT,
    severe=True,
    sat=frozenset({77}),
    clusters=frozenset({5}),
    addresses=frozenset({"net a"}),
    panel=(6, None, None),
)
FRESH = Exposure()


@pytest.mark.parametrize(
    ("juror", "reason"),
    [
        (Juror(id=JUROR), None),
        (Juror(id=JUROR, follows=frozenset({8}), cluster=4, addresses=frozenset({"net b"})), None),
        (Juror(id=JUROR, qualified=False), Exclusion.NOT_QUALIFIED),
        (Juror(id=JUROR, opted_out=frozenset({Severity.THREAT})), Exclusion.OPTED_OUT),
        (Juror(id=77), Exclusion.HAS_SAT),
        (Juror(id=REPORTER), Exclusion.REPORTER),
        (Juror(id=AUTHOR), Exclusion.AUTHOR),
        (Juror(id=VICTIM), Exclusion.MENTIONED),
        (Juror(id=JUROR, follows=frozenset({AUTHOR})), Exclusion.KNOWS_THEM),
        (Juror(id=JUROR, followed_by=frozenset({AUTHOR})), Exclusion.KNOWS_THEM),
        (Juror(id=JUROR, spoke_with=frozenset({AUTHOR})), Exclusion.KNOWS_THEM),
        (Juror(id=JUROR, follows=frozenset({REPORTER})), Exclusion.KNOWS_THEM),
        (Juror(id=JUROR, blocks=frozenset({AUTHOR})), Exclusion.BLOCKED),
        (Juror(id=JUROR, blocks=frozenset({REPORTER})), Exclusion.BLOCKED),
        (Juror(id=JUROR, addresses=frozenset({"net a"})), Exclusion.SAME_ADDRESS),
        (Juror(id=JUROR, cluster=5), Exclusion.SAME_CLUSTER),
        (Juror(id=JUROR, cluster=6), Exclusion.PANEL_SHARE),
    ],
)
def test_who_may_sit(juror: Juror, reason: Exclusion | None) -> None:
    assert may_sit(juror, CASE, FRESH, NOON) is reason


@pytest.mark.parametrize(
    ("exposure", "reason"),
    [
        (Exposure(severe_today=CARE.severe_minutes_a_day), Exclusion.OVER_BUDGET),
        (Exposure(milder_until=NOON + timedelta(minutes=1)), Exclusion.ON_BREAK),
        (Exposure(break_until=NOON + timedelta(minutes=1)), Exclusion.ON_BREAK),
        (Exposure(milder_until=NOON, break_until=NOON, severe_today=19), None),
    ],
)
def test_who_has_seen_enough_sits_in_no_severe_case(exposure: Exposure, reason: Exclusion | None) -> None:
    assert may_sit(Juror(id=JUROR), CASE, exposure, NOON) is reason


def test_a_mild_case_needs_no_budget_but_a_break_is_a_break() -> None:
    mild = Docket(authors=frozenset({AUTHOR}))
    assert may_sit(Juror(id=JUROR), mild, Exposure(severe_today=500), NOON) is None
    assert may_sit(Juror(id=JUROR), mild, Exposure(milder_until=NOON + timedelta(1)), NOON) is None
    assert may_sit(Juror(id=JUROR), mild, Exposure(break_until=NOON + timedelta(1)), NOON) is Exclusion.ON_BREAK


@given(some.lists(some.integers(0, 5), max_size=40))
def test_no_cluster_has_more_than_a_quarter_of_a_panel_or_one_seat(clusters: list[int]) -> None:
    panel: tuple[int | None, ...] = ()
    for number, cluster in enumerate(clusters):
        docket = Docket(authors=frozenset({-1}), panel=panel)
        if may_sit(Juror(id=number, cluster=cluster), docket, FRESH, NOON) is None:
            panel = (*panel, cluster)
            assert panel.count(cluster) <= max(1, len(panel) / 4)


@given(some.lists(some.tuples(some.floats(0.1, 5), some.booleans()), max_size=60))
def test_no_one_looks_at_more_than_budget_and_breaks_allow(looks: list[tuple[float, bool]]) -> None:
    now, seen, last = NOON, FRESH, max((minutes for minutes, _ in looks), default=0)
    for minutes, severe in looks:
        docket = Docket(authors=frozenset({AUTHOR}), severe=severe)
        while may_sit(Juror(id=JUROR), docket, seen, now) is Exclusion.ON_BREAK:
            now += timedelta(minutes=1)
        if may_sit(Juror(id=JUROR), docket, seen, now) is None:
            now += timedelta(minutes=minutes)
            seen = expose(seen, minutes, now, severe=severe)
    assert seen.severe_today <= CARE.severe_minutes_a_day + last
    assert seen.in_a_row < CARE.minutes_in_a_row
    assert seen.severe_in_a_row < CARE.severe_in_a_row


def test_ten_minutes_of_severe_cases_bring_milder_ones() -> None:
    seen = expose(FRESH, 10, NOON, severe=True)
    assert seen.milder_until == NOON + timedelta(minutes=5)
    assert seen.break_until is None


def test_half_an_hour_brings_a_break_and_after_it_one_starts_anew() -> None:
    seen = expose(FRESH, 30, NOON, severe=False)
    assert seen.break_until == NOON + timedelta(minutes=5)
    later = expose(seen, 1, NOON + timedelta(minutes=6), severe=False)
    assert (later.break_until, later.in_a_row) == (None, 1)
    assert rested(Exposure(severe_today=7, in_a_row=3)) == Exposure(severe_today=7)


def test_a_ballot_needs_a_running_lease_and_the_present_text() -> None:
    soon, past = NOON + timedelta(seconds=1), NOON - timedelta(seconds=1)
    check_ballot(lease_until=soon, now=NOON, seen=2, current=2)
    with pytest.raises(NotYourSeat):
        check_ballot(lease_until=None, now=NOON, seen=2, current=2)
    with pytest.raises(NoLease):
        check_ballot(lease_until=past, now=NOON, seen=2, current=2)
    with pytest.raises(NoLease):
        check_ballot(lease_until=NOON, now=NOON, seen=2, current=2)
    with pytest.raises(TextChanged):
        check_ballot(lease_until=soon, now=NOON, seen=1, current=2)


@pytest.mark.parametrize(
    ("belief", "ballots", "no_show", "seats"),
    [
        (EVEN, 0, 0.0, 3),
        (EVEN, 0, 0.4, 5),
        (4.0, 0, 0.0, 2),
        (4.0, 1, 0.0, 1),
        (-4.4, 3, 0.0, 1),
        (EVEN, 14, 0.0, 1),
    ],
)
def test_as_many_seats_as_are_certainly_needed_and_some_for_no_shows(
    belief: float, ballots: int, no_show: float, seats: int
) -> None:
    assert seats_wanted(belief, ballots, Policy(remove_at=0.99, keep_at=0.99), no_show) == seats


def test_controls_are_at_most_one_in_twenty_and_none_while_others_wait() -> None:
    controls = 0
    for given_out in range(1000):
        if control_due(given_out, controls, draw=0.0, wait_minutes=0):
            controls += 1
        assert controls <= 0.05 * (given_out + 1)
    assert controls == 50
    assert not control_due(1000, 0, draw=0.0, wait_minutes=600)
    assert not control_due(1000, 0, draw=0.04, wait_minutes=0)


def test_budgets_are_the_operators_to_set() -> None:
    tired = Exposure(severe_today=6)
    assert may_sit(Juror(id=JUROR), CASE, tired, NOON, Care(severe_minutes_a_day=5)) is Exclusion.OVER_BUDGET
