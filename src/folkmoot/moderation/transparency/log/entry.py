"""What an entry of the public log says: a deed, a time, pseudonyms, plain facts. Never a text, a name or an address.

A pseudonym is the SHA-256 of a line anybody can type: `<salt in hex> case 123`. Whoever is told the salt can check it;
when the salt is deleted, nobody can say any more whom the entry speaks of, and the proof that it is there stays.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

import msgspec

from folkmoot import clock
from folkmoot.moderation.transparency.log.deeds import Deed

VERSION = 1
MOST_BYTES = 65_535
PSEUDONYM_LENGTH = 64
Fact: TypeAlias = str | int | float | bool | datetime | None
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+/=-]{0,399}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_GAP = re.compile(r"@([0-9]+)@", re.ASCII)
_ENCODER = msgspec.json.Encoder(order="sorted")


class Subjects(msgspec.Struct, frozen=True, kw_only=True):
    """Whom and what an entry concerns, by our own numbers, which it does not show."""

    case: int | None = None
    account: int | None = None
    post: int | None = None
    notice: int | None = None
    steward: int | None = None

    @property
    def salted(self) -> list[str]:
        """The subjects whose salts it takes to speak of them; a steward is an account like any other."""
        named = [("case", self.case), ("account", self.account), ("post", self.post), ("notice", self.notice)]
        found = {f"{kind}:{number}" for kind, number in [*named, ("account", self.steward)] if number is not None}
        return sorted(found)

    @property
    def main(self) -> str | None:
        """The one whose salt hides what is hashed along with it."""
        for kind in ("notice", "case", "post", "account"):
            if (number := getattr(self, kind)) is not None:
                return f"{kind}:{number}"
        return None


def meaning_of(subjects: Subjects) -> dict[str, str]:
    """For each pseudonym what it stands for, as it is hashed behind the salt of `owner_of` it.

    An author has another pseudonym in every case, so that nobody can follow one through the log; a steward has one
    pseudonym everywhere, so that everybody can.
    """
    found = {
        kind: f"{kind} {number}"
        for kind in ("case", "post", "notice")
        if (number := getattr(subjects, kind)) is not None
    }
    if subjects.account is not None:
        where = next(
            (f" {kind} {id}" for kind in ("case", "notice") if (id := getattr(subjects, kind)) is not None), ""
        )
        found["account"] = f"account {subjects.account}{where}"
    if subjects.steward is not None:
        found["steward"] = f"steward {subjects.steward}"
    return found


def owner_of(name: str, subjects: Subjects) -> str:
    """Whose salt a pseudonym is made with."""
    return f"account:{subjects.steward}" if name == "steward" else f"{name}:{getattr(subjects, name)}"


def pseudonym(salt: bytes, meaning: str) -> str:
    """What stands in the log instead of `meaning`."""
    return hashlib.sha256(f"{salt.hex()} {meaning}".encode()).hexdigest()


class Piece(msgspec.Struct, frozen=True):
    """A stretch of an entry's text, and the pseudonym after it: what it means, behind whose salt. The last has none."""

    plain: str
    owner: str | None = None
    meaning: str | None = None


def draft(
    deed: Deed, at: datetime, subjects: Subjects, facts: Mapping[str, Fact], hashed: Mapping[str, str]
) -> list[Piece]:
    """An entry, JSON with sorted keys, in which only the pseudonyms are missing: the database has their salts.

    Raises ValueError for a fact that could be somebody's text.
    """
    gaps: list[tuple[str, str]] = []

    def gap(owner: str, meaning: str) -> str:
        gaps.append((owner, meaning))
        return f"@{len(gaps) - 1}@"  # which no fact can contain

    body: dict[str, object] = {"v": VERSION, "deed": deed.value, "at": clock.stamp(at)}
    for name, meaning in meaning_of(subjects).items():
        body[name] = gap(owner_of(name, subjects), meaning)
    for name, value in hashed.items():
        if subjects.main is None:
            raise ValueError(f"{deed.value}: nothing whose salt could hide {name}")
        body[_free(name, body)] = gap(subjects.main, f"{name} {value}")
    for name, fact in facts.items():
        if fact is not None:
            body[_free(name, body)] = _plain(name, fact)
    written = _ENCODER.encode(body).decode()
    if len(written) + PSEUDONYM_LENGTH * len(gaps) > MOST_BYTES:
        raise ValueError(f"{deed.value}: an entry has at most {MOST_BYTES} bytes")
    parts = _GAP.split(written)  # text, number of a gap, text, ...
    return [
        Piece(plain, *gaps[int(parts[at + 1])]) if at + 1 < len(parts) else Piece(plain)
        for at, plain in enumerate(parts)
        if at % 2 == 0
    ]


def _free(name: str, body: Mapping[str, object]) -> str:
    if not _NAME.fullmatch(name) or name in body:
        raise ValueError(f"{name} cannot be the name of a fact")
    return name


def _plain(name: str, fact: Fact) -> str | int | float | bool | None:
    if isinstance(fact, datetime):
        return clock.stamp(fact)
    if isinstance(fact, str) and not _WORD.fullmatch(fact):
        raise ValueError(f"{name}: the log takes words of ours, no texts")
    return fact
