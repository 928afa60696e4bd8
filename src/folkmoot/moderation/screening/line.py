"""A straight line through log-odds: how a probability is brought in line with what people decided."""

from __future__ import annotations

import math

import msgspec

_CLIP = 1e-6


class Line(msgspec.Struct, frozen=True):
    """What a probability becomes; slope 1 and shift 0 leave it as it is."""

    slope: float = 1.0
    shift: float = 0.0

    def of(self, probability: float) -> float:
        return sigmoid(self.slope * logit(probability) + self.shift)


def logit(probability: float) -> float:
    """Log-odds, with certainty kept finite."""
    clipped = min(max(probability, _CLIP), 1 - _CLIP)
    return math.log(clipped / (1 - clipped))


def sigmoid(x: float) -> float:
    """The probability with these log-odds."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))
