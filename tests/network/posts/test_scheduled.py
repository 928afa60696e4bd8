"""Scheduled posts come out once, when it is time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.errors import Missing, Unavailable
from folkmoot.network.posts import scheduled
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.remove import remove
from folkmoot.network.posts.rules import Draft, MediaUnusable

HOUR = timedelta(hours=1)


async def test_a_scheduled_post_is_published_once_when_due(db: Any, cast: Any, desk: Any, upload: Any) -> None:
    picture = await upload(cast.ada)
    later = await scheduled.schedule(desk, cast.ada, Draft(text="Later", media=(picture,)), clock.now() + HOUR)
    assert [item.id for item in later.media] == [picture]
    assert await scheduled.publish_due(desk) == 0
    with clock.held_at(clock.now() + 2 * HOUR):
        assert await scheduled.publish_due(desk) == 1
        assert await scheduled.publish_due(desk) == 0
    assert await db.fetchval("SELECT count(*) FROM posts WHERE text = 'Later' AND has_media") == 1
    assert await scheduled.waiting(db, cast.ada, before=None, limit=5) == []


async def test_a_post_published_by_another_worker_is_not_published_again(db: Any, cast: Any, desk: Any) -> None:
    later = await scheduled.schedule(desk, cast.ada, Draft(text="Later"), clock.now() + HOUR)
    await publish(desk, cast.ada, later.draft, scheduled_id=later.id)
    with pytest.raises(Missing):
        await publish(desk, cast.ada, later.draft, scheduled_id=later.id)
    assert await db.fetchval("SELECT count(*) FROM posts") == 1


async def test_it_can_be_put_off_and_taken_back_by_its_author_alone(db: Any, cast: Any, desk: Any) -> None:
    later = await scheduled.schedule(desk, cast.ada, Draft(text="Later"), clock.now() + HOUR)
    moved = await scheduled.reschedule(db, cast.ada, later.id, clock.now() + 3 * HOUR, clock.now())
    assert moved.due_at > later.due_at
    for verb in (scheduled.get, scheduled.cancel):
        with pytest.raises(Missing):
            await verb(db, cast.bert, later.id)
    await scheduled.cancel(db, cast.ada, later.id)
    with pytest.raises(Missing):
        await scheduled.get(db, cast.ada, later.id)


async def test_what_is_too_soon_or_could_not_be_posted_is_refused(cast: Any, desk: Any) -> None:
    with pytest.raises(scheduled.TooSoon):
        await scheduled.schedule(desk, cast.ada, Draft(text="Now"), clock.now() + timedelta(minutes=1))
    with pytest.raises(MediaUnusable):
        await scheduled.schedule(desk, cast.ada, Draft(text="Now", media=(5,)), clock.now() + HOUR)


async def test_the_same_key_schedules_once(db: Any, cast: Any, desk: Any) -> None:
    at = clock.now() + HOUR
    first = await scheduled.schedule(desk, cast.ada, Draft(text="Later"), at, key="k")
    assert (await scheduled.schedule(desk, cast.ada, Draft(text="Later"), at, key="k")).id == first.id
    assert len(await scheduled.waiting(db, cast.ada, before=None, limit=5)) == 1


async def test_a_reply_to_what_is_gone_stays_out_and_the_others_come(db: Any, cast: Any, desk: Any) -> None:
    parent = await publish(desk, cast.bert, Draft(text="Question"))
    at = clock.now() + HOUR
    await scheduled.schedule(desk, cast.ada, Draft(text="Answer", in_reply_to_id=parent.id), at)
    await scheduled.schedule(desk, cast.ada, Draft(text="Later"), at)
    await remove(desk, cast.bert, parent.id)
    with clock.held_at(clock.now() + 2 * HOUR):
        await scheduled.publish_due(desk)
    assert [row["text"] for row in await db.fetch("SELECT text FROM posts")] == ["Later"]
    assert await scheduled.waiting(db, cast.ada, before=None, limit=5) == []


async def test_a_database_that_stumbles_loses_no_scheduled_post(
    db: Any, cast: Any, desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stumble(*given: object, **more: object) -> None:
        raise Unavailable(cause="the disk is full")

    await scheduled.schedule(desk, cast.ada, Draft(text="Later"), clock.now() + HOUR)
    monkeypatch.setattr(scheduled, "publish", stumble)
    with clock.held_at(clock.now() + 2 * HOUR), pytest.raises(Unavailable):
        await scheduled.publish_due(desk)
    assert isinstance(db, Database)
    assert len(await scheduled.waiting(db, cast.ada, before=None, limit=5)) == 1
