"""What comes first, what happens when the clock runs out, and what is believed before the first ballot."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from folkmoot.moderation.cases.priority import (
    Default,
    default_at,
    default_for,
    override_at,
    p95,
    priority,
    wait_minutes,
)
from folkmoot.moderation.cases.priors import (
    BASE_RATE,
    Calibration,
    Reporter,
    calibrate,
    calibration_error,
    calibration_table,
    precision,
    reports_say,
)
from folkmoot.moderation.cases.rules import POLICIES, Severity, chance, hiding_pays_from, logit

THREAT, ORDINARY = POLICIES[Severity.THREAT], POLICIES[Severity.ORDINARY]
NOON = datetime(2021, 1, 9, 12, tzinfo=UTC)


def test_priority_is_severity_times_probability_times_reach_plus_clock_plus_age() -> None:
    assert priority(0.0, ORDINARY, views_per_hour=8) == pytest.approx(0.5 * math.log(10))
    assert priority(0.0, ORDINARY, hours_left=0.5) - priority(0.0, ORDINARY) == pytest.approx(6.0)
    assert priority(0.0, ORDINARY, hours_old=12) - priority(0.0, ORDINARY) == pytest.approx(0.5)
    assert priority(0.0, ORDINARY, hours_left=0.0) == priority(0.0, ORDINARY, hours_left=1 / 60)


@given(some.floats(-6, 6), some.floats(0, 1e6), some.floats(0, 100))
def test_a_threat_comes_before_anything_else_equally_probable(belief: float, views: float, age: float) -> None:
    severe = priority(belief, THREAT, views_per_hour=views, hours_old=age)
    assert severe > priority(belief, ORDINARY, views_per_hour=views, hours_old=age)


@given(some.floats(-6, 6), some.floats(0, 1e6))
def test_nothing_starves_and_a_deadline_grows_louder(belief: float, views: float) -> None:
    for sooner, later in ((0.5, 0.1), (2.0, 0.5)):
        assert priority(belief, ORDINARY, hours_left=later) > priority(belief, ORDINARY, hours_left=sooner)
    assert priority(belief, ORDINARY, hours_old=24 * 365) > priority(5, THREAT, views_per_hour=views)


def test_what_is_hidden_waits_behind_what_everybody_sees() -> None:
    assert priority(2.0, ORDINARY, hidden=True) < priority(-1.0, ORDINARY)
    # Among the hidden the probably innocent come first.
    assert priority(-1.0, ORDINARY, hidden=True) > priority(2.0, ORDINARY, hidden=True)


def test_a_deadline_is_met_half_an_hour_early_or_earlier_when_juries_are_slow() -> None:
    deadline = NOON + timedelta(hours=24)
    assert override_at(deadline, timedelta(minutes=5)) == deadline - timedelta(minutes=30)
    assert override_at(deadline, timedelta(hours=3)) == deadline - timedelta(hours=3)


def test_what_nobody_decided_is_settled_by_severity() -> None:
    assert default_for(THREAT) is Default.STAYS_HIDDEN
    assert default_for(ORDINARY) is Default.RESTORED
    assert default_for(ORDINARY, life_at_risk=True) is Default.STAYS_HIDDEN
    assert default_at(NOON, THREAT) == NOON + timedelta(days=1)


def test_how_long_the_queue_is() -> None:
    assert wait_minutes(120, 4.0, 48.0) == 10.0
    assert wait_minutes(1, 4.0, 0.0) == 240.0
    assert p95([]) == 0
    assert p95(list(range(1, 101))) == 95


def test_mass_reports_by_strangers_say_nothing_at_all() -> None:
    assert reports_say([Reporter()] * 10_000) == pytest.approx(0.0)


@given(some.lists(some.builds(Reporter, some.floats(0, 1000), some.floats(0, 1000)), max_size=60))
def test_what_reporters_say_is_capped_however_many_they_are(reporters: list[Reporter]) -> None:
    assert abs(reports_say(reporters)) <= 1.5


def test_no_number_of_reports_hides_a_post() -> None:
    # The base rate, and the best reporters there are: still below what hides an ordinary post while juries are quick.
    best = [Reporter(upheld=10_000)] * 1000
    assert chance(logit(BASE_RATE) + reports_say(best)) < hiding_pays_from(ORDINARY, 10)


def test_a_good_reporter_is_heard_and_a_bad_one_less() -> None:
    assert precision(Reporter()) == BASE_RATE
    assert reports_say([Reporter(upheld=20)]) > 0 > reports_say([Reporter(refused=50)])
    assert reports_say([Reporter(upheld=20)] * 2) > reports_say([Reporter(upheld=20)])


def test_calibration_finds_what_the_scores_mean() -> None:
    chaos = random.Random(4)
    truth = [chaos.random() < 0.25 for _ in range(4000)]
    judged = [(chaos.gauss(1.8 if broke else 0.0, 1.0), broke) for broke in truth]
    found = calibrate(judged)
    # The exact log-odds of two normal curves 1.8 apart.
    assert found.slope == pytest.approx(1.8, abs=0.12)
    assert found.offset == pytest.approx(math.log(1 / 3) - 1.8**2 / 2, abs=0.15)
    table = calibration_table((chance(found.prior(score)), broke) for score, broke in judged)
    assert calibration_error(table) < 0.02
    assert sum(row.cases for row in table) == 4000


def test_without_verdicts_a_calibration_stays_at_the_base_rate() -> None:
    assert chance(calibrate([]).prior(0.0)) == pytest.approx(BASE_RATE)
    assert abs(Calibration(slope=100.0).prior(50.0)) <= 6.0
    assert calibration_error([]) == 0.0
