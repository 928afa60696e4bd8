"""Pictures known by their PDQ hash, which stays nearly the same after resizing, recompressing and a small crop.

PDQ is Facebook's, published with ThreatExchange (pdq/ and hashing/hashing.pdf there). Its package for Python has no wheels for current
Pythons and a fresh Debian has no compiler, so the hash is computed here; docs/decisions/picture-hashes.md compares the two.
"""

from __future__ import annotations

import csv
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from PIL import Image

from folkmoot.errors import Invalid
from folkmoot.moderation.screening.finding import Category, Reason, Stage

BITS = 256
BLOCKS, COEFFICIENTS = 64, 16
"""The picture is brought to 64 by 64 blocks, of which the 16 by 16 lowest frequencies are looked at."""
PASSES = 2
LARGEST_SIDE = 1024
"""A larger picture is made smaller first, which changes a few bits and saves most of the time."""
CROPS = (0.0, 0.015, 0.03)
"""How much of each side somebody may have cut off a known picture."""
LEAST_SIDE = 5
LEAST_QUALITY = 50
"""Of less quality a picture has too little in it to be told from others: ThreatExchange discards 49 and below."""
NEAR = 31
"""So many of 256 bits may differ: ThreatExchange's recommended start."""
MOST_BYTES = 256_000_000

Floats = npt.NDArray[np.float32]


class Known(msgspec.Struct, frozen=True):
    """One entry of a list."""

    hash: str
    reference: str
    category: Category
    list: str = ""


def hash_picture(image: Image.Image) -> tuple[str, int]:
    """The PDQ hash (64 hexadecimal digits) and the quality (0 to 100) of a picture."""
    if min(image.size) < LEAST_SIDE:
        return "0" * 64, 0
    blocks = _blocks(_smooth(image), 0.0, 0.0, 0.0, 0.0)
    return _hash(blocks), _quality(blocks)


def hash_crops(image: Image.Image) -> list[str]:
    """The hashes a picture would have with a little cut off each of its sides, by which its crops are known."""
    if min(image.size) < LEAST_SIDE:
        return []
    smooth = _smooth(image)
    return [_hash(_blocks(smooth, *cut)) for cut in itertools.product(CROPS, repeat=4)]


def _smooth(image: Image.Image) -> Floats:
    """Luminance, blurred so far that one point in each block stands for all of it."""
    if max(image.size) > LARGEST_SIDE:
        scale = LARGEST_SIDE / max(image.size)
        wanted = (max(round(image.width * scale), LEAST_SIDE), max(round(image.height * scale), LEAST_SIDE))
        image = image.convert("RGB").resize(wanted, Image.Resampling.BOX)
    colours = np.asarray(image.convert("RGB"), dtype=np.float32)
    luminance = colours @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    for _ in range(PASSES):  # box filters twice each way make a tent: Jarosz 2001
        luminance = _blurred(_blurred(luminance, 1), 0)
    return luminance


def _blocks(smooth: Floats, top: float, bottom: float, left: float, right: float) -> Floats:
    """The middles of 64 by 64 blocks of what is left when these shares of the sides are cut off."""
    found = []
    for side, before, after in ((smooth.shape[0], top, bottom), (smooth.shape[1], left, right)):
        rest = side * (1 - before - after)
        found.append((side * before + (np.arange(BLOCKS) + 0.5) * rest / BLOCKS).astype(int))
    return smooth[np.ix_(*found)]


def _hash(blocks: Floats) -> str:
    waves = _waves() @ blocks @ _waves().T
    median = np.sort(waves, axis=None)[(BITS - 1) // 2]
    number = int.from_bytes(np.packbits((waves > median).ravel(), bitorder="little").tobytes(), "little")
    return f"{number:064x}"


def _blurred(values: Floats, axis: int) -> Floats:
    """Each value as the mean of those around it, in a window of a 128th of the side."""
    side = values.shape[axis]
    window = (side + 2 * BLOCKS - 1) // (2 * BLOCKS)
    if window == 1:
        return values
    ahead = (window + 2) // 2
    at = np.arange(side)
    begin, end = np.clip(at + ahead - window, 0, None), np.clip(at + ahead, None, side)
    sums = np.cumsum(values, axis=axis, dtype=np.float64)
    sums = np.concatenate([np.zeros_like(np.take(sums, [0], axis)), sums], axis=axis)
    counts = (end - begin).reshape((-1, 1) if axis == 0 else (1, -1))
    found: Floats = ((np.take(sums, end, axis) - np.take(sums, begin, axis)) / counts).astype(np.float32)
    return found


def _quality(blocks: Floats) -> int:
    """How much there is to see: the sum of what neighbouring blocks differ, in hundredths of full range, over 90."""
    steps = 0
    for axis in (0, 1):
        steps += int(np.abs(np.trunc(np.diff(blocks, axis=axis) * 100 / 255)).sum())
    return min(steps // 90, 100)


@cache
def _waves() -> Floats:
    """The discrete cosine transform's rows 1 to 16 of 64: the mean, row 0, says nothing of a picture."""
    row, column = np.arange(1, COEFFICIENTS + 1)[:, None], np.arange(BLOCKS)[None, :]
    found: Floats = (np.sqrt(2 / BLOCKS) * np.cos(np.pi / (2 * BLOCKS) * row * (2 * column + 1))).astype(np.float32)
    return found


class KnownPictures:
    """Hashes in memory, 32 bytes each; a million are compared in some ten milliseconds."""

    def __init__(self, known: Iterable[Known]) -> None:
        self._known = list(known)
        digits = b"".join(bytes.fromhex(each.hash) for each in self._known)
        words = np.frombuffer(digits, dtype=np.uint64).reshape(-1, BITS // 64)
        self._columns = [np.ascontiguousarray(words[:, column]) for column in range(BITS // 64)]

    def __len__(self) -> int:
        return len(self._known)

    def find(self, hash: str) -> Reason | None:
        """The known picture nearest to this one, when it is near enough to be the same."""
        if not self._known:
            return None
        asked = np.frombuffer(bytes.fromhex(hash), dtype=np.uint64)
        # 31 bits cannot differ in four words without one of them differing in 7 or fewer: only those are looked at whole.
        close = np.zeros(len(self._known), dtype=bool)
        for column, word in zip(self._columns, asked, strict=True):
            close |= np.bitwise_count(column ^ word) <= NEAR // len(self._columns)
        places = np.flatnonzero(close)
        if not len(places):
            return None
        apart = [np.bitwise_count(column[places] ^ word) for column, word in zip(self._columns, asked, strict=True)]
        distances = np.sum(apart, axis=0, dtype=np.uint16)
        nearest = int(places[distances.argmin()])
        distance = int(distances.min())
        if distance > NEAR:
            return None
        found = self._known[nearest]
        return Reason(
            stage=Stage.PICTURE,
            category=found.category,
            probability=1 - distance / BITS,
            name=found.reference,
            on_list=found.list,
            picture=hash,
        )


class Given(NamedTuple):
    """What a file has of known pictures."""

    known: Sequence[Known]
    passed_over: Mapping[str, int]
    """How many entries are not taken, by why."""


def read_list(path: Path) -> Given:
    """A list of known pictures: CSV with hash, reference and category, or JSON as ThreatExchange and NCMEC give it.

    A line of CSV may leave out all but the hash. JSON: an array, or an object with one under `data`, `entries` or
    `files`; each entry has its hash under `hash`, `raw_indicator`, `indicator`, `pdq` or `fingerprints.pdq`, and may have `id` and
    `category`. Other kinds of hashes, what was withdrawn and what is said to be harmless are passed over. Raises Invalid with file
    and line or entry.
    """
    if path.stat().st_size > MOST_BYTES:
        raise Invalid("{name} is larger than {most} MB.", name=path.name, most=MOST_BYTES // 1_000_000)
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("{name} is not UTF-8.", name=path.name) from None
    passed_over: Counter[str] = Counter()
    found = list(_from_json(path, text, passed_over) if text.lstrip()[:1] in ("[", "{") else _from_csv(path, text))
    if not found:
        raise Invalid("{name} has no PDQ hashes in it.", name=path.name)
    return Given(found, passed_over)


def _from_csv(path: Path, text: str) -> Iterator[Known]:
    for number, line in enumerate(text.splitlines(), 1):
        try:
            row = next(csv.reader([line], strict=True), [])
        except csv.Error as error:
            raise Invalid("{name}, {place}: {why}", name=path.name, place=f"line {number}", why=str(error)) from None
        cells = [cell.strip() for cell in row]
        if not any(cells) or (number == 1 and not _is_hash(cells[0])) or cells[0].startswith("#"):
            continue  # empty, a head, or a remark
        yield _entry(path, f"line {number}", *[*cells, "", "", ""][:3])


def _from_json(path: Path, text: str, passed_over: Counter[str]) -> Iterator[Known]:
    try:
        given: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid("{name}, {place}: {why}", name=path.name, place="JSON", why=str(error)[:120]) from None
    if isinstance(given, dict):
        given = next((given[key] for key in ("data", "entries", "files") if isinstance(given.get(key), list)), None)
    if not isinstance(given, list):
        raise Invalid("{name} has no list of entries in it.", name=path.name)
    for number, each in enumerate(given, 1):
        place = f"entry {number}"
        if not isinstance(each, dict):
            raise Invalid("{name}, {place}: {why}", name=path.name, place=place, why="this is no object")
        prints = each.get("fingerprints")
        named = [each.get(key) for key in ("hash", "raw_indicator", "indicator", "pdq")]
        named.append(prints.get("pdq") if isinstance(prints, dict) else None)
        hash = next((one for one in named if one and isinstance(one, str)), None)
        if why := _why_not(each, hash):
            passed_over[why] += 1
        else:
            yield _entry(path, place, str(hash), str(each.get("id") or ""), str(each.get("category") or ""))


def _why_not(entry: Mapping[str, Any], hash: str | None) -> str:
    """Why an entry is none of a known picture; empty when it is. ThreatExchange marks what was withdrawn from an exchange with
    `should_delete` and what turned out harmless with the status NON_MALICIOUS."""
    kind = str(entry.get("type") or "PDQ").upper()
    prints = entry.get("fingerprints")
    named = entry.get("pdq") or (prints.get("pdq") if isinstance(prints, dict) else None)
    if hash is None or ("PDQ" not in kind and hash != named):
        return "other kinds of hashes"
    if entry.get("should_delete") or entry.get("deleted"):
        return "withdrawn"
    if str(entry.get("status") or "").upper() == "NON_MALICIOUS":
        return "said to be harmless"
    return ""


def _entry(path: Path, place: str, hash: str, reference: str, category: str) -> Known:
    def wrong(why: str) -> Invalid:
        return Invalid("{name}, {place}: {why}", name=path.name, place=place, why=why)

    if not _is_hash(hash):
        raise wrong(f"{hash[:80]!r} is no PDQ hash of 64 hexadecimal digits")
    if category and category not in list(Category):
        raise wrong(f"there is no category {category[:40]!r}")
    return Known(hash.lower(), (reference or f"{path.stem} {place}")[:200], Category(category or Category.VIOLENCE))


def _is_hash(text: str) -> bool:
    return len(text) == BITS // 4 and all(digit in "0123456789abcdefABCDEF" for digit in text)
