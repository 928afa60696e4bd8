"""Ids sort by time, cannot be counted and fit where clients put them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot import clock
from folkmoot.ids import LARGEST, id_at, new_id, new_notification_id, parse, time_of


def test_every_new_id_is_greater_than_the_last() -> None:
    for make in (new_id, new_notification_id):
        ids = [make() for _ in range(5_000)]
        assert ids == sorted(set(ids))


def test_ids_say_when_they_were_made() -> None:
    before = clock.now()
    assert timedelta(0) <= time_of(new_id()) - before < timedelta(seconds=2)
    moment = datetime(2021, 1, 10, 12, 30, 15, 250_000, UTC)
    assert time_of(id_at(moment)) == moment


def test_neighbours_cannot_be_guessed() -> None:
    now = clock.now()
    assert len({id_at(now) & 0xFFFF for _ in range(200)}) > 150


def test_notification_ids_are_numbers_every_client_can_read() -> None:
    with clock.held_at(datetime(2080, 1, 1, tzinfo=UTC)):
        assert new_notification_id() < 2**53


def test_a_clock_held_in_the_past_gives_ids_of_the_past() -> None:
    with clock.held_at(datetime(2021, 1, 10, tzinfo=UTC)):
        assert time_of(new_id()).year == 2021


@pytest.mark.parametrize("text", ["", "-1", "1.0", "abc", "9" * 30, str(LARGEST + 1), "１２", " 1", "0x1", "1\n"])
def test_what_cannot_be_an_id_is_none(text: str) -> None:
    assert parse(text) is None


@given(st.integers(0, LARGEST))
def test_every_id_is_read_as_it_was_written(id: int) -> None:
    assert parse(str(id)) == id
