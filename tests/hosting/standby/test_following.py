"""A second host that follows the first: real processes, real copies."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from folkmoot.hosting import state as states
from folkmoot.hosting.standby import promise
from folkmoot.storage import key_of
from folkmoot.vault import master_key_file, open_vault

from .conftest import Pair, until

pytestmark = pytest.mark.slow


def test_a_joined_host_has_what_is_there_and_gets_what_comes(pair: Pair) -> None:
    pair.primary.sql("INSERT INTO probe VALUES ('first')")
    assert until(lambda: pair.standby.sql("SELECT word FROM probe") == [{"word": "first"}])
    assert pair.standby.sql("SELECT pg_is_in_recovery() AS follows") == [{"follows": True}]
    state = states.read(pair.standby.data)
    assert (state.role, state.epoch, state.network) == ("standby", 1, states.read(pair.primary.data).network)
    assert until(lambda: "This host follows the network at" in pair.standby.said)


def test_after_a_cut_it_catches_up(pair: Pair) -> None:
    pair.wire.cut()
    pair.primary.sql("INSERT INTO probe VALUES ('unseen')")
    assert not until(lambda: pair.standby.sql("SELECT word FROM probe WHERE word = 'unseen'"), 1)
    pair.wire.mend()
    assert until(lambda: pair.standby.sql("SELECT word FROM probe WHERE word = 'unseen'"))


def test_both_hosts_say_how_well_it_follows(pair: Pair) -> None:
    assert until(lambda: pair.standby.status()["ready"] and pair.primary.status()["equality"]["well"])
    assert until(lambda: all(host.status()["lag_seconds"] < 5 for host in (pair.standby, pair.primary)))
    for host in (pair.standby, pair.primary):
        assert until(lambda host=host: _is_well(host.status())), host.status()  # a busy machine is late for a moment
    assert until(lambda: json.loads(pair.standby.command("standby", "status", "--json"))["following"] == "following")
    assert until(lambda: "A move would work now." in pair.primary.command("standby", "status"))
    reported = "SELECT report ->> 'following' AS says FROM standby_reports"
    assert until(lambda: pair.primary.sql(reported) == [{"says": "following"}])


def _is_well(found: dict[str, Any]) -> bool:
    return (
        (found["following"], found["link_up"], found["media_missing"]) == ("following", True, 0)
        and (found["secrets_equal"], found["equality"]["well"]) == (True, True)
        and "0 public posts" in found["would_lose"]["words"]
    )


def test_media_come_by_their_sum_and_a_damaged_one_is_not_taken(pair: Pair) -> None:
    good, bad = b"a picture" * 1000, b"another"
    names = [key_of(good, "image/png"), key_of(bad, "image/png")]
    for key, data in zip(names, (good, b"damaged"), strict=True):
        file = pair.primary.data / "media" / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        pair.primary.sql(
            "INSERT INTO objects (key, size, content_type, created_at) VALUES (%(key)s, %(size)s, 'image/png', now())",
            key=key,
            size=len(data),
        )
    assert until(lambda: (pair.standby.data / "media" / names[0]).read_bytes() == good)
    assert until(lambda: pair.standby.status()["media_missing"] == 1)
    assert not (pair.standby.data / "media" / names[1]).exists()
    found = pair.standby.status()
    assert not found["ready"]
    assert [check["name"] for check in found["checks"] if check["well"] is False] == ["media"]
    (pair.primary.data / "media" / names[1]).write_bytes(bad)
    assert until(lambda: pair.standby.status()["media_missing"] == 0)


def test_the_master_key_and_the_settings_of_the_network_are_there(pair: Pair) -> None:
    open_vault(pair.primary.data)
    assert until(
        lambda: master_key_file(pair.standby.data).read_text() == master_key_file(pair.primary.data).read_text(), 60
    )
    assert 'screening = "rules"' in (pair.standby.data / "network.toml").read_text()


def test_an_answer_that_waits_for_the_standby_waits_while_it_is_lost(pair: Pair) -> None:
    assert until(lambda: pair.primary.status()["following"] == "following")
    said = pair.primary.command("standby", "sync", "on")
    assert "none is lost when this host dies" in said
    pair.wire.cut()
    writer = threading.Thread(target=pair.primary.sql, args=("INSERT INTO probe VALUES ('waits')",))
    writer.start()
    writer.join(2)
    assert writer.is_alive()
    pair.wire.mend()
    writer.join(90)
    assert not writer.is_alive()
    assert pair.standby.sql("SELECT word FROM probe WHERE word = 'waits'")


def test_relaxing_is_never_silent(pair: Pair) -> None:
    assert until(lambda: pair.primary.status()["following"] == "following")
    pair.primary.command("standby", "sync", "on", "--when-lost", "relax")
    pair.wire.cut()
    assert until(lambda: states.read(pair.primary.data).sync.mode == "relaxed")
    state = states.read(pair.primary.data)
    assert state.sync.relaxed_lsn
    assert until(lambda: pair.primary.sql("SELECT 1 FROM events WHERE name = 'standby.sync_relaxed'"))
    found = pair.primary.status()
    assert (found["sync"], found["sync_since"], found["ready"]) == ("relaxed", state.sync.since, False)
    assert promise.read(pair.standby.data).sync == "on"
    assert promise.read(pair.standby.data).when_lost == "relax"
    pair.primary.sql("INSERT INTO probe VALUES ('goes on')")
    pair.wire.mend()
    pair.primary.command("standby", "sync", "off")
    assert pair.primary.sql("SHOW synchronous_standby_names") == [{"synchronous_standby_names": ""}]


def test_started_again_it_goes_on(pair: Pair) -> None:
    pair.standby.end()
    pair.primary.sql("INSERT INTO probe VALUES ('meanwhile')")
    pair.standby.begin("serve")
    assert until(lambda: pair.standby.sql("SELECT word FROM probe WHERE word = 'meanwhile'"))


def test_a_folder_that_carries_a_network_cannot_be_made_a_standby(pair: Pair) -> None:
    pair.primary.end()
    said = pair.primary.command("standby", "join", "127.0.0.1:9", "--code", "x", check=False)
    pair.primary.begin("serve")
    assert "holds a network of its own" in said
    assert states.read(pair.primary.data).role == "primary"
