"""A deed and its consequences are one commit, and a database out of reach is one clear sentence."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.bus import Bus
from folkmoot.database import Database, migrate
from folkmoot.errors import FolkmootError, Missing, Unavailable
from folkmoot.settings import Settings
from folkmoot.storage import open_storage
from folkmoot.web.app import Application
from folkmoot.web.server import Server

TABLES = ("site", "procrastinate_jobs", "outbox", "events")


async def counts(db: Any) -> list[int]:
    return [await db.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES]


async def test_rows_jobs_news_and_record_are_committed_together(db: Any, heard: Any) -> None:
    before = await counts(db)
    done: list[str] = []
    async with db.transaction() as tx:
        await tx.execute("INSERT INTO site VALUES ('mood', '1')")
        tx.defer("network.posts.deliver", post_id=1, after_account=2)
        tx.announce("mood.changed", to=1)
        tx.record(Event.SITE_CHANGED, actor=5, subject=6, mood=1)
        tx.after_commit(lambda: done.append("after"))
        assert heard == []
        assert done == []
    after = await counts(db)
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1, 2, 1]
    assert [news.kind for news in heard] == ["mood.changed", "jobs.deferred"]
    assert done == ["after"]
    (job,) = await db.fetch("SELECT task_name, args, status, queue_name FROM procrastinate_jobs")
    assert (job["task_name"], job["status"], job["queue_name"]) == ("network.posts.deliver", "todo", "default")
    (line,) = await db.fetch("SELECT name, actor_id, subject_id, detail FROM events")
    assert tuple(line) == ("site.changed", 5, 6, '{"mood": 1}')


async def test_nothing_is_left_of_a_deed_that_failed(db: Any, heard: Any) -> None:
    before = await counts(db)
    done: list[str] = []

    async def fail() -> None:
        async with db.transaction() as tx:
            await tx.execute("INSERT INTO site VALUES ('mood', '1')")
            tx.defer("network.posts.deliver", post_id=1, after_account=2)
            tx.announce("mood.changed")
            tx.record(Event.SITE_CHANGED, actor=5)
            tx.after_commit(lambda: done.append("after"))
            raise Missing

    with pytest.raises(Missing):
        await fail()
    assert await counts(db) == before
    assert heard == []
    assert done == []


async def test_a_job_deferred_once_waits_once(db: Any) -> None:
    for _ in range(2):
        async with db.transaction() as tx:
            tx.defer("network.accounts.erase", once="the same", account_id=1)
            tx.defer("network.accounts.erase", once="the same", account_id=1)
            tx.defer("network.accounts.erase", once="another", at=clock.now() + timedelta(days=1), account_id=1)
            tx.defer("network.posts.deliver", post_id=1)
    assert await db.fetchval("SELECT count(*) FROM procrastinate_jobs") == 4


async def test_a_rule_of_the_database_is_no_matter_of_reach(open_database: Any) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        await open_database.fetch("INSERT INTO site VALUES ('a', '1'), ('a', '1')")


async def test_two_deeds_in_each_others_way_are_asked_to_try_again(open_database: Any) -> None:
    await open_database.fetch("INSERT INTO site VALUES ('a', '1'), ('b', '1')")

    async def cross(first: str, second: str, turn: asyncio.Barrier) -> str:
        try:
            async with open_database.transaction() as tx:
                await tx.execute("UPDATE site SET value = '2' WHERE key = $1", first)
                await turn.wait()
                await tx.execute("UPDATE site SET value = '2' WHERE key = $1", second)
        except Unavailable:
            return "try again"
        return "done"

    turn = asyncio.Barrier(2)
    try:
        assert sorted(await asyncio.gather(cross("a", "b", turn), cross("b", "a", turn))) == ["done", "try again"]
    finally:
        await open_database.fetch("DELETE FROM site")


async def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        await Database.open(f"postgresql:///x?host={tmp_path}&user=nobody", wait=0.05)
    assert str(tmp_path) not in caught.value.words


async def test_a_connection_lost_in_the_middle_is_unavailable_and_the_next_deed_works(open_database: Any) -> None:
    async def lose() -> None:
        async with open_database.transaction() as tx:
            pid = await tx.fetchval("SELECT pg_backend_pid()")
            await open_database.fetch("SELECT pg_terminate_backend($1)", pid)
            await tx.execute("INSERT INTO site VALUES ('a', '1')")

    with pytest.raises(Unavailable):
        await lose()
    assert await open_database.fetchval("SELECT count(*) FROM site") == 0


async def ask(
    app: Any, path: str, method: str = "GET", body: bytes = b"", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """One request straight to the application."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 1),
        "scheme": "http",
        "root_path": "",
        "http_version": "1.1",
        "extensions": {},
        "state": {},
    }
    await app(scope, receive, send)
    head = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], head, b"".join(message.get("body", b"") for message in sent[1:])


async def test_a_stopped_database_is_one_sentence_and_a_time_to_come_back(database_url: str, tmp_path: Path) -> None:
    db = await Database.open(database_url, connections=1)
    settings = replace(Settings(data=tmp_path), database_url=database_url)
    app = Application(settings)
    await app.startup(Server(settings, db, Bus(), open_storage(settings)))
    await db.pool.close()  # as good as gone: nothing can be asked any more
    status, head, body = await ask(app, "/api/v1/timelines/public")
    assert status == 503
    assert int(head["retry-after"]) > 0
    assert head["content-type"].startswith("application/json")
    assert b"Traceback" not in body
    assert b"asyncpg" not in body
    assert b"Nothing was lost" in body
    status, _, body = await ask(app, "/api/v1/timelines/home", authorization="Bearer " + "x" * 40)
    assert status == 503


# The schema ----------------------------------------------------------------------------------------------------------


def test_head_is_the_newest_migration() -> None:
    versions = Path(migrate.__file__).parent / "migrations" / "versions"
    assert max(path.name.split("_")[0] for path in versions.glob("[0-9]*.py")) == migrate.HEAD


def test_migrating_twice_does_nothing(database_url: str) -> None:
    assert migrate.upgrade(database_url) is None


async def test_a_database_of_a_newer_version_is_left_alone(db: Any, database_url: str, monkeypatch: Any) -> None:
    async def newer(url: str) -> str:
        return "9999"

    monkeypatch.setattr(migrate, "current", newer)
    with pytest.raises(FolkmootError, match="newer version"):
        await asyncio.to_thread(migrate.upgrade, database_url)


OURS = r"c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname !~ '^(procrastinate_|alembic_)'"


async def test_every_table_has_a_primary_key_and_is_written_to_the_log(db: Any) -> None:
    rows = await db.fetch(
        """SELECT c.relname, c.relpersistence <> 'p' AS fleeting,
              NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary) AS keyless
            FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"""
    )
    assert len(rows) > 30
    assert [row["relname"] for row in rows if row["fleeting"] or row["keyless"]] == []


async def test_ids_are_ours_no_table_counts(db: Any) -> None:
    counting = await db.fetch(
        f"""SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
            LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
            WHERE {OURS} AND (a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval%')"""
    )
    assert [tuple(row) for row in counting] == []


async def test_times_know_their_zone_and_text_has_no_length_of_its_own(db: Any) -> None:
    odd = await db.fetch(
        f"""SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) AS type
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE {OURS} AND format_type(a.atttypid, a.atttypmod) ~ '^(timestamp without|character|json$|money|oid)'"""
    )
    assert [tuple(row) for row in odd] == []


async def test_no_trigger_notifies_at_each_commit(db: Any) -> None:
    """A NOTIFY in a transaction takes one lock at its commit."""
    rows = await db.fetch(
        """SELECT t.tgname, pg_get_functiondef(t.tgfoid) AS body FROM pg_trigger t
           WHERE NOT t.tgisinternal AND t.tgtype & 4 = 4"""
    )
    assert [row["tgname"] for row in rows if re.search(r"pg_notify|NOTIFY ", row["body"])] == []


@pytest.fixture
def waits_for_nobody_there(database_url: str, run: Callable[[Any], Any]) -> Iterator[str]:
    """A database one migration behind, on a server whose commits wait for a standby that is gone; its address."""

    async def do(*statements: str) -> None:
        connection = await asyncpg.connect(database_url.replace("//folkmoot@", "//postgres@"))
        await connection.execute("SET synchronous_commit = local")
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    url = database_url.replace("/folkmoot?", "/behind?")
    assert url != database_url
    run(do("CREATE DATABASE behind OWNER folkmoot TEMPLATE template0"))
    try:
        migrate.upgrade(url, f"{int(migrate.HEAD) - 1:04}")
        run(do("ALTER DATABASE behind SET synchronous_commit = on"))
        run(do("ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (gone)'", "SELECT pg_reload_conf()"))
        yield url
    finally:
        run(do("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"))
        run(do("DROP DATABASE behind WITH (FORCE)"))


def test_a_migration_that_is_due_waits_for_no_standby_and_writes_do(
    waits_for_nobody_there: str, run: Callable[[Any], Any]
) -> None:
    moved = ThreadPoolExecutor(1).submit(migrate.upgrade, waits_for_nobody_there)
    assert moved.result(timeout=60) == migrate.HEAD

    async def write() -> None:
        connection = await asyncpg.connect(waits_for_nobody_there)
        try:
            async with asyncio.timeout(0.5):
                await connection.execute("UPDATE alembic_version SET version_num = version_num")
        finally:
            connection.terminate()

    with pytest.raises(TimeoutError):
        run(write())
