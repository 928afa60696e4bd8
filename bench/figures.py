"""The arithmetic of measurements: quantiles, costs, ratios. Plain functions over plain values."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

REFERENCE_MS = 12.0
"""Costs are also given as on a core that does the fixed piece of work (machine.CoreSpeed) in this time."""


class Load(msgspec.Struct, frozen=True):
    """What a load generator saw. Times in milliseconds."""

    requests: int
    failures: int
    seconds: float
    bytes: int
    p50: float
    p95: float
    p99: float


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario's row. `cpu` is CPU seconds of all server processes per 1,000 requests, work left behind included."""

    scenario: str
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    kib_per_answer: float
    cpu: float
    cpu_left_behind: float
    cpu_at_reference: float
    core_ms: float
    statements: float
    must: float | None = None
    to_trivial: float | None = None
    to_driver: float | None = None

    @property
    def passes(self) -> bool | None:
        """Whether it is under what we must stay under; None where nothing is asked."""
        return None if self.must is None else self.cpu_at_reference < self.must


class Delay(msgspec.Struct, frozen=True, kw_only=True):
    """How long something took, in milliseconds, over `count` times."""

    scenario: str
    count: int
    expected: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu: float | None = None
    cpu_at_reference: float | None = None


class Screened(msgspec.Struct, frozen=True, kw_only=True):
    """What screening took: processor time in milliseconds a post, and the memory of a process that does nothing else."""

    posts: int
    mean_ms: float
    norm_ms: float
    """The mean as on the reference core."""
    p99_ms: float
    memory_mb: float


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the sorted values lie (nearest rank); nan when there are none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    """The middle one; nan when there are none."""
    return quantile(values, 0.5)


def per_thousand(total: float, count: int) -> float:
    """Of `total` for `count` things, what a thousand of them take."""
    return total * 1_000 / count if count else float("nan")


def at_reference(cost: float, core_ms: float) -> float:
    """A CPU cost as on the reference core, given how long this core took for the fixed piece of work."""
    return cost * REFERENCE_MS / core_ms


def ratio(cost: float, limit: float | None) -> float | None:
    """How many times the limit; None without a limit."""
    return cost / limit if limit else None


def weigh(
    scenario: str,
    load: Load,
    *,
    cpu: float,
    left_behind: float,
    statements: int,
    core_ms: float,
    must: float | None,
    trivial: float | None,
    driver: float | None,
) -> Cost:
    """A scenario's row from what was counted; `cpu` and `left_behind` in seconds, `trivial` and `driver` at reference."""
    whole = per_thousand(cpu + left_behind, load.requests)
    compared = at_reference(whole, core_ms)
    return Cost(
        scenario=scenario,
        per_second=load.requests / load.seconds if load.seconds else 0.0,
        p50_ms=load.p50,
        p95_ms=load.p95,
        p99_ms=load.p99,
        kib_per_answer=load.bytes / 1_024 / load.requests if load.requests else 0.0,
        cpu=whole,
        cpu_left_behind=per_thousand(left_behind, load.requests),
        cpu_at_reference=compared,
        core_ms=core_ms,
        statements=statements / load.requests if load.requests else 0.0,
        must=must,
        to_trivial=ratio(compared, trivial),
        to_driver=ratio(compared, driver),
    )


def delay(
    scenario: str, times: Sequence[float], expected: int, *, cpu: float | None = None, core_ms: float | None = None
) -> Delay:
    """A row from single times in milliseconds; `cpu` in seconds for all of them."""
    each = None if cpu is None else per_thousand(cpu, len(times))
    return Delay(
        scenario=scenario,
        count=len(times),
        expected=expected,
        p50_ms=quantile(times, 0.5),
        p95_ms=quantile(times, 0.95),
        p99_ms=quantile(times, 0.99),
        cpu=each,
        cpu_at_reference=None if each is None or core_ms is None else at_reference(each, core_ms),
    )
