"""From what the stages say to probabilities and thresholds, on the dev split and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from folkmoot.moderation.screening.finding import CLAIMED, VIOLENT, Category, Limits
from folkmoot.moderation.screening.model.model import Curve, Mixture

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

HOLD, CASE = 0.01, 0.05
"""The share of harmless posts that may be held, and that may be held or brought to a case."""
OF_PAIRS = 0.5
"""What our pairs count in mixing the stages, beside the posts of the corpora."""


class Line(NamedTuple):
    """A logit of probability as a straight line over a score."""

    slope: float
    start: float

    def at(self, score: float) -> float:
        return self.slope * score + self.start


def line(scores: Floats, labels: Bools) -> Line:
    """Platt's line."""
    model = LogisticRegression(C=1e4).fit(scores[:, None], labels)
    return Line(float(model.coef_[0, 0]), float(model.intercept_[0]))


def mix(tables: Floats, encoder: Floats, labels: Bools, pairs: Bools, columns: Sequence[float]) -> Mixture:
    """How much each stage should count where both were asked; neither below nothing. Our pairs count half.

    `tables` are the first stage's columns, blended as `columns` says.
    """
    weight = np.zeros(len(labels))
    for group, worth in ((~pairs, 1.0), (pairs, OF_PAIRS)):
        for side in (labels & group, ~labels & group):
            weight[side] = worth / max(int(side.sum()), 1)
    model = LogisticRegression(C=10.0).fit(np.stack((tables, encoder), axis=1), labels, weight * len(labels))
    own, other = np.maximum(model.coef_[0], 0.0)
    total = max(own + other, 1e-9)
    return Mixture(tables=tuple(float(own / total) * one for one in columns), encoder=float(other / total))


def threshold(harmless: Floats, taken: Bools, share: float) -> float:
    """From which score on `share` of the harmless are touched, those counted in that the rules touch anyway."""
    left = max(share * len(harmless) - float(taken.sum()), 0.0)
    ordered = np.sort(harmless[~taken])[::-1]
    return float(np.nextafter(ordered[min(int(left), len(ordered) - 1)], np.inf))


class Points(NamedTuple):
    """Where a language's scores reach the two limits."""

    line: Line
    case: float
    hold: float


def level(points: Mapping[str, Points]) -> Limits:
    """The limits as logits, one pair for all languages: the mean of what each language's own line says there."""
    case = float(np.mean([one.line.at(one.case) for one in points.values()]))
    hold = float(np.mean([one.line.at(one.hold) for one in points.values()]))
    return Limits(case=case, hold=max(hold, case + 0.1))


def curve(own: Points, limits: Limits, lowest: float, highest: float) -> Curve:
    """Platt's line, bent so that the two thresholds of a language lie where all languages have them."""
    slope = max(own.line.slope, 1e-3)
    low, high = min(lowest, own.case - 1.0), max(highest, own.hold + 1.0)
    return Curve(
        at=(low, own.case, max(own.hold, own.case + 1e-4), high),
        to=(
            limits.case - slope * (own.case - low),
            limits.case,
            limits.hold,
            limits.hold + slope * (high - own.hold),
        ),
    )


def straight(own: Line, lowest: float, highest: float, most: float = np.inf) -> Curve:
    """Platt's line as it is, or only up to some logit."""
    return Curve(at=(lowest, highest), to=(min(own.at(lowest), most), min(own.at(highest), most)))


def probability(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


def as_probabilities(limits: Limits) -> Limits:
    """Rounded up a little, so that what is written is what is compared."""
    return Limits(case=probability(limits.case), hold=probability(limits.hold))


OF_RULES = dict.fromkeys(sorted(VIOLENT - {Category.VIOLENCE}), CLAIMED)
"""The limits of what only rules speak for: a weight is the probability a rule claims (docs/screening-rules.md)."""


def shipped(violence: Limits) -> dict[Category, Limits]:
    """Hate brings nothing before a jury by itself: an operator may decide otherwise."""
    return {Category.VIOLENCE: violence, **OF_RULES, Category.HATE: Limits()}


def labelled(values: Sequence[bool | None]) -> tuple[Bools, Bools]:
    """Which are known, and which of all are so."""
    return np.array([value is not None for value in values]), np.array([bool(value) for value in values])
