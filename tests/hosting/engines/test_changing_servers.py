"""From the embedded server to an operator's own, while members post: nothing that was acknowledged is lost."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.hosting.export.conftest import dump

from folkmoot.barrier import Barrier, State
from folkmoot.database import Database, migrate
from folkmoot.errors import FolkmootError
from folkmoot.hosting.backup.progress import Silent
from folkmoot.hosting.drill.load import Ledger, Members
from folkmoot.hosting.engines import carrying, change, guard, queries, switch
from folkmoot.hosting.engines.carrying import Ends
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.network import access
from folkmoot.network.access import COMMAND_LINE, Role
from folkmoot.network.accounts import create_account
from folkmoot.settings import Settings

pytestmark = pytest.mark.slow


def admin(url: str) -> str:
    return url.replace("//folkmoot@", "//postgres@")


async def people(url: str, names: list[str]) -> list[str]:
    """Members with a token each."""
    db = await Database.open(url, connections=1)
    try:
        tokens = []
        for name in names:
            made = await create_account(
                db,
                COMMAND_LINE,
                name=name,
                password="seven swans a-swimming",
                email=f"{name}@example.org",
                role=Role.MEMBER,
            )
            tokens.append(await access.issue_token(db, made.id, ["read", "write", "push"], "drill"))
        return tokens
    finally:
        await db.close()


@pytest.fixture
def old(server: EmbeddedPostgres) -> str:
    server.start()
    migrate.upgrade(server.url)
    asyncio.run(people(server.url, ["ada", "bert"]))
    return server.url


def some_work(url: str, draw: random.Random, times: int) -> None:
    """Transactions as a network has them: rows made, changed, renamed, deleted with what hangs on them, rolled back."""
    with psycopg.connect(url, autocommit=True) as connection:
        author = connection.execute("SELECT min(id) FROM accounts").fetchone()
        assert author
        for _ in range(times):
            with contextlib.suppress(psycopg.Rollback), connection.transaction():
                id = draw.getrandbits(60)
                connection.execute(
                    "INSERT INTO posts (id, account_id, thread_id, visibility, text, created_at)"
                    " VALUES (%s, %s, %s, 'public', %s, now())",
                    (
                        id,
                        author[0],
                        id,
                        draw.choice(["short", "tab\t\\N 'x' \u2028", "long " * 4000 + draw.randbytes(2000).hex()]),
                    ),
                )
                connection.execute(
                    "INSERT INTO post_tags (tag, post_id, account_id) VALUES ('x', %s, %s)", (id, author[0])
                )
                connection.execute(
                    "UPDATE posts SET replies_count = replies_count + 1 WHERE id %% 3 = %s", (draw.randrange(3),)
                )
                connection.execute("DELETE FROM posts WHERE id %% 17 = %s", (draw.randrange(17),))
                connection.execute(
                    "INSERT INTO site (key, value) VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET key = excluded.key || %s::text",
                    (
                        f"k{draw.randrange(5)}",
                        draw.choice(["null", "[1, 2.50]", '{"a": "\\u2028"}']),
                        str(draw.getrandbits(40)),
                    ),
                )
                connection.execute(
                    "INSERT INTO procrastinate_jobs (task_name, queue_name, scheduled_at) VALUES ('x', 'default', now())"
                )
                connection.execute(
                    "UPDATE procrastinate_jobs SET status = 'doing' WHERE id % 2 = 0 AND status = 'todo'"
                )
                connection.execute("DELETE FROM procrastinate_jobs WHERE id % 5 = 0")
                if draw.random() < 0.2:
                    raise psycopg.Rollback


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_committed_meanwhile_is_carried_over_in_order(old: str, own_17: Any, seed: int):
    draw = random.Random(seed)
    ends = Ends(admin(old), own_17.new_database(f"carry{seed}"))
    migrate.upgrade(ends.new)
    some_work(old, draw, 20)
    carrying.copy_all(ends, "here", True, Silent())
    with ends.on_old() as source, ends.on_new() as target:
        for _ in range(3):
            some_work(old, draw, 20)
            carrying.catch_up(source, target, lambda done, took: not done, 30)
        assert carrying.carry(source, target) == 0
        queries.copy_sequences(source, target)
        queries.switch_triggers(target, on=True)
        ours, theirs = dump(ends.old), dump(ends.new)
        assert [name for name in ours if ours[name] != theirs[name]] == []
        events = "SELECT id, job_id, type::text, at FROM procrastinate_events ORDER BY id"
        assert source.execute(events).fetchall() == target.execute(events).fetchall()
        assert len(ours["posts"]) > 5
        target.execute("INSERT INTO procrastinate_jobs (task_name, queue_name) VALUES ('new', 'default')")
        carrying.forget(source)
        assert source.execute("SELECT count(*) FROM pg_replication_slots").fetchone() == (0,)


def test_what_was_done_but_not_ticked_off_is_not_done_twice(old: str, own_15: Any):
    ends = Ends(admin(old), own_15.new_database("twice"))
    migrate.upgrade(ends.new)
    carrying.copy_all(ends, "here", True, Silent())
    some_work(old, random.Random(3), 10)
    with ends.on_old() as source, ends.on_new() as target:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(queries, "ADVANCE", "SELECT %s, %s")
            assert carrying.carry(source, target) > 0
            assert carrying.carry(source, target) == 0
        carrying.carry(source, target)
        assert dump(ends.old)["posts"] == dump(ends.new)["posts"]
        carrying.forget(source)


def the_change(settings: Settings, old: str, new: str) -> change.Change:
    return change.Change(settings, Ends(admin(old), new), switch.find("default", settings.data), Silent())


def test_a_copy_that_differs_is_found_and_everything_stays(
    settings: Settings, old: str, own_17: Any, monkeypatch: pytest.MonkeyPatch
):
    new = own_17.new_database("differs")
    real = change.Change._compare

    def spoilt(self: change.Change, source: Any, target: Any) -> None:
        target.execute("UPDATE accounts SET bio = 'x' WHERE name = 'ada'")
        real(self, source, target)

    monkeypatch.setattr(change.Change, "_compare", spoilt)
    with pytest.raises(FolkmootError, match="stays where it is: the copy differs: accounts"):
        the_change(settings, old, new).run()
    # Given up, the old server keeps nothing for it; and nothing of the network has changed.
    done = Served(settings, None, "", []).move(new, "--give-up")  # type: ignore[arg-type]  # nobody serves here
    assert done.wait(60) == 0
    done.communicate()
    with psycopg.connect(admin(old)) as connection:
        assert connection.execute("SELECT count(*) FROM pg_replication_slots").fetchone() == (0,)
    assert migrate.upgrade(old) is None
    assert not (settings.data / "host.toml").exists()
    some_work(old, random.Random(4), 1)


def test_a_server_that_tells_nothing_is_copied_while_nobody_posts(settings: Settings, old: str, own_17: Any):
    new = own_17.new_database("plain")
    ends = Ends(old, new)  # as the application's own role, which may not replicate
    figures = change.Change(settings, ends, switch.find("default", settings.data), Silent()).run()
    assert figures.silent_ms > 0
    with psycopg.connect(new) as connection:
        assert connection.execute("SELECT count(*) FROM accounts").fetchone() == (2,)
    with pytest.raises(FolkmootError, match="The network left this database on"):
        migrate.upgrade(old)
    assert f'"{new}"' in (settings.data / "host.toml").read_text()


def test_another_networks_database_and_one_out_of_reach_are_refused(settings: Settings, old: str, own_17: Any):
    new = own_17.new_database("another")
    with psycopg.connect(new, autocommit=True) as connection:
        connection.execute("CREATE TABLE theirs (id int PRIMARY KEY)")
    with pytest.raises(FolkmootError, match="holds tables already: name an empty one"):
        the_change(settings, old, new).run()
    with pytest.raises(FolkmootError, match="cannot be reached"):
        the_change(settings, old, "postgresql://nobody@127.0.0.1:1/none").run()


# Real processes ----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Served:
    settings: Settings
    process: subprocess.Popen[str]
    address: str
    tokens: list[str]

    def move(self, url: str, *options: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "folkmoot.cli", "database", "move", url, "--data", str(self.settings.data), *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
        )  # fmt: skip


def environment() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if not name.startswith("FOLKMOOT_") and name != "DATABASE_URL"
    }


def serve(data: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "folkmoot.cli", "serve", "--data", str(data), "--port", "0"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=environment() | {"FOLKMOOT_RATE_LIMITS": "false"},
    )  # fmt: skip
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if " is at http://localhost:" in line:
            return process, line.split(" is at ")[1].split()[0].replace("localhost", "127.0.0.1")
    process.wait()
    raise AssertionError(said)


@pytest.fixture
def served(settings: Settings, server: EmbeddedPostgres) -> Iterator[Served]:
    server.start()
    migrate.upgrade(server.url)
    tokens = asyncio.run(people(server.url, ["ada", "bert", "cleo"]))
    server.stop()
    process, at = serve(settings.data)
    made = Served(settings, process, at, tokens)
    yield made
    made.process.send_signal(signal.SIGTERM)
    made.process.communicate(timeout=40)


def kill_when_held(command: subprocess.Popen[str], data: Path) -> None:
    barrier = Barrier(data)
    while barrier.state is not State.HELD and command.poll() is None:
        time.sleep(0.0005)
    command.kill()
    barrier.close()


def kill_when_compared(command: subprocess.Popen[str], data: Path) -> None:
    while not guard.note_file(data).exists() and command.poll() is None:
        time.sleep(0.0005)
    command.kill()


async def acknowledged(ledger: Ledger, posts: int) -> None:
    """Wait until that many posts have been answered: posting works."""
    async with asyncio.timeout(60):
        while len(ledger.posts) < posts:  # noqa: ASYNC110  # the ledger tells nobody
            await asyncio.sleep(0.05)


async def under_load(
    served: Served, url: str, ledger: Ledger, *, kill: Callable[[subprocess.Popen[str], Path], None] | None = None
) -> tuple[int, str, str]:
    members = Members([served.address], served.tokens, ledger)
    await members.begin(writers=2, readers=2)
    await acknowledged(ledger, 10)
    command = served.move(url)
    if kill is not None:
        await asyncio.to_thread(kill, command, served.settings.data)
    out, err = await asyncio.to_thread(command.communicate)
    await acknowledged(ledger, len(ledger.posts) + 10)
    await members.end()
    return command.returncode, out, err


def lost(ledger: Ledger, url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:

        def missing(table: str, ids: list[int]) -> int:
            row = connection.execute(f"SELECT count(*) FROM {table} WHERE id = ANY(%s)", (ids,)).fetchone()
            assert row
            return len(ids) - int(row[0])

        return {
            "posts": missing("posts", list(ledger.posts)),
            "scheduled": missing("scheduled_posts", ledger.scheduled),
            "reports": missing("reports", ledger.reports),
        }


def test_members_post_on_while_the_network_goes_to_its_operators_own_server(served: Served, own_17: Any, place: Path):
    new = own_17.new_database("moot", "REPLICATION")
    ledger = Ledger(place / "ledger")
    code, out, err = asyncio.run(under_load(served, new, ledger))
    print(out, err)
    assert code == 0, err
    assert lost(ledger, new) == {"posts": 0, "scheduled": 0, "reports": 0}
    assert (ledger.failed_reads, ledger.failed_writes) == (0, 0), ledger.reasons[:5]
    late = [id for id in ledger.posts if id >> 16 > (max(ledger.posts) >> 16) - 1000]
    assert late
    # The supervisor let the embedded server go, and started the worker on the new one.
    until = time.monotonic() + 20
    while EmbeddedPostgres(served.settings).is_running and time.monotonic() < until:
        time.sleep(0.1)
    assert not EmbeddedPostgres(served.settings).is_running
    with psycopg.connect(new, autocommit=True) as connection:
        while time.monotonic() < until:
            row = connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone()
            if row and row[0]:
                break
            time.sleep(0.1)
        assert row
        assert row[0] >= 1
        assert connection.execute("SELECT to_regclass('folkmoot_change')").fetchone() == (None,)
    # Started again it is there still; and it can go back, into a cluster of its own.
    served.process.send_signal(signal.SIGTERM)
    served.process.communicate(timeout=40)
    served.process, served.address = serve(served.settings.data)
    back = Ledger(place / "back")
    code, out, err = asyncio.run(under_load(served, "embedded", back))
    print(out, err)
    assert code == 0, err
    assert (back.failed_reads, back.failed_writes) == (0, 0), back.reasons[:5]
    home = EmbeddedPostgres(served.settings).url
    for each in (ledger, back):
        assert lost(each, home) == {"posts": 0, "scheduled": 0, "reports": 0}
    assert len(list(served.settings.data.glob("postgres.until-*"))) == 1


@pytest.mark.parametrize("when", ["as soon as posting is held", "once everything has been compared"])
def test_killed_while_nobody_may_post_it_goes_back_or_through_and_nothing_is_lost(
    served: Served, own_15: Any, place: Path, when: str
):
    late = when.startswith("once")
    new = own_15.new_database(f"killed{late:d}")
    ledger = Ledger(place / "ledger")
    code, _, err = asyncio.run(under_load(served, new, ledger, kill=kill_when_compared if late else kill_when_held))
    assert code == -signal.SIGKILL, err
    assert ledger.failed_reads == 0, ledger.reasons[:5]
    assert (served.settings.data / "host.toml").exists() is late
    if not late:
        done = served.move(new)
        _, err = done.communicate(timeout=60)
        assert done.returncode == 0, err
    assert lost(ledger, new) == {"posts": 0, "scheduled": 0, "reports": 0}
