"""The benchmark itself: the same seed gives the same, the promises hold in small, and the picture can be drawn."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import cache

import msgspec
import numpy as np
import pytest

from folkmoot.moderation.cases import Severity
from folkmoot.moderation.simulation import (
    Figures,
    Fixed,
    Ours,
    Recipe,
    Run,
    draw_backlog,
    draw_world,
    figures,
    simulate,
)
from folkmoot.moderation.simulation.recipe import opinion, toss
from folkmoot.moderation.simulation.staffing import smallest, try_numbers

SMALL = Recipe(reports=1500, arrivals=300, volunteers=90, hours=30, minutes=40)


@cache
def run(procedure: int | None = None, recipe: Recipe = SMALL) -> Run:
    return simulate(draw_world(recipe), Ours() if procedure is None else Fixed(procedure))


@cache
def outcome(procedure: int | None = None, recipe: Recipe = SMALL) -> Figures:
    return figures(run(procedure, recipe))


def test_the_same_seed_gives_the_same_figures_and_another_one_others() -> None:
    assert figures(simulate(draw_world(SMALL), Ours())) == outcome()
    assert outcome(None, msgspec.structs.replace(SMALL, seed=2)) != outcome()


def test_the_backlog_ends_and_every_case_is_decided_once() -> None:
    assert outcome().hours_to_empty is not None
    assert outcome().decided_within_24h == 1.0
    for matter in run().matters:
        assert len({ballot.juror for ballot in matter.ballots}) == len(matter.ballots)
        assert (matter.verdict is None) or len(matter.ballots) >= 2
        assert len(matter.ballots) <= 15


def test_our_juries_miss_less_than_those_of_a_fixed_number_on_the_same_draws() -> None:
    ours, majority, four = outcome(), outcome(3), outcome(4)
    assert ours.missed is not None
    assert majority.missed is not None
    assert four.missed is not None
    assert ours.missed < majority.missed / 2 < four.missed / 4
    assert ours.wrong is not None
    assert majority.wrong is not None
    assert ours.wrong < majority.wrong / 4


def test_violations_are_out_of_sight_long_before_they_are_judged() -> None:
    ours, four = outcome(), outcome(4)
    assert ours.violations_hidden_within_1h is not None
    assert four.violations_hidden_within_1h is not None
    assert ours.violations_hidden_within_1h > 0.8
    assert four.violations_hidden_within_1h < 0.3
    assert ours.p95_threat_minutes is not None
    assert ours.p95_threat_minutes < 30


def test_every_deadline_of_a_host_is_kept() -> None:
    recipe = msgspec.structs.replace(SMALL, noticed=0.1, ordered=0.1)
    assert outcome(None, recipe).deadlines_kept == 1.0


def test_nobody_looks_at_more_than_the_budget_of_severe_cases() -> None:
    threats = msgspec.structs.replace(SMALL, threats=0.9, serious=0.1, volunteers=30)
    seen = outcome(None, threats).exposure_p95_minutes
    assert seen is not None
    assert seen <= 22


def test_more_duplicates_make_fewer_cases() -> None:
    counts = [
        len(draw_world(Recipe(reports=4000, arrivals=0, duplicates=share)).opened) for share in (0, 0.15, 0.5, 0.85)
    ]
    assert counts == [4000, 3400, 2000, 600]


def test_a_bloc_clears_its_own_and_tells_the_truth_elsewhere() -> None:
    world = draw_world(msgspec.structs.replace(SMALL, bloc=0.5, quality=0.95, coins=0.0, unclear=0.0))
    member = int(np.flatnonzero(world.in_bloc)[0])
    own = [n for n in range(len(world.opened)) if world.own_group[n] and world.broke[n]]
    others = [n for n in range(len(world.opened)) if not world.own_group[n] and world.broke[n]]
    assert not any(opinion(world, member, case) for case in own)
    assert sum(opinion(world, member, case) for case in others) > 0.7 * len(others)


def test_the_world_is_the_one_that_was_ordered() -> None:
    world = draw_world(Recipe(reports=20_000, arrivals=5000, volunteers=500))
    severe = sum(each is Severity.THREAT for each in world.severity) / len(world.severity)
    assert severe == pytest.approx(0.1, abs=0.01)
    assert world.broke.mean() == pytest.approx(0.25, abs=0.015)
    reported = np.concatenate(world.reports)
    assert (reported == 0).sum() == 20_000
    first_day = ((reported > 0) & (reported < 24 * 3600)).sum()
    assert first_day == pytest.approx(5000, rel=0.15)
    burst = ((reported >= 6 * 3600) & (reported < 12 * 3600)).sum()
    assert burst > first_day / 2
    assert world.sensitivity[world.sensitivity != 0.5].mean() == pytest.approx(0.8, abs=0.02)


def test_a_toss_depends_on_what_it_is_about_and_nothing_else() -> None:
    tosses = [toss(1, 2, juror, case) for juror in range(60) for case in range(60)]
    assert np.mean(tosses) == pytest.approx(0.5, abs=0.03)
    assert len(set(tosses)) == len(tosses)
    assert toss(1, 2, 3, 4) == toss(1, 2, 3, 4) != toss(2, 2, 3, 4)


@pytest.mark.parametrize("wrong", [{"volunteers": 0}, {"duplicates": 0.99}, {"screening": 0.4}, {"arrivals": -1}])
def test_a_recipe_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        Recipe(**wrong)  # type: ignore[arg-type]  # values of every field


def test_the_chart_is_a_picture_with_a_line_for_every_procedure() -> None:
    drawn = ET.fromstring(draw_backlog([run(), run(3)]))
    lines = drawn.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 4
    assert "3 of 5" in "".join(drawn.itertext())


def test_staffing_finds_the_smallest_number_that_keeps_up() -> None:
    recipe = Recipe(reports=0, arrivals=150, hours=48, volunteers=4)
    trials = list(try_numbers(recipe))
    enough = smallest(trials)
    assert enough is not None
    assert all(trial.keeps_up for trial in trials if trial.volunteers == enough)
    assert not any(trial.keeps_up for trial in trials if trial.volunteers < enough)
