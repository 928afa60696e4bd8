"""Text into the word pieces the encoder knows: the likeliest cut of each word by a unigram vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice

START, END, UNKNOWN = 0, 1, 2
"""The first three places of every vocabulary; the pieces follow."""
SPACE = "▁"
LONGEST_WORD = 40
"""Characters of one word that are looked at; no word anybody says is longer."""
REMEMBERED = 4_096
"""Words whose pieces are remembered."""

_SPECIAL = 3
_WORST = -1e9


class Pieces:
    """A vocabulary of word pieces, each with the logarithm of how likely it is."""

    def __init__(self, pieces: Sequence[str], scores: Iterable[float]) -> None:
        self.places = {piece: place for place, piece in enumerate(pieces, _SPECIAL)}
        self._scores = [0.0] * _SPECIAL + list(scores)
        self._longest = max(map(len, pieces), default=1)
        self._unknown = min(self._scores[_SPECIAL:], default=0.0) - 10.0
        self.word = lru_cache(REMEMBERED)(self._best)
        """The places of one word's pieces; remembered, since people repeat themselves."""

    def cut(self, plain: str, most: int) -> tuple[list[int], list[int]]:
        """The places of the first `most` pieces of a text, and for each the number of the word it belongs to."""
        places: list[int] = []
        words: list[int] = []
        for number, word in enumerate(islice(plain.split(), most)):
            piece_places = self.word(word)
            places += piece_places
            words += [number] * len(piece_places)
            if len(places) >= most:
                break
        return places[:most], words[:most]

    def _best(self, word: str) -> tuple[int, ...]:
        text = SPACE + word[:LONGEST_WORD]
        places, scores, longest = self.places, self._scores, self._longest
        best = [0.0] + [_WORST] * len(text)
        came = [0] * (len(text) + 1)
        for begin in range(len(text)):
            here = best[begin]
            if here <= best[-1]:
                continue  # every further piece only makes it less likely
            for end in range(begin + 1, min(len(text), begin + longest) + 1):
                place = places.get(text[begin:end])
                if place is not None:
                    score = here + scores[place]
                elif end == begin + 1:
                    score = here + self._unknown
                else:
                    continue
                if score > best[end]:
                    best[end], came[end] = score, begin
        cut: list[int] = []
        end = len(text)
        while end:
            cut.append(places.get(text[came[end] : end], UNKNOWN))
            end = came[end]
        return tuple(reversed(cut))
