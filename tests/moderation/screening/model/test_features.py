"""Features: sentences have the places they would have by themselves, and each word has its part of what the tables say."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.moderation.screening.model import features
from folkmoot.moderation.screening.model.linear import Linear, see
from folkmoot.moderation.screening.normal import normalise

WORDS = st.text("abcdefghäö!.,'<>:\ud800😀", min_size=1, max_size=9)
TEXTS = st.lists(WORDS, max_size=40).map(" ".join)


@given(st.lists(TEXTS, max_size=5))
def test_a_part_of_a_text_has_the_places_that_it_has_by_itself(texts: list[str]) -> None:
    plain, parts = "", []
    for text in texts:
        start = len(plain)
        plain += f"{text}\n"
        parts.append((start, len(plain)))

    found = features.of_parts(plain, parts)

    assert len(found) == len(parts)
    for (start, end), (words, characters) in zip(parts, found, strict=True):
        part = plain[start:end]
        runs = features.word_runs([part[begin:stop] for begin, stop in features.tokens(part)])
        assert words.tolist() == sorted({place for run in runs for place in run.places.tolist()})
        runs = features.character_runs(part)
        assert characters.tolist() == sorted({place for run in runs for place in run.places.tolist()})


@given(st.lists(st.text("abcdefgh", min_size=1, max_size=9), min_size=1, max_size=12).map(" ".join), st.integers(0, 9))
def test_a_run_shares_what_it_adds_among_the_words_it_covers(plain: str, seed: int) -> None:
    weights = np.random.default_rng(seed).integers(-9, 9, (features.PLACES, 2)).astype(np.int8)
    table = Linear(weights, np.array([0.5, 1.0], np.float32), np.zeros(2, np.float32))
    seen = see(normalise(plain))

    spans, shares = table.shares(plain, seen, (1.0, 3.0))

    assert [plain[start:end] for start, end in spans] == plain.split()
    worth = weights @ np.array([0.5, 3.0])
    by_word, by_character = np.zeros(len(spans)), np.zeros(len(plain))
    for run in features.word_runs(plain.split()):
        _share(by_word, run, worth / np.sqrt(len(seen.words)))
    for run in features.character_runs(plain):
        _share(by_character, run, worth / np.sqrt(len(seen.characters)))
    wanted = [each + by_character[start:end].sum() for each, (start, end) in zip(by_word, spans, strict=True)]
    assert np.allclose(shares, wanted, atol=1e-4)


def _share(among: npt.NDArray[np.float64], run: features.Run, worth: npt.NDArray[np.float64]) -> None:
    for number, place in enumerate(run.places):
        for covered in range(number - run.back, number - run.back + run.reach):
            if 0 <= covered < len(among):
                among[covered] += worth[place] / run.reach
