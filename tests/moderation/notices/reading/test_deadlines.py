"""Deadlines in words. The letter comes on Saturday, 9 January 2021, at 18:00 UTC; the network lives in Berlin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.moderation.notices.reading import Deadline
from folkmoot.moderation.notices.reading.deadlines import Standpoint, find_deadline
from folkmoot.moderation.notices.reading.zones import NAMED, fixed, place

SATURDAY = datetime(2021, 1, 9, 18, tzinfo=UTC)
BERLIN = Standpoint(SATURDAY, place("Europe/Berlin"), "house")


def read(text: str, stand: Standpoint = BERLIN) -> Deadline | None:
    return find_deadline(text, stand)[0]


def at(words: str) -> datetime:
    return datetime.strptime(words, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


SURE = [
    ("Please reply within 24 hours.", "2021-01-10 18:00"),
    ("within 24 hours of receipt of this notice", "2021-01-10 18:00"),
    ("within twenty-four (24) hours", "2021-01-10 18:00"),
    ("within one (1) hour of receipt", "2021-01-09 19:00"),
    ("You have 24 hours to respond", "2021-01-10 18:00"),
    ("in the next 2 hours", "2021-01-09 20:00"),
    ("We give you 12 hours", "2021-01-10 06:00"),
    ("a 24-hour deadline", "2021-01-10 18:00"),
    ("a deadline of 72 hours", "2021-01-12 18:00"),
    ("no later than 48 hours after receipt", "2021-01-11 18:00"),
    ("Bitte entfernen Sie die Inhalte binnen 24 Stunden.", "2021-01-10 18:00"),
    ("innerhalb von 48 Stunden", "2021-01-11 18:00"),
    ("innerhalb einer Stunde nach Erhalt", "2021-01-09 19:00"),
    ("innerhalb einer halben Stunde", "2021-01-09 18:30"),
    ("binnen sieben Tagen", "2021-01-16 18:00"),
    ("spätestens binnen vierundzwanzig Stunden", "2021-01-10 18:00"),
    ("eine 24-Stunden-Frist", "2021-01-10 18:00"),
    ("eine Frist von 24 Stunden", "2021-01-10 18:00"),
    ("until Sunday midnight PST", "2021-01-11 08:00"),
    ("until Sunday, midnight Pacific Time", "2021-01-11 08:00"),
    ("until midnight on Sunday (PST)", "2021-01-11 08:00"),
    ("effective Sunday, January 10th, at 11:59PM PST", "2021-01-11 07:59"),
    ("by 10 January 2021, 23:59 PST", "2021-01-11 07:59"),
    ("by January 10, 2021 at 5 pm ET", "2021-01-10 22:00"),
    ("no later than 2021-01-11 12:00 UTC", "2021-01-11 12:00"),
    ("no later than 2021-01-11T12:00:00Z", "2021-01-11 12:00"),
    ("Deadline: 11 Jan 2021 09:00 GMT+1", "2021-01-11 08:00"),
    ("Response required by: Monday, January 11, 2021 5:00 PM Pacific Time", "2021-01-12 01:00"),
    ("by 11.01.2021 12:00 +02:00", "2021-01-11 10:00"),
    ("bis spätestens Montag, den 11.01.2021, 12:00 Uhr MEZ", "2021-01-11 11:00"),
    ("bis Sonntag, 24 Uhr Berliner Zeit", "2021-01-10 23:00"),
    ("bis zum 11. Januar 2021, 18 Uhr (MEZ)", "2021-01-11 17:00"),
]
UNSURE = [
    ("bis Sonntag, 24 Uhr", "2021-01-10 23:00", "no_zone"),
    ("bis zum 11. Januar 2021, 18 Uhr", "2021-01-11 17:00", "no_zone"),
    ("spätestens bis morgen 10.30 Uhr", "2021-01-10 09:30", "no_zone"),
    ("bis heute 20 Uhr", "2021-01-09 19:00", "no_zone"),
    ("Frist: 10.01.2021, 14:00 Uhr", "2021-01-10 13:00", "no_zone"),
    ("bis Sonntagabend 20 Uhr", "2021-01-10 19:00", "no_zone"),
    ("by midnight tonight", "2021-01-09 23:00", "no_zone"),
    ("before noon on Monday", "2021-01-11 11:00", "no_zone"),
    ("by 23:59 on 10th of January", "2021-01-10 22:59", "no_zone"),
    ("by Monday 9am", "2021-01-11 08:00", "no_zone"),
    ("bis Montag", "2021-01-11 23:00", "no_time"),
    ("bis zum Ablauf des 12.01.2021", "2021-01-12 23:00", "no_time"),
    ("by EOD", "2021-01-09 23:00", "no_day"),
    ("bis Ende des Tages", "2021-01-09 23:00", "no_day"),
    ("by COB Friday", "2021-01-15 16:00", "end_of_work"),
    ("by end of day tomorrow (CET)", "2021-01-10 23:00", "end_of_day"),
    ("by 10/01/2021", "2021-01-10 23:00", "day_or_month"),
    ("by Friday, 11 January 2021, 12:00 UTC", "2021-01-11 12:00", "weekday_differs"),
    ("within 3 business days", "2021-01-13 18:00", "working_days"),
    ("Sie haben drei Werktage Zeit", "2021-01-13 18:00", "working_days"),
    ("until 15 July 2021 12:00 PST", "2021-07-15 19:00", "zone_name"),
    ("until 15 July 2021 12:00 MEZ", "2021-07-15 10:00", "zone_name"),
    ("by 8 January 2021, 12:00 UTC", "2021-01-08 12:00", "past"),
]
NONE = [
    "We will respond within 24 hours.",
    "Wir werden uns innerhalb von 2 Tagen melden",
    "The post was published within 24 hours",
    "Our team aims to answer by Monday",
    "before we act by mistake",
    "by the way, the 12 posts",
    "bis 31.02.2021",
    "within 0 hours",
    "das ist bis auf 12 Beiträge alles",
    "Posted by ada at 12:00",
    "",
]


@pytest.mark.parametrize(("text", "moment"), SURE)
def test_a_deadline_that_leaves_no_doubt(text: str, moment: str):
    found = read(text)
    assert found is not None
    assert (found.moment, found.sure) == (at(moment), True)


@pytest.mark.parametrize(("text", "moment", "note"), UNSURE)
def test_a_deadline_a_steward_should_confirm(text: str, moment: str, note: str):
    found = read(text)
    assert found is not None
    assert (found.moment, found.sure, found.note) == (at(moment), False, note)


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_deadline(text: str):
    assert read(text) is None


def test_haste_without_a_time_is_told_apart():
    assert find_deadline("Please remove this immediately, unverzüglich!", BERLIN) == (
        None,
        ("immediately", "unverzüglich"),
    )


def test_of_several_the_earliest_is_taken_and_is_unsure():
    found = read("Remove them within 24 hours. Send us your plan by 15 January 2021, 12:00 UTC.")
    assert found is not None
    assert (found.moment, found.sure, found.note) == (at("2021-01-10 18:00"), False, "several")
    assert [other.moment for other in found.others] == [at("2021-01-15 12:00")]


def test_two_ways_to_say_the_same_are_sure():
    found = read("within 24 hours, that is by 10 January 2021, 18:00 UTC")
    assert found is not None
    assert found.sure


def test_what_is_past_does_not_hide_what_is_ahead():
    found = read("You did not answer by 8 January 2021, 12:00 UTC. You now have 24 hours.")
    assert found is not None
    assert found.moment == at("2021-01-10 18:00")


def test_the_zone_of_the_letter_is_used_where_none_is_written():
    found = read("until Sunday midnight", Standpoint(SATURDAY, fixed(-480), "date_header"))
    assert found is not None
    assert (found.moment, found.zone, found.zone_source, found.sure) == (
        at("2021-01-11 08:00"),
        "UTC-08:00",
        "date_header",
        False,
    )


def test_today_is_the_writers_today():
    late = Standpoint(datetime(2021, 1, 9, 23, 30, tzinfo=UTC), place("Europe/Berlin"), "house")
    found = read("bis heute 12 Uhr", late)
    assert found is not None
    assert found.moment == at("2021-01-10 11:00")


@pytest.mark.parametrize("date", ["28.03.2021", "31.10.2021"])
def test_nights_on_which_clocks_change(date: str):
    """An hour that does not exist or comes twice is read as the earlier of its two readings, and is unsure."""
    found = read(f"bis zum {date}, 02:30 Uhr deutscher Zeit")
    assert found is not None
    assert not found.sure
    assert found.moment.minute == 30


_ZONES = sorted(name for name in NAMED if name not in ("z", "pacific", "mountain", "central", "eastern"))


@given(
    day=st.dates(datetime(2021, 1, 10).date(), datetime(2021, 12, 31).date()),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    zone=st.sampled_from(_ZONES),
    form=st.sampled_from(
        ["by {d:%Y-%m-%d} {t} {z}", "until {d:%d}.{d:%m}.{d:%Y}, {t} {z}", "bis zum {d:%d}. {d:%m}. {d:%Y} {t} Uhr {z}"]
    ),
)
def test_a_written_moment_is_that_moment_or_an_hour_before(day: datetime, hour: int, minute: int, zone: str, form: str):
    found = read(form.format(d=day, t=f"{hour:02d}:{minute:02d}", z=zone.upper()))
    assert found is not None
    assert found.zone_source == "written"
    written = datetime(day.year, day.month, day.day, hour, minute)
    there = written.replace(tzinfo=ZoneInfo(NAMED[zone][0])).astimezone(UTC)
    strict = NAMED[zone][1]
    readings = {there} | ({written.replace(tzinfo=UTC) - timedelta(minutes=strict)} if strict is not None else set())
    assert found.moment <= max(readings)
    assert found.moment >= min(readings) - timedelta(hours=1)
    if found.sure:
        assert readings == {found.moment}


@given(
    count=st.integers(1, 99),
    unit=st.sampled_from([("hours", 60), ("Stunden", 60), ("minutes", 1), ("days", 1440), ("Tagen", 1440)]),
)
def test_a_length_counts_from_where_one_stands(count: int, unit: tuple[str, int]):
    for form in ("within {} {}", "binnen {} {}", "You have {} {} to act"):
        found = read(form.format(count, unit[0]))
        assert found is not None
        assert found.moment == SATURDAY + timedelta(minutes=count * unit[1])


@given(text=st.text(alphabet="bis zum until 0123456789.:/- SundayMontagPSTUhr(),", max_size=80))
def test_no_words_make_it_fall(text: str):
    found = read("by " + text)
    if found is not None:
        assert found.moment.tzinfo is UTC
