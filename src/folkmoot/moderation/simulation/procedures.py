"""The juries that are compared: ours, by the code that runs in production, and those of a fixed number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

from folkmoot.moderation.cases import (
    POLICIES,
    Calibration,
    Escalation,
    LogOdds,
    Policy,
    Severity,
    Verdict,
    WeighedBallot,
    believe,
    priority,
    reach_verdict,
    seats_wanted,
    should_hide,
)


class Procedure(Protocol):
    """How a jury comes to its verdict, and what waits first."""

    name: str

    def prior(self, calibration: Calibration, score: float) -> LogOdds: ...

    def belief(self, prior: LogOdds, ballots: Sequence[WeighedBallot], severity: Severity) -> LogOdds: ...

    def verdict(
        self, prior: LogOdds, ballots: Sequence[WeighedBallot], severity: Severity
    ) -> Verdict | Escalation | None: ...

    def hides(self, belief: LogOdds, severity: Severity, wait: float, hidden: bool) -> bool: ...

    def seats(self, belief: LogOdds, ballots: int, severity: Severity) -> int: ...

    def place(
        self, belief: LogOdds, severity: Severity, views: float, hours_old: float, hours_left: float, hidden: bool
    ) -> float: ...


class Ours:
    """Weighed, sequential, ordered by risk, hiding what probably harms: nothing here but calls to the core."""

    name = "folkmoot"

    def __init__(self, policies: Mapping[Severity, Policy] = POLICIES, no_show: float = 0.02) -> None:
        self.policies = policies
        self.no_show = no_show

    def prior(self, calibration: Calibration, score: float) -> LogOdds:
        return calibration.prior(score)

    def belief(self, prior: LogOdds, ballots: Sequence[WeighedBallot], severity: Severity) -> LogOdds:
        return believe(prior, ballots, self.policies[severity])

    def verdict(
        self, prior: LogOdds, ballots: Sequence[WeighedBallot], severity: Severity
    ) -> Verdict | Escalation | None:
        return reach_verdict(prior, ballots, self.policies[severity])

    def hides(self, belief: LogOdds, severity: Severity, wait: float, hidden: bool) -> bool:
        return should_hide(belief, self.policies[severity], wait, hidden=hidden)

    def seats(self, belief: LogOdds, ballots: int, severity: Severity) -> int:
        return seats_wanted(belief, ballots, self.policies[severity], self.no_show)

    def place(
        self, belief: LogOdds, severity: Severity, views: float, hours_old: float, hours_left: float, hidden: bool
    ) -> float:
        return priority(
            belief,
            self.policies[severity],
            views_per_hour=views,
            hours_old=hours_old,
            hours_left=hours_left,
            hidden=hidden,
        )


class Fixed:
    """Five jurors, whoever they are, in the order of reports; removed when `needed` of them say so."""

    def __init__(self, needed: int, jurors: int = 5) -> None:
        self.needed, self.jurors = needed, jurors
        self.name = f"{needed} of {jurors}"

    def prior(self, calibration: Calibration, score: float) -> LogOdds:
        return 0.0

    def belief(self, prior: LogOdds, ballots: Sequence[WeighedBallot], severity: Severity) -> LogOdds:
        return 0.0

    def verdict(
        self, prior: LogOdds, ballots: Sequence[WeighedBallot], severity: Severity
    ) -> Verdict | Escalation | None:
        if len(ballots) < self.jurors:
            return None
        return Verdict.REMOVE if sum(bool(ballot.says) for ballot in ballots) >= self.needed else Verdict.KEEP

    def hides(self, belief: LogOdds, severity: Severity, wait: float, hidden: bool) -> bool:
        return False

    def seats(self, belief: LogOdds, ballots: int, severity: Severity) -> int:
        return self.jurors - ballots

    def place(
        self, belief: LogOdds, severity: Severity, views: float, hours_old: float, hours_left: float, hidden: bool
    ) -> float:
        return hours_old


def hours_left(now: float, due: float) -> float:
    """Hours until the moment `due`, both in seconds."""
    return math.inf if math.isinf(due) else max(due - now, 0.0) / 3600
