"""Rehearsals on the real pair, and a move over a poor line with all that goes along: promises, backups, open streams."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from folkmoot.hosting import state as states
from folkmoot.hosting.backup.repository import open_own

from .conftest import Host, Pair, free_port, until

pytestmark = pytest.mark.slow

HASTY = "fsync = off\n"
"""A standby is copied only when pages are written whole, so no haste with those."""


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """A network with a place for its backups, and its standby, following."""
    place = Path(tempfile.mkdtemp(prefix="folkmoot-moving-"))
    place.chmod(0o711)
    made = Pair(place)
    for host in (made.primary, made.standby):
        host.also = {
            "FOLKMOOT_PORT": str(free_port()),
            "FOLKMOOT_BACKUP_URL": str(place / "elsewhere"),
            "FOLKMOOT_BACKUP_EVERY": "0",
            "FOLKMOOT_BACKUP_JOURNAL_EVERY": "1",
        }
    try:
        made.primary.data.mkdir(mode=0o711)
        (made.primary.data / "postgres.conf").write_text(HASTY)
        made.primary.begin("serve")
        made.primary.command("backup", "init", str(place / "elsewhere"), "--recovery-file", str(place / "recovery.txt"))
        made.join()
        yield made
    finally:
        made.standby.end()
        made.primary.end()
        made.wire.close()
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def token(pair: Pair) -> str:
    """Of a member who posts."""
    return pair.primary.command("account", "create", "wilma", "--token").splitlines()[0].strip()


def is_ready(pair: Pair) -> bool:
    return bool(pair.primary.status()["ready"] and pair.standby.status()["ready"])


def waits_for_the_other(host: Host) -> bool:
    """Whether a commit on this host waits until the other one has it."""
    return host.sql("SELECT count(*) AS n FROM pg_stat_replication WHERE sync_state = 'sync'") == [{"n": 1}]


def rehearsals(host: Host) -> list[dict[str, Any]]:
    return host.sql("SELECT level, well, held_ms, outcome FROM rehearsals ORDER BY at DESC")


def who_backs_up(host: Host) -> tuple[str, int]:
    """The side that writes the journal of backups, and in which epoch it began to."""
    settings = dataclasses.replace(host.settings, backup_url=host.also["FOLKMOOT_BACKUP_URL"])
    claim = open_own(settings).claims()[-1]
    return claim.writer, claim.hosting


async def hears_over(old: Host, new: Host, token: str) -> dict[str, Any]:
    """What arrives on a WebSocket at the old host when somebody posts on the new one."""
    port = {host: host.also["FOLKMOOT_PORT"] for host in (old, new)}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as http:
        address = f"ws://127.0.0.1:{port[old]}/api/v1/streaming?stream=public&access_token={token}"
        async with http.ws_connect(address) as socket:
            await asyncio.sleep(1)
            await http.post(
                f"http://127.0.0.1:{port[new]}/api/v1/statuses",
                data={"status": "Heard on both sides"},
                headers={"authorization": f"Bearer {token}"},
            )
            async for message in socket:
                said = json.loads(message.data)
                if said.get("event") == "update":
                    return dict(json.loads(said["payload"]))
    raise AssertionError("nothing was heard")


def test_a_copy_of_the_standby_comes_to_life_apart_and_is_thrown_away(pair: Pair, token: str) -> None:
    assert until(lambda: is_ready(pair))
    told: list[str] = []

    def is_well() -> bool:  # on a busy machine the standby may be late for a moment, and that is complained of
        told.append(pair.primary.command("drill", "--on-my-standby", "--level", "2", "--json", check=False))
        return bool(json.loads(told[-1])["well"])

    assert until(is_well), told
    said = json.loads(told[-1])
    assert said["pages"] >= 4
    assert said["tables"] > 50
    assert rehearsals(pair.primary)[0]["level"] == 2
    assert not (pair.standby.data / "rehearsal").exists()
    assert (states.read(pair.primary.data).role, states.read(pair.standby.data).role) == ("primary", "standby")
    assert pair.standby.sql("SELECT count(*) AS n FROM epochs WHERE how = 'rehearsal'") == [{"n": 0}]
    assert until(lambda: pair.standby.status()["following"] == "following")


def test_there_and_back_leaves_all_as_it_was_and_answers_go_on_waiting_for_the_standby(pair: Pair, token: str) -> None:
    assert until(lambda: is_ready(pair))
    pair.primary.command("standby", "sync", "on")
    before = states.read(pair.primary.data)
    said = json.loads(pair.standby.command("drill", "--on-my-standby", "--level", "3", "--json"))
    assert said["well"], said
    held = [said[way]["write_pause_ms"] for way in ("there", "back")]
    assert min(held) > 0
    after = states.read(pair.primary.data)
    assert (after.role, after.epoch) == ("primary", before.epoch + 2)
    newest = rehearsals(pair.primary)[0]
    assert (newest["level"], newest["well"]) == (3, True)
    assert newest["held_ms"] >= max(held) * 0.999
    assert not (pair.primary.data / "move" / "there-and-back.json").exists()
    assert until(lambda: states.read(pair.primary.data).sync.mode == "on")
    assert until(lambda: waits_for_the_other(pair.primary))  # and not only says so, by what it promised before
    assert until(lambda: pair.standby.status()["sync"] == "on")


def test_a_move_over_a_long_and_shaky_line_takes_promise_streams_and_backups_along(pair: Pair, token: str) -> None:
    assert until(lambda: is_ready(pair))
    if states.read(pair.primary.data).sync.mode != "on":
        pair.primary.command("standby", "sync", "on")
    old_writer, _ = who_backs_up(pair.primary)
    pair.wire.delay = 0.06
    begun = time.monotonic()
    pair.primary.sql("CREATE TABLE far (word text PRIMARY KEY)")
    assert time.monotonic() - begun > 2 * pair.wire.delay  # which the promise costs
    pair.wire.shake()
    assert until(lambda: is_ready(pair))
    moved = json.loads(pair.primary.command("move", "--json"))
    assert moved["progress"]["ended"] == "moved", moved
    pair.wire.shake()
    assert until(lambda: pair.standby.sql("SELECT 1 FROM far") == [])
    assert until(lambda: states.read(pair.standby.data).sync.mode == "on", 120)
    assert until(lambda: waits_for_the_other(pair.standby))
    assert "Heard on both sides" in asyncio.run(hears_over(pair.primary, pair.standby, token))["content"]
    assert until(lambda: who_backs_up(pair.standby)[1] == states.read(pair.standby.data).epoch)
    assert who_backs_up(pair.standby)[0] != old_writer
