"""What comes first, and what happens when the clock runs out before the jury."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from folkmoot.moderation.cases.rules import LogOdds, Policy, chance


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """How risk, clock and age are weighed against each other."""

    clock: float = 3.0
    """What one hour left is worth; half an hour is worth twice as much. Old cases must not lose every race to new ones."""
    age_hours: float = 24.0
    """The age that is worth 1, so that nothing starves."""
    hidden: float = 0.05
    """What an innocent post in hiding is worth, against a violation in sight."""


ORDER = Order()


def priority(
    belief: LogOdds,
    policy: Policy,
    *,
    views_per_hour: float = 0.0,
    hours_old: float = 0.0,
    hours_left: float = math.inf,
    hidden: bool = False,
    order: Order = ORDER,
) -> float:
    """The place in the queue; the highest is judged next.

    Severity x probability x reach + clock + age. What is out of sight harms only if it is innocent, so there the
    probability is that of having been hidden wrongly.
    """
    p = chance(belief)
    stake = order.hidden * (1.0 - p) if hidden else p
    return (
        policy.urgency * stake * math.log(2.0 + views_per_hour)
        + order.clock / max(hours_left, 1 / 60)
        + hours_old / order.age_hours
    )


def override_at(deadline: datetime, verdict_p95: timedelta) -> datetime:
    """When somebody's deadline must be met without waiting longer for the jury."""
    return deadline - max(timedelta(minutes=30), verdict_p95)


class Default(StrEnum):
    """How a case is settled that nobody decided in time."""

    STAYS_HIDDEN = "stays_hidden"
    RESTORED = "restored"


def default_at(opened: datetime, policy: Policy) -> datetime:
    """When it is settled without a verdict."""
    return opened + timedelta(hours=policy.default_hours)


def default_for(policy: Policy, *, life_at_risk: bool = False) -> Default:
    """Grave matters stay hidden, anything else is restored: the network owes the author a decision in time."""
    return Default.STAYS_HIDDEN if life_at_risk or policy.stays_hidden else Default.RESTORED


def p95(minutes: Sequence[float]) -> float:
    """The 95th of a hundred, by rank; 0 when there are none."""
    ranked = sorted(minutes)
    return ranked[min(len(ranked) - 1, math.ceil(0.95 * len(ranked)) - 1)] if ranked else 0.0


def wait_minutes(open_cases: int, ballots_per_case: float, ballots_per_minute: float) -> float:
    """How long the queue is: until everything open now would be decided at the present pace."""
    return open_cases * ballots_per_case / max(ballots_per_minute, 1 / 60)
