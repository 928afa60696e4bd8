"""`python -m bench`: start our server in a temporary folder, seed it, measure it, stop it."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn

import msgspec

from bench import community, figures, juries, load, log, machine, scenarios, screening
from bench.network import Network
from bench.report import Report

LONGEST, LONGEST_QUICK = 900, 240
"""Seconds after which a run gives up, whatever it does."""
AFTERWARDS = 4
"""Seconds after the last answer in which what a scenario left behind is looked for, at least."""


def main() -> None:
    """Read the options, measure, print."""
    options = _options()
    signal.signal(signal.SIGALRM, _too_long)
    signal.signal(signal.SIGTERM, _too_long)
    signal.alarm(LONGEST_QUICK if options.quick else LONGEST)
    server_core, load_core = machine.cores()
    os.sched_setaffinity(0, {load_core})
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        Path(folder).chmod(0o711)  # else the database, another user's when we are root, would lie and stay elsewhere
        network = Network(Path(folder), server_core)
        try:
            network.start()
            network.wait_for("/api/v1/instance")
            report = Run(network, options, load_core).report()
        finally:
            network.stop()
    print(report.json() if options.json else report.table())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure what our server costs.")
    parser.add_argument("--seconds", type=float, default=5, help="of load in each scenario (default: 5)")
    parser.add_argument("--posts", type=int, default=3_000, help="to seed (default: 3000)")
    parser.add_argument("--scenarios", default=",".join(scenarios.NAMES), help="some of %(default)s")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--quick", action="store_true", help="about a minute in all: one second each, 600 posts")
    options = parser.parse_args()
    if options.quick:
        options.seconds, options.posts = 1, 600
    options.scenarios = options.scenarios.split(",")
    if unknown := set(options.scenarios) - set(scenarios.NAMES):
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    return options


def _too_long(number: int, frame: object) -> NoReturn:
    raise SystemExit("bench: stopped" if number == signal.SIGTERM else "bench: this takes too long; gave up")


class Run:
    """One run against one network."""

    def __init__(self, network: Network, options: argparse.Namespace, load_core: int) -> None:
        self._network = network
        self._options = options
        self._core = load_core
        self._found = Report(generator="wrk" if shutil.which("wrk") else "our own client")

    def report(self) -> Report:
        """Seed, then measure what was asked for, reads first."""
        found, wanted = self._found, self._options.scenarios
        _say("seeding")
        begun = time.monotonic()
        people = asyncio.run(community.settle_in(self._network.settings(), self._options.posts))
        found.accounts, found.follows, found.posts = len(people.members), people.follows, len(people.posts)
        _say(f"seeded in {time.monotonic() - begun:.0f} s")
        self._network.tidy()
        self._network.settle()
        found.idle = self._network.idle(5 if self._options.quick else 10)
        for member in people.members:
            self._network.get("/api/v1/timelines/home?limit=20", member.token)
        if "memory" in wanted:
            found.memory_mib["after seeding"] = self._network.memory_mib()
        found.driver = self._driver()
        trivial = None
        for scenario in scenarios.LOADS:
            if scenario.name in wanted or scenario.name == "trivial":
                row = self._load(scenario, people, trivial)
                trivial = row.cpu_at_reference if scenario.name == "trivial" else trivial
                found.costs.append(row)
                _say(f"{row.scenario}: {row.cpu_at_reference:.3f}")
        self._delays(people)
        return found

    def _load(self, scenario: scenarios.Scenario, people: community.Community, trivial: float | None) -> figures.Cost:
        network = self._network
        plan = scenario.plan(people, random.Random(9))
        if scenario.writes:  # a living server has its connections open and its statements planned
            load.drive(network.port, plan, connections=scenario.connections, seconds=1, core=self._core)
            network.settle()
        else:
            load.once(network.port, plan)
        statements = network.statements()
        with machine.CoreSpeed(network.core) as speed:
            spent = network.cpu_seconds()
            seen = load.drive(
                network.port,
                plan,
                connections=scenario.connections,
                seconds=self._options.seconds,
                core=self._core,
            )
            spent = network.cpu_seconds() - spent
        left = network.settle(least=AFTERWARDS, idle=self._found.idle) if scenario.writes else 0.0
        if scenario.writes:
            network.tidy()
        if seen.failures > seen.requests / 100:
            raise SystemExit(f"bench: {scenario.name}: {seen.failures} of {seen.requests} requests failed")
        return figures.weigh(
            scenario.name,
            seen,
            cpu=spent,
            left_behind=left,
            statements=network.statements() - statements,
            core_ms=speed.ms,
            must=scenario.must,
            trivial=trivial,
            driver=self._found.driver.get(scenario.driver or ""),
        )

    def _driver(self) -> dict[str, float]:
        url = self._network.settings().database_url
        seconds = str(min(2.0, self._options.seconds))
        command = [sys.executable, "-m", "bench.driver", url, str(self._network.postmaster()), seconds]
        ran = subprocess.run(
            [*command, str(self._network.core)], capture_output=True, text=True, timeout=120, check=False
        )
        if ran.returncode:
            raise SystemExit(f"bench: the driver's measurement failed\n{ran.stderr}")
        return msgspec.json.decode(ran.stdout, type=dict[str, float])

    def _delays(self, people: community.Community) -> None:
        network, found, wanted = self._network, self._found, self._options.scenarios
        quick = self._options.quick
        if "delivery" in wanted:
            times = 10 if quick else 30
            answered, seen = asyncio.run(scenarios.delivery(network, people, times))
            found.delays += [
                figures.delay("answer to a post", answered, times),
                figures.delay("post to home", seen, times),
            ]
        if "stream" in wanted:
            with machine.CoreSpeed(network.core) as speed:
                heard, expected, spent = asyncio.run(scenarios.stream(network, people, 4 if quick else 15))
            found.delays.append(figures.delay("stream", heard, expected, cpu=spent, core_ms=speed.ms))
        if "memory" in wanted:
            found.memory_mib["after everything"] = network.memory_mib()
        if "log" in wanted:
            self._log(people)
        if "cold" in wanted:
            times = 1 if quick else 3
            first, home = scenarios.cold(network, people, times)
            found.delays += [figures.delay("first answer", first, times), figures.delay("first home", home, times)]
            if "memory" in wanted:
                found.memory_mib["just started"] = network.memory_mib()
        if "juries" in wanted:
            self._juries()
        if "screening" in wanted:
            found.screening = self._screening()

    def _screening(self) -> figures.Screened:
        posts = screening.POSTS // (5 if self._options.quick else 1)
        command = [sys.executable, "-m", "bench.screening", str(posts), str(self._network.core)]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if ran.returncode:
            raise SystemExit(f"bench: the measurement of screening failed\n{ran.stderr}")
        return msgspec.json.decode(ran.stdout, type=figures.Screened)

    def _juries(self) -> None:
        less = juries.QUICK if self._options.quick else 1
        cases, jurors, sittings = (each // less for each in (juries.CASES, juries.JURORS, juries.SITTINGS))
        asyncio.run(juries.fill(self._network.settings(), cases=cases, jurors=jurors))
        self._network.tidy()
        self._network.settle()
        with machine.CoreSpeed(self._network.core) as speed:
            spent = self._network.cpu_seconds() + time.process_time()
            drawn, counted = asyncio.run(juries.sit(self._network.settings(), jurors=jurors, sittings=sittings))
            spent = self._network.cpu_seconds() + time.process_time() - spent
        both = [sum(pair) for pair in zip(drawn, counted, strict=True)]
        self._found.delays += [
            figures.delay("case to a juror", drawn, sittings),
            figures.delay("ballot", counted, sittings),
            figures.delay("both", both, sittings, cpu=spent, core_ms=speed.ms),
        ]

    def _log(self, people: community.Community) -> None:
        network, found, quick = self._network, self._found, self._options.quick
        seconds = 3 if quick else 15
        with machine.CoreSpeed(network.core) as speed:
            begun, spent = time.monotonic(), network.cpu_seconds()
            appended, home = log.appends(network, people.members[0].token, seconds, network.core)
            network.settle(least=AFTERWARDS)  # whatever was queued has its place then
            spent = network.cpu_seconds() - spent + appended.cpu - found.idle * (time.monotonic() - begun)
        found.log_appends = appended.entries / appended.seconds
        found.log_cpu = figures.at_reference(figures.per_thousand(spent, appended.entries), speed.ms)
        found.delays.append(home)
        found.log_size = log.ENTRIES // 10 if quick else log.ENTRIES
        _say(f"{found.log_appends:.0f} entries a second; filling a log of {found.log_size}")
        found.delays.append(log.proofs(network, log.filled(network, found.log_size)))


def _say(words: str) -> None:
    print(f"bench: {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
