"""What a run amounts to: the figures by which the promises are judged. Shares are fractions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from folkmoot.moderation.cases import Severity, Verdict, calibration_table
from folkmoot.moderation.cases.priors import CalibrationRow, calibration_error
from folkmoot.moderation.simulation.engine import Matter, Run, claimed
from folkmoot.moderation.simulation.recipe import HOUR

GRACE = 0.25 * HOUR
"""What has come within the last quarter of an hour is no backlog."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one run. None: not reached, or nothing to count."""

    name: str
    cases: int
    hours_to_empty: float | None
    """Until nothing waited that had been reported more than a quarter of an hour before; stewards' cases included."""
    backlog_decided_hours: float | None
    """Until the last report of the beginning was decided."""
    decided_within_24h: float | None
    """Share of cases decided within 24 hours of their first report."""
    slowest_verdict_hours: float | None
    violations_hidden_within_1h: float | None
    """Share of reports on violations whose post was out of sight an hour after the report."""
    violating_cases_hidden_within_1h: float | None
    """The same, every case counting once."""
    p50_threat_minutes: float | None
    p95_threat_minutes: float | None
    """From a report on a threat that was one until it was hidden; what never was counts as endless."""
    p50_verdict_hours: float | None
    p95_verdict_hours: float | None
    """From the first report to the decision, of cases that had a day for it."""
    ballots_per_case: float | None
    missed: float | None
    """Share of violations that the jury kept."""
    wrong: float | None
    """Share of the jury's verdicts that were wrong."""
    wrongly_removed: float | None
    """Share of innocent cases that the jury removed."""
    in_group_missed: float | None
    """Share of violations of the bloc's own group that the jury kept."""
    escalated: float | None
    steward_hours: float
    final_wrong: float | None
    """Share of all decisions that were wrong, the stewards' included."""
    innocent_hidden: float | None
    """Share of innocent cases that were hidden for a time."""
    innocent_hidden_p50_minutes: float | None
    innocent_hidden_p95_minutes: float | None
    exposure_p95_minutes: float | None
    """Minutes of severe cases on a volunteer's day, the 95th of a hundred."""
    deadlines_kept: float | None
    """Share of hosts' and authorities' deadlines at which the post was hidden or judged."""
    calibration_error: float | None
    """How far claimed probabilities are from the truth, on average over verdicts."""
    controls_share: float
    lapsed_share: float


def _share(flags: Sequence[bool]) -> float | None:
    return sum(flags) / len(flags) if flags else None


def _rank(values: Sequence[float], at: float) -> float | None:
    if not values:
        return None
    value = float(np.quantile(np.array(values), at, method="inverted_cdf"))
    return None if math.isinf(value) else value


def _hidden_at(matter: Matter, when: float) -> bool:
    hidden = False
    for since, state in matter.visible:
        if since > when:
            break
        hidden = state
    return hidden


def _minutes_hidden(matter: Matter, end: float) -> float:
    total, since = 0.0, math.inf
    for when, hidden in matter.visible:
        if hidden:
            since = when
        elif not math.isinf(since):
            total, since = total + when - since, math.inf
    return (total + (end - since if not math.isinf(since) else 0.0)) / 60


def _until_hidden(matter: Matter, reported: float) -> float:
    """Seconds from a report until the post was out of sight; 0 when it was already."""
    if _hidden_at(matter, reported):
        return 0.0
    return next((when - reported for when, hidden in matter.visible if hidden and when >= reported), math.inf)


def _hours_to_empty(run: Run) -> float | None:
    opened = run.world.opened
    closed = np.array([matter.closed for matter in run.matters])
    for hours, _, _ in run.backlog:
        now = hours * HOUR
        if now > GRACE and not ((opened <= now - GRACE) & (closed > now)).any():
            return hours
    return None


def calibration_of(run: Run) -> list[CalibrationRow]:
    """Claimed probability against truth, over the jury's verdicts."""
    judged = [matter for matter in run.matters if matter.verdict]
    return calibration_table((claimed(matter), bool(run.world.broke[matter.number])) for matter in judged)


def figures(run: Run) -> Figures:
    """Read them off."""
    world, end = run.world, run.world.recipe.hours * HOUR
    opened = [matter for matter in run.matters if world.opened[matter.number] <= end]
    judged = [matter for matter in opened if matter.verdict]
    escalated = [matter for matter in opened if matter.escalated]
    done = [matter for matter in opened if matter.final]

    def broke(matter: Matter) -> bool:
        return bool(world.broke[matter.number])

    def wrong(matter: Matter, verdict: Verdict | None) -> bool:
        return (verdict is Verdict.REMOVE) is not broke(matter)

    treated = [*judged, *escalated]
    bad = [matter for matter in treated if broke(matter)]
    fine = [matter for matter in treated if not broke(matter)]
    within: list[bool] = []
    within_by_case: list[bool] = []
    threats: list[float] = []
    for matter in opened:
        if not broke(matter):
            continue
        reports = [float(at) for at in world.reports[matter.number] if at <= end - HOUR]
        hits = [_hidden_at(matter, at + HOUR) for at in reports]
        within += hits
        within_by_case += hits[:1]
        if matter.severity is Severity.THREAT:
            threats += [_until_hidden(matter, at) / 60 for at in reports]
    ages = [(matter.closed - float(world.opened[matter.number])) / HOUR for matter in opened]
    old_enough = [
        age for matter, age in zip(opened, ages, strict=True) if world.opened[matter.number] <= end - 24 * HOUR
    ]
    first = [matter.closed / HOUR for matter in opened if world.opened[matter.number] <= 0]
    innocent = [matter for matter in opened if not broke(matter)]
    veiled = [_minutes_hidden(matter, end) for matter in innocent if matter.first_hidden < matter.closed]
    due = [matter for matter in opened if matter.due <= end]
    days = [minutes for each in run.volunteers for minutes in [*each.severe_days[1:], each.exposure.severe_today]]
    return Figures(
        name=run.name,
        cases=len(opened),
        hours_to_empty=_hours_to_empty(run),
        backlog_decided_hours=_finite(max(first, default=0.0)),
        decided_within_24h=_share([age <= 24 for age in old_enough]),
        slowest_verdict_hours=_finite(max(old_enough, default=0.0)),
        violations_hidden_within_1h=_share(within),
        violating_cases_hidden_within_1h=_share(within_by_case),
        p50_threat_minutes=_rank(threats, 0.5),
        p95_threat_minutes=_rank(threats, 0.95),
        p50_verdict_hours=_rank(old_enough or ages, 0.5),
        p95_verdict_hours=_rank(old_enough or ages, 0.95),
        ballots_per_case=run.ballots / len(treated) if treated else None,
        missed=_share([matter.verdict is Verdict.KEEP for matter in bad]),
        wrong=_share([wrong(matter, matter.verdict) for matter in judged]),
        wrongly_removed=_share([matter.verdict is Verdict.REMOVE for matter in fine]),
        in_group_missed=_share([matter.verdict is Verdict.KEEP for matter in bad if world.own_group[matter.number]]),
        escalated=_share([matter.escalated for matter in treated]),
        steward_hours=run.steward_hours,
        final_wrong=_share([wrong(matter, matter.final) for matter in done]),
        innocent_hidden=len(veiled) / len(innocent) if innocent else None,
        innocent_hidden_p50_minutes=_rank(veiled, 0.5),
        innocent_hidden_p95_minutes=_rank(veiled, 0.95),
        exposure_p95_minutes=_rank(days, 0.95),
        deadlines_kept=_share([matter.closed <= matter.due or _hidden_at(matter, matter.due) for matter in due]),
        calibration_error=calibration_error(calibration_of(run)),
        controls_share=run.controls / max(run.controls + run.ballots, 1),
        lapsed_share=run.lapsed / max(run.lapsed + run.ballots, 1),
    )


def _finite(value: float) -> float | None:
    return None if math.isinf(value) else value
