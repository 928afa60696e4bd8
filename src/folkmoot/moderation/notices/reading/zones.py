"""Time zones as people write them. A name such as PST means the place, with its summer time, and says so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_PACIFIC, _MOUNTAIN, _CENTRAL, _EASTERN = "America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York"
_BERLIN, _LONDON = "Europe/Berlin", "Europe/London"
NAMED: dict[str, tuple[str, int | None]] = {
    "pst": (_PACIFIC, -480),
    "pdt": (_PACIFIC, -420),
    "pt": (_PACIFIC, None),
    "pacific": (_PACIFIC, None),
    "mst": (_MOUNTAIN, -420),
    "mdt": (_MOUNTAIN, -360),
    "mountain": (_MOUNTAIN, None),
    "cst": (_CENTRAL, -360),
    "cdt": (_CENTRAL, -300),
    "central": (_CENTRAL, None),
    "est": (_EASTERN, -300),
    "edt": (_EASTERN, -240),
    "et": (_EASTERN, None),
    "eastern": (_EASTERN, None),
    "akst": ("America/Anchorage", -540),
    "hst": ("Pacific/Honolulu", -600),
    "cet": (_BERLIN, 60),
    "cest": (_BERLIN, 120),
    "mez": (_BERLIN, 60),
    "mesz": (_BERLIN, 120),
    "bst": (_LONDON, 60),
    "wet": ("Europe/Lisbon", 0),
    "west": ("Europe/Lisbon", 60),
    "eet": ("Europe/Athens", 120),
    "eest": ("Europe/Athens", 180),
    "ist": ("Asia/Kolkata", 330),
    "jst": ("Asia/Tokyo", 540),
    "sgt": ("Asia/Singapore", 480),
    "aest": ("Australia/Sydney", 600),
    "aedt": ("Australia/Sydney", 660),
    "utc": ("UTC", 0),
    "gmt": ("UTC", 0),
    "zulu": ("UTC", 0),
    "z": ("UTC", 0),
}
"""Name, place, and the offset in minutes the name strictly stands for."""
_PLACES = {
    "berlin": _BERLIN,
    "brussels": "Europe/Brussels",
    "brüsseler": "Europe/Brussels",
    "paris": "Europe/Paris",
    "vienna": "Europe/Vienna",
    "wiener": "Europe/Vienna",
    "berliner": _BERLIN,
    "deutscher": _BERLIN,
    "deutsche": _BERLIN,
    "german": _BERLIN,
    "mitteleuropäische": _BERLIN,
    "mitteleuropäischer": _BERLIN,
    "central european": _BERLIN,
    "london": _LONDON,
    "uk": _LONDON,
    "dublin": "Europe/Dublin",
    "seattle": _PACIFIC,
    "california": _PACIFIC,
    "san francisco": _PACIFIC,
    "new york": _EASTERN,
}
_OFFSET = re.compile(
    r"(?:\b(?:utc|gmt)\s?)?(?<![\d:.])([+−-])(\d{1,2})(?::?([0-5]\d))?(?![\d:.])(?!\s*(?:uhr|am|pm|h)\b)", re.IGNORECASE
)
_ALSO_WORDS = ("est", "ist", "west", "wet", "et", "pt", "z", "hst", "eet", "pacific", "mountain", "central", "eastern")
"""What means something else in small letters (German `ist`), or needs `time` after it."""
_WORD = re.compile(
    r"\b(" + "|".join(sorted((name for name in NAMED if name not in _ALSO_WORDS), key=len, reverse=True)) + r")\b",
    re.IGNORECASE,
)
_SHORT = re.compile(r"\b(ET|PT|EST|IST|WEST|WET|HST|EET)\b|(?<=\d)(Z)\b")
_LONG = re.compile(
    r"\b("
    + "|".join(sorted([*_PLACES, "pacific", "mountain", "central", "eastern"], key=len, reverse=True))
    + r")\b(?:\s+(?:standard|daylight|local|summer))?(?:\s+time|\s+zeit|-?zeit|\s+ortszeit)\b"
    r"|\b(pacific|eastern)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone and what to call it; `strict` is the offset in minutes its name stands for, where that may differ."""

    name: str
    info: tzinfo
    strict: int | None = None

    def earliest(self, naive: datetime) -> tuple[datetime, bool]:
        """The moment of a wall-clock time, and whether it was certain: of two readings the earlier one.

        An hour that comes twice is its first; a name such as PST in July is read as the place's own time or as the
        strict offset, whichever falls earlier.
        """
        first = naive.replace(tzinfo=self.info, fold=0)
        second = naive.replace(tzinfo=self.info, fold=1)
        readings = {first.utcoffset(), second.utcoffset()}
        if self.strict is not None:
            readings.add(timedelta(minutes=self.strict))
        offset = max(each for each in readings if each is not None)
        return naive.replace(tzinfo=timezone(offset)), len(readings) == 1


def fixed(minutes: int) -> Zone:
    """The zone of an offset in minutes."""
    sign = "-" if minutes < 0 else "+"
    name = f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    return Zone("UTC" if minutes == 0 else name, timezone(timedelta(minutes=minutes)))


def place(name: str) -> Zone:
    """The zone of an IANA name, UTC when there is none."""
    try:
        return Zone(name, ZoneInfo(name))
    except (KeyError, ValueError, OSError):
        return fixed(0)


def find_zone(words: str) -> Zone | None:
    """The zone written in a few words around a time, or None."""
    if (found := _OFFSET.search(words)) and (_is_offset(words, found)):
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        if minutes <= 14 * 60:
            return fixed(-minutes if found[1] in "-−" else minutes)
    if found := _LONG.search(words):
        name = (found[1] or found[2]).lower()
        return place(_PLACES[name]) if name in _PLACES else place(NAMED[name][0])
    for pattern in (_WORD, _SHORT):
        if found := pattern.search(words):
            name = next(group for group in found.groups() if group).lower()
            iana, strict = NAMED[name]
            known = place(iana)
            return Zone(known.name, known.info, strict if iana != "UTC" else None)
    return None


def _is_offset(words: str, found: re.Match[str]) -> bool:
    """Whether a sign and digits are an offset: after UTC or GMT, or right after a time of day; a date's hyphens are not."""
    before = words[: found.start()].rstrip()
    if found[0].lower().startswith(("utc", "gmt")):
        return True
    return bool(re.search(r"\d[:.]\d{2}(?::\d{2})?$", before)) and found[3] is not None
