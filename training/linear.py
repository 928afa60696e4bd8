"""The first stage: logistic regression over hashed words and runs of characters, one model a language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse
from sklearn.linear_model import LogisticRegression

from folkmoot.moderation.screening.model.features import PLACES, TABLE
from folkmoot.moderation.screening.model.linear import Linear, see
from folkmoot.moderation.screening.normal import Normal

Floats = npt.NDArray[np.float64]


class Fitted(NamedTuple):
    """Weights ready to be asked and shipped."""

    weights: npt.NDArray[np.int8]
    scale: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    def model(self) -> Linear:
        return Linear(self.weights, self.scale, self.bias)


def matrix(normals: Sequence[Normal]) -> sparse.csr_matrix:
    """A row a text; each of the three kinds of features has length one, however long the text."""
    places, worth, ends = [], [], [0]
    for normal in normals:
        for part in see(normal):
            places.append(part.astype(np.int32))
            worth.append(np.full(len(part), 1 / np.sqrt(max(len(part), 1)), dtype=np.float32))
        ends.append(ends[-1] + sum(map(len, places[-3:])))
    shape = (len(normals), PLACES)
    return sparse.csr_matrix((np.concatenate(worth), np.concatenate(places), np.array(ends)), shape=shape)


def rarity(rows: sparse.csr_matrix) -> npt.NDArray[np.float32]:
    """How much a place counts: the rarer the more, and nothing if only one text has it. Signs count alike."""
    have = np.bincount(rows.indices, minlength=rows.shape[1])
    worth = np.log((rows.shape[0] + 1) / (have + 1)) + 1
    worth[have < 2] = 0
    worth[2 * TABLE :] = 1
    return worth.astype(np.float32)


def fit(
    rows: sparse.csr_matrix, labels: Sequence[Floats], weights: Sequence[Floats], strength: Sequence[float], seed: int
) -> Fitted:
    """A column of weights a label; a row counts for a label as much as its weight says, 0 for not at all."""
    counts = rarity(rows)
    scaled = (rows @ sparse.diags(counts)).tocsr()
    columns, scales, biases = [], [], []
    for label, weight, power in zip(labels, weights, strength, strict=True):
        asked = weight > 0
        model = LogisticRegression(C=power, solver="liblinear", max_iter=100, random_state=seed)
        model.fit(scaled[asked], label[asked], sample_weight=weight[asked])
        worth = model.coef_[0] * counts
        largest = np.quantile(np.abs(worth[worth != 0]), 0.9999)
        columns.append(np.clip(np.round(worth / largest * 127), -127, 127).astype(np.int8))
        scales.append(largest / 127)
        biases.append(model.intercept_[0])
    return Fitted(np.stack(columns, axis=1), np.array(scales, np.float32), np.array(biases, np.float32))


def ask(fitted: Fitted, rows: sparse.csr_matrix) -> Floats:
    """The logits of prepared rows, as the shipped tables give them."""
    found: Floats = rows @ (fitted.weights.astype(np.float32) * fitted.scale) + fitted.bias
    return found
