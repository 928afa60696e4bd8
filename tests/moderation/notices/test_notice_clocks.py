"""Clocks: which row holds, when an answer is due, when stewards are reminded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.errors import Invalid
from folkmoot.moderation.notices.rules import (
    Clock,
    Kind,
    check_clock,
    due_at,
    find_clock,
    names_of,
    new_reference,
    references_in,
    times_kept,
    warnings_at,
)

SATURDAY = datetime(2021, 1, 9, 18, 1, tzinfo=UTC)
TABLE = [
    Clock(kind="any", minutes=1440),
    Clock(kind="order", minutes=60),
    Clock(kind="any", sender="host.example", minutes=720),
    Clock(kind="host", sender="eu.host.example", minutes=300),
    Clock(kind="any", sender="abuse@host.example", minutes=90),
]


@pytest.mark.parametrize(
    ("kind", "sender", "minutes"),
    [
        (Kind.UNKNOWN, "somebody@elsewhere.example", 1440),
        (Kind.ORDER, "somebody@elsewhere.example", 60),
        (Kind.HOST, "other@host.example", 720),
        (Kind.HOST, "abuse@HOST.example", 90),
        (Kind.HOST, "x@eu.host.example", 300),
        (Kind.STORE, "x@eu.host.example", 720),
        (Kind.ORDER, "x@nothost.example", 60),
        (Kind.PERSON, "", 1440),
    ],
)
def test_the_row_that_says_most_about_a_sender_holds(kind: Kind, sender: str, minutes: int) -> None:
    assert find_clock(TABLE, kind, sender).minutes == minutes


def test_an_empty_table_still_gives_a_day() -> None:
    assert find_clock([], Kind.HOST, "a@b.example").minutes == 1440


def test_names_of_a_sender_never_reach_a_top_level_domain() -> None:
    assert names_of("Abuse@Mail.Host.example") == ["abuse@mail.host.example", "mail.host.example", "host.example"]
    assert names_of("host.example") == ["host.example"]
    assert names_of("") == []


times = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
clocks = st.builds(
    Clock,
    minutes=st.integers(10, 527_040),
    warnings=st.lists(
        st.one_of(
            st.integers(1, 99).map("{}%".format), st.builds("{}{}".format, st.integers(1, 500), st.sampled_from("mhd"))
        ),
        max_size=6,
    ).map(tuple),
)


@given(clocks, times, times)
def test_no_answer_is_due_later_than_a_deadline_that_is_sure(
    clock: Clock, received: datetime, deadline: datetime
) -> None:
    due = due_at(clock, received, deadline, holds=True)
    assert received < due <= received + timedelta(minutes=clock.minutes)
    if deadline > received:
        assert due <= deadline


@given(clocks, times, times)
def test_a_deadline_that_is_not_sure_changes_nothing(clock: Clock, received: datetime, deadline: datetime) -> None:
    assert due_at(clock, received, deadline, holds=False) == received + timedelta(minutes=clock.minutes)


@given(clocks, times, st.timedeltas(timedelta(seconds=1), timedelta(days=366)))
def test_reminders_come_in_order_and_between_the_beginning_and_the_end(
    clock: Clock, begins: datetime, length: timedelta
) -> None:
    check_clock(clock)
    moments = warnings_at(clock, begins, begins + length)
    assert moments == sorted(set(moments))
    assert all(begins < moment < begins + length for moment in moments)


def test_reminders_of_a_day_are_at_half_at_a_quarter_and_an_hour_before() -> None:
    moments = warnings_at(Clock(minutes=1440), SATURDAY, SATURDAY + timedelta(days=1))
    assert [SATURDAY + timedelta(days=1) - moment for moment in moments] == [
        timedelta(hours=12),
        timedelta(hours=6),
        timedelta(hours=1),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"minutes": 5},
        {"minutes": 600_000},
        {"minutes": 60, "kind": "nobody"},
        {"minutes": 60, "warnings": ("soon",)},
        {"minutes": 60, "warnings": ("100%",)},
        {"minutes": 60, "warnings": ("0m",)},
        {"minutes": 60, "warnings": ("1%",) * 7},
    ],
)
def test_a_row_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        check_clock(Clock(**wrong))  # type: ignore[arg-type]  # values of every field


def test_our_reference_is_found_in_any_subject() -> None:
    reference = new_reference()
    assert references_in(f"AW: Re: [{reference.lower()}] {reference}") == [reference]
    assert references_in("FM-12345-1234 FM-OOOO-1111 XFM-1234-1234") == []


@given(st.lists(st.tuples(st.none() | times, times)), times)
def test_every_clock_is_kept_missed_or_still_running(
    pairs: list[tuple[datetime | None, datetime]], now: datetime
) -> None:
    kept, missed = times_kept(pairs, now)
    running = sum(met is None and now <= due for met, due in pairs)
    assert kept + missed + running == len(pairs)
