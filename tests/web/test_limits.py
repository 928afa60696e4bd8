"""How often one may come."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from folkmoot.errors import TooMany
from folkmoot.settings import Settings
from folkmoot.web import limits
from folkmoot.web.limits import Limits


def times(act: Callable[[], object], most: int) -> int:
    """How often it went well, tried up to `most` times."""
    for n in range(most):
        try:
            act()
        except TooMany as refused:
            assert 0 < refused.retry_after <= limits.SIGN_UP_WINDOW_SECONDS  # noqa: PT017  # counted, too
            return n
    return most


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Limits:
    monkeypatch.setattr(limits.time, "time", lambda: 1_800_000_000.0)
    return Limits(Settings(rate_limits=True))


def test_pages_are_counted_for_each_visitor(counted: Limits) -> None:
    assert times(lambda: counted.check_page("203.0.113.5"), 2_000) == limits.PAGES
    assert times(lambda: counted.check_page("203.0.113.6"), 10) == 10


def test_one_address_may_try_only_so_many_passwords(counted: Limits) -> None:
    assert times(lambda: counted.check_sign_in("203.0.113.5"), 100) == limits.SIGN_INS
    assert times(lambda: counted.check_sign_in("203.0.113.7"), 10) == 10


def test_sign_ups_and_uploads_have_bounds_of_their_own(counted: Limits) -> None:
    assert times(lambda: counted.check_sign_up("203.0.113.5"), 50) == limits.SIGN_UPS
    assert times(lambda: counted.check_upload(5), 500) == limits.UPLOADS


def test_a_new_window_begins_anew(counted: Limits, monkeypatch: pytest.MonkeyPatch) -> None:
    assert times(lambda: counted.check_sign_in("203.0.113.5"), 100) == limits.SIGN_INS
    monkeypatch.setattr(limits.time, "time", lambda: 1_800_000_000.0 + limits.WINDOW_SECONDS)
    assert times(lambda: counted.check_sign_in("203.0.113.5"), 100) == limits.SIGN_INS


def test_switched_off_nothing_is_counted() -> None:
    off = Limits(Settings(rate_limits=False))
    assert times(lambda: off.check_page("203.0.113.5"), 2_000) == 2_000
