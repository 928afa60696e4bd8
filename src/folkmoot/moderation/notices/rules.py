"""Clocks, trust and reference numbers: what a notice may ask for, by when, and what its sender is believed. Plain values."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from folkmoot.errors import Conflict, Invalid, TooLarge

MOST_ITEMS = 1_000
"""Addresses of one letter we look up; a letter with more is shown to a steward."""
AT_ONCE = 100
"""Cases opened in the transaction that receives a notice; a job opens the rest."""
UNCONFIRMED_A_DAY = 200
"""Posts that letters of unconfirmed senders may take out of sight in a day, all together; the rest waits for a steward."""
RAW_BYTES = 10 * 1024 * 1024
WORDS_MOST = 10_000
"""Characters a steward may write in one letter."""
BY_PAGE_A_DAY = 20
"""Notices one network address may leave on the page in a day."""
BY_KEY_A_DAY = 500


class TooLong(TooLarge):
    sentence = "A notice may have 10 MB"


class UnknownKind(Invalid):
    sentence = "There is no such kind of notice"


class NotWarned(Conflict):
    sentence = "Warn the sender first, and say why"


class Kind(StrEnum):
    """What sort of demand it is, by who makes it."""

    ORDER = "order"
    """A removal order: an authority tells us to take something down."""
    HOST = "host"
    STORE = "store"
    AUTHORITY = "authority"
    TRUSTED_FLAGGER = "trusted_flagger"
    PERSON = "person"
    UNKNOWN = "unknown"


class Trust(StrEnum):
    """How far we believe that a notice comes from whom it names."""

    KEY = "key"
    """It came with a key we gave out."""
    KNOWN = "known"
    """Signed by, or confirmed to come from, somebody on the list."""
    SIGNED = "signed"
    """Its domain signed it, and is not on the list."""
    NONE = "none"
    FAILED = "failed"
    """The signature is wrong, or the domain says that it does not send from there."""

    @property
    def is_confirmed(self) -> bool:
        """Whether an order of this sender is carried out without a steward."""
        return self in (Trust.KEY, Trust.KNOWN)


# Clocks -------------------------------------------------------------------------------------------------------------

ANY = "any"
_WARNING = re.compile(r"(?:(?P<share>[1-9][0-9]?)%|(?P<number>[1-9][0-9]{0,3})(?P<unit>[mhd]))")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
MOST_WARNINGS = 6


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the operator's table."""

    kind: str = ANY
    sender: str = ""
    """An address, a domain for all at it and below it, or nothing for everybody."""
    minutes: int
    warnings: tuple[str, ...] = ("50%", "25%", "1h")
    """When stewards are reminded: shares of the time that are left, or times that are left."""
    why: str = ""


class BadWarning(Invalid):
    sentence = "A reminder is a share of the time that is left (25%) or a time (30m, 1h, 2d)"


class BadClock(Invalid):
    sentence = "A clock runs from 10 minutes to a year"


def check_clock(clock: Clock) -> None:
    """Raise unless the row makes sense."""
    if clock.kind != ANY and clock.kind not in list(Kind):
        raise UnknownKind(field="kind")
    if not 10 <= clock.minutes <= 527_040:
        raise BadClock(field="minutes")
    if len(clock.warnings) > MOST_WARNINGS or not all(_WARNING.fullmatch(each) for each in clock.warnings):
        raise BadWarning(field="warnings")


def find_clock(clocks: Iterable[Clock], kind: Kind, sender: str) -> Clock:
    """The row that says most about a notice: its sender's address, then the domain, then the ones above; each by kind first."""
    rows = {(each.kind, each.sender): each for each in clocks}
    for name in (*names_of(sender), ""):
        for word in (kind.value, ANY):
            if found := rows.get((word, name)):
                return found
    return Clock(minutes=1_440)


def names_of(address: str) -> list[str]:
    """Under which names a sender may be on a list: the address, its domain, and the domains above."""
    address = address.strip().lower()
    domain = address.rpartition("@")[2]
    parts = domain.split(".")
    domains = [".".join(parts[n:]) for n in range(len(parts) - 1)]
    return list(dict.fromkeys(([address] if "@" in address else []) + domains))


def due_at(clock: Clock, received_at: datetime, deadline: datetime | None, *, holds: bool) -> datetime:
    """When an answer is due: by the table, or earlier when the letter says so.

    A deadline `holds` when it is sure or a steward confirmed it. For one that has passed when the letter comes there
    are ten minutes: nobody can answer in the past.
    """
    by_table = received_at + timedelta(minutes=clock.minutes)
    if deadline is None or not holds:
        return by_table
    return min(by_table, deadline if deadline > received_at else received_at + LEAST)


LEAST = timedelta(minutes=10)


def warnings_at(clock: Clock, begins: datetime, due: datetime) -> list[datetime]:
    """When stewards are reminded, in order; only moments between the beginning and the end."""
    whole = due - begins
    moments = set()
    for each in clock.warnings:
        found = _WARNING.fullmatch(each)
        if found is None:
            continue
        left = whole * int(found["share"]) / 100 if found["share"] else int(found["number"]) * _UNITS[found["unit"]]
        if timedelta(0) < left < whole:
            moments.add(due - left)
    return sorted(moments)


# Reference numbers --------------------------------------------------------------------------------------------------

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_REFERENCE = re.compile(r"\bFM-([0-9A-HJKMNP-TV-Z]{4})-([0-9A-HJKMNP-TV-Z]{4})\b", re.IGNORECASE)


def new_reference() -> str:
    """A number to quote, which cannot be counted: FM-7K3Q-9XPD."""
    word = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"FM-{word[:4]}-{word[4:]}"


def references_in(text: str) -> list[str]:
    """Every number of ours that a subject names."""
    return list(dict.fromkeys(f"FM-{a}-{b}".upper() for a, b in _REFERENCE.findall(text)))


def times_kept(met: Sequence[tuple[datetime | None, datetime]], now: datetime) -> tuple[int, int]:
    """How many clocks were kept and how many missed, of pairs of when it was met and when it was due."""
    kept = sum(met_at is not None and met_at <= due for met_at, due in met)
    missed = sum((met_at or now) > due for met_at, due in met)
    return kept, missed
