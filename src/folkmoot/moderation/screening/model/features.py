"""What the first stage sees of a text: hashed words and runs of characters, and a few plain signs, by numpy."""

from __future__ import annotations

import re
import zlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain
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
Hashes = npt.NDArray[np.uint64]

_TOKEN = re.compile(r"<\w+>|:\w+:|[^\W_]+(?:'[^\W_]+)?|[^\w\s]|_+")
_STOP = re.compile(r"[.!?][\"')]*(?=\s)|\n")
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_TURN = np.uint64(29)
_KEEP = np.uint64(64 - BITS)
_START, _END, _NONE = (np.array(one, dtype=np.uint64) for one in ([2], [3], []))
_QUOTES = re.compile(r'["„“”«»‚‘]')


class Run(NamedTuple):
    """The places of one kind of feature, one for each start, and how far each reaches."""

    places: Places
    back: int
    reach: int


class _Kind(NamedTuple):
    """One kind of feature before it has places."""

    hashes: Hashes
    salt: int
    reach: int
    ends: int = 0
    """How many hashes at either end of a text are left out."""


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


def of_parts(plain: str, parts: Sequence[tuple[int, int]]) -> list[tuple[Places, Places]]:
    """The places of the words and of the runs of characters of each part of a plain text, each once and in order; no part begins
    or ends within a word. All parts at once, since numpy takes as long to begin as for the numbers of a whole post."""
    spans = tokens(plain)
    hashes, starts = _hashed([plain[start:end] for start, end in spans]), [start for start, _ in spans]
    words, letters = [], []
    for begin, end in parts:
        words.append(hashes[bisect_left(starts, begin) : bisect_left(starts, end)])
        letters.append(f" {plain[begin:end]} ")
    rows = [(_START, part, _END) if len(part) else () for part in words]
    by_word = _each(
        _of_words(np.concatenate([_NONE, *chain(*rows)])), [len(part) + 2 if len(part) else 0 for part in words]
    )
    by_character = _each(_of_characters("".join(letters)), [len(part) for part in letters])
    return [(of_words, of_letters + TABLE) for of_words, of_letters in zip(by_word, by_character, strict=True)]


def word_runs(words: list[str]) -> Iterator[Run]:
    """One to three words in a row, the ends of a text counted as words, and two with one or two between."""
    if words:
        yield from _runs(_of_words(np.concatenate((_START, _hashed(words), _END))))


def character_runs(plain: str) -> Iterator[Run]:
    """Three to LONGEST_RUN characters in a row, blanks included."""
    for run in _runs(_of_characters(f" {plain} ")):
        yield run._replace(places=run.places + TABLE)


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


def _hashed(words: list[str]) -> Hashes:
    sums = (zlib.crc32(word.encode("utf-8", "replace")) for word in words)
    return np.fromiter(sums, dtype=np.uint64, count=len(words))


def _of_words(hashes: Hashes) -> list[_Kind]:
    pairs = hashes[:-1] * _STEP + hashes[1:]
    return [
        _Kind(hashes, 1, 1, ends=1),
        _Kind(pairs, 2, 2),
        _Kind(pairs[:-1] * _STEP + hashes[2:], 3, 3),
        _Kind(hashes[:-2] * _STEP + hashes[2:], 4, 3),
        _Kind(hashes[:-3] * _STEP + hashes[3:], 5, 4),
    ]


def _of_characters(text: str) -> list[_Kind]:
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    found = []
    running = codes
    for length in range(2, min(LONGEST_RUN, len(codes)) + 1):
        running = running[:-1] * _STEP + codes[length - 1 :]
        if length > 2:
            found.append(_Kind(running, length, length))
    return found


def _runs(kinds: Sequence[_Kind]) -> Iterator[Run]:
    for kind in kinds:
        yield Run(_placed([kind])[kind.ends : len(kind.hashes) - kind.ends], 1 - kind.ends, kind.reach)


def _each(kinds: Sequence[_Kind], sizes: Sequence[int]) -> list[Places]:
    """The places of each of several texts that stand one after the other, so many hashes each: what lies in one of them alone."""
    places = _placed(kinds)
    begins = [0, *accumulate(len(kind.hashes) for kind in kinds)]
    found = []
    for start, size in zip(accumulate(sizes, initial=0), sizes, strict=False):
        inside = [
            places[begin + start + kind.ends : begin + start + size - kind.reach + 1 - kind.ends]
            for begin, kind in zip(begins, kinds, strict=False)
            if size - kind.reach + 1 > 2 * kind.ends
        ]
        found.append(_once(np.concatenate(inside)) if inside else _NONE.astype(np.int64))
    return found


def _once(places: Places) -> Places:
    places.sort()
    first = np.ones(len(places), dtype=np.bool_)
    np.not_equal(places[1:], places[:-1], out=first[1:])
    return places[first]


def _placed(kinds: Sequence[_Kind]) -> Places:
    salted = [kind.hashes ^ np.uint64(kind.salt) for kind in kinds]
    mixed = (np.concatenate(salted) if salted else _NONE) * _MIX
    return (((mixed ^ (mixed >> _TURN)) * _STEP) >> _KEEP).astype(np.int64)
