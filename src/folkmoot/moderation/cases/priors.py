"""What is believed before the first ballot: the screening's score, calibrated on past verdicts, and who reported it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

from folkmoot.moderation.cases.rules import LogOdds, chance, logit

BASE_RATE = 0.25
"""Share of reported posts that break the rules, until one's own verdicts say otherwise (elsewhere .10 to .27)."""


class Reporter(msgspec.Struct, frozen=True):
    """How often somebody's reports were right."""

    upheld: float = 0.0
    refused: float = 0.0


class Hearing(msgspec.Struct, frozen=True, kw_only=True):
    """How much reporters are listened to."""

    trust: float = 8.0
    """Reports an unknown reporter is credited with, right at the base rate."""
    one: LogOdds = 1.0
    """The most a single reporter can say."""
    all: LogOdds = 1.5
    """The most that all of them together can say, however many they are."""


HEARING = Hearing()


def precision(reporter: Reporter, base: float = BASE_RATE, hearing: Hearing = HEARING) -> float:
    """Probability that their next report is right."""
    return (reporter.upheld + hearing.trust * base) / (reporter.upheld + reporter.refused + hearing.trust)


def reports_say(reporters: Iterable[Reporter], base: float = BASE_RATE, hearing: Hearing = HEARING) -> LogOdds:
    """What the reporters' records add to the prior.

    Evidence comes from precision, never from number: a stranger says nothing, so a thousand of them say nothing. Good
    and bad records are each capped, one by one and together, and of many only the strongest count fully.
    """
    says = [
        min(max(logit(precision(each, base, hearing)) - logit(base), -hearing.one), hearing.one) for each in reporters
    ]
    up = sum(said / (1 + rank) for rank, said in enumerate(sorted((s for s in says if s > 0), reverse=True)))
    down = sum(said / (1 + rank) for rank, said in enumerate(sorted(s for s in says if s < 0)))
    return min(up, hearing.all) + max(down, -hearing.all)


STEWARD: LogOdds = math.log(0.8 / 0.2)
"""What a steward's word says who looked before the jury did: as much as one juror's of some experience."""


def stewards_say(words: Iterable[bool]) -> LogOdds:
    """What stewards' words, True for a violation, add to the prior.

    Only who contradicts the screening says something new: who agrees with it has seen what it marked, and would count
    the same evidence twice, against the author.
    """
    return min(max(sum(STEWARD if said else -STEWARD for said in words), -STEWARD), 0.0)


class Calibration(msgspec.Struct, frozen=True):
    """From the screening's score, in log-odds or any other growing scale, to log-odds of a violation among reports."""

    slope: float = 1.0
    offset: float = 0.0

    def prior(self, score: float) -> LogOdds:
        return min(max(self.offset + self.slope * score, -6.0), 6.0)


def calibrate(judged: Sequence[tuple[float, bool]], ridge: float = 1.0) -> Calibration:
    """Fit on past cases, score and whether it broke the rules: logistic, by Newton's method.

    With few cases it stays near slope 1 and the base rate; `ridge` says how near.
    """
    slope, offset = 1.0, 0.0
    pull = logit(BASE_RATE)
    for _ in range(50):
        g_slope, g_offset = ridge * (slope - 1.0), ridge * (offset - pull)
        h_ss, h_so, h_oo = ridge, 0.0, ridge
        for score, broke in judged:
            p = chance(offset + slope * score)
            error, curve = p - broke, p * (1.0 - p)
            g_slope += error * score
            g_offset += error
            h_ss += curve * score * score
            h_so += curve * score
            h_oo += curve
        whole = h_ss * h_oo - h_so * h_so
        step_slope = (h_oo * g_slope - h_so * g_offset) / whole
        step_offset = (h_ss * g_offset - h_so * g_slope) / whole
        slope, offset = slope - step_slope, offset - step_offset
        if abs(step_slope) + abs(step_offset) < 1e-9:
            break
    return Calibration(max(slope, 0.0), offset)


class CalibrationRow(msgspec.Struct, frozen=True):
    """What was claimed of some cases, and what they turned out to be."""

    claimed: float
    actual: float
    cases: int


def calibration_table(claims: Iterable[tuple[float, bool]], rows: int = 10) -> list[CalibrationRow]:
    """Claimed probabilities against the truth, in equal steps of probability; empty steps are left out."""
    found: dict[int, list[tuple[float, bool]]] = {}
    for claimed, broke in claims:
        found.setdefault(min(int(claimed * rows), rows - 1), []).append((claimed, broke))
    return [
        CalibrationRow(math.fsum(p for p, _ in row) / len(row), sum(broke for _, broke in row) / len(row), len(row))
        for _, row in sorted(found.items())
    ]


def calibration_error(table: Sequence[CalibrationRow]) -> float:
    """How far claims are from the truth on average, each case counting once."""
    cases = sum(row.cases for row in table)
    return sum(abs(row.claimed - row.actual) * row.cases for row in table) / cases if cases else 0.0
