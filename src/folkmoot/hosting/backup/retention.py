"""Which backups stay: plain decisions over plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Kept:
    """How many days, weeks and months keep one backup each; the newest of each counts."""

    daily: int
    weekly: int
    monthly: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A backup as retention sees it."""

    name: str
    at: datetime
    parent: str = ""
    verified: bool = False


def stay(backups: Sequence[Standing], keep: Kept) -> set[str]:
    """The names of those that stay.

    The newest, the newest verified one, the newest of each of the last days, weeks and months that have one, and
    whatever these build on.
    """
    newest_first = sorted(backups, key=lambda each: (each.at, each.name), reverse=True)
    wanted = {each.name for each in newest_first[:1]}
    wanted |= {each.name for each in [each for each in newest_first if each.verified][:1]}
    periods: tuple[tuple[int, Callable[[datetime], object]], ...] = (
        (keep.daily, lambda at: at.date()),
        (keep.weekly, lambda at: at.isocalendar()[:2]),
        (keep.monthly, lambda at: (at.year, at.month)),
    )
    for number, period in periods:
        seen: set[object] = set()
        for each in newest_first:
            if len(seen) < number and period(each.at) not in seen:
                seen.add(period(each.at))
                wanted.add(each.name)
    return with_parents(wanted, {each.name: each.parent for each in backups})


def with_parents(names: Iterable[str], parents: Mapping[str, str]) -> set[str]:
    """These backups and all they build on."""
    found: set[str] = set()
    for name in names:
        while name and name not in found:
            found.add(name)
            name = parents.get(name, "")
    return found


def wal_from(backups: Sequence[Standing], days: int, now: datetime) -> str:
    """The backup from whose start on every second stays restorable; empty when there is none.

    It is the newest one older than `days` days, so that the whole window can be reached, else the oldest there is.
    """
    oldest_first = sorted(backups, key=lambda each: (each.at, each.name))
    before = [each for each in oldest_first if each.at <= now - timedelta(days=days)]
    first = before[-1:] or oldest_first[:1]
    return first[0].name if first else ""
