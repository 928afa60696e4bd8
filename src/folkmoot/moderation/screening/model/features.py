"""What the first stage sees of a text: hashed words and runs of characters, and a few plain signs, by numpy."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from folkmoot.moderation.screening.normal import Disguise, Normal

BITS = 18
TABLE = 1 << BITS
"""Places for words; as many again for runs of characters; then the signs."""
LONGEST_RUN = 6
LEAST_WORDS = 3
"""Of fewer no sentence is made."""
SIGNS = (
    *(f"disguise {disguise}" for disguise in Disguise),
    *("mention", "link", "hashtag", "number", "quotes", "question", "exclamation", "capitals", "short", "long"),
)
PLACES = 2 * TABLE + len(SIGNS)

Places = npt.NDArray[np.int64]

_TOKEN = re.compile(r"<\w+>|:\w+:|[^\W_]+(?:'[^\W_]+)?|[^\w\s]|_+")
_STOP = re.compile(r"[.!?][\"')]*(?=\s)|\n")
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_TURN = np.uint64(29)
_KEEP = np.uint64(64 - BITS)
_START, _END = np.array([2], dtype=np.uint64), np.array([3], dtype=np.uint64)
_QUOTES = re.compile(r'["„“”«»‚‘]')


class Run(NamedTuple):
    """The places of one kind of feature, one for each start, and how far each reaches."""

    places: Places
    back: int
    reach: int


def tokens(plain: str) -> list[tuple[int, int]]:
    """Where the words and signs of a plain text begin and end."""
    return [found.span() for found in _TOKEN.finditer(plain)]


def sentences(plain: str) -> list[tuple[int, int]]:
    """Where the sentences of a plain text begin and end, one of few words together with the next or the last."""
    found: list[tuple[int, int]] = []
    begin = 0
    for end in (*(stop.end() for stop in _STOP.finditer(plain)), len(plain)):
        if len(plain[begin:end].split()) >= LEAST_WORDS:
            found.append((begin, end))
            begin = end
    if found:
        found[-1] = (found[-1][0], len(plain))
    return found


def word_runs(words: list[str]) -> Iterator[Run]:
    """One to three words in a row, the ends of a text counted as words, and two with one or two between."""
    if not words:
        return
    sums = (zlib.crc32(word.encode("utf-8", "replace")) for word in words)
    hashes = np.concatenate((_START, np.fromiter(sums, dtype=np.uint64, count=len(words)), _END))
    pairs = hashes[:-1] * _STEP + hashes[1:]
    yield Run(_place(hashes[1:-1], 1), 0, 1)
    yield Run(_place(pairs, 2), 1, 2)
    yield Run(_place(pairs[:-1] * _STEP + hashes[2:], 3), 1, 3)
    yield Run(_place(hashes[:-2] * _STEP + hashes[2:], 4), 1, 3)
    yield Run(_place(hashes[:-3] * _STEP + hashes[3:], 5), 1, 4)


def character_runs(plain: str) -> Iterator[Run]:
    """Three to LONGEST_RUN characters in a row, blanks included."""
    text = f" {plain} "
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    running = codes
    for length in range(2, min(LONGEST_RUN, len(codes)) + 1):
        running = running[:-1] * _STEP + codes[length - 1 :]
        if length > 2:
            yield Run(_place(running, length) + TABLE, 1, length)


def signs(normal: Normal) -> Places:
    """What a text shows beside its words."""
    written, plain = normal.written, normal.plain
    letters = sum(map(str.isalpha, written[:500]))
    capitals = sum(map(str.isupper, written[:500]))
    shown = (
        *(disguise in normal.marks for disguise in Disguise),
        "<name>" in plain,
        "<url>" in plain,
        "#" in plain,
        any(map(str.isdigit, plain)),
        _QUOTES.search(written) is not None,
        "?" in plain,
        "!" in plain,
        letters > 9 and capitals > 0.5 * letters,
        len(plain) < 40,
        len(plain) > 280,
    )
    return np.flatnonzero(np.array(shown)) + 2 * TABLE


def _place(hashes: npt.NDArray[np.uint64], salt: int) -> Places:
    mixed = (hashes ^ np.uint64(salt)) * _MIX
    return (((mixed ^ (mixed >> _TURN)) * _STEP) >> _KEEP).astype(np.int64)
