"""What ballots amount to: belief, verdict, hiding.

A sequential test on log-odds that allows for unclear cases. docs/decisions/juries.md has the reasons and the sources.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import TypeAlias

import msgspec

LogOdds: TypeAlias = float
EVEN: LogOdds = 0.0
_SURE = 35.0
"""Beyond this a probability is 0 or 1 to a double."""


def logit(p: float) -> LogOdds:
    """Probability to log-odds."""
    return math.log(p / (1.0 - p))


def chance(belief: LogOdds) -> float:
    """Log-odds to probability."""
    if belief >= 0:
        return 1.0 / (1.0 + math.exp(-min(belief, _SURE)))
    odds = math.exp(max(belief, -_SURE))
    return odds / (1.0 + odds)


class Severity(StrEnum):
    """How much harm it does while it stands."""

    THREAT = "threat"
    """Threats and calls for violence."""
    SERIOUS = "serious"
    """Hate, glorification, somebody's address."""
    ORDINARY = "ordinary"


class Choice(StrEnum):
    """What a juror may answer."""

    BREAKS = "breaks"
    """It breaks the rule named on the ballot."""
    FINE = "fine"
    """It breaks none."""
    REPORTS = "reports"
    """It quotes, reports on or condemns what would break one."""
    UNSURE = "unsure"
    """Cannot tell."""
    THREAT = "threat"
    """Somebody's life may be at risk: a steward must see this now."""

    @property
    def says(self) -> bool | None:
        """Whether it breaks the rules; None for no opinion."""
        return None if self is Choice.UNSURE else self in (Choice.BREAKS, Choice.THREAT)


class WeighedBallot(msgspec.Struct, frozen=True):
    """A ballot and what it is worth: how probable it would be from this juror on a clear case of either kind."""

    juror: int
    says: bool | None
    if_breaks: float = 0.5
    if_fine: float = 0.5
    ring: int | None = None
    """Jurors who vote together count once."""

    @property
    def weight(self) -> LogOdds:
        """The evidence it brings; above 0 it speaks for a violation."""
        return math.log(self.if_breaks / self.if_fine)

    @property
    def counts(self) -> bool:
        """Whether it says anything: not without an opinion, and not on probation."""
        return self.says is not None and self.if_breaks != self.if_fine


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How sure one must be, how many are asked, and what waiting costs."""

    remove_at: float = 0.993
    keep_at: float = 0.989
    """Of what is reported three in four break no rule: here a little less certainty saves the most ballots."""
    least_ballots: int = 2
    cap: int = 15
    dissent: float = 0.30
    """From this minority share on a jury is divided."""
    dissent_from: int = 7
    """Ballots before that is asked."""
    unclear_at: float = 0.19
    """From this probability on that the case is an unclear one it goes to the stewards ..."""
    unclear_from: int = 3
    """... after so many ballots."""
    unclear: float = 0.12
    """Share of cases on which even good jurors are little better than a coin."""
    discernment: float = 1 / 6
    """What is left there of the difference a juror makes between violations and innocent posts: .8 becomes .55."""
    harm: float = 1.0
    """What a visible violation costs in a minute, against 1 for an innocent post hidden that long."""
    hiding_costs: float = 80.0
    """What hiding an innocent post costs at once, in minutes of it being hidden."""
    hide_at: float = 0.90
    """However short the wait, from this probability on it waits out of sight."""
    hides: bool = True
    """Whether anything is hidden before a verdict."""
    target_hours: float = 24.0
    """When it should be decided at the latest."""
    default_hours: float = 168.0
    """When it is settled without a verdict."""
    stays_hidden: bool = False
    """How it is settled then; otherwise the post is restored."""
    urgency: float = 1.0
    """Its factor in the order of cases."""

    def __post_init__(self) -> None:
        if not (0.5 < self.remove_at < 1 and 0.5 < self.keep_at < 1):
            raise ValueError("remove_at and keep_at lie between .5 and 1")
        if not 1 <= self.least_ballots <= self.cap:
            raise ValueError("least_ballots lies between 1 and cap")
        if not (0 <= self.unclear < 1 and 0 <= self.discernment <= 1):
            raise ValueError("unclear lies between 0 and 1, discernment too")


POLICIES = {
    Severity.THREAT: Policy(harm=9.0, urgency=6.0, default_hours=24.0, stays_hidden=True),
    Severity.SERIOUS: Policy(harm=7.0, urgency=1.5),
    Severity.ORDINARY: Policy(harm=4.5, urgency=1.0),
}
"""What holds where an operator sets nothing else."""


class Verdict(StrEnum):
    REMOVE = "remove"
    KEEP = "keep"


class Escalation(StrEnum):
    TO_STEWARDS = "to_stewards"


def count_once(ballots: Sequence[WeighedBallot]) -> list[WeighedBallot]:
    """Without the copies: of linked jurors who say the same only the one of least weight counts."""
    kept: dict[tuple[int, bool | None], WeighedBallot] = {}
    free = []
    for ballot in ballots:
        if ballot.ring is None:
            free.append(ballot)
            continue
        key = (ballot.ring, ballot.says)
        other = kept.get(key)
        if other is None or (abs(ballot.weight), ballot.juror) < (abs(other.weight), other.juror):
            kept[key] = ballot
    return [*free, *kept.values()]


def weigh_up(prior: LogOdds, ballots: Sequence[WeighedBallot], policy: Policy) -> tuple[LogOdds, float]:
    """The belief that it breaks the rules, and how probable it is that the case is a clear one.

    With `policy.unclear` = 0 the belief is the prior plus the sum of the weights.
    """
    breaks = fine = 1.0
    unclear_breaks = unclear_fine = 1.0
    for ballot in ballots:
        if ballot.says is None:
            continue
        breaks *= ballot.if_breaks
        fine *= ballot.if_fine
        middle = (ballot.if_breaks + ballot.if_fine) / 2
        unclear_breaks *= middle + policy.discernment * (ballot.if_breaks - middle)
        unclear_fine *= middle + policy.discernment * (ballot.if_fine - middle)
    clear = 1.0 - policy.unclear
    for_it = clear * breaks + policy.unclear * unclear_breaks
    against = clear * fine + policy.unclear * unclear_fine
    belief = prior + math.log(for_it / against)
    p = chance(belief)
    return belief, p * clear * breaks / for_it + (1.0 - p) * clear * fine / against


def believe(prior: LogOdds, ballots: Sequence[WeighedBallot], policy: Policy) -> LogOdds:
    """How much speaks for a violation after these ballots, in log-odds."""
    return weigh_up(prior, count_once(ballots), policy)[0]


def divided(ballots: Sequence[WeighedBallot]) -> float:
    """The minority's share of what the ballots weigh, 0 to one half: a coin's dissent divides nobody."""
    for_it = sum(ballot.weight for ballot in ballots if ballot.says is True)
    against = -sum(ballot.weight for ballot in ballots if ballot.says is False)
    whole = abs(for_it) + abs(against)
    return min(abs(for_it), abs(against)) / whole if whole else 0.0


def reach_verdict(prior: LogOdds, ballots: Sequence[WeighedBallot], policy: Policy) -> Verdict | Escalation | None:
    """What the ballots so far amount to; None while the jury is still out."""
    counted = count_once(ballots)
    given = [ballot for ballot in counted if ballot.counts]
    if len(given) >= policy.least_ballots:
        belief, clear = weigh_up(prior, given, policy)
        if belief >= logit(policy.remove_at):
            return Verdict.REMOVE
        if belief <= -logit(policy.keep_at):
            return Verdict.KEEP
        if len(given) >= policy.unclear_from and 1.0 - clear >= policy.unclear_at:
            return Escalation.TO_STEWARDS
        if len(given) >= policy.dissent_from and divided(given) >= policy.dissent:
            return Escalation.TO_STEWARDS
    return Escalation.TO_STEWARDS if len(ballots) >= policy.cap else None


def hiding_pays_from(policy: Policy, wait_minutes: float) -> float:
    """The probability from which hiding costs less than leaving it up until a jury has decided.

    Hiding an innocent post costs something at once and something a minute, a visible violation `harm` a minute: the
    longer the queue, the lower the probability. No reports are counted here: their number hides nothing.
    """
    at_stake = policy.hiding_costs + wait_minutes
    return min(policy.hide_at, at_stake / (at_stake + policy.harm * wait_minutes))


def should_hide(belief: LogOdds, policy: Policy, wait_minutes: float, *, hidden: bool) -> bool:
    """Whether it should be out of sight for now. What is hidden returns when the belief has fallen to half the limit."""
    if not policy.hides:
        return False
    limit = hiding_pays_from(policy, wait_minutes)
    return chance(belief) >= (limit / 2 if hidden else limit)
