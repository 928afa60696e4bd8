"""Moves that are disturbed in the middle: an agent dies, the line is torn or freezes, the command is killed. One move for each."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from folkmoot.hosting.drill import queries, verify
from folkmoot.hosting.drill.hosts import DrillFailed, Host
from folkmoot.hosting.drill.stage import JOBS, Outcome, Stage, aside, members
from folkmoot.hosting.move import steps
from folkmoot.hosting.move.journal import Journal
from folkmoot.hosting.move.rules import progress_of

ENDS_WITHIN = 90.0
DEATHS = (
    "giver:copy:begun", "giver:rest:done", "giver:close:begun", "giver:compare:done", "giver:away:done", "giver:stop:begun",
    "giver:stop:done", "giver:ship:done", "giver:fence:begun", "giver:fence:done", "giver:promote:begun",
    "taker:promote:begun", "taker:promote:done", "giver:promote:done", "giver:relay:done", "giver:follow:begun",
)  # fmt: skip
"""Lines of the journal after which an agent dies: before, at and after everything that matters."""
DEATHS_QUICK = ("taker:promote:begun",)
CUT_SECONDS = 2.5
FROZEN_SECONDS = 8.0
"""Longer than the hosts wait for each other's answers, and than a partner may be silent."""
FREEZES = ("copy", "compare", "ship", "fence", "promote", "relay")


async def deaths(stage: Stage, moments: Sequence[str]) -> Outcome:
    """An agent dies right after a line of its journal, in one move after the other, there and back."""
    return await _disturbed(stage, moments, _let_die)


async def cuts(stage: Stage) -> Outcome:
    """The line between the hosts is torn as soon as a step begins, and mended after a while; each step in turn."""
    return await _disturbed(stage, steps.NAMES, partial(_hold_up, how=stage.pair.wire.cut, seconds=CUT_SECONDS))


async def freezes(stage: Stage) -> Outcome:
    """The line stays up and passes nothing on, as behind a lost route: nobody is told, everybody waits."""
    return await _disturbed(stage, FREEZES, partial(_hold_up, how=stage.pair.wire.freeze, seconds=FROZEN_SECONDS))


async def impatience(stage: Stage) -> Outcome:
    """The command is killed as soon as a step begins, each step in turn: nobody needs it once the order is given."""
    return await _disturbed(stage, steps.NAMES, _kill_command)


async def _disturbed(stage: Stage, moments: Sequence[str], disturb: Callable[[Stage, str], Awaitable[None]]) -> Outcome:
    """One move for each moment, each disturbed; afterwards one host carries the network, and everything is there."""
    pair = stage.pair
    ledger, kept = stage.ledger(), verify.Kept(await aside(queries.put_jobs, pair.carrier, JOBS))
    outcome: Outcome = {"moves": 0, "moved": 0, "called_off": 0, "two_first": 0, "pauses_ms": {}}
    async with members(stage, [pair.carrier.address, pair.other.address], ledger):
        for moment in moments:
            stage.say(f"disturbed: {moment}")
            giver = pair.carrier
            begun = time.monotonic()
            await disturb(stage, moment)
            await aside(wait_until_ended, giver)
            await asyncio.sleep(0.5)
            outcome["moves"] += 1
            outcome["moved"] += pair.carrier is not giver
            outcome["called_off"] += pair.carrier is giver
            outcome["two_first"] += pair.first.state.role == pair.second.state.role == "primary"
            outcome["pauses_ms"][moment] = ledger.longest_gap_ms(ledger.acknowledged_at, begun, time.monotonic())
            await aside(pair.wait_ready)
    outcome |= {
        "acknowledged": len(ledger.acknowledged_at),
        "ballots": len(ledger.ballots),
        "notices": len(ledger.notices),
        "failed_reads": ledger.failed_reads,
        "writes_asked_again": ledger.failed_writes,
    }
    outcome |= await aside(verify.lost, pair.carrier, ledger, kept)
    return outcome


async def _let_die(stage: Stage, moment: str) -> None:
    giver, taker = stage.pair.carrier, stage.pair.other
    (giver if moment.startswith("giver") else taker).end_at(moment)
    await aside(giver.run, "move", "--yes", check=False)


async def _hold_up(stage: Stage, moment: str, *, how: Callable[[], None], seconds: float) -> None:
    moving = await ordered(stage.pair.carrier, moment)
    how()
    await asyncio.sleep(seconds)
    stage.pair.wire.mend()
    await moving.wait()


async def _kill_command(stage: Stage, moment: str) -> None:
    moving = await ordered(stage.pair.carrier, moment)
    with contextlib.suppress(ProcessLookupError):
        moving.kill()
    await moving.wait()


async def ordered(giver: Host, moment: str) -> asyncio.subprocess.Process:
    """The command `folkmoot move`, once the move it ordered has come to this step; or has ended without coming there."""
    before = len(Journal(giver.data).entries())
    command = await asyncio.create_subprocess_exec(
        *giver.command("move", "--yes"), env=giver.environment, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    until = time.monotonic() + ENDS_WITHIN
    while time.monotonic() < until and command.returncode is None:
        written = Journal(giver.data).entries()[before:]
        if any(entry.step == moment or entry.what == "ended" for entry in written):
            break
        await asyncio.sleep(0.003)
    return command


def wait_until_ended(giver: Host, seconds: float = ENDS_WITHIN) -> None:
    """Until the move is over, one way or the other. Raises DrillFailed."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        progress = progress_of(Journal(giver.data).of_last_move("giver"))
        if progress.ended:
            return
        time.sleep(0.1)
    raise DrillFailed(why=f"a move does not end: it stands at {progress.reached} ({progress.why}).")
