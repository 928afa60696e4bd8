"""Text into the word pieces the encoder knows: the likeliest cut of each word by a unigram vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

START, END, UNKNOWN = 0, 1, 2
"""The first three places of every vocabulary; the pieces follow."""
SPACE = "▁"
LONGEST_WORD = 40
"""Characters of one word that are looked at; no word anybody says is longer."""

_SPECIAL = 3
_WORST = -1e9


class Pieces:
    """A vocabulary of word pieces, each with the logarithm of how likely it is."""

    def __init__(self, pieces: Sequence[str], scores: Iterable[float]) -> None:
        self.places = {piece: place for place, piece in enumerate(pieces, _SPECIAL)}
        self.scores = dict(zip(pieces, scores, strict=True))
        self.longest = max(map(len, pieces), default=1)
        self.unknown = min(self.scores.values(), default=0.0) - 10.0
        self.known: dict[str, tuple[int, ...]] = {}

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

    def word(self, word: str) -> tuple[int, ...]:
        """The pieces of one word; remembered, since people repeat themselves."""
        found = self.known.get(word)
        if found is None:
            if len(self.known) > 1_500:
                self.known.clear()
            found = self.known[word] = self._best(SPACE + word[:LONGEST_WORD])
        return found

    def _best(self, text: str) -> tuple[int, ...]:
        scores, places, longest = self.scores, self.places, self.longest
        best = [0.0] + [_WORST] * len(text)
        came = [0] * (len(text) + 1)
        for begin in range(len(text)):
            here = best[begin]
            for end in range(begin + 1, min(len(text), begin + longest) + 1):
                score = scores.get(text[begin:end])
                if score is None:
                    if end > begin + 1:
                        continue
                    score = self.unknown
                if here + score > best[end]:
                    best[end], came[end] = here + score, begin
        cut: list[int] = []
        end = len(text)
        while end:
            cut.append(places.get(text[came[end] : end], UNKNOWN))
            end = came[end]
        return tuple(reversed(cut))
