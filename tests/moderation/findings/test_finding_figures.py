"""Shares with their intervals, and drift."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.moderation.findings.rules import drift, interval, shares


@given(st.integers(0, 500), st.integers(1, 500))
def test_an_interval_holds_its_share(hits: int, more: int) -> None:
    share, low, high = interval(hits, hits + more)
    assert 0 <= low <= share + 1e-12
    assert share <= high + 1e-12 <= 1 + 1e-9


def test_an_interval_is_wilsons() -> None:
    share, low, high = interval(8, 10)
    assert (round(share, 3), round(low, 3), round(high, 3)) == (0.8, 0.49, 0.943)


def test_nothing_drifts_from_itself_and_little_says_nothing() -> None:
    spread = [500, 300, 100, 50, 50]
    assert drift(spread, [count * 4 for count in spread]) == pytest.approx(0, abs=0.001)
    assert drift(spread[::-1], spread) > 0.25  # type: ignore[operator]
    assert drift([1, 2, 3], spread[:3]) is None


def test_shares_of_nothing_are_nothing() -> None:
    assert shares([0, 0]) == (0.0, 0.0)
    assert shares([1, 3]) == (0.25, 0.75)
