"""What a simulation is asked, and the world it draws from that: jurors, cases, arrivals.

The recipe of the benchmark: 26,000 reports at once and 5,000 more a day, on volunteers who are right four times in
five. Everything follows from the seed; a juror's opinion of a case is the same whatever the rules of the jury are.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import msgspec
import numpy as np
from numpy.typing import NDArray

from folkmoot.moderation.cases import Severity

HOUR = 3600.0
DAY = 24 * HOUR
STARTS_AT = 14.0
"""The hour of the day at which the simulation begins: as many people are there as on average."""
PEAK_AT = 20.0
SWING = 0.6
"""How far presence and arrivals rise in the evening and fall in the morning."""
LARGEST = 500
"""Copies of one post at most."""

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """What is simulated. Shares are fractions."""

    reports: int = 26_000
    """Waiting at the beginning."""
    arrivals: float = 5_000.0
    """New ones a day."""
    volunteers: int = 1_000
    minutes: float = 30.0
    """Which each of them gives a day."""
    quality: float = 0.8
    """How often a juror is right, on average."""
    leniency: float = 0.0
    """Taken from how often violations are called so; half of it is added for innocent posts."""
    bloc: float = 0.0
    """Share of jurors who clear their own group, whatever it wrote."""
    duplicates: float = 0.5
    """Share of reports on something reported already, or on a copy of it."""
    screening: float = 0.9
    """AUC below or at 1, d' above."""
    hours: float = 48.0
    seed: int = 1
    base_rate: float = 0.25
    threats: float = 0.10
    serious: float = 0.30
    unclear: float = 0.10
    unclear_accuracy: float = 0.55
    coins: float = 0.08
    """Share of jurors who toss a coin."""
    no_show_heavy: float = 0.05
    """Share of jurors who leave their seat every other time."""
    absent: float = 0.11
    """Share of the others' days on which they do not come; with the no-shows 15 % of all minutes are lost."""
    seconds: float = 25.0
    """Median of a ballot."""
    spread: float = 0.35
    """Of its logarithm."""
    burst: float = 10.0
    """For six hours arrivals are this many times as dense; the day's number stays."""
    burst_at: float = 6.0
    """Hours after the beginning."""
    in_group: float = 0.30
    """Share of cases that the bloc takes for its own."""
    noticed: float = 0.01
    """Share of cases about which a host has written, with 24 hours."""
    ordered: float = 0.002
    """Share with an order of one hour."""
    qualifying: int = 20
    """Known cases everyone judged before sitting."""
    pairs: int = 3
    """Pairs of stewards on duty."""
    steward_seconds: float = 60.0
    steward_accuracy: float = 0.95

    def __post_init__(self) -> None:
        if self.reports < 0 or self.arrivals < 0 or self.volunteers < 1 or self.minutes <= 0 or self.hours <= 0:
            raise ValueError("Reports and arrivals are not negative; volunteers, minutes and hours are more than none")
        if not 0 <= self.duplicates <= 0.95:
            raise ValueError("duplicates lies between 0 and .95")
        if not 0.5 <= self.screening <= 6:
            raise ValueError("screening is an AUC from .5 to 1 or a d' up to 6")

    @property
    def d_prime(self) -> float:
        """How far apart the screening's scores of violations and of innocent posts lie."""
        if self.screening > 1:
            return self.screening
        return math.sqrt(2) * NormalDist().inv_cdf(min(self.screening, 0.9999))

    @property
    def accuracies(self) -> tuple[float, float]:
        """Mean sensitivity and specificity of an honest juror."""
        return (
            min(max(self.quality - self.leniency, 0.05), 0.97),
            min(max(self.quality + self.leniency / 2, 0.05), 0.97),
        )

    @property
    def ballots_per_minute(self) -> float:
        """The pace to expect on average."""
        share = (1 - self.no_show_heavy) * (1 - self.absent)
        mean = self.seconds * math.exp(self.spread**2 / 2)
        return self.volunteers * self.minutes / 1440 * share * 60 / mean


class World(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is drawn beforehand."""

    recipe: Recipe
    sensitivity: Numbers
    specificity: Numbers
    in_bloc: Flags
    walks_off: Flags
    follows: list[frozenset[int]]
    sessions: list[tuple[float, int, float]]
    """Beginning, juror, end."""
    opened: Numbers
    """When each case was first reported."""
    reports: list[Numbers]
    """When each case was reported."""
    broke: Flags
    unclear: Flags
    own_group: Flags
    """Whether the bloc takes the case for its own."""
    severity: list[Severity]
    score: Numbers
    views: Numbers
    author: NDArray[np.int64]
    due: Numbers
    """Seconds until a host's or an authority's deadline; infinite without one."""
    history: list[tuple[float, bool]]
    """Scores and verdicts of the past, on which the screening was calibrated."""


AUTHORS = 20_000


def draw_world(recipe: Recipe) -> World:
    """Jurors, their days, and everything that will be reported."""
    jurors, presence, cases, past = np.random.default_rng(recipe.seed).spawn(4)
    n = recipe.volunteers
    mean_hit, mean_clear = recipe.accuracies
    sensitivity = jurors.beta(mean_hit * 12, (1 - mean_hit) * 12, n)
    specificity = jurors.beta(mean_clear * 12, (1 - mean_clear) * 12, n)
    kind = jurors.random(n)
    sensitivity[kind < recipe.coins] = specificity[kind < recipe.coins] = 0.5
    follows = [frozenset(jurors.integers(0, AUTHORS, 40).tolist()) for _ in range(n)]
    times, sizes = _draw_reports(recipe, cases)
    count = len(times)
    broke = cases.random(count) < recipe.base_rate
    grave = cases.random(count)
    clock = cases.random(count)
    due = np.where(clock < recipe.ordered, HOUR, np.where(clock < recipe.ordered + recipe.noticed, DAY, np.inf))
    past_broke = past.random(4000) < recipe.base_rate
    past_score = past.standard_normal(4000) + recipe.d_prime * past_broke
    return World(
        recipe=recipe,
        sensitivity=sensitivity,
        specificity=specificity,
        in_bloc=jurors.random(n) < recipe.bloc,
        walks_off=jurors.random(n) < recipe.no_show_heavy,
        follows=follows,
        sessions=_draw_sessions(recipe, presence),
        opened=np.array([each[0] for each in times]),
        reports=times,
        broke=broke,
        unclear=cases.random(count) < recipe.unclear,
        own_group=cases.random(count) < recipe.in_group,
        severity=[
            Severity.THREAT
            if each < recipe.threats
            else Severity.SERIOUS
            if each < recipe.threats + recipe.serious
            else Severity.ORDINARY
            for each in grave
        ],
        score=cases.standard_normal(count) + recipe.d_prime * broke,
        views=cases.lognormal(math.log(10), 1.0, count) * np.array(sizes),
        author=cases.integers(0, AUTHORS, count),
        due=due,
        history=list(zip(past_score.tolist(), past_broke.tolist(), strict=True)),
    )


def _zipf(duplicates: float) -> Numbers:
    """Chances of cluster sizes 1, 2, ... by Zipf's law, with the exponent that gives this share of duplicates."""
    sizes = np.arange(1, LARGEST + 1)
    low, high = 0.0, 30.0
    for _ in range(80):
        middle = (low + high) / 2
        chances = sizes**-middle
        chances /= chances.sum()
        if (chances * sizes).sum() > 1 / (1 - duplicates):
            low = middle
        else:
            high = middle
    return np.asarray(chances, dtype=np.float64)


def _rhythm(hours: Numbers) -> Numbers:
    """How many are there, against the mean, so many hours after the beginning."""
    return 1 + SWING * np.cos(2 * math.pi * (hours + STARTS_AT - PEAK_AT) / 24)


def _draw_reports(recipe: Recipe, rng: np.random.Generator) -> tuple[list[Numbers], list[int]]:
    """Times of each cluster's reports; those of the backlog are all at 0."""
    chances = _zipf(recipe.duplicates)
    sizes = _draw_sizes(recipe, chances, rng)
    times: list[Numbers] = [np.zeros(size) for size in sizes]
    minutes = np.arange(int(recipe.hours * 60))
    density = _rhythm(minutes / 60)
    bursting = (minutes / 60 >= recipe.burst_at) & (minutes / 60 < recipe.burst_at + 6)
    density = density * np.where(bursting, recipe.burst, 1.0)
    for day in range(math.ceil(recipe.hours / 24)):
        part = slice(day * 1440, (day + 1) * 1440)
        share = min(1.0, recipe.hours / 24 - day)
        density[part] *= recipe.arrivals * share / density[part].sum()
    mean_size = float((chances * np.arange(1, LARGEST + 1)).sum())
    for minute, number in enumerate(rng.poisson(density / mean_size)):
        for _ in range(number):
            size = int(rng.choice(LARGEST, p=chances)) + 1
            later = np.sort(rng.exponential(2 * HOUR, size))
            sizes.append(size)
            times.append(minute * 60.0 + rng.random() * 60 + later - later[0])
    return times, sizes


def _draw_sizes(recipe: Recipe, chances: Numbers, rng: np.random.Generator) -> list[int]:
    """Sizes of the backlog's clusters: Zipf's law, and exactly as many clusters and reports as were ordered.

    Drawn evenly over the law's quantiles, since a few large clusters more or less would otherwise move the share.
    """
    number = round(recipe.reports * (1 - recipe.duplicates))
    if recipe.reports == 0:
        return []
    number = max(number, 1)
    evenly = (np.arange(number) + rng.random(number)) / number
    sizes = np.searchsorted(np.cumsum(chances), evenly).clip(0, LARGEST - 1) + 1
    rng.shuffle(sizes)
    while (short := recipe.reports - int(sizes.sum())) != 0:
        able = np.flatnonzero(sizes > 1) if short < 0 else np.arange(number)
        some = rng.choice(able, min(abs(short), len(able)), replace=False)
        sizes[some] += 1 if short > 0 else -1
    return [int(size) for size in sizes]


def _draw_sessions(recipe: Recipe, rng: np.random.Generator) -> list[tuple[float, int, float]]:
    """When each volunteer is there: once a day, more of them in the evening."""
    grid = np.arange(0, 24, 1 / 60)
    reach = np.cumsum(_rhythm(grid))
    reach /= reach[-1]
    length = recipe.minutes * 60
    sessions = []
    for day in range(-1, math.ceil(recipe.hours / 24)):
        comes = rng.random(recipe.volunteers) >= recipe.absent
        starts = (np.interp(rng.random(recipe.volunteers), reach, grid) + 24 * day) * HOUR
        for juror in np.flatnonzero(comes & (starts + length > 0) & (starts < recipe.hours * HOUR)):
            start = float(starts[juror])
            sessions.append((max(start, 0.0), int(juror), start + length))
    return sorted(sessions)


_MASK = (1 << 64) - 1


def toss(seed: int, *about: int) -> float:
    """A number from 0 to 1 that depends on what it is about and on nothing else (SplitMix64)."""
    state = seed
    for each in about:
        state = (state ^ (each + 0x9E3779B97F4A7C15)) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        state ^= state >> 31
    return (state >> 11) / (1 << 53)


OPINION, PACE, NO_SHOW, STEWARD, CONTROL, QUALIFYING = range(6)
"""What a toss is about."""


def opinion(world: World, juror: int, case: int) -> bool:
    """Whether this juror says that the case breaks the rules: always the same."""
    broke = bool(world.broke[case])
    if world.in_bloc[juror] and world.own_group[case]:
        return False
    if world.unclear[case]:
        right = world.recipe.unclear_accuracy
    else:
        right = float(world.sensitivity[juror] if broke else world.specificity[juror])
    return broke if toss(world.recipe.seed, OPINION, juror, case) < right else not broke


_NORMAL = NormalDist()


def seconds_for(world: World, juror: int, turn: int) -> float:
    """How long this juror takes for their next case."""
    z = _NORMAL.inv_cdf(min(max(toss(world.recipe.seed, PACE, juror, turn), 1e-9), 1 - 1e-9))
    return world.recipe.seconds * math.exp(world.recipe.spread * z)
