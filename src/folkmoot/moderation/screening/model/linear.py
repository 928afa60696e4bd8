"""The first stage, asked of every text: a weight for each word, run of characters and sign, one table a language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from folkmoot.moderation.screening.model import features
from folkmoot.moderation.screening.model.features import Places
from folkmoot.moderation.screening.normal import Normal

Floats = npt.NDArray[np.float32]


class Seen(NamedTuple):
    """The features of a text: those of words, of characters and the signs, each once."""

    words: Places
    characters: Places
    signs: Places


def see(normal: Normal) -> Seen:
    """What the tables are asked about."""
    return _see(normal.plain, features.signs(normal))


def see_part(plain: str, whole: Seen) -> Seen:
    """The same of a part of a text, with the signs of the whole."""
    return _see(plain, whole.signs)


def _see(plain: str, signs: Places) -> Seen:
    words = [plain[start:end] for start, end in features.tokens(plain)]
    return Seen(_once(features.word_runs(words)), _once(features.character_runs(plain)), signs)


def counted(seen: Seen) -> tuple[Places, Floats]:
    """The places of a text and how much each counts: all words together as much as all runs, and as all signs."""
    counts = [np.full(len(places), 1 / np.sqrt(len(places)), dtype=np.float32) for places in seen if len(places)]
    return np.concatenate(seen), np.concatenate(counts) if counts else np.zeros(0, dtype=np.float32)


def _once(runs: object) -> Places:
    found = [run.places for run in runs]  # type: ignore[attr-defined]
    if not found:
        return np.zeros(0, dtype=np.int64)
    places = np.concatenate(found)
    places.sort()
    return places[np.concatenate(([True], places[1:] != places[:-1]))] if len(places) else places


class Linear:
    """The tables of one language. `weights` has a column a question, in whole steps of `scale`."""

    def __init__(self, weights: npt.NDArray[np.int8], scale: Floats, bias: Floats) -> None:
        self._weights = weights
        self._scale = scale
        self._bias = bias

    def logits(self, seen: Seen) -> Floats:
        """What the features amount to, a logit a column."""
        total = np.zeros(self._weights.shape[1], dtype=np.float32)
        for places in seen:
            if len(places):
                total += self._weights[places].sum(axis=0, dtype=np.int32) / np.sqrt(len(places), dtype=np.float32)
        logits: Floats = total * self._scale + self._bias
        return logits

    def shares(self, plain: str, seen: Seen, worth: Sequence[float]) -> tuple[list[tuple[int, int]], Floats]:
        """The words of a plain text and what each adds to the sum of the columns, of which each counts as much as `worth`
        says; a run's share is spread over what it covers."""
        spans = features.tokens(plain)
        each = self._scale[: len(worth)] * np.array(worth, dtype=np.float32)
        by_word = np.zeros(len(spans) + 1, dtype=np.float32)
        part = 1 / np.sqrt(max(len(seen.words), 1))
        for run in features.word_runs([plain[start:end] for start, end in spans]):
            _spread(by_word, run, self._weights[run.places, : len(each)] @ (each * part))
        by_character = np.zeros(len(plain) + 1, dtype=np.float32)
        part = 1 / np.sqrt(max(len(seen.characters), 1))
        for run in features.character_runs(plain):
            _spread(by_character, run, self._weights[run.places, : len(each)] @ (each * part))
        shares = np.cumsum(by_word)[:-1]
        so_far = np.concatenate(([0.0], np.cumsum(np.cumsum(by_character)[:-1])))
        shares += np.array([so_far[end] - so_far[start] for start, end in spans], dtype=np.float32)
        return spans, shares


def _spread(steps: Floats, run: features.Run, worth: Floats) -> None:
    """Add each run's worth, shared among what it covers, as steps up and down of a running sum."""
    last = len(steps) - 1
    starts = np.arange(len(worth)) - run.back
    each = worth / run.reach
    np.add.at(steps, np.clip(starts, 0, last), each)
    np.add.at(steps, np.clip(starts + run.reach, 0, last), -each)
