"""What a drill plays through: a planned move, deaths and cuts in the middle of it, the loss of a host, a restore."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from folkmoot.errors import FolkmootError
from folkmoot.hosting.drill import queries, verify
from folkmoot.hosting.drill.court import Court
from folkmoot.hosting.drill.hosts import DrillFailed, Host, Pair
from folkmoot.hosting.drill.load import Ledger, Members
from folkmoot.hosting.move import steps
from folkmoot.hosting.move.journal import Journal
from folkmoot.hosting.move.rules import LEFT_BEHIND_WORDS, progress_of

Outcome = dict[str, Any]
ENDS_WITHIN = 90.0
JOBS = 50
JURORS = ("juror0", "juror1")
DEATHS = (
    "giver:copy:begun", "giver:rest:done", "giver:close:begun", "giver:compare:done", "giver:away:done", "giver:stop:begun",
    "giver:stop:done", "giver:ship:done", "giver:fence:begun", "giver:fence:done", "giver:promote:begun",
    "taker:promote:begun", "taker:promote:done", "giver:promote:done", "giver:relay:done", "giver:follow:begun",
)  # fmt: skip
"""Lines of the journal after which an agent dies: before, at and after everything that matters."""
DEATHS_QUICK = ("taker:promote:begun",)
CUTS = ("copy", "close", "ship", "promote", "relay")
CUT_SECONDS = 2.5


@dataclass
class Stage:
    """What every scene needs: the two hosts, members' tokens, and where to write."""

    pair: Pair
    tokens: Sequence[str]
    folder: Path
    say: Callable[[str], None]
    seconds: float
    """How long members are at it before and after something happens."""
    court: Court = field(default_factory=Court)
    number: int = 0

    def ledger(self) -> Ledger:
        """A new ledger, outside of every host."""
        self.number += 1
        return Ledger(self.folder / f"ledger-{self.number}.jsonl")


async def planned(stage: Stage) -> Outcome:
    """A move on purpose, ordered on the side that takes the network, while members are at it."""
    pair = stage.pair
    begun_at, taking = pair.carrier, pair.other
    ledger, kept = stage.ledger(), verify.Kept(queries.put_jobs(pair.carrier, JOBS))
    async with _members(stage, [begun_at.address], ledger) as members:
        await asyncio.sleep(stage.seconds)
        kept.entries = queries.log_size(begun_at)
        key = secrets.token_hex(16)
        once = await _post_under(key, begun_at, stage.tokens[0])
        rows = await _aside(queries.what_goes_on, begun_at)
        begun = time.monotonic()
        state = await _aside(taking.asked, "move", "--json", check=False)
        ended = time.monotonic()
        await asyncio.sleep(stage.seconds)
        members.addresses.insert(0, taking.address)  # names have changed
        await asyncio.sleep(stage.seconds / 2)
    outcome = _figures(ledger, begun, ended + 1.0)
    outcome |= {
        "write_pause_ms": state["write_pause_ms"],
        "moved": state["progress"]["ended"] == "moved",
        "took_ms": round((ended - begun) * 1000),
        "steps_ms": state["steps"],
        "why": state["progress"]["why"],
        "old_side": f"{begun_at.state.role}, {begun_at.barrier.lower()}",
    }
    outcome |= await _aside(verify.lost, pair.carrier, ledger, kept)
    outcome["lost_answers"] = int(once is None or await _post_under(key, pair.carrier, stage.tokens[0]) != once)
    outcome["lost_clocks"] = len(await _aside(verify.missing_from, pair.carrier, rows))
    await _aside(pair.wait_ready)
    return outcome


async def deaths(stage: Stage, moments: Sequence[str]) -> Outcome:
    """An agent dies right after a line of its journal, in one move after the other, there and back."""
    return await _disturbed(stage, moments, _let_die)


async def cuts(stage: Stage, moments: Sequence[str]) -> Outcome:
    """The line between the hosts is torn when a step begins, and mended after a while."""
    return await _disturbed(stage, moments, _cut)


async def impatience(stage: Stage) -> Outcome:
    """The command is killed, once it has given the order: nobody needs it."""
    return await _disturbed(stage, ["the command"], _kill_command)


async def host_lost(stage: Stage, sync: bool) -> Outcome:
    """The host that carries the network loses its power under load; the other one takes over; the old one wakes up."""
    pair = stage.pair
    old, new = pair.carrier, pair.other
    if sync:
        await _aside(old.run, "standby", "sync", "on")
    ledger, kept = stage.ledger(), verify.Kept(await _aside(queries.put_jobs, old, JOBS))
    await asyncio.sleep(1.2)  # what is not in the load's ledger by an answer has arrived over there by now
    async with _members(stage, [old.address, new.address], ledger):
        await asyncio.sleep(stage.seconds)
        asked = time.monotonic()
        known = await _aside(new.asked, "standby", "status", "--json")
        died = time.monotonic()
        await _aside(old.kill)
        taking = time.monotonic()
        view = await _aside(new.asked, "takeover", "--json")
        took = time.monotonic()
        await asyncio.sleep(stage.seconds)
    outcome = _figures(ledger, died, took + 1.0)
    outcome |= {
        "takeover_ms": round((took - taking) * 1000),
        "promote_ms": view["ms"],
        "said_before": known["would_lose"]["words"],
        "said_at_takeover": view["before"]["may_be_missing"],
    }
    at_risk = None if sync else asked - (known["lag_seconds"] if known["lag_seconds"] is not None else asked)
    outcome |= await _aside(verify.lost, new, ledger, kept, at_risk)
    outcome |= await _old_host_wakes(stage, old, new)
    return outcome


async def restored(stage: Stage) -> Outcome:
    """A backup elsewhere, and a network made of nothing but that and the recovery key."""
    pair, place = stage.pair, stage.folder / "elsewhere"
    host = pair.carrier
    ledger, kept = stage.ledger(), verify.Kept(await _aside(queries.put_jobs, host, JOBS))
    async with _members(stage, [host.address], ledger):
        await asyncio.sleep(stage.seconds)
    kept.entries = queries.log_size(host)
    key = stage.folder / "recovery.txt"
    begun = time.monotonic()
    await _aside(host.run, "backup", "init", str(place), "--recovery-file", str(key))
    await _aside(host.run, "backup", "run", "--to", str(place))
    copied = time.monotonic()
    third = Host(stage.folder, "third", public_url=host.address)
    try:
        await _aside(third.run, "backup", "restore", str(place), "--key", str(key), "--data", str(third.data))
        back = time.monotonic()
        await _aside(third.serve)
        served = time.monotonic()
        outcome: Outcome = {
            "acknowledged": len(ledger.acknowledged_at),
            "ballots": len(ledger.ballots),
            "notices": len(ledger.notices),
            "backup_ms": round((copied - begun) * 1000),
            "restore_ms": round((back - copied) * 1000),
            "first_page_ms": round((served - copied) * 1000),
        }
        outcome |= await _aside(verify.lost, third, ledger, kept)
        return outcome
    finally:
        await _aside(third.stop)


# Disturbances ----------------------------------------------------------------------------------------------------------


async def _disturbed(stage: Stage, moments: Sequence[str], disturb: Callable[[Stage, str], Awaitable[None]]) -> Outcome:
    """One move for each moment, each disturbed; afterwards one host carries the network, and everything is there."""
    pair = stage.pair
    ledger, kept = stage.ledger(), verify.Kept(await _aside(queries.put_jobs, pair.carrier, JOBS))
    outcome: Outcome = {"moves": 0, "moved": 0, "called_off": 0, "two_first": 0, "pauses_ms": {}}
    async with _members(stage, [pair.carrier.address, pair.other.address], ledger):
        for moment in moments:
            stage.say(f"disturbed: {moment}")
            giver = pair.carrier
            begun = time.monotonic()
            await disturb(stage, moment)
            await _aside(_wait_until_ended, giver)
            await asyncio.sleep(0.5)
            outcome["moves"] += 1
            outcome["moved"] += pair.carrier is not giver
            outcome["called_off"] += pair.carrier is giver
            outcome["two_first"] += pair.first.state.role == pair.second.state.role == "primary"
            outcome["pauses_ms"][moment] = ledger.longest_gap_ms(ledger.acknowledged_at, begun, time.monotonic())
            await _aside(pair.wait_ready)
    outcome |= {
        "acknowledged": len(ledger.acknowledged_at),
        "ballots": len(ledger.ballots),
        "notices": len(ledger.notices),
        "failed_reads": ledger.failed_reads,
        "writes_asked_again": ledger.failed_writes,
    }
    outcome |= await _aside(verify.lost, pair.carrier, ledger, kept)
    return outcome


async def _let_die(stage: Stage, moment: str) -> None:
    giver, taker = stage.pair.carrier, stage.pair.other
    (giver if moment.startswith("giver") else taker).end_at(moment)
    await _aside(giver.run, "move", "--yes", check=False)


async def _cut(stage: Stage, moment: str) -> None:
    giver = stage.pair.carrier
    moving = asyncio.ensure_future(_aside(giver.run, "move", "--yes", check=False))
    until = time.monotonic() + ENDS_WITHIN
    while (
        progress_of(Journal(giver.data).of_last_move("giver")).reached not in steps.NAMES[steps.NAMES.index(moment) :]
    ):
        if time.monotonic() > until or moving.done():
            break
        await asyncio.sleep(0.003)
    stage.pair.wire.cut()
    await asyncio.sleep(CUT_SECONDS)
    stage.pair.wire.mend()
    await moving


async def _kill_command(stage: Stage, moment: str) -> None:
    giver = stage.pair.carrier
    before = len(Journal(giver.data).entries())
    process = await asyncio.create_subprocess_exec(
        *giver.command("move", "--yes"), env=giver.environment, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    until = time.monotonic() + 30
    while len(Journal(giver.data).entries()) == before and time.monotonic() < until:  # noqa: ASYNC110  # a file
        await asyncio.sleep(0.01)
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def _wait_until_ended(giver: Host) -> None:
    """Until the move is over, one way or the other. Raises DrillFailed."""
    until = time.monotonic() + ENDS_WITHIN
    while time.monotonic() < until:
        progress = progress_of(Journal(giver.data).of_last_move("giver"))
        if progress.ended:
            return
        time.sleep(0.1)
    raise DrillFailed(why=f"a move does not end: it stands at {progress.reached} ({progress.why}).")


async def _old_host_wakes(stage: Stage, old: Host, new: Host) -> Outcome:
    """The old host is started again: it must not take a single post, and then it becomes the standby."""
    await _aside(old.serve)
    until = time.monotonic() + 20
    while old.state.role != "former" and time.monotonic() < until:  # noqa: ASYNC110  # a file
        await asyncio.sleep(0.1)
    taken_by_old = 0
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=40)) as http:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with http.post(
                f"{old.address}/api/v1/statuses",
                data={"status": "Who takes this?"},
                headers={"authorization": f"Bearer {stage.tokens[0]}"},
            ) as answer:
                if answer.status == 200:
                    id = int((await answer.json())["id"])
                    taken_by_old = int(not queries.has_post(new, id))
    before = f"{old.state.role}, {old.barrier.lower()}"
    until = time.monotonic() + 10
    while not (says_so := LEFT_BEHIND_WORDS in old.said()) and time.monotonic() < until:  # noqa: ASYNC110  # a file
        await asyncio.sleep(0.1)
    rejoined = ""
    try:
        rejoined = (await _aside(old.run, "move", "rejoin")).splitlines()[0]
        await _aside(stage.pair.wait_ready)
    except FolkmootError as error:
        rejoined = error.words
    return {
        "old_side_awake": before,
        "old_side_says_so": says_so,
        "taken_by_old_side": taken_by_old,
        "rejoined": rejoined,
    }


async def _post_under(key: str, host: Host, token: str) -> int | None:
    """Post under an idempotency key; the id that was answered, which must be the same on whichever host it is asked again."""
    headers = {"authorization": f"Bearer {token}", "idempotency-key": key}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=40)) as http:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with http.post(
                f"{host.address}/api/v1/statuses", data={"status": f"Once, under {key}"}, headers=headers
            ) as answer:
                if answer.status == 200:
                    return int((await answer.json())["id"])
    return None


def _figures(ledger: Ledger, begun: float, ended: float) -> Outcome:
    reads = sorted(ledger.reads_ms)
    return {
        "members_waited_ms": ledger.longest_gap_ms(ledger.acknowledged_at, begun, ended),
        "read_pause_ms": ledger.longest_gap_ms(ledger.read_at, begun, ended),
        "reads": ledger.reads,
        "failed_reads": ledger.failed_reads,
        "slowest_read_ms": round(reads[-1], 1) if reads else 0.0,
        "acknowledged": len(ledger.acknowledged_at),
        "ballots": len(ledger.ballots),
        "notices": len(ledger.notices),
        "writes_asked_again": ledger.failed_writes,
        "streamed": ledger.streamed,
        "reasons": ledger.reasons[:5],
    }


@contextlib.asynccontextmanager
async def _members(stage: Stage, addresses: Sequence[str], ledger: Ledger) -> Any:
    await _aside(queries.qualify, stage.pair.carrier, JURORS)
    members = Members(addresses, stage.tokens, ledger, stage.court)
    await members.begin()
    try:
        yield members
    finally:
        await members.end()


async def _aside(act: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    return await asyncio.to_thread(act, *arguments, **options)


def is_clean(outcome: Mapping[str, Any]) -> bool:
    """Whether a scene lost nothing and never had two hosts that take posts.

    Of a host that died while answers waited for nobody, what it said before would be missing may be missing, and no more.
    """
    bad = [name for name in outcome if name.startswith("lost_")]
    if "lost_beyond_said" in outcome:
        bad = ["lost_beyond_said"]
    bad += ["failed_reads", "two_first", "taken_by_old_side", "posted_twice"]
    return "failed" not in outcome and outcome.get("moved", True) and not any(outcome.get(name) for name in bad)
