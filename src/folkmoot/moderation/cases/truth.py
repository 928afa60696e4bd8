"""The nightly look at all ballots together: what were the cases really, and what are the jurors really?

Dawid and Skene's estimate, two classes, by expectation and maximisation. It decides nothing: it is compared with what
was learned from case to case, and stewards hear of jurors for whom the two differ.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

J = TypeVar("J", bound=Hashable)
C = TypeVar("C", bound=Hashable)


class Estimate(msgspec.Struct, Generic[J, C], frozen=True):
    """What the ballots say when they are all believed as much as they deserve."""

    breaks: dict[C, float]
    """Probability that each case broke the rules."""
    jurors: dict[J, tuple[float, float]]
    """Sensitivity and specificity of each juror."""
    base_rate: float
    rounds: int


def dawid_skene(
    ballots: Sequence[tuple[C, J, bool]],
    *,
    start: tuple[float, float] = (4.0, 1.5),
    priors: Mapping[C, float] | None = None,
    rounds: int = 100,
    exact: float = 1e-6,
) -> Estimate[J, C]:
    """Estimate from (case, juror, says). `start` is what every juror is credited with, `priors` known probabilities."""
    if not ballots:
        return Estimate({}, {}, 0.5, 0)
    cases = list(dict.fromkeys(case for case, _, _ in ballots))
    jurors = list(dict.fromkeys(juror for _, juror, _ in ballots))
    case_number = {case: number for number, case in enumerate(cases)}
    juror_number = {juror: number for number, juror in enumerate(jurors)}
    where = np.array([case_number[case] for case, _, _ in ballots])
    who = np.array([juror_number[juror] for _, juror, _ in ballots])
    says = np.array([says for _, _, says in ballots], dtype=np.float64)
    right, wrong = start
    votes = np.bincount(where, minlength=len(cases))
    belief: NDArray[np.float64] = np.bincount(where, says, minlength=len(cases)) / votes
    given = None
    if priors is not None:
        given = np.array([priors.get(case, np.nan) for case in cases])
    base = 0.5
    done = 0
    sensitivity = specificity = np.zeros(len(jurors))
    for _ in range(rounds):
        done += 1
        truth = belief[where]
        hit = np.bincount(who, truth * says, minlength=len(jurors))
        called = np.bincount(who, truth, minlength=len(jurors))
        cleared = np.bincount(who, (1 - truth) * (1 - says), minlength=len(jurors))
        innocent = np.bincount(who, 1 - truth, minlength=len(jurors))
        sensitivity = (hit + right) / (called + right + wrong)
        specificity = (cleared + right) / (innocent + right + wrong)
        base = float(min(max(belief.mean(), 0.01), 0.99))
        weight = np.where(
            says > 0,
            np.log(sensitivity[who] / (1 - specificity[who])),
            np.log((1 - sensitivity[who]) / specificity[who]),
        )
        prior = np.full(len(cases), np.log(base / (1 - base)))
        if given is not None:
            known = ~np.isnan(given)
            prior[known] = np.log(given[known] / (1 - given[known]))
        odds = prior + np.bincount(where, weight, minlength=len(cases))
        later = 1 / (1 + np.exp(-np.clip(odds, -35, 35)))
        moved = float(np.abs(later - belief).max())
        belief = later
        if moved < exact:
            break
    return Estimate(
        dict(zip(cases, belief.tolist(), strict=True)),
        dict(zip(jurors, zip(sensitivity.tolist(), specificity.tolist(), strict=True), strict=True)),
        base,
        done,
    )


def differing(
    online: Mapping[J, tuple[float, float]], estimate: Estimate[J, C], by: float = 0.1
) -> dict[J, tuple[float, float]]:
    """Jurors of whom case by case something else was learned than all ballots together say, and by how much."""
    found = {}
    for juror, (sensitivity, specificity) in online.items():
        if juror not in estimate.jurors:
            continue
        other_sensitivity, other_specificity = estimate.jurors[juror]
        apart = (other_sensitivity - sensitivity, other_specificity - specificity)
        if max(abs(apart[0]), abs(apart[1])) > by:
            found[juror] = apart
    return found
