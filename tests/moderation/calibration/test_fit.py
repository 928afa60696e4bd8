"""The arithmetic of calibration: examples and properties."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.moderation.calibration import fit
from folkmoot.moderation.screening.line import Line, logit, sigmoid

shares = st.floats(0.0001, 0.9999)


@given(shares)
def test_a_line_of_slope_one_changes_nothing(p: float) -> None:
    assert Line().of(p) == pytest.approx(p, abs=1e-5)


@given(st.floats(-30, 30))
def test_log_odds_and_probability_undo_each_other(x: float) -> None:
    assert logit(sigmoid(x)) == pytest.approx(max(min(x, 13.8155), -13.8155), abs=1e-3)


def drawn(line: Line, number: int = 4_000, seed: int = 7) -> tuple[list[float], list[bool]]:
    """Probabilities, and verdicts that came about as `line` says they should."""
    dice = random.Random(seed)
    claimed = [dice.random() for _ in range(number)]
    return claimed, [dice.random() < line.of(p) for p in claimed]


@pytest.mark.parametrize("line", [Line(1.0, 0.0), Line(0.5, 1.0), Line(2.0, -1.5)])
def test_the_fit_finds_the_line_that_made_the_verdicts(line: Line) -> None:
    found = fit.fit(*drawn(line))
    assert found.slope == pytest.approx(line.slope, rel=0.15)
    assert found.shift == pytest.approx(line.shift, abs=0.15)


def test_a_fit_brings_claims_nearer_to_what_was_found() -> None:
    claimed, violates = drawn(Line(0.5, 1.5))
    line = fit.fit(claimed, violates)
    before = fit.figures(claimed, violates, 0.3, 0.7)
    after = fit.figures([line.of(p) for p in claimed], violates, 0.3, 0.7)
    assert after.log_loss < before.log_loss
    assert after.error < before.error / 3


def test_few_verdicts_fit_nothing() -> None:
    with pytest.raises(ValueError, match="at least 40"):
        fit.fit([0.5] * 60, [True] * 50 + [False] * 10)


@given(st.lists(shares, min_size=1, max_size=400), st.floats(0, 0.5))
def test_a_threshold_touches_no_more_than_its_share(probabilities: list[float], share: float) -> None:
    limit = fit.threshold(probabilities, share)
    if 0.01 < limit < 0.999:
        assert sum(p >= limit for p in probabilities) <= math.floor(len(probabilities) * share)


@given(st.lists(st.tuples(shares, st.booleans()), min_size=1, max_size=100))
def test_figures_are_shares(pairs: list[tuple[float, bool]]) -> None:
    found = fit.figures([p for p, _ in pairs], [v for _, v in pairs], 0.3, 0.7)
    assert 0 <= found.held <= found.doubted <= 1
    assert 0 <= found.false_holds <= 1
    assert 0 <= found.error <= 1
    assert found.log_loss >= 0


def test_the_same_text_is_always_on_the_same_side() -> None:
    assert fit.Judgement("a", True).is_held_out == fit.Judgement("a", False).is_held_out
    sides = [fit.Judgement(str(n), True).is_held_out for n in range(600)]
    assert 150 < sum(sides) < 250
