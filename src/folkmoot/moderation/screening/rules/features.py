"""What a text has of targets, violent words, times and so on, by the starter lists: the model's second pair of eyes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import re2

from folkmoot.moderation.screening.normal import Normal
from folkmoot.moderation.screening.rules.files import compile_pattern, options, read
from folkmoot.moderation.screening.rules.starter import STARTER

FEATURES = (
    "target",
    "violent_verb",
    "weapon",
    "time",
    "place",
    "address",
    "call",
    "quotation",
    "condemnation",
    "figure_of_speech",
    "negation",
    "first_person",
    "second_person",
    "future",
    "wish",
    "praise",
)
"""Their names, in an order that stays."""
MOST = 20


def features(normal: Normal) -> dict[str, float]:
    """How often each feature stands in the text, at most twenty times, by the lists of both languages."""
    present, patterns = _compiled()
    text = normal.plain.encode()
    counts = dict.fromkeys(FEATURES, 0.0)
    for index in present.Match(text) or ():
        counts[FEATURES[index]] = float(_count(patterns[index], text))
    return counts


def _count(pattern: re2._Regexp, text: bytes) -> int:
    count = 0
    for _ in pattern.finditer(text):
        count += 1
        if count == MOST:
            break
    return count


@cache
def _compiled() -> tuple[re2.Set, Sequence[re2._Regexp]]:
    loaded = read(STARTER)
    found = re2.Set.SearchSet(options(32 << 20))
    patterns = []
    for feature in FEATURES:
        pattern = "|".join(loaded.terms[term] for term in loaded.features[feature])
        found.Add(pattern.encode())
        patterns.append(compile_pattern(pattern))
    found.Compile()
    return found, patterns
