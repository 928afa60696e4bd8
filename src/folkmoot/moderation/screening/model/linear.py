"""The first stage, asked of every text: a weight for each word, run of characters and sign, one table a language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt
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
    (whole,) = see_parts(normal, [(0, len(normal.plain))])
    return whole


def see_parts(normal: Normal, parts: Sequence[tuple[int, int]]) -> list[Seen]:
    """The same of parts of a plain text, none of which cuts a word, with the signs of the whole."""
    signs = features.signs(normal)
    return [Seen(words, characters, signs) for words, characters in features.of_parts(normal.plain, parts)]


def counted(seen: Seen) -> tuple[Places, Floats]:
    """The places of a text and how much each counts: all words together as much as all runs, and as all signs."""
    sizes = [len(places) for places in seen]
    each = np.array([1 / sqrt(size) if size else 0.0 for size in sizes], dtype=np.float32)
    return np.concatenate(seen), np.repeat(each, sizes)


class Linear:
    """The tables of one language. `weights` has a column a question, in whole steps of `scale`."""

    def __init__(self, weights: npt.NDArray[np.int8], scale: Floats, bias: Floats) -> None:
        self._weights = weights
        self._scale = scale
        self._bias = bias

    def logits(self, seen: Seen) -> Floats:
        """What the features amount to, a logit a column."""
        places, counts = counted(seen)
        logits: Floats = (counts @ self._weights.take(places, axis=0).astype(np.float32)) * self._scale + self._bias
        return logits

    def shares(self, plain: str, seen: Seen, worth: Sequence[float]) -> tuple[list[tuple[int, int]], Floats]:
        """The words of a plain text and what each adds to the sum of the columns, of which each counts as much as `worth`
        says; a run's share is spread over what it covers."""
        spans = features.tokens(plain)
        each = self._scale[: len(worth)] * np.array(worth, dtype=np.float32)
        words = features.word_runs([plain[start:end] for start, end in spans])
        shares = self._spread(words, each / sqrt(max(len(seen.words), 1)), len(spans))
        characters = features.character_runs(plain)
        by_character = self._spread(characters, each / sqrt(max(len(seen.characters), 1)), len(plain))
        so_far = np.concatenate(([0.0], np.cumsum(by_character)))
        shares += np.array([so_far[end] - so_far[start] for start, end in spans])
        return spans, shares.astype(np.float32)

    def _spread(self, runs: Iterable[features.Run], each: Floats, size: int) -> npt.NDArray[np.float64]:
        """What each of so many words or characters has of the runs that cover it, of which each shares itself out evenly."""
        total = np.zeros(size)
        for run in runs:
            if len(run.places):
                worth = self._weights.take(run.places, axis=0)[:, : len(each)] @ each
                total += np.convolve(worth / run.reach, np.ones(run.reach))[run.back : run.back + size]
        return total
