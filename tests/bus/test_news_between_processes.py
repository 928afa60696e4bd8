"""What one process commits, the others hear: late, out of order, or after the database was away."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from folkmoot import clock
from folkmoot.bus import Bus, News
from folkmoot.bus import reader as module
from folkmoot.bus.reader import OutboxReader
from folkmoot.database import Database
from folkmoot.ids import id_at, new_id
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.react import favourite
from folkmoot.network.posts.remove import remove
from folkmoot.network.posts.rules import Draft
from folkmoot.network.relations import block, follow, unfollow
from folkmoot.network.timelines import Span
from folkmoot.settings import Settings
from folkmoot.web.server import Server


@asynccontextmanager
async def two_servers(url: str, place: Path) -> AsyncIterator[tuple[Server, Server]]:
    settings = replace(Settings(data=place), database_url=url, database_pool=3)
    one, two = await Server.open(settings), await Server.open(settings)
    try:
        for server in (one, two):
            await until(lambda server=server: _reader(server)._connection is not None)
        yield one, two
    finally:
        for server in (one, two):
            await server.close()
            with contextlib.suppress(asyncio.CancelledError):
                await server._reader


def _reader(server: Server) -> Any:
    return server.bus.sent.__self__  # type: ignore[attr-defined]  # a bound method


async def until(happened: Callable[[], Any], seconds: float = 30) -> None:
    """Wait for what news will bring about."""
    async with asyncio.timeout(seconds):
        while True:
            found = happened()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return
            await asyncio.sleep(0.01)


async def member(db: Any) -> Viewer:
    """An account of its own, since what this file does is committed."""
    id, name = new_id(), f"m{secrets.token_hex(6)}"
    now = clock.now()
    await db.fetch(
        "INSERT INTO accounts (id, name, created_at, approved_at, active_at) VALUES ($1, $2, $3, $3, $3)", id, name, now
    )
    return Viewer(account_id=id, name=name)


async def clear(db: Any) -> None:
    tables = await db.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'notice_clocks')"
    )
    await db.fetch(f"TRUNCATE {', '.join(row['tablename'] for row in tables)} CASCADE")


def texts(page: Any) -> list[str]:
    return [card.shown.view.text for card in page.cards]


async def test_two_servers_see_each_others_changes(open_database: Any, database_url: str, tmp_path: Path) -> None:
    ada, bert = await member(open_database), await member(open_database)
    try:
        async with two_servers(database_url, tmp_path) as (one, two):

            async def seen(*expected: str) -> None:
                async def home() -> bool:
                    return texts(await two.timelines.home(ada, Span())) == list(expected)

                await until(home)

            await follow(one.db, ada, bert.account_id)
            await seen()
            first = await publish(one.desk, bert, Draft(text="first"))
            await seen("first")
            assert texts(await two.timelines.public(None, Span())) == ["first"]
            second = await publish(one.desk, bert, Draft(text="second"))
            await seen("second", "first")
            await favourite(one.desk, ada, first.id)
            await until(lambda: _favourites(two, first.id, 1))
            assert (await two.shelf.marks(ada.account_id, [first.id]))[first.id].favourited
            await remove(one.desk, bert, second.id)
            await seen("first")
            assert texts(await two.timelines.public(None, Span())) == ["first"]
            await block(one.db, bert, ada.account_id)
            await seen()
            await until(lambda: _missing(two, ada, first.id))
            await unfollow(one.db, ada, bert.account_id)
    finally:
        await clear(open_database)


async def _favourites(server: Server, post_id: int, count: int) -> bool:
    return (await server.desk.get(None, post_id)).favourites_count == count


async def _missing(server: Server, viewer: Viewer, post_id: int) -> bool:
    return await server.desk.find(viewer, post_id) is None


async def test_each_news_is_told_once_in_each_process_also_late_ones(
    open_database: Any, database_url: str, tmp_path: Path
) -> None:
    try:
        async with two_servers(database_url, tmp_path) as (one, two):
            told: dict[str, list[int]] = {"one": [], "two": []}
            for name, server in (("one", one), ("two", two)):
                server.bus.hear("test.said", lambda news, name=name: told[name].append(news.payload["n"]))
            async with one.db.transaction() as late:  # its id is older than those committed meanwhile
                late.announce("test.said", n=0)
                for n in range(1, 20):
                    async with (one if n % 2 else two).db.transaction() as tx:
                        tx.announce("test.said", n=n)
                await until(lambda: len(told["two"]) == 19)
                assert 0 not in told["two"]
            await until(lambda: len(told["two"]) == 20)
            await until(lambda: len(told["one"]) == 20)
            await asyncio.sleep(1.2)  # a look without being woken
            assert sorted(told["one"]) == sorted(told["two"]) == list(range(20))
    finally:
        await clear(open_database)


async def test_a_lost_connection_costs_the_caches_and_no_news(
    open_database: Any, database_url: str, tmp_path: Path
) -> None:
    ada = await member(open_database)
    try:
        async with two_servers(database_url, tmp_path) as (one, two):
            post = await publish(one.desk, ada, Draft(text="here"))
            await until(lambda: _favourites(two, post.id, 0))
            resets: list[int] = []
            two.bus.on_reset(lambda: resets.append(1))
            before = _reader(two)._connection
            await open_database.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'folkmoot-news'"
            )
            await favourite(one.desk, ada, post.id)  # nobody hears of it
            await until(lambda: resets and _reader(two)._connection not in (None, before))
            await until(lambda: _favourites(two, post.id, 1))
            await remove(one.desk, ada, post.id)
            await until(lambda: _missing(two, ada, post.id))
    finally:
        await clear(open_database)


def test_a_hearer_that_stumbles_keeps_nobody_else_from_hearing() -> None:
    bus, heard = Bus(), []

    def stumble(news: News) -> None:
        raise RuntimeError("oh")

    bus.hear("said", stumble)
    bus.hear("said", heard.append)
    bus.deliver([News(1, "said", {})])
    assert [news.id for news in heard] == [1]


async def test_what_was_cached_before_the_reader_was_there_is_forgotten(open_database: Any, database_url: str) -> None:
    bus, resets = Bus(), []
    bus.on_reset(lambda: resets.append(1))
    old = await asyncpg.connect(database_url)
    await old.execute("INSERT INTO outbox VALUES ($1, 'test.said', '{}')", id_at(clock.now()))
    reader = asyncio.create_task(OutboxReader(database_url, bus).run())
    try:
        await until(lambda: resets)
    finally:
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        await old.execute("DELETE FROM outbox")
        await old.close()


async def test_news_nobody_was_woken_for_is_found_all_the_same(
    open_database: Any, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.1)
    monkeypatch.setattr(module, "FAR_SECONDS", 0.3)
    bus, heard = Bus(), []
    bus.hear("test.said", lambda news: heard.append(news.payload["n"]))
    reader = OutboxReader(database_url, bus)
    running = asyncio.create_task(reader.run())
    try:
        await until(lambda: reader._connection is not None)
        now = clock.now()
        for n, ago in enumerate([1, 30, 50]):  # the last ones committed half a minute and more after their id was made
            await open_database.fetch(
                "INSERT INTO outbox VALUES ($1, 'test.said', $2)", id_at(now - timedelta(seconds=ago)), f'{{"n": {n}}}'
            )
        await until(lambda: sorted(heard) == [0, 1, 2])
        await asyncio.sleep(0.4)
        assert sorted(heard) == [0, 1, 2]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await clear(open_database)


@asynccontextmanager
async def reading(database: Any, url: str, *buses: Bus) -> AsyncIterator[list[OutboxReader]]:
    """A reader for each bus, as in processes of their own."""
    readers = [OutboxReader(url, bus) for bus in buses]
    running = [asyncio.create_task(reader.run()) for reader in readers]
    try:
        await until(lambda: all(reader._connection is not None for reader in readers))
        yield readers
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await clear(database)


async def test_a_process_where_nobody_hears_wakes_the_others(
    open_database: Any, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 600.0)  # nobody looks by himself
    deaf, bus, heard = Bus(), Bus(), []
    bus.hear("test.said", heard.append)
    async with reading(open_database, database_url, deaf, bus):
        async with Database(open_database.pool, deaf.deliver).transaction() as tx:
            tx.announce("test.said")
        await until(lambda: heard)


async def test_where_nobody_hears_the_outbox_is_not_read(
    open_database: Any, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.1)
    deaf, bus, heard = Bus(), Bus(), []
    bus.hear("test.said", heard.append)
    async with reading(open_database, database_url, deaf, bus) as readers:
        deaf._hearers["test.said"] = [lambda news: pytest.fail("read although nobody wanted to hear")]
        async with open_database.transaction() as tx:
            tx.announce("test.said")
        await until(lambda: heard)
        await asyncio.sleep(0.3)
        assert not readers[0]._seen


async def test_a_look_walks_the_index_and_is_planned_once(open_database: Any, database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "INSERT INTO outbox SELECT n * 65536::bigint, 'test.said', '{}' FROM generate_series(1, 20000) n"
        )
        await connection.execute("ANALYZE outbox")
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE look (bigint) AS {module._IDS}")
        plan = "\n".join(row[0] for row in await connection.fetch("EXPLAIN EXECUTE look (1)"))
        assert "Index Cond: ((id > $1)" in plan
        assert "Seq Scan" not in plan
    finally:
        await connection.execute("DELETE FROM outbox")
        await connection.close()
