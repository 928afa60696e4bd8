"""A network on an operator's own PostgreSQL 18, whose door asks for a password, and what becomes its standby."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.hosting.conftest import OwnServer, make_cluster, start_own
from tests.hosting.engines.test_changing_servers import acknowledged
from tests.hosting.standby.conftest import HASTY, Host, Wire, free_port, until

from folkmoot.hosting.drill.load import Ledger, Members

PASSWORD = "seven swans"
DOOR = """
host all postgres 127.0.0.1/32 trust
host replication postgres 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
"""


class Guarded:
    """The operator's own server with a database for one network. What its administrator does, a test does."""

    def __init__(self, server: OwnServer, name: str) -> None:
        self.server, self.name = server, name
        self.door = DOOR
        with self.admin() as connection:
            connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
            connection.execute(
                f"CREATE DATABASE {name} OWNER {name} ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0"
            )
        self.open_door("")
        with self.admin(name) as connection:
            connection.execute("CREATE EXTENSION pg_trgm")
            connection.execute("CREATE EXTENSION unaccent")

    @property
    def url(self) -> str:
        return self.url_at(self.server)

    def url_at(self, server: OwnServer) -> str:
        return f"postgresql://{self.name}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{server.port}/{self.name}"

    def admin(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(f"{self.server.admin.removesuffix('postgres')}{database}", autocommit=True)

    def open_door(self, line: str) -> None:
        """Have one more line in pg_hba.conf, before the others."""
        self.door = f"{line}\n{self.door}"
        (self.server.cluster / "pg_hba.conf").write_text(self.door)
        self.run("SELECT pg_reload_conf()")

    def run(self, statements: str, database: str = "postgres") -> None:
        """What an administrator types."""
        with self.admin(database) as connection:
            for statement in filter(str.strip, statements.split(";")):
                connection.execute(statement)

    def make_ready(self) -> None:
        """All that Folkmoot asks for."""
        self.run(
            f"ALTER ROLE {self.name} REPLICATION; ALTER SYSTEM SET max_slot_wal_keep_size = '1GB'; SELECT pg_reload_conf()"
        )
        self.open_door(f"host replication {self.name} 127.0.0.1/32 scram-sha-256")


def replica_of(server: OwnServer, folder: Path, port: int = 0) -> OwnServer:
    """Another server that follows this one, as an operator sets it up by hand."""
    shutil.rmtree(folder, ignore_errors=True)
    source = f"host=127.0.0.1 port={server.port} user=postgres"
    make_cluster(server.programs, folder, "pg_basebackup", "-R", "--checkpoint=fast", "--no-sync", "-d", source)
    return start_own(server.programs, folder, port)


class Hosts:
    """The host that carries a network on an own server, another one, and the wire between."""

    def __init__(self, place: Path, guarded: Guarded, standby_url: str = "") -> None:
        self._guarded = guarded
        self.first = Host(place / "first", free_port(), guarded.url)
        self.wire = Wire(self.first.link_port)
        self.second = Host(place / "second", free_port(), standby_url)
        for host in (self.first, self.second):
            host.data.mkdir(mode=0o711)
            (host.data / "postgres.conf").write_text(HASTY)

    def code(self) -> tuple[str, str]:
        """A code, and all that was said with it."""
        said = self.first.command("standby", "code")
        return next(line.rsplit(" ", 1)[1] for line in said.splitlines() if line.startswith("The code")), said

    def close(self) -> None:
        try:
            self.second.end()
            self.first.end()
            self.wire.close()
        finally:  # on a server that others use, too, nobody waits for a standby that is gone
            with contextlib.suppress(psycopg.OperationalError):  # a test may have ended it
                self._guarded.run("ALTER SYSTEM RESET synchronous_standby_names; SELECT pg_reload_conf()")


def refused_to_rejoin(host: Host) -> str:
    """What a host left behind on its own server says for good, once all of it is up and the other one is heard."""
    said: list[str] = []

    def is_for_good() -> bool:
        said.append(host.command("move", "rejoin", check=False))
        return "its own PostgreSQL server follows nobody" in said[-1]

    assert until(is_for_good), said[-1]
    return said[-1]


async def move_under_load(pair: Hosts, tokens: list[str], ledger: Ledger) -> dict[str, Any]:
    """Members post and read while the network moves to the second host; what the command says."""
    members = Members([pair.first.address], tokens, ledger)
    await members.begin(writers=2, readers=2)
    await acknowledged(ledger, 10)
    said = await asyncio.to_thread(pair.second.command, "move", "--json", check=False)
    await acknowledged(ledger, len(ledger.posts) + 10)
    await members.end()
    found: dict[str, Any] = json.loads(said[said.index("{") :])
    return found


@pytest.fixture
def hosts() -> Iterator[Callable[..., Hosts]]:
    """Makes hosts in folders of their own; ended when the test is."""
    place = Path(tempfile.mkdtemp(prefix="folkmoot-own-pair-"))
    place.chmod(0o711)
    made: list[Hosts] = []

    def make(guarded: Guarded, standby_url: str = "") -> Hosts:
        made.append(Hosts(place, guarded, standby_url))
        return made[-1]

    yield make
    for each in made:
        each.close()
    shutil.rmtree(place, ignore_errors=True)
