"""Jurors who act as one: found nightly, counted once from then on, and past cases recomputed without them.

Two signs. Co-rating: a pair meets in the same cases, within minutes, far more often than chance would have it, which
random assignment makes nearly impossible for honest people. And quick agreement: a pair that agrees in a moment, again
and again, also where most others see it differently.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import combinations

import msgspec

from folkmoot.moderation.cases.rules import (
    Escalation,
    LogOdds,
    Policy,
    Severity,
    Verdict,
    WeighedBallot,
    reach_verdict,
)


class Cast(msgspec.Struct, frozen=True):
    """A ballot as the search sees it."""

    case: int
    juror: int
    says: bool
    at: datetime
    seconds: float = 25.0
    """How long the juror looked."""


class Suspicion(msgspec.Struct, frozen=True, kw_only=True):
    """From when on jurors are held to be linked."""

    window: timedelta = timedelta(minutes=20)
    least: int = 10
    """Cases together, at least."""
    npmi: float = 0.55
    """Normalised pointwise mutual information of meeting."""
    share: float = 0.4
    """Of the less active one's cases."""
    quick: float = 5.0
    """Seconds: nobody reads and judges in less."""
    quick_agreement: float = 0.95


SUSPICION = Suspicion()


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two jurors, and how close they are."""

    one: int
    other: int
    together: int
    npmi: float
    share: float
    agreement: float
    quick: int
    """Cases that both answered too quickly to have read them."""


def npmi(together: int, one: int, other: int, all_of_them: int) -> float:
    """How much more often two meet than chance would have it: 0 by chance, 1 never apart."""
    if together == 0:
        return -1.0
    if together == all_of_them:
        return 1.0
    p = together / all_of_them
    return math.log(p / ((one / all_of_them) * (other / all_of_them))) / -math.log(p)


def find_pairs(ballots: Iterable[Cast], suspicion: Suspicion = SUSPICION) -> list[Pair]:
    """Linked pairs, the closest first."""
    by_case: dict[int, dict[int, Cast]] = defaultdict(dict)
    for cast in ballots:
        by_case[cast.case][cast.juror] = cast
    active = Counter(juror for panel in by_case.values() for juror in panel)
    met: Counter[tuple[int, int]] = Counter()
    agreed: Counter[tuple[int, int]] = Counter()
    quick: Counter[tuple[int, int]] = Counter()
    for panel in by_case.values():
        for one, other in combinations(sorted(panel), 2):
            first, second = panel[one], panel[other]
            if abs(first.at - second.at) > suspicion.window:
                continue
            met[one, other] += 1
            agreed[one, other] += first.says is second.says
            quick[one, other] += max(first.seconds, second.seconds) < suspicion.quick and first.says is second.says
    found = []
    for (one, other), together in met.items():
        if together < suspicion.least:
            continue
        pair = Pair(
            one=one,
            other=other,
            together=together,
            npmi=npmi(together, active[one], active[other], len(by_case)),
            share=together / min(active[one], active[other]),
            agreement=agreed[one, other] / together,
            quick=quick[one, other],
        )
        meeting = pair.npmi >= suspicion.npmi and pair.share >= suspicion.share
        hurried = pair.quick >= suspicion.least and pair.agreement >= suspicion.quick_agreement
        if meeting or hurried:
            found.append(pair)
    return sorted(found, key=lambda pair: (-pair.npmi, pair.one, pair.other))


def rings_of(pairs: Iterable[Pair]) -> dict[int, int]:
    """The ring each linked juror belongs to, named by its smallest member."""
    ring: dict[int, int] = {}

    def root(juror: int) -> int:
        while ring.setdefault(juror, juror) != juror:
            juror = ring[juror]
        return juror

    for pair in pairs:
        one, other = root(pair.one), root(pair.other)
        ring[max(one, other)] = min(one, other)
    return {juror: root(juror) for juror in sorted(ring)}


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """A decided case, as far as recomputing needs it."""

    case: int
    prior: LogOdds
    ballots: tuple[WeighedBallot, ...]
    outcome: Verdict | Escalation
    severity: Severity = Severity.ORDINARY


class Flip(msgspec.Struct, frozen=True):
    """A case that would have ended otherwise. None: it would not have been decided yet."""

    case: int
    was: Verdict | Escalation
    would_be: Verdict | Escalation | None


def without(jurors: frozenset[int], case: Closed, policy: Policy) -> Verdict | Escalation | None:
    """How the case would have ended had these jurors not sat."""
    return reach_verdict(case.prior, [ballot for ballot in case.ballots if ballot.juror not in jurors], policy)


def flips(jurors: frozenset[int], cases: Iterable[Closed], policies: dict[Severity, Policy]) -> Iterator[Flip]:
    """For the stewards: the cases in which leaving these jurors out makes a difference."""
    for case in cases:
        if not any(ballot.juror in jurors for ballot in case.ballots):
            continue
        would_be = without(jurors, case, policies[case.severity])
        if would_be is not case.outcome:
            yield Flip(case.case, case.outcome, would_be)
