"""Boosts, favourites, bookmarks, pins and thread mutes: once each, and taken back whole."""

from __future__ import annotations

from typing import Any

import pytest

from folkmoot.errors import Forbidden, Missing
from folkmoot.network.access.viewer import Role
from folkmoot.network.notifications import Kind, listing
from folkmoot.network.posts import react, rules
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.remove import remove, remove_as_staff
from folkmoot.network.posts.rules import Draft, NotYourPost
from folkmoot.network.posts.views import Visibility
from folkmoot.network.relations import block, follow


async def test_a_boost_reaches_ones_own_followers_once(db: Any, cast: Any, desk: Any) -> None:
    await follow(db, cast.dora, cast.bert.account_id)
    await follow(db, cast.ada, cast.bert.account_id)
    post = await publish(desk, cast.ada, Draft(text="One"))
    boosted = await react.boost(desk, cast.bert, post.id)
    assert await react.boost(desk, cast.bert, post.id) == boosted
    assert await react.boost(desk, cast.bert, boosted.id) == boosted
    assert boosted.shows_id == post.id
    assert (await desk.get(None, post.id)).boosts_count == 1
    homes = await db.fetch("SELECT account_id FROM home_entries WHERE post_id = $1", boosted.id)
    assert {row["account_id"] for row in homes} == {cast.bert.account_id, cast.dora.account_id}  # not the author's
    assert [each.kind for each in await listing(db, cast.ada)] == [Kind.FOLLOW, Kind.BOOST][-1:]
    await react.unboost(desk, cast.bert, post.id)
    await react.unboost(desk, cast.bert, post.id)
    assert (await desk.get(None, post.id)).boosts_count == 0
    assert await db.fetchval("SELECT count(*) FROM home_entries WHERE post_id = $1", boosted.id) == 0
    assert await listing(db, cast.ada) == []


@pytest.mark.parametrize(
    ("wanted", "shown", "outcome"),
    [
        (None, Visibility.PUBLIC, Visibility.PUBLIC),
        (None, Visibility.UNLISTED, Visibility.UNLISTED),
        (Visibility.FOLLOWERS, Visibility.PUBLIC, Visibility.FOLLOWERS),
        (Visibility.PUBLIC, Visibility.FOLLOWERS, Visibility.FOLLOWERS),
    ],
)
async def test_a_boost_is_never_wider_than_what_it_shows(
    cast: Any, desk: Any, heard: Any, wanted: Any, shown: Visibility, outcome: Visibility
) -> None:
    post = await publish(desk, cast.ada, Draft(text="One", visibility=shown))
    boosted = await react.boost(desk, cast.ada, post.id, wanted)
    assert boosted.visibility is outcome
    assert heard[-1].payload["visibility"] == outcome.value


async def test_what_is_for_followers_only_its_author_boosts(db: Any, cast: Any, desk: Any) -> None:
    await follow(db, cast.bert, cast.ada.account_id)
    post = await publish(desk, cast.ada, Draft(text="One", visibility=Visibility.FOLLOWERS))
    with pytest.raises(rules.CannotBoost):
        await react.boost(desk, cast.bert, post.id)
    direct = await publish(desk, cast.ada, Draft(text="@bert", visibility=Visibility.DIRECT))
    with pytest.raises(rules.CannotBoost):
        await react.boost(desk, cast.ada, direct.id)


async def test_a_favourite_counts_once_and_its_author_hears_of_it(db: Any, cast: Any, desk: Any) -> None:
    post = await publish(desk, cast.ada, Draft(text="One"))
    for _ in range(2):
        liked = await react.favourite(desk, cast.bert, post.id)
        assert liked.favourites_count == 1
    (told,) = await listing(db, cast.ada)
    assert told.kind is Kind.FAVOURITE
    assert (await desk.shelf.marks(cast.bert.account_id, [post.id]))[post.id].favourited
    for _ in range(2):
        assert (await react.unfavourite(desk, cast.bert, post.id)).favourites_count == 0
    assert await listing(db, cast.ada) == []
    assert not (await desk.shelf.marks(cast.bert.account_id, [post.id]))[post.id].favourited


async def test_what_one_may_not_see_or_has_blocked_cannot_be_reacted_to(db: Any, cast: Any, desk: Any) -> None:
    hidden = await publish(desk, cast.ada, Draft(text="One", visibility=Visibility.FOLLOWERS))
    for verb in (react.boost, react.favourite, react.bookmark, react.pin, react.mute_thread):
        with pytest.raises(Missing):
            await verb(desk, cast.bert, hidden.id)
    post = await publish(desk, cast.ada, Draft(text="One"))
    await block(db, cast.bert, cast.ada.account_id)
    with pytest.raises(Missing):
        await react.favourite(desk, cast.bert, post.id)


async def test_bookmarks_are_ones_own_affair(db: Any, cast: Any, desk: Any) -> None:
    post = await publish(desk, cast.ada, Draft(text="One"))
    await react.bookmark(desk, cast.bert, post.id)
    assert (await desk.shelf.marks(cast.bert.account_id, [post.id]))[post.id].bookmarked
    assert await listing(db, cast.ada) == []
    await react.unbookmark(desk, cast.bert, post.id)
    assert not (await desk.shelf.marks(cast.bert.account_id, [post.id]))[post.id].bookmarked


async def test_a_profile_holds_so_many_pins(cast: Any, desk: Any, timelines: Any) -> None:
    posts = [await publish(desk, cast.ada, Draft(text=str(n))) for n in range(rules.PINS + 1)]
    for post in posts[:-1]:
        await react.pin(desk, cast.ada, post.id)
    await react.pin(desk, cast.ada, posts[0].id)
    with pytest.raises(rules.TooManyPins):
        await react.pin(desk, cast.ada, posts[-1].id)
    await react.unpin(desk, cast.ada, posts[0].id)
    await react.pin(desk, cast.ada, posts[-1].id)
    page = await timelines.pinned(None, cast.ada.account_id)
    assert [card.shown.view.text for card in page.cards] == ["5", "4", "3", "2", "1"]


async def test_others_posts_direct_ones_and_boosts_are_not_pinned(cast: Any, desk: Any) -> None:
    post = await publish(desk, cast.ada, Draft(text="One"))
    with pytest.raises(rules.PinOfOthers):
        await react.pin(desk, cast.bert, post.id)
    direct = await publish(desk, cast.ada, Draft(text="note", visibility=Visibility.DIRECT))
    with pytest.raises(rules.PinOfDirect):
        await react.pin(desk, cast.ada, direct.id)
    boosted = await react.boost(desk, cast.bert, post.id)
    with pytest.raises(rules.PinOfBoost):
        await react.pin(desk, cast.bert, boosted.id)


async def test_a_muted_thread_is_silent_until_it_is_heard_again(db: Any, cast: Any, desk: Any) -> None:
    post = await publish(desk, cast.ada, Draft(text="One"))
    await react.mute_thread(desk, cast.ada, post.id)
    assert (await desk.shelf.marks(cast.ada.account_id, [post.id]))[post.id].thread_muted
    reply = await publish(desk, cast.bert, Draft(text="@ada Two", in_reply_to_id=post.id))
    assert await listing(db, cast.ada) == []
    await react.mute_thread(desk, cast.ada, post.id, muted=False)
    await publish(desk, cast.bert, Draft(text="@ada Three", in_reply_to_id=reply.id))
    assert len(await listing(db, cast.ada)) == 1


async def test_deletion_deletes(db: Any, cast: Any, desk: Any, upload: Any) -> None:
    await follow(db, cast.bert, cast.ada.account_id)
    await follow(db, cast.dora, cast.bert.account_id)
    picture = await upload(cast.ada)
    parent = await publish(desk, cast.ada, Draft(text="Before"))
    post = await publish(desk, cast.ada, Draft(text="@bert #bees", in_reply_to_id=parent.id, media=(picture,)))
    await react.boost(desk, cast.bert, post.id)
    for verb in (react.favourite, react.bookmark):
        await verb(desk, cast.bert, post.id)
    await react.pin(desk, cast.ada, post.id)
    was = await remove(desk, cast.ada, post.id)
    assert was.text == "@bert #bees"
    assert await desk.find(cast.ada, post.id) is None
    for table, column in {
        "home_entries": "post_id",
        "favourites": "post_id",
        "bookmarks": "post_id",
        "pins": "post_id",
        "mentions": "post_id",
        "post_tags": "post_id",
        "media": "post_id",
        "notifications": "post_id",
        "posts": "shows_id",
    }.items():
        assert await db.fetchval(f"SELECT count(*) FROM {table} WHERE {column} = $1", post.id) == 0, table
    assert await db.fetchval("SELECT count(*) FROM home_entries WHERE shows_id = $1", post.id) == 0
    assert (await desk.get(None, parent.id)).replies_count == 0
    assert (await desk.shelf.account(cast.ada.account_id)).posts_count == 1
    assert (await desk.shelf.account(cast.bert.account_id)).posts_count == 0


async def test_only_the_author_deletes_and_staff_on_record(db: Any, cast: Any, desk: Any) -> None:
    post = await publish(desk, cast.ada, Draft(text="One"))
    with pytest.raises(NotYourPost):
        await remove(desk, cast.bert, post.id)
    with pytest.raises(Forbidden):
        await remove_as_staff(desk, cast.bert, post.id, "because")
    assert cast.dora.role is Role.OPERATOR
    await remove_as_staff(desk, cast.dora, post.id, "spam")
    (line,) = await db.fetch("SELECT actor_id, detail FROM events WHERE name = 'post.removed_by_staff'")
    assert line["actor_id"] == cast.dora.account_id
    assert "spam" in line["detail"]
