"""The standby's disk becomes full, while it follows and in the middle of a move: the network must not notice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from folkmoot.hosting.drill import disturbances, queries, verify
from folkmoot.hosting.drill.hosts import DrillFailed, Pair
from folkmoot.hosting.drill.small_disk import SmallDisk, small_disk
from folkmoot.hosting.drill.stage import JOBS, Outcome, Stage, aside, figures, members, set_up

SIZE = 2 * 2**30
"""Only what lies on the disk takes memory; a standby wants half a gigabyte free."""
NOTICED_WITHIN = 60.0
RECOVERS_WITHIN = 120.0
FULL_IN = ("copy", "close", "ship")
"""Steps of a move in which the disk becomes full."""
ENDS_WITHIN = 45.0
"""Longer than posting may be held: by then the move was called off, unless its order was being followed when the disk became full."""
NO_SMALL_DISK = "This machine lets us mount no small disk that could be filled: run it as root, or where user namespaces are allowed."


async def standby_disk_full(folder: Path, say: Callable[[str], None], seconds: float, password: str) -> Outcome:
    """A network of its own whose standby lives on a small disk. Needs `small_disk.live_apart` before."""
    with small_disk(folder / "hosts" / "second", SIZE) as disk:
        stage = await set_up(folder, say, seconds, password)
        try:
            return await _play(stage, disk)
        finally:
            await aside(stage.pair.close)


async def _play(stage: Stage, disk: SmallDisk) -> Outcome:
    pair = stage.pair
    ledger, kept = stage.ledger(), verify.Kept(await aside(queries.put_jobs, pair.carrier, JOBS))
    begun = time.monotonic()
    async with members(stage, [pair.first.address, pair.second.address], ledger):
        await asyncio.sleep(stage.seconds)
        outcome: Outcome = await _while_it_follows(stage, disk)
        outcome |= {"moves": 0, "moved_although_full": 0, "called_off": 0, "waited_for_room": 0, "two_first": 0}
        for moment in FULL_IN:
            stage.say(f"full in a move: {moment}")
            await _while_it_moves(pair, disk, moment, outcome)
        state = await aside(pair.carrier.asked, "move", "--json", check=False)
        outcome["moved"] = state["progress"]["ended"] == "moved"
        await asyncio.sleep(stage.seconds / 2)
    outcome |= figures(ledger, begun, time.monotonic())
    outcome |= await aside(verify.lost, pair.carrier, ledger, kept)
    return outcome


async def _while_it_follows(stage: Stage, disk: SmallDisk) -> Outcome:
    """Members go on, the hosts say what is wrong, a move is refused; with room again it follows by itself."""
    pair = stage.pair
    filled = time.monotonic()
    disk.fill()
    said = await aside(_hindrances, pair)
    noticed = time.monotonic()
    state = await aside(pair.first.asked, "move", "--json", check=False)
    await asyncio.sleep(stage.seconds)
    emptied = time.monotonic()
    disk.empty()
    await aside(pair.wait_ready, RECOVERS_WITHIN)
    return {
        "noticed_ms": round((noticed - filled) * 1000),
        "said": said,
        "move_refused": state["progress"]["ended"] == "called off" and state["write_pause_ms"] is None,
        "why_refused": state["progress"]["why"],
        "recovered_ms": round((time.monotonic() - emptied) * 1000),
    }


async def _while_it_moves(pair: Pair, disk: SmallDisk, moment: str, outcome: Outcome) -> None:
    """The disk becomes full when a step begins. The network ends on one host, and with room again all is well."""
    giver = pair.carrier
    command = await disturbances.ordered(giver, moment)
    disk.fill()
    try:
        await aside(disturbances.wait_until_ended, giver, ENDS_WITHIN)
    except DrillFailed:
        outcome["waited_for_room"] += 1
    disk.empty()
    await aside(disturbances.wait_until_ended, giver)
    await command.wait()
    outcome["moves"] += 1
    outcome["moved_although_full"] += pair.carrier is not giver
    outcome["called_off"] += pair.carrier is giver
    outcome["two_first"] += pair.first.state.role == pair.second.state.role == "primary"
    await aside(pair.wait_ready, RECOVERS_WITHIN)
    if pair.carrier is pair.second:  # back, so that the disk is the standby's again
        await aside(pair.carrier.run, "move", "--yes")
        await aside(pair.wait_ready, RECOVERS_WITHIN)


def _hindrances(pair: Pair) -> list[str]:
    """What the first host says against a move, as soon as it names the disk. Raises DrillFailed."""
    until = time.monotonic() + NOTICED_WITHIN
    while time.monotonic() < until:
        status = pair.first.asked("standby", "status", "--json")
        against = {check["name"]: check for check in status["checks"] if check["well"] is False}
        if "disk" in against:
            return [check["sentence"].format(**check["values"]) for check in against.values()]
        time.sleep(0.2)
    raise DrillFailed(why="the standby's disk is full, and nobody says so.")
