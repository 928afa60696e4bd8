"""Jobs are taken by a real worker from the real queue, and may run twice."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import folkmoot
from folkmoot import clock
from folkmoot.errors import Unavailable
from folkmoot.ids import new_id
from folkmoot.jobs.schedule import JOBS, OFTEN, PERIODIC
from folkmoot.jobs.tools import Tools
from folkmoot.jobs.worker import _again_and_again, queue
from folkmoot.network.gate import Gate
from folkmoot.settings import Settings
from folkmoot.storage import open_storage

SOURCE = Path(folkmoot.__file__).parent


@pytest.fixture
def tools(open_database: Any, tmp_path: Path, run: Any) -> Iterator[Tools]:
    settings = Settings(data=tmp_path)
    yield Tools(open_database, open_storage(settings), settings, Gate(open_database, settings))

    async def clear() -> None:
        tables = await open_database.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'notice_clocks')"
        )
        await open_database.fetch(f"TRUNCATE {', '.join(row['tablename'] for row in tables)} CASCADE")

    run(clear())


async def work(url: str, tools: Tools, seconds: float = 20) -> None:
    """Run a worker until nothing is left to do."""
    app = queue(url, tools)
    async with app.open_async(), asyncio.timeout(seconds):
        await app.run_worker_async(
            wait=False, install_signal_handlers=False, concurrency=2, delete_jobs="successful", listen_notify=False
        )


async def account(db: Any, name: str) -> int:
    id, now = new_id(), clock.now()
    await db.fetch(
        "INSERT INTO accounts (id, name, created_at, approved_at, active_at) VALUES ($1, $2, $3, $3, $3)", id, name, now
    )
    return id


async def test_a_deferred_job_is_done_and_doing_it_again_changes_nothing(database_url: str, tools: Tools) -> None:
    db = tools.db
    author, fan = await account(db, "author"), await account(db, "fan")
    await db.fetch("INSERT INTO follows (account_id, target_id, id) VALUES ($1, $2, 1)", fan, author)
    post = new_id()
    await db.fetch(
        "INSERT INTO posts (id, account_id, thread_id, visibility, text, created_at) VALUES ($1, $2, $1, 'public', 'x', $3)",
        post,
        author,
        clock.now(),
    )
    for _ in range(2):
        async with db.transaction() as tx:
            tx.defer("network.posts.deliver", post_id=post, after_account=0)
        await work(database_url, tools)
        homes = await db.fetch("SELECT account_id FROM home_entries WHERE post_id = $1 ORDER BY 1", post)
        assert [row["account_id"] for row in homes] == [author, fan]
    left = await db.fetch("SELECT task_name, status FROM procrastinate_jobs WHERE task_name = 'network.posts.deliver'")
    assert [tuple(row) for row in left] == []


async def test_a_job_about_something_gone_is_done_without_a_word(database_url: str, tools: Tools) -> None:
    async with tools.db.transaction() as tx:
        tx.defer("network.posts.deliver", post_id=5, after_account=0)
        tx.defer("network.accounts.erase", account_id=5)
    await work(database_url, tools)
    assert await tools.db.fetchval("SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock IS NULL") == 0


async def test_a_job_whose_worker_died_is_done_by_the_next(database_url: str, tools: Tools) -> None:
    async with tools.db.transaction() as tx:
        tx.defer("network.posts.deliver", post_id=5, after_account=0)
    dead = await tools.db.fetchval(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id"
    )
    await tools.db.fetch("UPDATE procrastinate_jobs SET status = 'doing', worker_id = $1", dead)
    app = queue(database_url, tools)
    async with app.open_async():
        await app.tasks["jobs.take_up_stalled"].defer_async(timestamp=0)
    await work(database_url, tools)
    await work(database_url, tools)
    assert await tools.db.fetchval("SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock IS NULL") == 0


@pytest.mark.parametrize("name", [*PERIODIC, *OFTEN])
async def test_periodic_work_finds_nothing_to_do_in_an_empty_network(tools: Tools, name: str) -> None:
    for _ in range(2):
        await {**PERIODIC, **OFTEN}[name][1](tools)


async def test_what_is_looked_for_often_is_looked_for_again_after_a_mishap(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = asyncio.Event()
    times = iter([Unavailable(), RuntimeError("oh")])

    async def act(tools: Tools) -> None:
        if (mishap := next(times, None)) is not None:
            raise mishap
        done.set()

    monkeypatch.setitem(OFTEN, "network.posts.test", (0.01, act))
    task = asyncio.create_task(_again_and_again(tools, "network.posts.test"))
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()


def deferred_names() -> set[str]:
    """Every name given to `defer` in our source, by string or by a constant of the same module."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        constants = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "defer":
                name = node.args[0]
                found.add(name.value if isinstance(name, ast.Constant) else constants[name.id])  # type: ignore[attr-defined]
    return found


def test_every_deferred_job_is_known_by_name() -> None:
    assert deferred_names() <= set(JOBS)
    assert "network.posts.deliver" in deferred_names()


def test_jobs_are_named_like_their_folder() -> None:
    for name in (*JOBS, *OFTEN, *PERIODIC):
        assert (SOURCE / Path(*name.split(".")[:-1])).exists(), name
