"""Learning words from verdicts: a logistic regression over the first stage's features, beside what the model says already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from folkmoot.moderation.calibration.fit import Judgement
from folkmoot.moderation.screening import Words
from folkmoot.moderation.screening.line import Line, logit, sigmoid
from folkmoot.moderation.screening.model.features import Places
from folkmoot.moderation.screening.model.learnt import Weights
from folkmoot.moderation.screening.model.linear import counted
from folkmoot.network.gate.parts import shipped_model

Floats = npt.NDArray[np.float64]

STRENGTHS = (1.0, 4.0, 16.0, 64.0)
"""How strongly weights are drawn to nothing; the one that does best on verdicts kept out is taken."""
FOLDS = 4
MOST = 5_000
"""Weights kept of a language: more would make the stored version larger than it helps."""
_STEPS = 127
_ROUNDS = 100


class Case(NamedTuple):
    """A judged text as it is learnt from."""

    places: Places
    counts: npt.NDArray[np.float32]
    said: float
    """Log-odds of violence by the model as it is."""
    violates: bool


class Learning(NamedTuple):
    """What was learnt of one language."""

    weights: Weights
    outside: Floats
    """What weights learnt without a text add to it, a number a text, in order: for fitting a line honestly."""


def learn_each(
    judgements: Sequence[Judgement], said: Sequence[float], line: Line
) -> tuple[dict[str, Weights], list[float]]:
    """Weights for each language, and the probabilities `said` of these texts as they would be with weights from others.

    `line` is the calibration these probabilities need anyway: only what it leaves open is for words to explain.
    """
    model = shipped_model()
    members: dict[str, list[int]] = {}
    cases = []
    for number, (one, probability) in enumerate(zip(judgements, said, strict=True)):
        view = model.look(Words(text=one.text, language=one.language, reply_to=one.reply_to)).view
        cases.append(Case(*counted(view.stretch.seen), logit(line.of(probability)), one.violates))
        members.setdefault(view.name, []).append(number)
    found, outside = {}, list(said)
    for language, numbers in sorted(members.items()):
        learning = learn([cases[number] for number in numbers])
        if learning.weights.places:
            weights = learning.weights
            found[language] = Weights(weights.places, weights.steps, weights.scale / line.slope)  # the line comes after
            for number, added in zip(numbers, learning.outside.tolist(), strict=True):
                outside[number] = sigmoid(logit(said[number]) + added / line.slope)
    return found, outside


def learn(cases: Sequence[Case]) -> Learning:
    """Weights for these verdicts. None at all where what they gain on verdicts kept out may be chance: twice its error."""
    nothing = Learning(Weights(), np.zeros(len(cases)))
    if len(cases) < FOLDS * 2 or len({one.violates for one in cases}) < 2:
        return nothing
    matrix = _Matrix(cases)
    matrix.said += _shift(matrix)
    folds = np.arange(len(cases)) % FOLDS
    alone = _losses(matrix, nothing.outside)
    best, gained, chosen = nothing.outside, 0.0, 0.0
    for strength in STRENGTHS:
        outside = np.zeros(len(cases))
        for fold in range(FOLDS):
            outside[folds == fold] = matrix.times(_fit(matrix, folds != fold, strength))[folds == fold]
        gain = alone - _losses(matrix, outside)
        if gain.mean() > max(gained, 2 * gain.std() / np.sqrt(len(gain))):
            best, gained, chosen = outside, float(gain.mean()), strength
    if not chosen:
        return nothing
    return Learning(_kept(matrix.names, _fit(matrix, np.ones(len(cases), dtype=bool), chosen)), best)


class _Matrix:
    """The features of all texts, one row after another."""

    def __init__(self, cases: Sequence[Case]) -> None:
        sizes = np.array([len(one.places) for one in cases])
        self.rows = np.repeat(np.arange(len(cases)), sizes)
        self.names, self.places = np.unique(np.concatenate([one.places for one in cases]), return_inverse=True)
        self.counts = np.concatenate([one.counts for one in cases]).astype(np.float64)
        self.said = np.array([one.said for one in cases])
        self.violates = np.array([one.violates for one in cases])

    def times(self, weights: Floats) -> Floats:
        return np.asarray(
            np.bincount(self.rows, self.counts * weights[self.places], minlength=len(self.said)), dtype=np.float64
        )

    def back(self, errors: Floats) -> Floats:
        return np.asarray(
            np.bincount(self.places, self.counts * errors[self.rows], minlength=len(self.names)), dtype=np.float64
        )


def _fit(matrix: _Matrix, taught: npt.NDArray[np.bool_], strength: float) -> Floats:
    """Regularised logistic regression with what the model says as a fixed part, by Nesterov's accelerated gradient (1983).

    Its step is one over the steepest the slope can get: a quarter of the features' largest squared singular value, which
    a power iteration finds.
    """
    direction = np.ones(len(matrix.names))
    for _ in range(12):
        direction = matrix.back(matrix.times(direction) * taught)
        length = float(np.linalg.norm(direction))
        direction /= length
    steepest = 0.25 * 1.1 * length + strength
    weights = np.zeros(len(matrix.names))
    ahead = weights
    for number in range(_ROUNDS):
        p = 1 / (1 + np.exp(-np.clip(matrix.said + matrix.times(ahead), -30, 30)))
        stepped = ahead - (matrix.back((p - matrix.violates) * taught) + strength * ahead) / steepest
        ahead = stepped + number / (number + 3) * (stepped - weights)
        weights = stepped
    return weights


def _shift(matrix: _Matrix) -> float:
    """What makes the model's probabilities of these texts right on average, by Newton's method: nothing for words to explain."""
    shift = 0.0
    for _ in range(20):
        p = 1 / (1 + np.exp(-np.clip(matrix.said + shift, -30, 30)))
        step = float((p - matrix.violates).sum() / max((p * (1 - p)).sum(), 1e-6))
        shift -= min(max(step, -2.0), 2.0)
    return shift


def _losses(matrix: _Matrix, added: Floats) -> Floats:
    """The logarithm of how unlikely each verdict was thought."""
    logits = matrix.said + added
    return np.asarray(np.logaddexp(0.0, np.where(matrix.violates, -logits, logits)), dtype=np.float64)


def _kept(names: Places, weights: Floats) -> Weights:
    scale = float(np.abs(weights).max()) / _STEPS
    if not scale:
        return Weights()
    heaviest = np.sort(np.argsort(-np.abs(weights), kind="stable")[:MOST])
    steps = np.rint(weights[heaviest] / scale).astype(int)
    return Weights(
        tuple(names[heaviest[steps != 0]].tolist()), tuple(steps[steps != 0].tolist()), float(np.float32(scale))
    )
