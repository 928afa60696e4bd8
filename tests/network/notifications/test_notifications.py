"""People hear of what concerns them, once, and not from those they keep away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.errors import Missing
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.notifications import (
    Kind,
    clear,
    dismiss,
    get_notification,
    listing,
    markers,
    notify,
    rules,
    set_markers,
    unnotify,
    unread_count,
)


async def tell(db: Any, to: list[Viewer], by: Viewer, kind: str = "mention", post_id: int | None = None) -> list[int]:
    """Notify in a transaction of its own and say who was told."""
    async with db.transaction() as tx:
        told = await notify(tx, kind=kind, to=[each.account_id for each in to], from_id=by.account_id, post_id=post_id)
    return [account_id for account_id, _ in told]


async def test_everyone_concerned_is_told_once_and_oneself_never(db: Any, cast: Any, write: Any, heard: Any) -> None:
    post = await write(cast.ada)
    told = await tell(db, [cast.ada, cast.bert, cast.bert, cast.cleo], cast.ada, post_id=post)
    assert sorted(told) == [cast.bert.account_id, cast.cleo.account_id]
    assert [news.kind for news in heard] == ["notification.created"] * 2
    assert heard[0].payload | {"id": 0} == {
        "id": 0,
        "account_id": cast.bert.account_id,
        "what": "mention",
        "from_id": cast.ada.account_id,
        "post_id": post,
    }
    assert all(news.payload["id"] < 2**53 for news in heard)
    (seen,) = await listing(db, cast.bert)
    assert (seen.kind, seen.from_account_id, seen.post_id) == (Kind.MENTION, cast.ada.account_id, post)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO blocks VALUES ($1, $2, 1)",
        "INSERT INTO blocks VALUES ($2, $1, 1)",
        "INSERT INTO mutes VALUES ($1, $2, 1, true, NULL)",
        "UPDATE accounts SET suspended_at = created_at WHERE id = $1 OR id = $2 AND false",
        "UPDATE accounts SET closed_at = created_at WHERE id = $1 OR id = $2 AND false",
    ],
)
async def test_whoever_keeps_away_is_not_told(db: Any, cast: Any, statement: str) -> None:
    await db.fetch(statement, cast.bert.account_id, cast.ada.account_id)
    assert await tell(db, [cast.bert], cast.ada, "follow") == []


async def test_a_mute_that_ended_or_spares_notifications_silences_nobody(db: Any, cast: Any) -> None:
    ended = clock.now() - timedelta(seconds=1)
    await db.fetch("INSERT INTO mutes VALUES ($1, $2, 1, true, $3)", cast.bert.account_id, cast.ada.account_id, ended)
    await db.fetch("INSERT INTO mutes VALUES ($1, $2, 2, false)", cast.cleo.account_id, cast.ada.account_id)
    assert len(await tell(db, [cast.bert, cast.cleo], cast.ada, "follow")) == 2


async def test_a_muted_thread_stays_silent(db: Any, cast: Any, write: Any) -> None:
    first = await write(cast.bert)
    reply = await write(cast.ada, thread_id=first)
    await db.fetch("INSERT INTO thread_mutes VALUES ($1, $2)", cast.bert.account_id, first)
    assert await tell(db, [cast.bert, cast.cleo], cast.ada, post_id=reply) == [cast.cleo.account_id]


async def test_what_is_undone_is_taken_back(db: Any, cast: Any, write: Any) -> None:
    post = await write(cast.ada)
    await tell(db, [cast.ada], cast.bert, "favourite", post)
    await tell(db, [cast.ada], cast.cleo, "favourite", post)
    async with db.transaction() as tx:
        await unnotify(tx, kind="favourite", from_id=cast.bert.account_id, post_id=post)
    assert [each.from_account_id for each in await listing(db, cast.ada)] == [cast.cleo.account_id]
    with pytest.raises(ValueError, match="whole table"):
        async with db.transaction() as tx:
            await unnotify(tx, kind="follow", from_id=cast.bert.account_id)


async def test_pages_follow_one_another_both_ways(db: Any, cast: Any, write: Any, round_trips: Any) -> None:
    post = await write(cast.ada)
    for kind in ("mention", "favourite", "boost", "edit", "follow"):
        await tell(db, [cast.ada], cast.bert, kind, None if kind == "follow" else post)
    with round_trips(db, 1):
        ids = [each.id for each in await listing(db, cast.ada)]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 5

    async def page(**asked: Any) -> list[int]:
        return [each.id for each in await listing(db, cast.ada, **asked)]

    assert await page(limit=2) == ids[:2]
    assert await page(max_id=ids[1], limit=2) == ids[2:4]
    assert await page(since_id=ids[4], limit=2) == ids[:2]
    assert await page(min_id=ids[4], limit=2) == ids[2:4]
    assert await page(kinds=["follow", "no.such.kind"]) == ids[:1]
    assert await page(kinds=["no.such.kind"]) == []
    assert await page(exclude=["follow"]) == ids[1:]
    assert await page(account_id=cast.cleo.account_id) == []


async def test_what_may_not_be_seen_is_not_listed(db: Any, cast: Any, write: Any) -> None:
    secret = await write(cast.bert, visibility="followers")
    await tell(db, [cast.ada], cast.bert, "post", secret)
    await tell(db, [cast.ada], cast.dora, "follow")
    assert len(await listing(db, cast.ada)) == 1
    await db.fetch("UPDATE accounts SET suspended_at = now() WHERE id = $1", cast.dora.account_id)
    assert await listing(db, cast.ada) == []


async def test_each_reads_and_dismisses_their_own(db: Any, cast: Any) -> None:
    await tell(db, [cast.ada, cast.bert], cast.cleo, "follow")
    (mine,) = await listing(db, cast.ada)
    assert await get_notification(db, cast.ada, mine.id) == mine
    with pytest.raises(Missing):
        await get_notification(db, cast.bert, mine.id)
    with pytest.raises(Missing):
        await dismiss(db, cast.bert, mine.id)
    await dismiss(db, cast.ada, mine.id)
    assert await listing(db, cast.ada) == []
    await clear(db, cast.bert)
    assert await listing(db, cast.bert) == []


async def test_the_unread_are_those_after_the_marker(db: Any, cast: Any) -> None:
    for viewer in (cast.bert, cast.cleo, cast.dora):
        await tell(db, [cast.ada], viewer, "follow")
    assert await unread_count(db, cast.ada) == 3
    assert await unread_count(db, cast.ada, limit=2) == 2
    middle = (await listing(db, cast.ada))[1]
    await set_markers(db, cast.ada, {"notifications": middle.id})
    assert await unread_count(db, cast.ada) == 1
    assert await unread_count(db, cast.ada, exclude=["follow"]) == 0


async def test_markers_know_their_version(db: Any, cast: Any) -> None:
    first = await set_markers(db, cast.ada, {"home": 5, "notifications": 7})
    assert {name: (marker.last_read_id, marker.version) for name, marker in first.items()} == {
        "home": (5, 1),
        "notifications": (7, 1),
    }
    await set_markers(db, cast.ada, {"home": 6}, versions={"home": 1})
    with pytest.raises(rules.MarkerMoved):
        await set_markers(db, cast.ada, {"home": 9}, versions={"home": 1})
    kept = await markers(db, cast.ada, ["home", "elsewhere"])
    assert {name: (marker.last_read_id, marker.version) for name, marker in kept.items()} == {"home": (6, 2)}
    with pytest.raises(rules.UnknownTimeline):
        await set_markers(db, cast.ada, {"elsewhere": 1})
