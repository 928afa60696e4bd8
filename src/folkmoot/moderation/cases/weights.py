"""What a juror's word is worth: two coins, one for violations and one for innocent posts, learned from closed cases.

Recomputed from scorings, one per juror and case; nothing is ever corrected in place. A case scores a juror by what the
others and the screening believed, never by their own ballot.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from folkmoot.moderation.cases.rules import LogOdds, Policy, Verdict, WeighedBallot, chance, count_once, weigh_up


class Learning(msgspec.Struct, frozen=True, kw_only=True):
    """How quickly one learns about a juror, and how much before one trusts them."""

    right: float = 4.0
    """What an unknown juror is credited with, on either coin: this many right ..."""
    wrong: float = 1.5
    """... and this many wrong answers."""
    lowest: float = 0.05
    highest: float = 0.95
    decay: float = 0.995
    """What a day leaves of what was learned."""
    probation: float = 10.0
    """Known answers before a juror's ballots weigh anything; the qualifying cases count."""
    fitness: float = 0.60
    """Below this mean accuracy, once known, a juror is sent back to practise ..."""
    fitness_from: float = 24.0
    """... and this many answers make it known."""
    reversal: float = 3.0
    """What the truth of an appeal weighs against that of a closing."""


LEARNING = Learning()


class Record(msgspec.Struct, frozen=True):
    """What was learned about a juror, without what every unknown one is credited with."""

    hit: float = 0.0
    """Violations called so."""
    missed: float = 0.0
    cleared: float = 0.0
    """Innocent posts called so."""
    accused: float = 0.0

    @property
    def answers(self) -> float:
        """How many answers it stands on, faded ones less."""
        return self.hit + self.missed + self.cleared + self.accused


class Scoring(msgspec.Struct, frozen=True, kw_only=True):
    """One answer against what is known of the truth. Kept by juror and case: a newer one replaces it."""

    juror: int
    says: bool
    truth: float
    """Probability that it broke the rules, without this juror's own ballot; 0 or 1 where the truth is known."""
    weight: float = 1.0


def learn(record: Record, scoring: Scoring) -> Record:
    """The record with one more answer."""
    breaks, fine = scoring.truth * scoring.weight, (1.0 - scoring.truth) * scoring.weight
    if scoring.says:
        return Record(record.hit + breaks, record.missed, record.cleared, record.accused + fine)
    return Record(record.hit, record.missed + breaks, record.cleared + fine, record.accused)


def fade(record: Record, days: float, learning: Learning = LEARNING) -> Record:
    """What the days leave of it."""
    left: float = learning.decay**days
    return Record(record.hit * left, record.missed * left, record.cleared * left, record.accused * left)


def record_of(scorings: Iterable[tuple[Scoring, float]], learning: Learning = LEARNING) -> Record:
    """A juror's record from all their scorings, each with its age in days; in any order."""
    record = Record()
    for scoring, age in scorings:
        faded = msgspec.structs.replace(scoring, weight=scoring.weight * learning.decay**age)
        record = learn(record, faded)
    return record


def accuracies(record: Record, learning: Learning = LEARNING) -> tuple[float, float]:
    """Sensitivity and specificity: how often violations, and how often innocent posts, are called what they are."""
    whole = learning.right + learning.wrong
    sensitivity = (record.hit + learning.right) / (record.hit + record.missed + whole)
    specificity = (record.cleared + learning.right) / (record.cleared + record.accused + whole)
    return (
        min(max(sensitivity, learning.lowest), learning.highest),
        min(max(specificity, learning.lowest), learning.highest),
    )


def on_probation(record: Record, learning: Learning = LEARNING) -> bool:
    """Whether too little is known of them for their ballots to weigh anything."""
    return record.answers < learning.probation


def needs_practice(record: Record, learning: Learning = LEARNING) -> bool:
    """Whether enough is known of them to say that they are little better than a coin."""
    return record.answers >= learning.fitness_from and sum(accuracies(record, learning)) / 2 < learning.fitness


def weigh(
    juror: int, says: bool | None, record: Record, *, ring: int | None = None, learning: Learning = LEARNING
) -> WeighedBallot:
    """A ballot with what it is worth by the juror's record; nothing on probation or without an opinion."""
    if says is None or on_probation(record, learning):
        return WeighedBallot(juror, None if says is None else says, 0.5, 0.5, ring)
    sensitivity, specificity = accuracies(record, learning)
    if says:
        return WeighedBallot(juror, True, sensitivity, 1.0 - specificity, ring)
    return WeighedBallot(juror, False, 1.0 - sensitivity, specificity, ring)


def score_closing(prior: LogOdds, ballots: Sequence[WeighedBallot], policy: Policy) -> list[Scoring]:
    """What a closed case teaches about each of its jurors: every ballot against what all the others believed.

    A case that turned out unclear teaches less: being wrong there is no disgrace.
    """
    scorings = []
    for ballot in ballots:
        if ballot.says is None:
            continue
        others = count_once([other for other in ballots if other.juror != ballot.juror])
        belief, clear = weigh_up(prior, others, policy)
        scorings.append(Scoring(juror=ballot.juror, says=ballot.says, truth=chance(belief), weight=clear))
    return scorings


def score_final(
    ballots: Iterable[WeighedBallot], truth: Verdict, learning: Learning = LEARNING, *, weight: float | None = None
) -> list[Scoring]:
    """What they are scored by once the truth is known, after an appeal or in a control case. Replaces the closing's."""
    known = 1.0 if truth is Verdict.REMOVE else 0.0
    heavy = learning.reversal if weight is None else weight
    return [
        Scoring(juror=ballot.juror, says=ballot.says, truth=known, weight=heavy)
        for ballot in ballots
        if ballot.says is not None
    ]
