"""The arithmetic: a sigmoid through verdicts, thresholds from ordinary posts, and figures that tell old from new."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import msgspec

from folkmoot.moderation.screening.line import Line, logit, sigmoid

LEAST = 40
"""Verdicts of each kind below which a refit would be noise."""
_CLIP = 1e-6


class Judgement(msgspec.Struct, frozen=True):
    """A text and what people decided about it."""

    text: str
    violates: bool
    language: str | None = None
    reply_to: str | None = None

    @property
    def is_held_out(self) -> bool:
        """Whether it only tests: a stable third of all texts."""
        return hashlib.sha256(self.text.encode("utf-8", "replace")).digest()[0] % 3 == 0


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """How a calibration with its limits does on texts people have judged."""

    texts: int
    violating: int
    log_loss: float
    """Mean of -ln of the probability given to what was so; less is better."""
    error: float
    """Expected calibration error over ten equal parts: how far, on average, a claimed probability is from the share found."""
    held: float
    """Share of the violating texts that are held."""
    doubted: float
    """Share of the violating texts that are held or brought before people."""
    false_holds: float
    """Share of the harmless texts that are held. Only texts in doubt are ever judged, so of all posts it is far less."""


def fit(probabilities: Sequence[float], violates: Sequence[bool]) -> Line:
    """The line that makes these verdicts likeliest: Platt's scaling (1999), with his smoothed targets, by Newton's method.

    A prior of one verdict's weight holds the line near what it was. Raises ValueError with too few verdicts of a kind.
    """
    positive = sum(violates)
    negative = len(violates) - positive
    if min(positive, negative) < LEAST:
        raise ValueError(f"{positive} and {negative} verdicts to learn from: at least {LEAST} of each kind are needed")
    high, low = (positive + 1) / (positive + 2), 1 / (negative + 2)
    points = [(logit(p), high if v else low) for p, v in zip(probabilities, violates, strict=True)]
    slope, shift = 1.0, 0.0
    for _ in range(100):
        g0, g1, h00, h01, h11 = slope - 1.0, shift, 1.0, 0.0, 1.0
        for x, target in points:
            p = sigmoid(slope * x + shift)
            weight = p * (1 - p)
            g0 += (p - target) * x
            g1 += p - target
            h00 += weight * x * x
            h01 += weight * x
            h11 += weight
        determinant = h00 * h11 - h01 * h01
        step0, step1 = (g0 * h11 - g1 * h01) / determinant, (g1 * h00 - g0 * h01) / determinant
        scale = min(1.0, 2.0 / max(abs(step0), abs(step1), 1e-12))
        slope, shift = slope - scale * step0, shift - scale * step1
        if max(abs(step0), abs(step1)) < 1e-9:
            break
    return Line(max(slope, 0.05), shift)


def threshold(probabilities: Sequence[float], share: float) -> float:
    """The least probability that touches at most this share of these ordinary posts."""
    ordered = sorted(probabilities, reverse=True)
    allowed = int(len(ordered) * share)
    return min(max(math.nextafter(ordered[allowed], 1.0) if allowed < len(ordered) else ordered[-1], 0.01), 0.999)


def figures(probabilities: Sequence[float], violates: Sequence[bool], case: float, hold: float) -> Figures:
    """How these probabilities and limits do. At least one text is needed."""
    pairs = list(zip(probabilities, violates, strict=True))
    bad, good = [p for p, v in pairs if v], [p for p, v in pairs if not v]
    loss = -sum(math.log(max(p if v else 1 - p, _CLIP)) for p, v in pairs) / len(pairs)
    error = 0.0
    for n in range(10):
        part = [(p, v) for p, v in pairs if n / 10 <= p < (n + 1) / 10 or (n == 9 and p == 1)]
        if part:
            error += abs(sum(p for p, _ in part) - sum(v for _, v in part)) / len(pairs)
    return Figures(
        texts=len(pairs),
        violating=len(bad),
        log_loss=loss,
        error=error,
        held=_share(bad, hold),
        doubted=_share(bad, case),
        false_holds=_share(good, hold),
    )


def _share(probabilities: Sequence[float], limit: float) -> float:
    return sum(p >= limit for p in probabilities) / len(probabilities) if probabilities else 0.0
