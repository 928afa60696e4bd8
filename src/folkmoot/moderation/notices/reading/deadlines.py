"""Deadlines in words, English and German, and the moment in UTC they mean. The earlier of two readings wins and is unsure.

Cues are found by a linear matcher; what follows a cue is read in a window of 140 characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from folkmoot.moderation.notices.reading.cues import NUMBER_WORDS, UNITS, adjective, of_itself, until, urgent, within
from folkmoot.moderation.notices.reading.reading import Deadline, Moment, ZoneSource
from folkmoot.moderation.notices.reading.zones import Zone, find_zone

MOST_TEXT = 200_000
MOST_CANDIDATES = 40
WINDOW = 140
SAME = timedelta(minutes=5)
"""Candidates this near to each other say the same."""
END_OF_WORK = time(17)

_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "mär": 3, "mrz": 3, "apr": 4, "may": 5, "mai": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9,
    "oct": 10, "okt": 10, "nov": 11, "dec": 12, "dez": 12, "jän": 1,
}  # fmt: skip
_MONTH = (
    r"(jan(?:uary|uar)?|jänner|feb(?:ruary|ruar)?|mar(?:ch)?|märz|mrz|apr(?:il)?|may|mai|june?|juni|july?|juli|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|okt(?:ober)?|nov(?:ember)?|dec(?:ember)?|dez(?:ember)?)\.?"
)
_WEEKDAYS = {
    "mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6,
    "mo": 0, "di": 1, "mi": 2, "do": 3, "fr": 4, "sa": 5, "so": 6,
}  # fmt: skip
_ISO = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)(?=\D|$)")
_DAY_MONTH = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th|\.)?\s*(?:of\s+)?{_MONTH}(?:,?\s+(20\d\d))?\b", re.IGNORECASE)
_MONTH_DAY = re.compile(rf"\b{_MONTH}\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(20\d\d)\b)?", re.IGNORECASE)
_DOTTED = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.(?:\s?(20\d\d|\d\d)\b)?")
_SLASHED = re.compile(r"\b(\d{1,2})/(\d{1,2})/(20\d\d|\d\d)\b")
_WEEKDAY = re.compile(
    r"\b(mon|tues?|wednes|thurs?|fri|satur|sun)(?:day)?\b|\b(montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag)(?:s|abend|nacht|mittag)?\b"
    r"|\b(mo|di|mi|do|fr|sa|so)\.",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"\b(?:(today|tonight|heute(?:\s+(?:abend|nacht))?)|(tomorrow|morgen)|(übermorgen|day after tomorrow)|"
    r"(end of (?:the )?week|wochenende|ende der woche|eow))\b",
    re.IGNORECASE,
)
_CLOCK_12 = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))?(?::\d{2})?\s?([ap])\.?m\b", re.IGNORECASE)
_CLOCK_24 = re.compile(r"(?<![\d.])(\d{1,2}):(\d{2})(?::\d{2})?(?![\d])")
_UHR = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))?\s?(?:uhr|h)\b", re.IGNORECASE)
_MIDNIGHT = re.compile(r"\b(?:midnight|mitternacht)\b", re.IGNORECASE)
_NOON = re.compile(r"\b(?:(?:12 )?noon|mittags?|midday)\b", re.IGNORECASE)
_END_OF_DAY = re.compile(
    r"\b(?:eod|end of (?:the )?(?:day|today)|tagesende|ende des tages|ablauf des (?:heutigen )?tages)\b", re.IGNORECASE
)
_END_OF_WORK = re.compile(
    r"\b(?:cob|close of business|end of (?:the )?(?:business|working) day|geschäftsschluss|dienstschluss|büroschluss)\b",
    re.IGNORECASE,
)


_BEFORE_A_TIME = (
    "",
    "at",
    "um",
    "the latest",
    "the latest at",
    "spätestens",
    "spätestens um",
    "genau",
    "exactly",
    "the",
)
"""What may stand between a cue and a time without a day; `posted by ada at 12:00` is no deadline."""


@dataclass(frozen=True, slots=True)
class Standpoint:
    """From where a deadline is read: the moment it counts from, and the zone when none is written."""

    base: datetime
    zone: Zone
    zone_source: ZoneSource


def find_deadline(text: str, stand: Standpoint) -> tuple[Deadline | None, tuple[str, ...]]:
    """The earliest deadline in a text with its other candidates, and the words of haste without a time."""
    text = " ".join(text[:MOST_TEXT].replace("*", " ").split(" "))
    urgency = tuple(
        dict.fromkeys(match.group().lower() for match, _ in zip(urgent.finditer(text), range(20), strict=False))
    )
    candidates: list[Moment] = []
    for found in _candidates(text, stand):
        if all(found.moment != other.moment for other in candidates):
            candidates.append(found)
        if len(candidates) >= MOST_CANDIDATES:
            break
    ahead = [each for each in candidates if each.moment > stand.base]
    chosen = min(ahead or candidates, key=lambda each: each.moment, default=None)
    if chosen is None:
        return None, urgency
    others = tuple(sorted((each for each in candidates if each is not chosen), key=lambda each: each.moment))
    apart = [each for each in others if abs(each.moment - chosen.moment) > SAME]
    note = chosen.note or ("" if ahead else "past") or ("several" if apart else "")
    return (
        Deadline(
            moment=chosen.moment,
            words=chosen.words,
            zone=chosen.zone,
            zone_source=chosen.zone_source,
            sure=chosen.sure and not apart and bool(ahead),
            note=note,
            others=others,
        ),
        urgency,
    )


def _candidates(text: str, stand: Standpoint) -> Iterator[Moment]:
    for match, _ in zip(within.finditer(text), range(200), strict=False):
        if not _speaks_of_itself(text, match.start()):
            found = _after(match.group(1), match.group(2), match.group(3) is not None, match.group(), stand)
            if found:
                yield found
    for match, _ in zip(adjective.finditer(text), range(200), strict=False):
        if not _speaks_of_itself(text, match.start()):
            found = _after(match.group(1), match.group(2), False, match.group(), stand)
            if found:
                yield found
    for match, _ in zip(until.finditer(text), range(500), strict=False):
        if not _speaks_of_itself(text, match.start()):
            found = _moment(match.group(), _window(text, match.end()), stand)
            if found:
                yield found


def _speaks_of_itself(text: str, start: int) -> bool:
    """Whether the sentence promises something of the sender's own, or tells when something was posted."""
    return bool(of_itself.search(text[max(0, start - 160) : start]))


def _after(count: str | None, unit: str | None, is_half: bool, words: str, stand: Standpoint) -> Moment | None:
    if is_half:
        length, is_working = timedelta(minutes=30), False
    else:
        assert count is not None
        assert unit is not None
        number = int(count) if count.isdigit() else NUMBER_WORDS[count.lower()]
        small = unit.lower()
        is_working = small.startswith(("business", "working", "werk", "arbeits"))
        bare = re.sub(r"^(?:business|working|calendar|full|more|werk|arbeits|kalender|volle[nr]?)[\s-]?", "", small)
        length = number * next(size for names, size in UNITS if bare.startswith(names))
    if not timedelta() < length <= timedelta(days=366):
        return None
    moment = _working_days(stand, length.days) if is_working else stand.base + length
    return Moment(
        moment=moment.astimezone(UTC),
        words=_one_line(words),
        zone=stand.zone.name if is_working else "UTC",
        zone_source=stand.zone_source if is_working else "not_needed",
        sure=not is_working,
        note="working_days" if is_working else "",
    )


def _working_days(stand: Standpoint, days: int) -> datetime:
    """Saturdays and Sundays do not count; holidays nobody told us of do."""
    local = stand.base.astimezone(stand.zone.info)
    while days > 0:
        local += timedelta(days=1)
        days -= local.weekday() < 5
    return local


def _window(text: str, start: int) -> str:
    """What follows a cue, to the end of its sentence."""
    window = text[start : start + WINDOW]
    window = re.split(
        r"\n\s*\n|[!?;]|(?<!\d)\.(?=\s+[A-ZÄÖÜ])|(?<=\d{4})\.(?=\s+[A-ZÄÖÜ])|\s-\s|\bhttps?:", window, maxsplit=1
    )[0]
    return " ".join(window.split())


def _moment(cue: str, window: str, stand: Standpoint) -> Moment | None:
    """The moment a phrase such as `Sunday midnight PST` means; None when it names neither day nor time."""
    written = find_zone(window)
    zone = written or stand.zone
    source: ZoneSource = "written" if written else stand.zone_source
    base = stand.base.astimezone(zone.info)
    clock = _time_in(window)
    day = _day_in(window, base)
    first = min([part.start for part in (clock, day) if part is not None], default=None)
    if first is None or first > 40:
        return None
    if clock and day and abs(clock.start - day.start) > 70:
        clock = None if day.start < clock.start else clock
        day = None if clock else day
    if day is None:
        if clock is None or window[: clock.start].strip(" ,").lower() not in _BEFORE_A_TIME:
            return None
        day = _Day(base.date(), clock.start, clock.end, clock.is_sure, "no_day")
    notes = [note for note in (day.note, clock.note if clock else "no_time") if note]
    at, days = (clock.at, clock.days) if clock else (time(), 1)
    naive = datetime.combine(day.on, at) + timedelta(days=days)
    try:
        moment, is_certain = zone.earliest(naive)
        moment = moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    if day.note == "no_day" and moment <= stand.base:
        moment += timedelta(days=1)
    if not is_certain:
        notes.append("zone_name")
    if source != "written":
        notes.append("no_zone")
    end = max(part.end for part in (day, clock) if part is not None)
    return Moment(
        moment=moment,
        words=_one_line(cue + window[: _with_zone(window, end, written)]),
        zone=zone.name,
        zone_source=source,
        sure=not notes and day.is_sure and (clock is None or clock.is_sure),
        note=notes[0] if notes else "",
    )


@dataclass(frozen=True, slots=True)
class _Day:
    on: date
    start: int
    end: int
    is_sure: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Time:
    at: time
    days: int
    start: int
    end: int
    is_sure: bool = True
    note: str = ""


def _time_in(words: str) -> _Time | None:
    """The time of day; midnight and 24:00 are the end of the day named, as is a date without a time."""
    found: list[_Time] = []
    if match := _MIDNIGHT.search(words):
        found.append(_Time(time(), 1, match.start(), match.end()))
    if match := _NOON.search(words):
        found.append(_Time(time(12), 0, match.start(), match.end()))
    if match := _END_OF_DAY.search(words):
        found.append(_Time(time(), 1, match.start(), match.end(), False, "end_of_day"))
    if match := _END_OF_WORK.search(words):
        found.append(_Time(END_OF_WORK, 0, match.start(), match.end(), False, "end_of_work"))
    if match := _CLOCK_12.search(words):
        hour, minute = int(match[1]), int(match[2] or 0)
        if 1 <= hour <= 12 and minute < 60:
            hour = hour % 12 + (12 if match[3].lower() == "p" else 0)
            is_twelve = hour == 0 and minute == 0  # "12 am" is meant as either end of the day
            found.append(
                _Time(
                    time(hour, minute), 0, match.start(), match.end(), not is_twelve, "twelve_am" if is_twelve else ""
                )
            )
    for pattern in (_UHR, _CLOCK_24):
        if match := pattern.search(words):
            hour, minute = int(match[1]), int(match[2] or 0)
            if hour == 24 and minute == 0:
                found.append(_Time(time(), 1, match.start(), match.end()))
            elif hour < 24 and minute < 60 and not any(each.start == match.start() for each in found):
                found.append(_Time(time(hour, minute), 0, match.start(), match.end()))
    return min(found, key=lambda each: each.start, default=None)


def _day_in(words: str, base: datetime) -> _Day | None:
    """The day: a date before a weekday before `tomorrow`; a date that is not the weekday beside it is unsure."""
    dated, weekday = _date_in(words, base), _weekday_in(words, base)
    if dated is None:
        return weekday or _relative_in(words, base)
    if weekday is None or abs(weekday.start - dated.start) > 30:
        return dated
    start, end = min(dated.start, weekday.start), max(dated.end, weekday.end)
    if weekday.on.weekday() != dated.on.weekday():
        return _Day(dated.on, start, end, False, "weekday_differs")
    return _Day(dated.on, start, end, dated.is_sure, dated.note)


def _date_in(words: str, base: datetime) -> _Day | None:
    if match := _ISO.search(words):
        return _made(int(match[1]), int(match[2]), int(match[3]), match)
    if match := _DAY_MONTH.search(words):
        return _in_year(match[3], _MONTHS[match[2][:3].lower()], int(match[1]), match, base)
    if match := _MONTH_DAY.search(words):
        return _in_year(match[3], _MONTHS[match[1][:3].lower()], int(match[2]), match, base)
    if match := _DOTTED.search(words):
        return _in_year(match[3], int(match[2]), int(match[1]), match, base)
    if match := _SLASHED.search(words):
        return _slashed(match, base)
    return None


def _made(year: int, month: int, day: int, match: re.Match[str], note: str = "") -> _Day | None:
    try:
        return _Day(date(year, month, day), match.start(), match.end(), not note, note)
    except ValueError:
        return None


def _in_year(year: str | None, month: int, day: int, match: re.Match[str], base: datetime) -> _Day | None:
    if year:
        return _made(int(year) + (2000 if len(year) == 2 else 0), month, day, match)
    made = _made(base.year, month, day, match)
    if made and made.on < base.date() - timedelta(days=60):
        return _made(base.year + 1, month, day, match)
    return made


def _slashed(match: re.Match[str], base: datetime) -> _Day | None:
    """10/01/2021 is a day of January or of October: the earlier one that is not past, and unsure."""
    first, second = int(match[1]), int(match[2])
    year = int(match[3]) + (2000 if len(match[3]) == 2 else 0)
    readings = [each for each in (_made(year, second, first, match), _made(year, first, second, match)) if each]
    if not readings:
        return None
    ahead = [each for each in readings if each.on >= base.date()] or readings
    best = min(ahead, key=lambda each: each.on)
    is_plain = len({each.on for each in readings}) == 1
    return _Day(best.on, best.start, best.end, is_plain, "" if is_plain else "day_or_month")


def _weekday_in(words: str, base: datetime) -> _Day | None:
    match = _WEEKDAY.search(words)
    if match is None:
        return None
    named = next(group for group in match.groups() if group).lower()
    number = _WEEKDAYS[named[:2]] if match[2] or match[3] else _WEEKDAYS[named[:3]]
    is_next = bool(re.search(r"\b(?:next|nächste[nr]?)\s+$", words[: match.start()], re.IGNORECASE))
    days = (number - base.weekday()) % 7
    if is_next and days == 0:
        days = 7
    return _Day(
        base.date() + timedelta(days=days), match.start(), match.end(), not is_next, "next_weekday" if is_next else ""
    )


def _relative_in(words: str, base: datetime) -> _Day | None:
    match = _RELATIVE.search(words)
    if match is None:
        return (
            _Day(base.date(), eod.start(), eod.end(), False, "no_day")
            if (eod := _END_OF_DAY.search(words) or _END_OF_WORK.search(words))
            else None
        )
    if match[4]:
        return _Day(
            base.date() + timedelta(days=(4 - base.weekday()) % 7), match.start(), match.end(), False, "end_of_week"
        )
    return _Day(base.date() + timedelta(days=0 if match[1] else 1 if match[2] else 2), match.start(), match.end())


def _with_zone(window: str, end: int, zone: Zone | None) -> int:
    """Where the words end that a steward is shown: after the zone, when it was written within a few words."""
    if zone is None:
        return end
    for length in range(end, min(len(window), end + 30) + 1):
        is_whole = length == len(window) or not window[length].isalnum()
        if is_whole and (found := find_zone(window[:length])) and found.name == zone.name:
            return length + (window[length : length + 1] == ")" and "(" in window[end:length])
    return end


def _one_line(words: str) -> str:
    return " ".join(words.split()).strip(" ,;:")[:200]
