"""Both hosts have a PostgreSQL server of their own, and their operator has the one follow the other."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from tests.hosting.conftest import OwnServer
from tests.hosting.engines.test_changing_servers import lost, people
from tests.hosting.standby.conftest import Host, until

from folkmoot.hosting import state as states
from folkmoot.hosting.drill.load import Ledger

from .conftest import Guarded, Hosts, move_under_load, refused_to_rejoin, replica_of

pytestmark = pytest.mark.slow

GRANT = "GRANT EXECUTE ON FUNCTION pg_catalog.pg_promote(boolean, integer) TO alder"


@pytest.fixture
def servers(own_18: OwnServer, place: Path) -> Iterator[tuple[OwnServer, OwnServer]]:
    """Two servers, the second a replica of the first. Both are the test's own: they change places."""
    with contextlib.ExitStack() as stack:
        first = replica_of(own_18, place / "one")
        stack.callback(first.stop)
        with psycopg.connect(first.admin, autocommit=True) as connection:
            connection.execute("SELECT pg_promote()")
        second = replica_of(first, place / "two")
        stack.callback(second.stop)
        yield first, second


def test_they_change_places_and_back_and_an_old_one_that_wakes_up_is_barred(
    servers: tuple[OwnServer, OwnServer], hosts: Callable[..., Hosts], place: Path
) -> None:
    one, two = servers
    guarded = Guarded(one, "alder")
    pair = hosts(guarded, guarded.url_at(two))
    first, second = pair.first, pair.second
    first.begin("serve")
    tokens = asyncio.run(people(guarded.url, ["ada", "bert"]))
    _joins_with_a_replica_only(pair, guarded)
    assert until(lambda: second.status()["following"] == "following", 120), second.status()
    _says_what_it_needs_to_be_first(guarded, pair)

    ledger = Ledger(place / "ledger")
    moved = asyncio.run(move_under_load(pair, tokens, ledger))
    assert moved["progress"]["ended"] == "moved", moved
    assert lost(ledger, guarded.url_at(two)) == {"posts": 0, "scheduled": 0, "reports": 0}
    assert (ledger.failed_reads, ledger.failed_writes) == (0, 0), ledger.reasons[:5]
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), psycopg.connect(guarded.url, autocommit=True) as anybody:
        anybody.execute("DELETE FROM posts")

    again = _made_a_replica_again(guarded, pair, two)
    try:
        _takes_over_once_its_operator_has_promoted(guarded, pair, two)
    finally:
        again.stop()


def _joins_with_a_replica_only(pair: Hosts, guarded: Guarded) -> None:
    code, said = pair.code()
    assert "A host with a replica that you look after (its DATABASE_URL) needs none of it." in said
    way = ("standby", "join", f"127.0.0.1:{pair.wire.port}", "--code", code)
    wrong = Host(pair.second.data.with_name("wrong"), pair.second.link_port, guarded.url)
    assert "follows nobody: make it a replica" in wrong.command(*way, check=False)
    pair.second.begin(*way)


def _says_what_it_needs_to_be_first(guarded: Guarded, pair: Hosts) -> None:
    refused = pair.first.command("move", "--yes", check=False)
    assert f"{GRANT};" in refused
    assert states.read(pair.first.data).role == "primary"
    guarded.run(GRANT, "alder")
    assert until(lambda: pair.second.status()["ready"], 120), pair.second.command("standby", "status", check=False)
    assert until(lambda: "Your own server here can be made the first" in pair.second.command("standby", "status"))


def _made_a_replica_again(guarded: Guarded, pair: Hosts, two: OwnServer) -> OwnServer:
    """The operator rebuilds the old server from the new one; then the old host is the standby."""
    refused_to_rejoin(pair.first)
    guarded.server.stop()
    again = replica_of(two, guarded.server.cluster.with_name("three"), guarded.server.port)
    assert "follows now" in pair.first.command("move", "rejoin")
    assert until(lambda: pair.second.status()["following"] == "following", 120), pair.second.status()
    return again


def _takes_over_once_its_operator_has_promoted(guarded: Guarded, pair: Hosts, two: OwnServer) -> None:
    """The second host dies; the first has no right to promote, says so, and goes on as soon as it was done."""
    first, second = pair.first, pair.second
    with psycopg.connect(two.admin.removesuffix("postgres") + "alder", autocommit=True) as connection:
        connection.execute("REVOKE EXECUTE ON FUNCTION pg_catalog.pg_promote(boolean, integer) FROM alder")
    assert until(
        lambda: (
            first.sql("SELECT has_function_privilege('pg_promote(boolean, integer)', 'EXECUTE') AS may")
            == [{"may": False}]
        )
    )
    second.end(signal.SIGKILL)
    command = subprocess.Popen(
        [sys.executable, "-m", "folkmoot.cli", "takeover", "--yes"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=first.environment,
    )  # fmt: skip
    assert command.stdout is not None
    said = ""
    for line in command.stdout:
        said += line
        if "Waiting for it" in line:
            assert "Make your own server here the first now" in said
            assert states.read(first.data).role == "standby"
            guarded.run("SELECT pg_promote()")
    assert command.wait(60) == 0, said
    command.stdout.close()
    assert "This host carries the network now (epoch 3)" in said
    second.begin("serve")  # its own server never stopped, and took writes from anybody until now
    assert until(lambda: states.read(second.data).role == "former")

    def is_barred() -> bool:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(guarded.url_at(two)) as connection:
            return connection.execute("SHOW default_transaction_read_only").fetchone() == ("on",)
        return False  # ended by the bar itself

    assert until(is_barred)
