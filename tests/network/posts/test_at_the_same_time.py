"""Two requests at once: real connections, real commits."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.ids import new_id
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.posts import react, scheduled
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.remove import remove
from folkmoot.network.posts.rules import PINS, Draft, TooManyPins


@pytest.fixture
def members(open_database: Any, run: Any) -> Iterator[list[Viewer]]:
    """Five accounts; everything they did is cleared away afterwards."""

    async def enrol() -> list[Viewer]:
        made = []
        for _ in range(5):
            id, name, now = new_id(), f"m{secrets.token_hex(6)}", clock.now()
            await open_database.fetch(
                "INSERT INTO accounts (id, name, created_at, approved_at, active_at) VALUES ($1, $2, $3, $3, $3)",
                id,
                name,
                now,
            )
            made.append(Viewer(account_id=id, name=name))
        return made

    async def clear() -> None:
        tables = await open_database.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'notice_clocks')"
        )
        await open_database.fetch(f"TRUNCATE {', '.join(row['tablename'] for row in tables)} CASCADE")

    yield run(enrol())
    open_database.deliver = lambda news: None
    run(clear())


@pytest.fixture
def db(open_database: Any) -> Any:
    """Here everything is committed."""
    return open_database


async def test_the_same_key_at_the_same_time_makes_one_post(db: Any, members: Any, process: Any) -> None:
    posts = await asyncio.gather(*(publish(process.desk, members[0], Draft(text="One"), key="k") for _ in range(6)))
    assert len({post.id for post in posts}) == 1
    assert await db.fetchval("SELECT count(*) FROM posts") == 1


async def test_the_same_key_schedules_once_at_the_same_time(db: Any, members: Any, process: Any) -> None:
    at = clock.now() + timedelta(hours=1)
    made = await asyncio.gather(
        *(scheduled.schedule(process.desk, members[0], Draft(text="Later"), at, key="k") for _ in range(4))
    )
    assert len({later.id for later in made}) == 1


async def test_two_workers_publish_a_scheduled_post_once(db: Any, members: Any, process: Any) -> None:
    await scheduled.schedule(process.desk, members[0], Draft(text="Later"), clock.now() + timedelta(hours=1))
    with clock.held_at(clock.now() + timedelta(hours=2)):
        await asyncio.gather(*(scheduled.publish_due(process.desk) for _ in range(3)))
    assert await db.fetchval("SELECT count(*) FROM posts") == 1


async def test_boosts_and_favourites_of_many_are_counted_right(db: Any, members: Any, process: Any) -> None:
    post = await publish(process.desk, members[0], Draft(text="One"))
    await asyncio.gather(
        *(
            verb(process.desk, fan, post.id)
            for fan in members
            for verb in (react.boost, react.favourite)
            for _ in range(2)
        )
    )
    found = await process.desk.get(None, post.id)
    assert (found.boosts_count, found.favourites_count) == (5, 5)


async def test_pins_do_not_exceed_their_number_at_the_same_time(db: Any, members: Any, process: Any) -> None:
    posts = [await publish(process.desk, members[0], Draft(text=str(n))) for n in range(PINS + 3)]
    done = await asyncio.gather(
        *(react.pin(process.desk, members[0], post.id) for post in posts), return_exceptions=True
    )
    assert sum(isinstance(each, TooManyPins) for each in done) == 3
    assert await db.fetchval("SELECT count(*) FROM pins") == PINS


async def test_replying_boosting_and_deleting_at_once_locks_nobody_out(db: Any, members: Any, process: Any) -> None:
    for _ in range(8):
        post = await publish(process.desk, members[0], Draft(text="One"))
        done = await asyncio.gather(
            *(publish(process.desk, each, Draft(text="Two", in_reply_to_id=post.id)) for each in members),
            *(react.boost(process.desk, each, post.id) for each in members),
            *(react.favourite(process.desk, each, post.id) for each in members),
            remove(process.desk, members[0], post.id),
            return_exceptions=True,
        )
        odd = [
            each
            for each in done
            if isinstance(each, Exception) and type(each).__name__ not in ("Missing", "ReplyToNothing")
        ]
        assert odd == []
        assert await db.fetchval("SELECT count(*) FROM posts WHERE shows_id = $1", post.id) == 0
    assert (
        await db.fetchval("SELECT count(*) FROM favourites f WHERE NOT EXISTS (SELECT FROM posts WHERE id = post_id)")
        == 0
    )
    counts = await db.fetch(
        """SELECT a.posts_count, (SELECT count(*) FROM posts p WHERE p.account_id = a.id) AS there FROM accounts a
           WHERE a.id = ANY($1::bigint[])""",
        [each.account_id for each in members],
    )
    assert [row["posts_count"] for row in counts] == [row["there"] for row in counts]
