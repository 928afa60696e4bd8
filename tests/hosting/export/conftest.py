"""A network with members, posts, media, sessions, jobs and the most awkward values each type can hold."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from folkmoot import clock
from folkmoot.bus import Bus
from folkmoot.database import Database, migrate
from folkmoot.hosting.backup.progress import Silent
from folkmoot.hosting.export import Opening, Sealing, export_site, import_site, queries, rules
from folkmoot.hosting.export.write import Written
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.network import access
from folkmoot.network.access import COMMAND_LINE, Role
from folkmoot.network.accounts import create_account
from folkmoot.network.gate import Gate
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft, PollDraft
from folkmoot.network.posts.scheduled import schedule
from folkmoot.network.posts.shelf import Shelf
from folkmoot.network.visibility import Watch
from folkmoot.settings import Secret, Settings
from folkmoot.storage import open_storage
from folkmoot.vault import open_vault

PASSWORD = "the gate is never locked"
PASSPHRASE = "seven swans on a silver pond"
AWKWARD = 'back\\slash, "quotes", \ttab,\r\nline, \u2028, nbsp\u00a0, \U0001f9ff, e\u0301, \u202eסדר\u202c, \\N, \\., \x01\x7f'
FIGURES = ("0.1", "-0", "1e308", "5e-324", "123456789012345678", "0.30000000000000004")


@dataclass
class Network:
    """A network whose server runs."""

    settings: Settings
    server: EmbeddedPostgres
    token: str
    """Of an app Ada uses."""
    session: str

    @property
    def url(self) -> str:
        return self.server.url

    def write(self, place: Path, sealing: Sealing | None = None) -> Written:
        return export_site(
            self.settings, self.url, place, Sealing(passphrase=PASSPHRASE) if sealing is None else sealing, Silent()
        )


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Where a session's exports lie; anybody may pass through."""
    made = Path(tempfile.mkdtemp(prefix="folkmoot-export-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def network(made: Path, folder: Path) -> Iterator[Network]:
    data = folder / "old"
    subprocess.run(["cp", "-a", made, data], check=True)
    settings = Settings(
        data=data, shared_buffers_mb=16, site_name="Thorpe", public_url="https://thorpe.example", smtp_password=Secret("ocean"),
        screening="rules",
    )  # fmt: skip
    server = EmbeddedPostgres(settings)
    server.start()
    try:
        migrate.upgrade(server.url)
        open_vault(data)
        token, session = asyncio.run(_populate(settings, server.url))
        _add_awkward_rows(settings, server.url)
        yield Network(settings, server, token, session)
    finally:
        server.stop("immediate")


async def _populate(settings: Settings, url: str) -> tuple[str, str]:
    db = await Database.open(url, connections=2)
    try:
        bus = Bus()
        desk = Desk(db, Shelf(db, bus), Watch(db, bus), settings, Gate(db, settings, bus))
        people = []
        for name, role in (("ada", Role.OPERATOR), ("bert", Role.MEMBER)):
            made = await create_account(
                db, COMMAND_LINE, name=name, password=PASSWORD, email=f"{name}@example.org", role=role
            )
            people.append(access.Viewer(account_id=made.id, name=name, role=role))
        ada, bert = people
        first = await publish(desk, ada, Draft(text="Good morning @bert #harvest"), key="once")
        await publish(desk, bert, Draft(text=AWKWARD, in_reply_to_id=first.id))
        poll = PollDraft(("yes", "no"), 3600)
        await publish(desk, ada, Draft(text="Shall we?", poll=poll))
        await schedule(desk, ada, Draft(text="in a while"), clock.now() + timedelta(hours=1))
        async with db.transaction() as tx:
            tx.defer("network.polls.close", at=clock.now() + timedelta(days=2), poll_id=5)
            tx.defer("network.timelines.trim")
        token = await access.issue_token(db, ada.account_id, ["read"], "a client")
        session, _ = await access.sign_in(db, name_or_email="ada", password=PASSWORD, address="127.0.0.1", agent="test")
        for number in range(3):
            key = await open_storage(settings).put(b"picture %d" % number * 1000, "image/png")
            await db.fetch(
                "INSERT INTO objects (key, size, content_type, created_at) VALUES ($1, $2, 'image/png', now())",
                key,
                len(b"picture %d" % number * 1000),
            )
        return token, session
    finally:
        await db.close()


def _add_awkward_rows(settings: Settings, url: str) -> None:
    with psycopg.connect(url) as connection:
        one = connection.execute("SELECT id FROM accounts LIMIT 1").fetchone()
        assert one
        connection.execute(
            "INSERT INTO site (key, value) VALUES ('empty', 'null'), ('word', %s)", ('"\\u2028\\\\ \\t"',)
        )
        connection.execute(
            "INSERT INTO learned (key, value, at) VALUES ('figures', %s, '0044-03-15 BC'), ('deep', %s, 'infinity')",
            (f"[{', '.join(FIGURES)}]", '{"a": {"null": null, "": [[], {}]}, "n": 12345678901234567890.123456789}'),
        )
        connection.execute(
            "INSERT INTO log_queue (id, deed, body, subjects, at) VALUES (1, %s, %s, %s, now())",
            (AWKWARD, bytes(range(256)), ["", AWKWARD, "NULL", "{a,b}", '"']),
        )
        connection.execute("UPDATE posts SET violence = 0.1::real WHERE id = (SELECT min(id) FROM posts)")
        connection.execute(
            "INSERT INTO secrets (name, sealed, made_at) VALUES ('log', %s, now())",
            (open_vault(settings.data).seal("secret log", b"key"),),
        )
        connection.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE task_name = 'network.timelines.trim'")
        connection.execute(
            "INSERT INTO push_subscriptions (id, account_id, session_id, endpoint, public_key, auth_secret, standard, alerts,"
            " policy, created_at) SELECT 7, account_id, id, 'https://push.example/1', decode(repeat('04', 65), 'hex'),"
            " decode(repeat('05', 16), 'hex'), true, '{mention}',"
            " 'all', now() FROM sessions LIMIT 1"
        )


def dump(url: str) -> dict[str, list[bytes]]:
    """Every row of every table that travels, every column, secrets too."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(queries.PLAIN_SESSION)
        return {
            table.name: list(queries.lines(connection, table, table.columns))
            for table in rules.travelling(queries.tables(connection))
        }


def read(settings: Settings, source: Path, opening: Opening | None = None) -> None:
    import_site(settings, source, opening or Opening(passphrase=PASSPHRASE), Silent())
