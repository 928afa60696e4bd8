"""What a drill plays through besides disturbances: a planned move, the loss of a host, a restore."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time

import aiohttp

from folkmoot.errors import FolkmootError
from folkmoot.hosting.drill import queries, verify
from folkmoot.hosting.drill.hosts import Host
from folkmoot.hosting.drill.stage import JOBS, Outcome, Stage, aside, figures, members
from folkmoot.hosting.move.rules import LEFT_BEHIND_WORDS


async def planned(stage: Stage) -> Outcome:
    """A move on purpose, ordered on the side that takes the network, while members are at it."""
    pair = stage.pair
    begun_at, taking = pair.carrier, pair.other
    ledger, kept = stage.ledger(), verify.Kept(queries.put_jobs(pair.carrier, JOBS))
    async with members(stage, [begun_at.address], ledger) as crowd:
        await asyncio.sleep(stage.seconds)
        kept.entries = queries.log_size(begun_at)
        key = secrets.token_hex(16)
        once = await _post_under(key, begun_at, stage.tokens[0])
        rows = await aside(queries.what_goes_on, begun_at)
        begun = time.monotonic()
        state = await aside(taking.asked, "move", "--json", check=False)
        ended = time.monotonic()
        await asyncio.sleep(stage.seconds)
        crowd.addresses.insert(0, taking.address)  # names have changed
        await asyncio.sleep(stage.seconds / 2)
    outcome = figures(ledger, begun, ended + 1.0)
    outcome |= {
        "write_pause_ms": state["write_pause_ms"],
        "moved": state["progress"]["ended"] == "moved",
        "took_ms": round((ended - begun) * 1000),
        "steps_ms": state["steps"],
        "why": state["progress"]["why"],
        "old_side": f"{begun_at.state.role}, {begun_at.barrier.lower()}",
    }
    outcome |= await aside(verify.lost, pair.carrier, ledger, kept)
    outcome["lost_answers"] = int(once is None or await _post_under(key, pair.carrier, stage.tokens[0]) != once)
    outcome["lost_clocks"] = len(await aside(verify.missing_from, pair.carrier, rows))
    await aside(pair.wait_ready)
    return outcome


async def host_lost(stage: Stage, sync: bool) -> Outcome:
    """The host that carries the network loses its power under load; the other one takes over; the old one wakes up."""
    pair = stage.pair
    old, new = pair.carrier, pair.other
    if sync:
        await aside(old.run, "standby", "sync", "on")
    ledger, kept = stage.ledger(), verify.Kept(await aside(queries.put_jobs, old, JOBS))
    await asyncio.sleep(1.2)  # what is not in the load's ledger by an answer has arrived over there by now
    async with members(stage, [old.address, new.address], ledger):
        await asyncio.sleep(stage.seconds)
        asked = time.monotonic()
        known = await aside(new.asked, "standby", "status", "--json")
        died = time.monotonic()
        await aside(old.kill)
        taking = time.monotonic()
        view = await aside(new.asked, "takeover", "--json")
        took = time.monotonic()
        await asyncio.sleep(stage.seconds)
    outcome = figures(ledger, died, took + 1.0)
    outcome |= {
        "takeover_ms": round((took - taking) * 1000),
        "promote_ms": view["ms"],
        "said_before": known["would_lose"]["words"],
        "said_at_takeover": view["before"]["may_be_missing"],
    }
    at_risk = None if sync else asked - (known["lag_seconds"] if known["lag_seconds"] is not None else asked)
    outcome |= await aside(verify.lost, new, ledger, kept, at_risk)
    outcome |= await _old_host_wakes(stage, old, new)
    return outcome


async def restored(stage: Stage) -> Outcome:
    """A backup elsewhere, and a network made of nothing but that and the recovery key."""
    pair, place = stage.pair, stage.folder / "elsewhere"
    host = pair.carrier
    ledger, kept = stage.ledger(), verify.Kept(await aside(queries.put_jobs, host, JOBS))
    async with members(stage, [host.address], ledger):
        await asyncio.sleep(stage.seconds)
    kept.entries = queries.log_size(host)
    key = stage.folder / "recovery.txt"
    begun = time.monotonic()
    await aside(host.run, "backup", "init", str(place), "--recovery-file", str(key))
    await aside(host.run, "backup", "run", "--to", str(place))
    copied = time.monotonic()
    third = Host(stage.folder, "third", public_url=host.address)
    try:
        await aside(third.run, "backup", "restore", str(place), "--key", str(key), "--data", str(third.data))
        back = time.monotonic()
        await aside(third.serve)
        served = time.monotonic()
        outcome: Outcome = {
            "acknowledged": len(ledger.acknowledged_at),
            "ballots": len(ledger.ballots),
            "notices": len(ledger.notices),
            "backup_ms": round((copied - begun) * 1000),
            "restore_ms": round((back - copied) * 1000),
            "first_page_ms": round((served - copied) * 1000),
        }
        outcome |= await aside(verify.lost, third, ledger, kept)
        return outcome
    finally:
        await aside(third.stop)


async def _old_host_wakes(stage: Stage, old: Host, new: Host) -> Outcome:
    """The old host is started again: it must not take a single post, and then it becomes the standby."""
    await aside(old.serve)
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
        rejoined = (await aside(old.run, "move", "rejoin")).splitlines()[0]
        await aside(stage.pair.wait_ready)
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
