"""The figures as a table, and as JSON."""

from __future__ import annotations

import os
import time
from typing import Any

import msgspec

from bench.figures import REFERENCE_MS, Cost, Delay, Screened

BOUNDS = {
    "answer to a post": (15, 40),
    "post to home": (30, 60),
    "stream": (40, 80),
    "first answer": (1_900, None),
    "case to a juror": (20, 20),
    "ballot": (10, 10),
    "log proof": (50, 50),
}
"""What the p50 and p95 of a delay must stay under, in ms."""
STREAM_MUST = 0.15
MEMORY_MUST = 400
APPENDS_MUST = 1_000
SCREENING_MUST = {"mean": 2.0, "p99": 60.0, "memory": 150.0}
"""Milliseconds of processor time a post, and MB."""


class Report(msgspec.Struct):
    """What one run found."""

    measured_at: str = msgspec.field(default_factory=lambda: time.strftime("%Y-%m-%d %H:%M"))
    cores: int = msgspec.field(default_factory=lambda: os.cpu_count() or 1)
    generator: str = ""
    accounts: int = 0
    follows: int = 0
    posts: int = 0
    driver: dict[str, float] = {}
    costs: list[Cost] = []
    delays: list[Delay] = []
    idle: float = 0.0
    """CPU seconds a second while nobody asks anything."""
    memory_mib: dict[str, float] = {}
    log_appends: float | None = None
    """Entries of the public log a second, written and signed on the server's core while it serves."""
    log_cpu: float | None = None
    """CPU seconds per 1,000 of them: writers, database, places, hashes, signatures, files, and the homes read meanwhile."""
    log_size: int | None = None
    """Entries in the log that proofs were asked from."""
    screening: Screened | None = None

    def json(self) -> str:
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode()

    def table(self) -> str:
        """Aligned columns, readable as Markdown."""
        parts = [
            f"{self.accounts} accounts, {self.follows} follows, {self.posts} posts; {self.cores} cores, load by "
            f"{self.generator}. Costs: CPU seconds per 1,000 requests of all server processes, work left behind included; "
            f"norm: on a core that does the fixed piece of work in {REFERENCE_MS:.0f} ms. Idle, the server takes "
            f"{self.idle * 1_000:.1f} ms of CPU a second."
        ]
        if self.costs:
            head = "scenario,requests/s,p50 ms,p95 ms,p99 ms,KiB,statements,cpu,left behind,core ms,norm,must,,x trivial,x driver"
            parts.append(_table(head.split(","), [_cost(each) for each in self.costs]))
        if self.delays:
            head = "delay,arrived,p50 ms,p95 ms,p99 ms,must p50,must p95,,cpu per 1000,norm"
            parts.append(_table(head.split(","), [_delay(each) for each in self.delays]))
        if self.log_appends is not None:
            full_core = 1_000 / (self.log_cpu or float("nan"))
            reached = "reached" if full_core >= APPENDS_MUST else "SHORT"
            row = [f"{self.log_appends:.0f}", f"{self.log_cpu:.3f}", f"{full_core:.0f}", str(APPENDS_MUST), reached]
            head = ["log entries/s", "cpu per 1000", "entries/s of a full core", "must", ""]
            parts.append(_table(head, [row]))
        if self.screening is not None:
            head = ["screening", "found", "must", "x must", ""]
            parts.append(_table(head, _screened(self.screening)))
        if self.memory_mib:
            rows = [
                [name, f"{mib:.0f}", str(MEMORY_MUST), _verdict(mib < MEMORY_MUST)]
                for name, mib in self.memory_mib.items()
            ]
            parts.append(_table(["memory (PSS)", "MiB", "must", ""], rows))
        return "\n\n".join(parts)


def _cost(row: Cost) -> list[str]:
    return [
        row.scenario,
        f"{row.per_second:.0f}",
        f"{row.p50_ms:.1f}",
        f"{row.p95_ms:.1f}",
        f"{row.p99_ms:.1f}",
        f"{row.kib_per_answer:.1f}",
        f"{row.statements:.2f}",
        f"{row.cpu:.3f}",
        f"{row.cpu_left_behind:.3f}",
        f"{row.core_ms:.1f}",
        f"{row.cpu_at_reference:.3f}",
        "" if row.must is None else f"{row.must:g}",
        _verdict(row.passes),
        _times(row.to_trivial),
        _times(row.to_driver),
    ]


def _delay(row: Delay) -> list[str]:
    p50, p95 = BOUNDS.get(row.scenario, (None, None))
    good = None if p50 is None else row.p50_ms < p50 and (p95 is None or row.p95_ms < p95)
    if row.scenario == "stream" and row.cpu_at_reference is not None:
        good = bool(good) and row.cpu_at_reference < STREAM_MUST
    return [
        row.scenario,
        f"{row.count}/{row.expected}",
        f"{row.p50_ms:.1f}",
        f"{row.p95_ms:.1f}",
        f"{row.p99_ms:.1f}",
        "" if p50 is None else str(p50),
        "" if p95 is None else str(p95),
        _verdict(good),
        "" if row.cpu is None else f"{row.cpu:.3f}",
        "" if row.cpu_at_reference is None else f"{row.cpu_at_reference:.3f}",
    ]


def _screened(found: Screened) -> list[list[str]]:
    rows = [
        (f"CPU ms a post, mean of {found.posts}", found.mean_ms, None),
        ("CPU ms a post, mean, norm", found.norm_ms, SCREENING_MUST["mean"]),
        ("CPU ms a post, p99", found.p99_ms, SCREENING_MUST["p99"]),
        ("MB of a process with model and rules", found.memory_mb, SCREENING_MUST["memory"]),
    ]
    return [
        [name, f"{value:.1f}", "" if must is None else f"{must:g}"]
        + (["", ""] if must is None else [f"{value / must:.2f}", _verdict(value < must)])
        for name, value, must in rows
    ]


def _verdict(good: bool | None) -> str:
    return "" if good is None else "under" if good else "OVER"


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.1f}"


def _table(head: list[str], rows: list[list[Any]]) -> str:
    widths = [max(len(str(row[n])) for row in [head, *rows]) for n in range(len(head))]

    def line(cells: list[Any]) -> str:
        padded = [
            f"{cell:<{width}}" if n == 0 else f"{cell:>{width}}"
            for n, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return "| " + " | ".join(padded) + " |"

    rule = "|" + "|".join("-" * (width + 1) + ("-" if n == 0 else ":") for n, width in enumerate(widths)) + "|"
    return "\n".join([line(head), rule, *map(line, rows)])
