"""The arithmetic of measurements."""

from __future__ import annotations

import math

import pytest
from bench.figures import Load
from bench.report import Report

from bench import figures

LOAD = Load(requests=2_000, failures=0, seconds=4.0, bytes=2_000 * 2_048, p50=1.0, p95=2.0, p99=3.0)


def test_a_quantile_is_a_value_that_was_measured() -> None:
    values = [float(n) for n in range(100, 0, -1)]
    assert figures.quantile(values, 0.5) == 51
    assert figures.quantile(values, 0.95) == 96
    assert figures.quantile(values, 1) == 100
    assert figures.quantile([7.0], 0.99) == 7
    assert math.isnan(figures.quantile([], 0.5))


def test_a_slow_core_is_not_held_against_the_server() -> None:
    assert figures.at_reference(2.0, figures.REFERENCE_MS) == 2
    assert figures.at_reference(2.0, 2 * figures.REFERENCE_MS) == 1


def test_a_row_counts_the_work_left_behind() -> None:
    row = figures.weigh(
        "publish", LOAD, cpu=3.0, left_behind=1.0, statements=8_000, core_ms=24.0, must=1.5, trivial=0.1, driver=0.25
    )
    assert (row.cpu, row.cpu_left_behind, row.cpu_at_reference) == (2, 0.5, 1)
    assert (row.per_second, row.kib_per_answer, row.statements) == (500, 2, 4)
    assert row.to_trivial == pytest.approx(10)
    assert row.to_driver == pytest.approx(4)
    assert row.passes


def test_a_row_at_its_bound_does_not_pass() -> None:
    row = figures.weigh(
        "home", LOAD, cpu=2.0, left_behind=0, statements=0, core_ms=12.0, must=1.0, trivial=None, driver=None
    )
    assert row.passes is False
    assert row.to_trivial is None


def test_delays_say_how_many_never_came() -> None:
    row = figures.delay("stream", [10.0, 30.0, 20.0], 4, cpu=0.003, core_ms=24.0)
    assert (row.count, row.expected, row.p50_ms, row.p95_ms) == (3, 4, 20, 30)
    assert row.cpu == pytest.approx(1)
    assert row.cpu_at_reference == pytest.approx(0.5)


def test_screening_is_held_against_its_bounds() -> None:
    found = Report(screening=figures.Screened(posts=10, mean_ms=3.0, norm_ms=1.0, p99_ms=90.0, memory_mb=75.0)).table()
    rows = {line.split("|")[1].strip(): line for line in found.splitlines() if line.startswith("| ")}
    assert "0.50 | under" in rows["CPU ms a post, mean, norm"]
    assert "1.50 |  OVER" in rows["CPU ms a post, p99"]
    assert "0.50 | under" in rows["MB of a process with model and rules"]
