"""How grave, how probable, how far: what a case is taken for before anybody has judged it. Plain values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from folkmoot.moderation.cases.priority import ORDER, priority
from folkmoot.moderation.cases.priors import Calibration, Reporter, reports_say, stewards_say
from folkmoot.moderation.cases.rules import POLICIES, LogOdds, Policy, Severity, logit
from folkmoot.moderation.screening import Category, Finding, Outcome

SEVERITY = {
    Category.INCITEMENT: Severity.THREAT,
    Category.THREAT: Severity.THREAT,
    Category.VEILED_THREAT: Severity.THREAT,
    Category.MOBILISATION: Severity.THREAT,
    Category.VIOLENCE: Severity.THREAT,
    Category.GLORIFICATION: Severity.SERIOUS,
    Category.DOXXING: Severity.SERIOUS,
    Category.HATE: Severity.SERIOUS,
    Category.SPAM: Severity.ORDINARY,
}
OTHER = "other"
"""What screening has no word for."""
LIKELY = 0.35
"""From which probability on a category of what screening does not hold says all the same how grave the matter is."""
GRAVE = {Severity.ORDINARY: 0, Severity.SERIOUS: 1, Severity.THREAT: 2}
_DAY_ONE = datetime(2021, 1, 1, tzinfo=UTC)
MOST = 6.0
"""However much speaks for it beforehand, two ballots decide."""


def policy_of(severity: str) -> Policy:
    return POLICIES[Severity(severity)]


def category_of(finding: Finding | None, said: str = "") -> str:
    """What it is taken for: what screening held it for, or finds likely, or what the reporter says.

    Four in five of what is merely doubted are harmless, and would crowd what cannot wait.
    """
    if finding is not None and finding.category is not None:
        likely = finding.categories.get(finding.category, 0.0) >= LIKELY
        if finding.outcome is Outcome.HOLD or likely:  # each category has limits of its own
            return finding.category.value
    return Category.SPAM.value if said == "spam" else OTHER


def severity_of(category: str) -> Severity:
    return SEVERITY[Category(category)] if category != OTHER else Severity.SERIOUS


def known_category(category: str) -> str:
    """The category as screening and the pages know it."""
    return category if category != OTHER else Category.HATE.value


def score_of(finding: Finding | None) -> float | None:
    """What screening says, in log-odds. Its silence says nothing, since it knows only some of what rules forbid."""
    if finding is None or not finding.categories:
        return None
    return logit(min(max(max(finding.categories.values()), 0.5), 0.999))


def prior_of(
    calibration: Calibration, score: float | None, reporters: Iterable[Reporter], stewards: Iterable[bool] = ()
) -> LogOdds:
    """What is believed before the first ballot. `stewards` are the words of those who looked first, True for a violation."""
    before = calibration.prior(0.0 if score is None else score) + reports_say(reporters) + stewards_say(stewards)
    return min(max(before, -MOST), MOST)


def reach_of(followers: int, boosts: int, hours_old: float) -> float:
    """Views an hour, roughly: nobody counts them here."""
    fresh = max(24.0, hours_old)
    return (followers + 100 * boosts) / fresh


def stake_of(belief: LogOdds, policy: Policy, reach: float, *, hidden: bool) -> float:
    """The part of the priority that time does not change."""
    return priority(belief, policy, views_per_hour=reach, hidden=hidden)


def place_of(stake: float, target_at: datetime, opened_at: datetime, now: datetime) -> float:
    """The place in the queue; age is counted from a fixed day, for all alike, so that it need not be written anew."""
    hours_left = (target_at - now).total_seconds() / 3600
    head_start = (_DAY_ONE - opened_at).total_seconds() / 3600 / ORDER.age_hours
    return stake + ORDER.clock / max(hours_left, 1 / 60) + head_start
