"""Texts as people write them who do not want to be found, made from texts as they are."""

from __future__ import annotations

import random
import re

_WORD = re.compile(r"[^\W\d_]{4,}")
_LEET = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7", "l": "1|"}
_LOOKS = {"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "x": "х", "y": "у", "i": "і"}
_ACCENTS = {"a": "àáâ", "e": "éèê", "i": "íîï", "o": "óôò", "u": "úûù"}


def disguise(text: str, rng: random.Random, share: float = 0.5) -> str:
    """The text with some of its words written another way, the long ones rather than the short."""
    words = list(_WORD.finditer(text))
    if not words:
        return text
    way = rng.choice(_WAYS)
    chosen = [word for word in words if rng.random() < share] or [rng.choice(words)]
    for word in reversed(chosen):
        text = text[: word.start()] + way(word.group(), rng) + text[word.end() :]
    return text


def _leet(word: str, rng: random.Random) -> str:
    return "".join(rng.choice(_LEET[c.lower()]) if c.lower() in _LEET and rng.random() < 0.6 else c for c in word)


def _parted(word: str, rng: random.Random) -> str:
    return rng.choice((" ", ".", "-", "_", "*", "​")).join(word)


def _starred(word: str, rng: random.Random) -> str:
    hidden = rng.randrange(1, len(word) - 1)
    return word[:hidden] + rng.choice("*#_.") + word[hidden + 1 :]


def _lookalike(word: str, rng: random.Random) -> str:
    return "".join(_LOOKS[c] if c in _LOOKS and rng.random() < 0.6 else c for c in word)


def _accented(word: str, rng: random.Random) -> str:
    return "".join(rng.choice(_ACCENTS[c]) if c in _ACCENTS and rng.random() < 0.6 else c for c in word)


def _stretched(word: str, rng: random.Random) -> str:
    at = rng.randrange(len(word))
    return word[:at] + word[at] * rng.randrange(2, 6) + word[at + 1 :]


def _short_of_one(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word))
    return word[:at] + word[at + 1 :]


def _swapped(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _halved(word: str, rng: random.Random) -> str:
    at = rng.randrange(2, len(word) - 1)
    return word[:at] + rng.choice((" ", "-", ".")) + word[at:]


def _loud(word: str, rng: random.Random) -> str:
    return "".join(c.upper() if rng.random() < 0.5 else c for c in word)


def _vowelless(word: str, rng: random.Random) -> str:
    return word[0] + "".join(c for c in word[1:] if c.lower() not in "aeiou" or rng.random() < 0.3)


_WAYS = (
    _leet,
    _leet,
    _parted,
    _parted,
    _starred,
    _starred,
    _lookalike,
    _accented,
    _stretched,
    _short_of_one,
    _swapped,
    _halved,
    _loud,
    _vowelless,
)
"""The usual ones stand twice."""
