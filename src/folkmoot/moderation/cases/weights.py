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

    violations: tuple[float, float] = (4.0, 1.5)
    """What an unknown juror is credited with on violations: right and wrong answers."""
    innocent: tuple[float, float] = (4.0, 1.5)
    """The same on innocent posts."""
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
    right, wrong = learning.violations
    sensitivity = (record.hit + right) / (record.hit + record.missed + right + wrong)
    right, wrong = learning.innocent
    specificity = (record.cleared + right) / (record.cleared + record.accused + right + wrong)
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


def learn_from_all(records: Iterable[Record], learning: Learning = LEARNING) -> Learning:
    """What to credit an unknown juror with, given what those who sit turned out to be. Nightly.

    The mean and the spread of both coins over all jurors fit to practise; a community that clears too much is thereby
    known for it before its next juror has cast a ballot.
    """
    fit = [record for record in records if not (on_probation(record, learning) or needs_practice(record, learning))]
    return msgspec.structs.replace(
        learning,
        violations=_spread([(record.hit, record.missed) for record in fit], learning.violations),
        innocent=_spread([(record.cleared, record.accused) for record in fit], learning.innocent),
    )


def _spread(counts: Sequence[tuple[float, float]], start: tuple[float, float]) -> tuple[float, float]:
    """The beta distribution, by its moments, that these right and wrong answers come from."""
    known = [(right, right + wrong) for right, wrong in counts if right + wrong >= 4]
    if len(known) < 20:
        return start
    answers = sum(n for _, n in known)
    mean = min(max(sum(right for right, _ in known) / answers, 0.05), 0.95)
    by_chance = mean * (1 - mean)
    seen = sum(n * (right / n - mean) ** 2 for right, n in known) / answers
    between = seen - by_chance * len(known) / answers
    strength = by_chance / between - 1 if between > 0 else 20.0
    strength = min(max(strength, sum(start)), 20.0)
    return mean * strength, (1 - mean) * strength


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

    The less sure the others are, the less it teaches: half-known truths would make every good juror look like a coin.
    A case that turned out unclear teaches less as well, since being wrong there is no disgrace.
    """
    scorings = []
    for ballot in ballots:
        if ballot.says is None:
            continue
        others = count_once([other for other in ballots if other.juror != ballot.juror])
        belief, clear = weigh_up(prior, others, policy)
        truth = chance(belief)
        sure = (2.0 * truth - 1.0) ** 2
        scorings.append(Scoring(juror=ballot.juror, says=ballot.says, truth=truth, weight=clear * sure))
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
