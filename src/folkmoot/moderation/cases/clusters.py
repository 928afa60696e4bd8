"""What belongs together: posts that say the same share one case. Plain values.

The same words, or nearly, with the same pictures, or nearly, and the same warning, alt texts and poll options. A short
text means too many things, and who adds words of their own to a quotation or a picture has said something else: those
get a case of their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from folkmoot.moderation.screening.copies import near_copies, own_words
from folkmoot.moderation.screening.normal import normalise

BANDS = 20
_HEADER = 6
PICTURE_BITS = 31
"""Of 256 that may differ between two versions of one picture."""


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """What a post is known by."""

    text_hash: str | None = None
    """None without words."""
    likeness: bytes | None = None
    """None when the words are too few, or a quotation with a comment: then it has no near-copies."""
    pictures: tuple[str, ...] = ()
    bands: tuple[int, ...] = ()
    """To look candidates up by: near-copies share at least one."""


def marks_of(text: str, pictures: Sequence[str] = ()) -> Marks:
    """The marks of a post's words and of the hashes of its pictures."""
    found = own_words(text)
    return Marks(
        text_hash=found.hash,
        likeness=found.sketch,
        pictures=tuple(pictures),
        bands=(*_text_bands(found.sketch), *(band for picture in pictures for band in _picture_bands(picture))),
    )


def _text_bands(likeness: bytes | None) -> list[int]:
    if likeness is None:
        return []
    rows = likeness[_HEADER:]
    length = len(rows) // BANDS
    return [_number(b"t%d" % at, rows[at * length : (at + 1) * length]) for at in range(BANDS)]


def _picture_bands(picture: str) -> list[int]:
    return [_number(b"p%d" % at, picture[at : at + 4].encode()) for at in range(0, len(picture), 4)]


def _number(kind: bytes, part: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(part, digest_size=8, person=kind).digest(), "big", signed=True)


def alike(mine: Marks, theirs: Marks) -> str | None:
    """How a post belongs to the other's case: `same_text`, `alike`, `picture`; None when it does not."""
    if bool(mine.pictures) != bool(theirs.pictures) or (
        mine.pictures and not any(_near(a, b) for a in mine.pictures for b in theirs.pictures)
    ):
        return None
    if mine.text_hash is None and theirs.text_hash is None:
        return "picture" if mine.pictures else None
    if mine.likeness is None or theirs.likeness is None:
        return "picture" if mine.pictures and mine.text_hash == theirs.text_hash else None
    if mine.text_hash == theirs.text_hash:
        return "same_text"
    return "alike" if near_copies(mine.likeness, theirs.likeness) else None


def other_texts(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What a post, or a version of one, says beside its text: content warning, alt texts, poll options."""
    media = msgspec.json.decode(row["media"] or "[]", type=list[dict[str, Any]])
    options = msgspec.json.decode(row["poll_options"] or "[]", type=list[str])
    return tuple(text for text in (row["warning"], *(item.get("description") for item in media), *options) if text)


def say_the_same(some: Iterable[str], others: Iterable[str]) -> bool:
    """Whether these texts are the same ones but for spelling, in whatever order."""
    return _plain(some) == _plain(others)


def _plain(texts: Iterable[str]) -> list[str]:
    said = (text.strip() for text in texts)
    return sorted(normalise(text).plain or text for text in said if text)


def _near(one: str, other: str) -> bool:
    return (int(one, 16) ^ int(other, 16)).bit_count() <= PICTURE_BITS
