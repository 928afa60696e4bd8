"""Near-copies of what was judged already: the same words in another coat need no second jury.

A copy says the same and nothing else. Whoever quotes and adds a word of their own, turns the sense by a negation, or
buries the words in a longer text has written something new. What was kept passes only word for word, and only by itself:
else a threat in its warning or at its end would pass with it.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator
from enum import StrEnum

import msgspec
import numpy as np
import numpy.typing as npt
from rensa import RMinHash

from folkmoot.moderation.screening.finding import Category, Reason, Stage, Words
from folkmoot.moderation.screening.normal import Normal, normalise

LIKENESS = 0.8
"""From which estimated Jaccard similarity of their shingles on two texts are near-copies. A starting value."""
SIMILAR_LENGTH = 0.8
"""The shorter has to be that much of the longer."""
LEAST_WORDS = 5
"""Of fewer words only the very same are a copy."""
OWN_WORDS = 2
"""More of them outside the quotation marks make a text a quotation with a comment."""

PERMUTATIONS, BANDS, SEED, SHINGLE = 120, 20, 20210106, 5
ROWS = PERMUTATIONS // BANDS
_HEADER = struct.Struct("<BIB")
_FORM = 1
UNLIKE = _HEADER.pack(_FORM, 0, 0) + bytes(4 * PERMUTATIONS)
"""The sketch of no text: what is stored with it is known by its very words alone."""

Sketch = npt.NDArray[np.uint16]
"""In memory the lower half of each number is enough: two texts agree in it by chance once in 65,536."""
Keys = npt.NDArray[np.uint64]


class Few(StrEnum):
    """Where a few words pass that were kept, by what their hash begins with: by themselves they may mean anything."""

    PROFILE = "profile:"
    """In a profile."""
    BESIDE = "beside:"
    """Beside a longer text that was kept."""


class Ruling(StrEnum):
    """What became of the judged text."""

    REMOVED = "removed"
    KEPT = "kept"


class Fingerprint(msgspec.Struct, frozen=True):
    """What is stored of a judged text to know its copies by; the text itself is not needed."""

    hash: str | None
    """SHA-256 of its plain words without links and mentions; None if there are none."""
    sketch: bytes | None
    """MinHash with length and negations; None for texts too short."""


class Copy(msgspec.Struct, frozen=True):
    """A judged text that this one copies."""

    ruling: Ruling
    category: Category
    reference: str
    likeness: float
    """1 for the very same words."""
    passage: str
    alone: bool = True
    """Whether what was kept passes by itself: a few words pass only beside a longer text."""

    @property
    def reason(self) -> Reason | None:
        """What speaks against the copy; None if the original was kept, so that nobody holds it again."""
        if self.ruling is Ruling.KEPT:
            return None
        return Reason(
            stage=Stage.COPY,
            category=self.category,
            probability=self.likeness,
            name=self.reference,
            words=(self.passage,),
        )


def fingerprint(text: str, normal: Normal | None = None) -> Fingerprint:
    """The marks by which copies of this text are known. The same text always has the same."""
    plain = (normal or normalise(text)).plain
    words = _words(plain)
    if not words:
        return Fingerprint(hash=None, sketch=None)
    joined = " ".join(words)
    exact = hashlib.sha256(joined.encode()).hexdigest()
    if len(words) < LEAST_WORDS:
        return Fingerprint(hash=exact, sketch=None)
    minhash = RMinHash(num_perm=PERMUTATIONS, seed=SEED)
    minhash.update([joined[at : at + SHINGLE] for at in range(len(joined) - SHINGLE + 1)])
    header = _HEADER.pack(_FORM, len(joined), min(_negations(plain), 255))
    return Fingerprint(hash=exact, sketch=header + np.array(minhash.digest(), dtype="<u4").tobytes())


def own_words(text: str) -> Fingerprint:
    """The same, by which no quotation with a comment is known as a near copy: it is a new text each time."""
    normal = normalise(text)
    marks = fingerprint(text, normal)
    return Fingerprint(hash=marks.hash, sketch=None) if comments(normal.plain) else marks


def near_copies(one: bytes | None, other: bytes | None) -> bool:
    """Whether texts with these sketches say nearly the same; those without one do not."""
    return one is not None and other is not None and _likeness(_open(one), _open(other)) >= LIKENESS


_TOKEN = re.compile(r"<(?:url|name|mail)>")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_NEGATION = re.compile(
    r"\b(?:not|no|never|nobody|none|without|stop|\w+n't|dont|wont|cannot|nicht|kein\w*|nie|niemals|niemand\w*|ohne|gegen)\b"
)
_IN_EARNEST = re.compile(r"\b(?:no\s(?:joke|kidding|cap)|(?:kein|ohne)\s(?:witz|scherz))\b")
"""Says no and turns nothing round."""
_QUOTED = re.compile(r'"[^"\n]{8,}"|(?m:^>.*$)')


def _words(plain: str) -> list[str]:
    return _WORD.findall(_TOKEN.sub(" ", plain))


def _negations(plain: str) -> int:
    return sum(1 for _ in _NEGATION.finditer(_IN_EARNEST.sub(" ", plain)))


def is_bare(normal: Normal) -> bool:
    """Whether a text has nothing but links and mentions, or nothing at all."""
    return not _TOKEN.sub("", normal.plain).strip()


def comments(plain: str) -> bool:
    """Whether most of the text stands in quotation marks and the author says something besides."""
    quoted = sum(len(_words(match[0])) for match in _QUOTED.finditer(plain))
    own = len(_words(_QUOTED.sub(" ", plain)))
    return quoted > own > OWN_WORDS


class _Entry(msgspec.Struct):
    ruling: Ruling
    category: Category
    reference: str
    hash: str
    row: int | None
    length: int
    negations: int


class Judged:
    """The judged texts, in memory: 100,000 take about 170 MB, and a look-up a quarter of a millisecond."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._by_hash: dict[str, list[str]] = {}
        self._rows: list[str | None] = []
        self._sketches: Sketch = np.zeros((1024, PERMUTATIONS), dtype=np.uint16)
        self._keys: Keys = np.zeros(0, dtype=np.uint64)
        self._key_rows: npt.NDArray[np.uint32] = np.zeros(0, dtype=np.uint32)
        self._fresh: dict[int, list[int]] = {}
        self._sorted_rows = 0

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, hash: str | None, sketch: bytes | None, ruling: Ruling, category: Category, reference: str) -> None:
        """Remember what was judged. The same reference again replaces what was said of it."""
        self.remove(reference)
        if hash is None:
            return
        entry = _Entry(ruling, category, reference, hash, None, 0, 0)
        if sketch is not None:
            entry.length, entry.negations, digest = _open(sketch)
            entry.row = self._append(digest, reference)
        self._entries[reference] = entry
        self._by_hash.setdefault(hash, []).append(reference)

    def remove(self, reference: str) -> None:
        """Forget one, if it is known."""
        entry = self._entries.pop(reference, None)
        if entry is None:
            return
        same = self._by_hash[entry.hash]
        same.remove(reference)
        if not same:
            del self._by_hash[entry.hash]
        if entry.row is not None:
            self._rows[entry.row] = None

    def find(self, words: Words, normal: Normal | None = None) -> Copy | None:
        """The removed text that one of these copies; or the kept one, when all of these are the very words of kept ones. `normal`
        is that of `words.text`."""
        kept: list[Copy | None] = []
        clipped = False
        few = Few.PROFILE if words.profile else Few.BESIDE
        for index, text in enumerate((words.text, *words.more)):
            seen = normal if index == 0 and normal is not None else normalise(text)
            found = self._find(text, seen, few)
            if found and found.ruling is Ruling.REMOVED:
                return found
            clipped = clipped or seen.clipped  # nobody has looked at the rest
            if not is_bare(seen):
                kept.append(found)
        if clipped:
            return None
        known = [copy for copy in kept if copy is not None]
        return known[0] if len(known) == len(kept) and any(copy.alone for copy in known) else None

    def _find(self, text: str, normal: Normal, few: Few) -> Copy | None:
        if not self._entries or not normal.plain or comments(normal.plain):
            return None
        marks = fingerprint(text, normal)
        passage = normal.written[:200]
        for name in (marks.hash, f"{few}{marks.hash}"):
            if name in self._by_hash:
                latest = self._entries[self._by_hash[name][-1]]  # an appeal comes after the verdict it reverses
                alone = name == marks.hash or few is Few.PROFILE
                return Copy(latest.ruling, latest.category, latest.reference, 1.0, passage, alone)
        if marks.sketch is None:
            return None
        marked = _open(marks.sketch)
        best: tuple[float, int, _Entry] | None = None
        for row in self._candidates(marked[2]):
            reference = self._rows[row]
            if reference is None:
                continue
            entry = self._entries[reference]
            likeness = _likeness(marked, (entry.length, entry.negations, self._sketches[row]))
            if likeness >= LIKENESS and (best is None or (likeness, row) > best[:2]):
                best = (likeness, row, entry)
        if best is None:
            return None
        likeness, _, entry = best
        if entry.ruling is Ruling.KEPT:
            return None  # a word more may be the one that matters: it is looked at anew
        return Copy(entry.ruling, entry.category, entry.reference, min(likeness, 0.999), passage)

    # -- which rows may be alike: equal in one of twenty bands of the sketch

    def _append(self, digest: Sketch, reference: str) -> int:
        row = len(self._rows)
        if row == len(self._sketches):
            self._sketches = np.concatenate([self._sketches, np.zeros_like(self._sketches)])
        self._sketches[row] = digest
        self._rows.append(reference)
        for key in _band_keys(digest[None, :])[0].tolist():
            self._fresh.setdefault(key, []).append(row)
        if row + 1 - self._sorted_rows >= 1024:
            self._sort()
        return row

    def _sort(self) -> None:
        """All rows' keys in one sorted array: an eighth of the memory a dictionary would take."""
        fresh = _band_keys(self._sketches[self._sorted_rows : len(self._rows)])
        rows = np.repeat(np.arange(self._sorted_rows, len(self._rows), dtype=np.uint32), BANDS)
        keys = np.concatenate([self._keys, fresh.ravel()])
        order = np.argsort(keys, kind="stable")
        self._keys = keys[order]
        self._key_rows = np.concatenate([self._key_rows, rows])[order]
        self._sorted_rows = len(self._rows)
        self._fresh = {}

    def _candidates(self, digest: Sketch) -> Iterator[int]:
        keys = _band_keys(digest[None, :])[0]
        left = np.searchsorted(self._keys, keys, side="left").tolist()
        right = np.searchsorted(self._keys, keys, side="right").tolist()
        seen: set[int] = set()
        for key, first, last in zip(keys.tolist(), left, right, strict=True):
            seen.update(self._fresh.get(key, ())[-MOST_IN_BAND:])
            seen.update(self._key_rows[max(first, last - MOST_IN_BAND) : last].tolist())
        yield from sorted(seen)


MOST_IN_BAND = 50
"""Of many judged copies of one text the latest are enough."""

_MIX = np.array([0x9E3779B97F4A7C15 * (2 * at + 1) % 2**64 for at in range(ROWS)], dtype=np.uint64)


def _band_keys(sketches: Sketch) -> Keys:
    """One number for each band of each sketch, with the band's own number mixed in."""
    bands = sketches.astype(np.uint64).reshape(len(sketches), BANDS, ROWS)
    mixed = np.arange(BANDS, dtype=np.uint64)[None, :] * np.uint64(0xD6E8FEB86659FD93)
    for at in range(ROWS):
        mixed = (mixed ^ bands[:, :, at]) * _MIX[at]
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _likeness(one: tuple[int, int, Sketch], other: tuple[int, int, Sketch]) -> float:
    """The estimated Jaccard similarity of two texts by length, negations and digest; 0 where one is far longer or says no."""
    (length, negations, digest), (its_length, its_negations, its_digest) = one, other
    if negations != its_negations or min(length, its_length) < SIMILAR_LENGTH * max(length, its_length):
        return 0.0
    return float(np.count_nonzero(digest == its_digest)) / PERMUTATIONS


def _open(sketch: bytes) -> tuple[int, int, Sketch]:
    if len(sketch) != _HEADER.size + 4 * PERMUTATIONS or sketch[0] != _FORM:
        raise ValueError("This is no sketch of a text, or one of another version.")
    _, length, negations = _HEADER.unpack_from(sketch)
    return length, negations, np.frombuffer(sketch, dtype="<u4", offset=_HEADER.size).astype(np.uint16)
