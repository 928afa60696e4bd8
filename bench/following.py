"""`python -m bench.following`: what a standby that follows costs the first host, in posts.

The first host, all of it, has one core; the standby and those who post have the other. Members post as fast as they are
answered, in turns with the standby away and with it following, so that what else the machine does meets both alike.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import socket
import statistics
import tempfile
import time
from pathlib import Path

import msgspec

from bench import community, figures, load, machine, scenarios
from bench.community import Community
from bench.network import Network
from bench.standby import Host, on_core, until
from folkmoot.hosting import supervise
from folkmoot.hosting.link import make_code
from folkmoot.hosting.standby.status import read

CONNECTIONS = 8


class Turn(msgspec.Struct):
    """One spell of posting."""

    posts_per_second: float
    cpu_per_thousand: float
    """CPU seconds of the first host for 1,000 posts, at the reference speed of its core."""
    p50_ms: float


class Figures(msgspec.Struct):
    """Medians of the turns, and of the ratios of turns that followed each other."""

    alone: Turn
    followed: Turn
    throughput_cost: float
    """Share of the posts a second that following takes."""
    cpu_cost: float
    """Share by which a post costs the first host more processor."""
    rounds: int


def main() -> None:
    """Make two hosts, post, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.following", description=__doc__)
    parser.add_argument("--rounds", type=int, default=6, help="of which the median counts (default: 6)")
    parser.add_argument("--seconds", type=float, default=8, help="of posting in each turn (default: 8)")
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-", dir=options.folder) as folder:
        Path(folder).chmod(0o711)
        found = asyncio.run(measure(Path(folder), options.rounds, options.seconds))
    print(msgspec.json.format(msgspec.json.encode(found)).decode())


async def measure(top: Path, rounds: int, seconds: float) -> Figures:
    """Both, in turns."""
    standby = Host(top / "standby")
    first = Host(top / "first" / "data")  # its port for the link; the network itself is run as members know it
    (top / "first").mkdir(mode=0o711)
    core, other = machine.cores()
    also = {name: first.environment[name] for name in ("FOLKMOOT_LINK_PORT", "FOLKMOOT_LINK_HOST")}
    network = Network(top / "first", core, also)
    await asyncio.to_thread(network.start)
    try:
        await asyncio.to_thread(network.wait_for, "/health/ready")
        people = await community.settle_in(network.settings(), 500)
        os.sched_setaffinity(0, {other})
        return await asyncio.to_thread(_in_turns, network, first, standby, people, rounds, seconds)
    finally:
        network.stop()


def _in_turns(network: Network, first: Host, standby: Host, people: Community, rounds: int, seconds: float) -> Figures:
    _join(first, standby)
    plan = next(each for each in scenarios.LOADS if each.name == "publish").plan(people, random.Random(9))
    network.tidy()
    load.drive(network.port, plan, connections=CONNECTIONS, seconds=2, core=machine.cores()[1])
    alone, followed = [], []
    for number in range(rounds):
        ways = [alone, followed] if number % 2 else [followed, alone]
        for turns in ways:
            if turns is alone:
                turns.append(_post(network, plan, seconds))
                continue
            with on_core(1):
                standby.server.start()
            try:
                with standby.linked(core=1):
                    until(lambda: read(first.settings.data).is_fresh)
                    turns.append(_post(network, plan, seconds))
            finally:
                standby.server.stop()
    return Figures(
        alone=_middle(alone),
        followed=_middle(followed),
        throughput_cost=_cost([b.posts_per_second / a.posts_per_second for a, b in zip(alone, followed, strict=True)]),
        cpu_cost=-_cost([b.cpu_per_thousand / a.cpu_per_thousand for a, b in zip(alone, followed, strict=True)]),
        rounds=rounds,
    )


def _join(first: Host, standby: Host) -> None:
    code = make_code(first.settings.data, time.time()).word
    supervise.nudge(first.settings.data)  # the link is there once there is a code
    until(lambda: _listens(first.settings.link_port))
    way = [f"127.0.0.1:{first.settings.link_port}", "--code", code, "--copy-only"]
    joining = standby.start("standby", "join", *way)
    joining.communicate(timeout=120)
    if joining.returncode:
        raise SystemExit("the copy failed")


def _listens(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), 1):
        return True


def _post(network: Network, plan: list[bytes], seconds: float) -> Turn:
    network.settle()
    with machine.CoreSpeed(network.core) as speed:
        spent = network.cpu_seconds()
        seen = load.drive(network.port, plan, connections=CONNECTIONS, seconds=seconds, core=machine.cores()[1])
        spent = network.cpu_seconds() - spent
    if seen.failures > seen.requests / 100:
        raise SystemExit(f"{seen.failures} of {seen.requests} posts failed")
    each = figures.at_reference(figures.per_thousand(spent, seen.requests), speed.ms)
    return Turn(round(seen.requests / seen.seconds, 1), round(each, 2), round(seen.p50, 1))


def _middle(turns: list[Turn]) -> Turn:
    return Turn(
        *(round(statistics.median(getattr(each, name) for each in turns), 2) for name in Turn.__struct_fields__)
    )


def _cost(ratios: list[float]) -> float:
    return round(1 - statistics.median(ratios), 3)


if __name__ == "__main__":
    main()
