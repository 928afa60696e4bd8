"""What a network's own verdicts add to the model: a thin table beside those of its first stage."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np

from folkmoot.moderation.screening.model.features import PLACES
from folkmoot.moderation.screening.model.linear import Linear


class Weights(msgspec.Struct, frozen=True):
    """Which places of a language's table weigh how much, in whole steps of `scale` log-odds."""

    places: tuple[int, ...] = ()
    steps: tuple[int, ...] = ()
    scale: float = 1.0

    def __post_init__(self) -> None:
        inside = all(0 <= place < PLACES for place in self.places) and all(-127 <= step <= 127 for step in self.steps)
        if len(self.places) != len(self.steps) or not inside:
            raise ValueError("These are no weights of the first stage.")


Learnt = Mapping[str, Weights]
"""By language."""


def tables(learnt: Learnt) -> dict[str, Linear]:
    """What can be asked of a text, by language; only those that say something."""
    found = {}
    for language, one in learnt.items():
        if one.places:
            table = np.zeros((PLACES, 1), dtype=np.int8)
            table[list(one.places), 0] = one.steps
            found[language] = Linear(table, np.array([one.scale], np.float32), np.zeros(1, np.float32))
    return found
