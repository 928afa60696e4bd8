"""A network on its operator's own server: followed through the link, left for another host, and left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from tests.hosting.conftest import OwnServer
from tests.hosting.engines.test_changing_servers import lost, people
from tests.hosting.standby.conftest import Host, free_port, until

from folkmoot.hosting import state as states
from folkmoot.hosting.drill.load import Ledger
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.settings import Settings

from .conftest import Guarded, Hosts, move_under_load, refused_to_rejoin

pytestmark = pytest.mark.slow


def test_it_says_what_it_needs_then_it_is_followed_and_left_and_nothing_is_lost(
    own_18: OwnServer, hosts: Callable[..., Hosts], place: Path
) -> None:
    guarded = Guarded(own_18, "moot")
    pair = hosts(guarded)
    first, second = pair.first, pair.second
    first.begin("serve")
    tokens = asyncio.run(people(guarded.url, ["ada", "bert"]))
    _is_refused_until_it_is_ready(guarded, pair)
    assert until(lambda: second.status()["ready"], 120), second.command("standby", "status", check=False)
    assert until(lambda: "The network's own server lets itself be followed." in first.command("standby", "status"))
    _answers_wait_once_it_is_allowed(guarded, first)
    rehearse = ("drill", "--on-my-standby", "--level", "2", "--json")
    assert until(lambda: '"well": true' in first.command(*rehearse, check=False))

    ledger = Ledger(place / "ledger")
    moved = asyncio.run(move_under_load(pair, tokens, ledger))
    assert moved["progress"]["ended"] == "moved", moved
    new = EmbeddedPostgres(second.settings).admin_url
    assert lost(ledger, new) == {"posts": 0, "scheduled": 0, "reports": 0}
    assert (ledger.failed_reads, ledger.failed_writes) == (0, 0), ledger.reasons[:5]
    _left_server_takes_nothing_and_says_so(guarded, first, second)
    _comes_back_with_the_server_that_comes_with_folkmoot(first, second)
    assert lost(ledger, EmbeddedPostgres(first.settings).admin_url) == {"posts": 0, "scheduled": 0, "reports": 0}


def _is_refused_until_it_is_ready(guarded: Guarded, pair: Hosts) -> None:
    """Every command it names is run as it is written; then it is content."""
    code, said = pair.code()
    assert 'ALTER ROLE "moot" REPLICATION;' in said
    refused = pair.second.command("standby", "join", f"127.0.0.1:{pair.wire.port}", "--code", code, check=False)
    assert 'cannot be followed yet. Its role may not replicate: ALTER ROLE "moot" REPLICATION;' in refused
    assert "ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'; SELECT pg_reload_conf();" in refused
    guarded.run(
        "ALTER ROLE moot REPLICATION; ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'; SELECT pg_reload_conf();"
    )
    refused = pair.second.command("standby", "join", check=False)
    line = "host replication moot 127.0.0.1/32 scram-sha-256"
    assert f"Add this line to its pg_hba.conf, then SELECT pg_reload_conf(); {line}" in refused
    guarded.open_door(line)
    pair.second.begin("standby", "join")


def _answers_wait_once_it_is_allowed(guarded: Guarded, first: Host) -> None:
    refused = first.command("standby", "sync", "on", check=False)
    grants = refused.split("Run in its database moot: ")[1]
    assert "GRANT ALTER SYSTEM ON PARAMETER synchronous_standby_names TO moot;" in grants
    guarded.run(grants.replace("\n", " ").strip(), "moot")
    assert "none is lost when this host dies" in first.command("standby", "sync", "on")
    assert "standby_" in str(first.sql("SHOW synchronous_standby_names"))


def _left_server_takes_nothing_and_says_so(guarded: Guarded, first: Host, second: Host) -> None:
    assert states.read(first.data).role == "former"
    with psycopg.connect(guarded.url, autocommit=True) as anybody, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        anybody.execute("DELETE FROM posts")
    with guarded.admin() as connection:
        assert connection.execute("SHOW synchronous_standby_names").fetchone() == ("",)
    assert "takes nothing more from the network" in second.command("move", "status")
    assert "follows nobody" in first.command("standby", "status", check=False)
    assert until(lambda: "does not follow: it was left behind" in second.command("standby", "status", check=False))
    # Started again it hands over what arrives, and another folder is not let in by the back door.
    first.end()
    first.begin("serve")
    assert until(lambda: "carries the network no longer" in first.said)
    other = Host(first.data.with_name("other"), free_port(), guarded.url)
    assert "the network has left it for another host" in other.command("serve", check=False)
    assert "nothing that the network has not" in refused_to_rejoin(first)


def _comes_back_with_the_server_that_comes_with_folkmoot(first: Host, second: Host) -> None:
    """The operator takes DATABASE_URL from the settings; the old host follows with a server of ours, and can be first again."""
    first.end()
    first.settings = Settings(data=first.data, link_port=first.link_port)
    first.begin("serve")
    assert until(lambda: "No database of the network lay in this folder." in first.command("move", "rejoin"), 120)
    assert until(lambda: second.status()["ready"], 120), second.command("standby", "status", check=False)
    assert "This host carries the network." in first.command("move", "back", "--yes")
    assert states.read(first.data).names == states.Names("moot", "moot", "postgres")
    assert until(lambda: first.status()["following"] == "following", 120)
