"""The texts the model learns from: labelled corpora from a folder outside the repository, and our own writing."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from math import log
from pathlib import Path
from typing import Any, NamedTuple

WRITING = Path(__file__).parent / "writing"
READINGS = Path(__file__).parent / "readings.jsonl"
"""Rows of the corpora that we read: id, and violence 1, 0 or null where it cannot be told; of most of those the training part has
the chance that a jury would find a call in it, as readers graded it. No text."""
UNSEEN = Path(__file__).parent / "unseen"
CORPORA = "incitement-dev.jsonl.gz"
UNCLEAR = "incitement-unclear.jsonl.gz"
ORDINARY = "posts-sample.jsonl.gz"
LANGUAGES = ("en", "de")
NEAR = 0.3
"""From which share of common runs of characters on two texts are near copies."""

LICENCES = {
    "germeval-vio": "GPL-3.0",
    "gahd": "CC BY 4.0",
    "germeval18": "CC BY 4.0",
    "edos": "CC0 1.0",
    "ihc": "CC BY 4.0",
    "ethos": "GPL-3.0",
    "hatemojibuild": "CC BY 4.0",
    "davidson": "MIT",
    "tweeteval": "no restriction by its publishers; without its hate part, which is CC BY-NC 4.0",
    "writing": "ours, AGPL-3.0-or-later",
}
"""The sources that are learnt from, all of which may go with a model under AGPL-3.0-or-later."""


SHARED_WORDS = frozenset({"everyday", "news", "told"})
"""Kinds of our pairs whose halves have the words of a threat in common, so that only their order and sense tells them apart."""
TWIN = "harmless "
"""Stands before the kind of a twin."""
MISSED = "published as harmless"
"""The kind of what our reading found violent."""


class Part(StrEnum):
    TRAIN = "train"
    DEV = "dev"


class Example(NamedTuple):
    """One text and what it is; a label is None where nobody said."""

    text: str
    language: str
    source: str
    part: Part
    violence: bool
    hate: bool | None = None
    offence: bool | None = None
    read: bool = False
    """Whether a reader confirmed the label."""
    reply_to: str | None = None
    kind: str = ""
    """Of our own writing: which kind of violence, and for a twin `harmless` before it. Of the corpora: MISSED or nothing."""
    chance: float | None = None
    """Where it cannot be told whether it is violent: how likely a jury would find so. `violence` then says what is likelier."""

    @property
    def shares_words(self) -> bool:
        """Whether it is a half of a pair that only order and sense tell apart."""
        return self.kind.removeprefix(TWIN) in SHARED_WORDS

    @property
    def likely(self) -> float:
        """How likely it is violent: 0 or 1 but where it cannot be told."""
        return float(self.violence) if self.chance is None else self.chance


class NoData(Exception):
    """A folder or a file does not hold what is needed; a sentence for the terminal."""


def corpora(folder: Path, readings: Path = READINGS) -> list[Example]:
    """The labelled posts of other people's corpora, without those whose licence forbids shipping, and corrected where
    we read them. What cannot be told is only for learning, and only where readers said how likely it is."""
    said = {row["id"]: row for row in map(json.loads, readings.read_text("utf-8").splitlines())}
    found = []
    for row in (*_rows(folder / CORPORA), *_rows(folder / UNCLEAR)):
        if not _may_be_shipped(row):
            continue
        published, reading = row["labels"]["violence"], said.get(row["id"])
        if reading is not None:
            row |= {"labels": row["labels"] | {"violence": reading["violence"]}, "label_by": "review"}
        if row["labels"]["violence"] is not None:
            missed = published == 0 and bool(row["labels"]["violence"])
            found.append(_example(row)._replace(kind=MISSED if missed else ""))
        elif reading is not None and "chance" in reading and row["split"] == Part.TRAIN:
            chance = reading["chance"]
            found.append(_example(row)._replace(violence=chance >= 0.5, chance=chance))
    return found


def ordinary(folder: Path) -> list[Example]:
    """Posts as people write them, unlabelled and taken as harmless: for measuring false holds, never for learning."""
    return [
        Example(row["text"], row["lang"], row["source"], Part.DEV, violence=False) for row in _rows(folder / ORDINARY)
    ]


def writing(folder: Path = WRITING) -> list[Example]:
    """Our own pairs, a violent text and its harmless twin; about every seventh pair is kept for the dev part.

    Two people may write the same few words: a pair of which a half is nearly in the unseen writing is left out.
    """
    taken = _Known(one.text for one in unseen())
    found = []
    for language in LANGUAGES:
        for path in sorted((folder / language).glob("*.jsonl")):
            for line in path.read_text("utf-8").splitlines():
                pair = _pair(json.loads(line), language) if line.strip() else []
                if not any(taken.has(one.text) for one in pair):
                    found += pair
    return found


class _Known:
    """Texts by their runs of five characters."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._sizes: list[int] = []
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        for place, runs in enumerate(map(_runs, texts)):
            self._sizes.append(len(runs))
            for run in runs:
                self._places[run].append(place)

    def has(self, text: str) -> bool:
        """Whether so many of the runs that it and one of the texts have are common to both (Jaccard 1912)."""
        own = _runs(text)
        common = Counter(place for run in own for place in self._places.get(run, ()))
        return any(both >= NEAR * (len(own) + self._sizes[place] - both) for place, both in common.items())


def _runs(text: str) -> frozenset[str]:
    plain = " ".join(("", *re.findall(r"[^\W_]+", text.casefold()), ""))
    return frozenset(plain[at : at + 5] for at in range(max(len(plain) - 4, 1)))


def unseen(folder: Path = UNSEEN) -> list[Example]:
    """Writing that nothing was learnt from or chosen by: for the report alone."""
    found = []
    for language in LANGUAGES:
        path = folder / f"{language}.jsonl"
        for line in path.read_text("utf-8").splitlines() if path.exists() else ():
            row = json.loads(line)
            found.append(
                Example(
                    row["text"],
                    language,
                    "unseen",
                    Part.DEV,
                    bool(row["violence"]),
                    read=True,
                    reply_to=row.get("reply_to"),
                    kind=row["kind"],
                )
            )
    return found


def priors(examples: Sequence[Example]) -> dict[str, float]:
    """The log-odds of violence in each source."""
    violent: defaultdict[str, float] = defaultdict(float)
    harmless: defaultdict[str, float] = defaultdict(float)
    for one in examples:
        violent[one.source] += one.likely
        harmless[one.source] += 1 - one.likely
    return {source: log((violent[source] + 1) / (harmless[source] + 1)) for source in violent}


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        raise NoData(f"There is no {path.name} in {path.parent}; give the folder that holds it with DATA_FOLDER.")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _may_be_shipped(row: dict[str, Any]) -> bool:
    if row["source"] == "tweeteval" and str(row["source_label"]).startswith("hate:"):
        return False
    return row["source"] in LICENCES


def _example(row: dict[str, Any]) -> Example:
    labels = row["labels"]
    return Example(
        row["text"],
        row["lang"],
        row["source"],
        Part(row["split"]),
        bool(labels["violence"]),
        None if labels.get("hate") is None else bool(labels["hate"]),
        None if labels.get("offensive") is None else bool(labels["offensive"]),
        read=row["label_by"] == "review",
    )


def _pair(row: dict[str, Any], language: str) -> list[Example]:
    """A violent text and its twin, or an ordinary post that stands alone."""
    kind, reply_to = row["kind"], row.get("reply_to")
    first = row.get("violent", row["harmless"])
    number = int.from_bytes(hashlib.sha256(first.encode()).digest()[:4], "little") % 100
    part = Part.DEV if number < 15 else Part.TRAIN
    twin = Example(
        row["harmless"], language, "writing", part, False, read=True, reply_to=reply_to, kind=f"{TWIN}{kind}"
    )
    if "violent" not in row:
        return [twin]
    return [Example(row["violent"], language, "writing", part, True, read=True, reply_to=reply_to, kind=kind), twin]
