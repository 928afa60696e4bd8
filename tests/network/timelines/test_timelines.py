"""Timelines show what belongs there, once, newest first, and memory never tells another story than the table."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from folkmoot.errors import FolkmootError
from folkmoot.network.notifications import listing
from folkmoot.network.posts import react
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.remove import remove
from folkmoot.network.posts.rules import Draft
from folkmoot.network.posts.views import Visibility
from folkmoot.network.relations import block, follow, follow_tag, mute, unblock, unfollow, unmute
from folkmoot.network.timelines import Span, homes, queries


def texts(page: Any) -> list[str]:
    return [card.shown.view.text for card in page.cards]


async def home(timelines: Any, viewer: Any) -> list[str]:
    return texts(await timelines.home(viewer, Span()))


async def test_home_has_ones_own_posts_and_those_of_whom_one_follows(
    db: Any, cast: Any, desk: Any, timelines: Any
) -> None:
    await follow(db, cast.ada, cast.bert.account_id)
    assert await home(timelines, cast.ada) == []
    await publish(desk, cast.ada, Draft(text="mine"))
    await publish(desk, cast.bert, Draft(text="theirs", visibility=Visibility.FOLLOWERS))
    await publish(desk, cast.dora, Draft(text="a stranger's"))
    assert await home(timelines, cast.ada) == ["theirs", "mine"]


async def test_a_reply_is_for_those_who_follow_both(db: Any, cast: Any, desk: Any, timelines: Any, enrol: Any) -> None:
    eve = await enrol("eve")
    await follow(db, cast.ada, cast.bert.account_id)
    await follow(db, eve, cast.bert.account_id)
    await follow(db, eve, cast.dora.account_id)
    question = await publish(desk, cast.dora, Draft(text="question"))
    mine = await publish(desk, cast.ada, Draft(text="asking, too"))
    await publish(desk, cast.bert, Draft(text="answer", in_reply_to_id=question.id))
    await publish(desk, cast.bert, Draft(text="to ada", in_reply_to_id=mine.id))
    thread = await publish(desk, cast.bert, Draft(text="one"))
    await publish(desk, cast.bert, Draft(text="two", in_reply_to_id=thread.id))
    assert await home(timelines, cast.ada) == ["two", "one", "to ada", "asking, too"]
    assert await home(timelines, eve) == ["two", "one", "answer", "question"]


async def test_boosts_come_but_not_of_ones_own_posts_nor_of_what_stands_there(
    db: Any, cast: Any, desk: Any, timelines: Any
) -> None:
    for other in (cast.bert, cast.dora):
        await follow(db, cast.ada, other.account_id)
    strange = await publish(desk, cast.cleo, Draft(text="strange"))
    mine = await publish(desk, cast.ada, Draft(text="mine"))
    theirs = await publish(desk, cast.bert, Draft(text="theirs"))
    for post in (strange, mine, theirs):
        await react.boost(desk, cast.dora, post.id)
    await react.boost(desk, cast.bert, strange.id)
    assert await home(timelines, cast.ada) == ["strange", "theirs", "mine"]
    card = (await timelines.home(cast.ada, Span())).cards[0]
    assert card.booster.view.name == "dora"
    await react.unboost(desk, cast.dora, strange.id)
    assert (await timelines.home(cast.ada, Span())).cards[0].booster.view.name == "bert"


async def test_whoever_wants_no_boosts_or_only_some_languages_gets_that(
    db: Any, cast: Any, desk: Any, timelines: Any
) -> None:
    await follow(db, cast.ada, cast.bert.account_id, shows_boosts=False, languages=["de"])
    post = await publish(desk, cast.dora, Draft(text="strange"))
    await react.boost(desk, cast.bert, post.id)
    await publish(desk, cast.bert, Draft(text="Good morning", language="en"))
    await publish(desk, cast.bert, Draft(text="Guten Morgen", language="de"))
    assert await home(timelines, cast.ada) == ["Guten Morgen"]


async def test_a_followed_hashtag_brings_public_posts_of_strangers(
    db: Any, cast: Any, desk: Any, timelines: Any
) -> None:
    await follow_tag(db, cast.ada, "Bees")
    await publish(desk, cast.bert, Draft(text="#bees"))
    await publish(desk, cast.bert, Draft(text="quiet #bees", visibility=Visibility.UNLISTED))
    assert await home(timelines, cast.ada) == ["#bees"]


async def test_mutes_and_blocks_are_respected_when_home_is_read(db: Any, cast: Any, desk: Any, timelines: Any) -> None:
    await follow(db, cast.ada, cast.bert.account_id)
    await follow(db, cast.ada, cast.dora.account_id)
    post = await publish(desk, cast.dora, Draft(text="dora's"))
    await react.boost(desk, cast.bert, post.id)
    await mute(db, cast.ada, cast.dora.account_id)
    assert await home(timelines, cast.ada) == []
    await unmute(db, cast.ada, cast.dora.account_id)
    assert await home(timelines, cast.ada) == ["dora's"]
    await block(db, cast.dora, cast.ada.account_id)
    assert await home(timelines, cast.ada) == []


async def test_public_leaves_out_replies_to_others_boosts_and_what_is_not_public(
    db: Any, cast: Any, desk: Any, timelines: Any
) -> None:
    one = await publish(desk, cast.ada, Draft(text="one"))
    await publish(desk, cast.ada, Draft(text="two", in_reply_to_id=one.id))
    await publish(desk, cast.bert, Draft(text="reply", in_reply_to_id=one.id))
    await publish(desk, cast.bert, Draft(text="quiet", visibility=Visibility.UNLISTED))
    await react.boost(desk, cast.bert, one.id)
    assert texts(await timelines.public(None, Span())) == ["two", "one"]
    await remove(desk, cast.ada, one.id)
    assert texts(await timelines.public(None, Span())) == ["two"]
    await db.fetch("UPDATE accounts SET suspended_at = created_at WHERE id = $1", cast.ada.account_id)
    async with db.transaction() as tx:
        tx.announce("account.changed", account_id=cast.ada.account_id)
    assert texts(await timelines.public(None, Span())) == []


async def test_news_of_what_was_read_already_shows_it_once(db: Any, cast: Any, process: Any) -> None:
    kept: list[Any] = []
    db.deliver = kept.extend
    await publish(process.desk, cast.ada, Draft(text="one"))
    for _ in range(2):
        assert texts(await process.timelines.public(None, Span())) == ["one"]
        assert await home(process.timelines, cast.ada) == ["one"]
        process.bus.tell(kept)


async def test_hashtag_timelines_combine_tags(cast: Any, desk: Any, timelines: Any) -> None:
    for text in ("#a", "#b", "#a #b", "#a #c", "#ä"):
        await publish(desk, cast.ada, Draft(text=text))
    assert texts(await timelines.tag(None, "A", Span(), none_of=["c"])) == ["#a #b", "#a"]
    assert texts(await timelines.tag(None, "a", Span(), any_of=["b"], all_of=["B"])) == ["#a #b", "#b"]


async def test_a_profile_shows_what_its_reader_may_see(db: Any, cast: Any, desk: Any, timelines: Any) -> None:
    await follow(db, cast.bert, cast.ada.account_id)
    for visibility in Visibility:
        await publish(desk, cast.ada, Draft(text=visibility.value, visibility=visibility))
    other = await publish(desk, cast.dora, Draft(text="boosted"))
    await react.boost(desk, cast.ada, other.id)
    for reader, expected in (
        (None, ["boosted", "unlisted", "public"]),
        (cast.dora, ["boosted", "unlisted", "public"]),
        (cast.bert, ["boosted", "followers", "unlisted", "public"]),
        (cast.ada, ["boosted", "direct", "followers", "unlisted", "public"]),
    ):
        assert texts(await timelines.account(reader, cast.ada.account_id, Span())) == expected
    own = await timelines.account(None, cast.ada.account_id, Span(), without_boosts=True, without_replies=True)
    assert texts(own) == ["unlisted", "public"]
    await block(db, cast.ada, cast.dora.account_id)
    assert texts(await timelines.account(cast.dora, cast.ada.account_id, Span())) == []


async def test_threads_read_in_order_and_hide_what_is_hidden(cast: Any, desk: Any, timelines: Any) -> None:
    one = await publish(desk, cast.ada, Draft(text="one"))
    two = await publish(desk, cast.bert, Draft(text="two", in_reply_to_id=one.id))
    await publish(desk, cast.dora, Draft(text="other", in_reply_to_id=one.id))
    await publish(desk, cast.ada, Draft(text="three", in_reply_to_id=two.id))
    await publish(desk, cast.ada, Draft(text="@bert aside", in_reply_to_id=two.id, visibility=Visibility.DIRECT))
    above, below = await timelines.thread(None, one)
    assert above == []
    assert [card.shown.view.text for card in below] == ["two", "three", "other"]
    above, below = await timelines.thread(cast.bert, two)
    assert [card.shown.view.text for card in above] == ["one"]
    assert [card.shown.view.text for card in below] == ["three", "@bert aside"]


async def test_favourites_and_bookmarks_page_by_when_they_were_marked(cast: Any, desk: Any, timelines: Any) -> None:
    posts = [await publish(desk, cast.bert, Draft(text=str(n))) for n in range(5)]
    for post in reversed(posts):
        await react.bookmark(desk, cast.ada, post.id)
    first = await timelines.marked(cast.ada, "bookmarks", Span(limit=3))
    rest = await timelines.marked(cast.ada, "bookmarks", Span(max_id=first.next_id, limit=3))
    assert texts(first) + texts(rest) == ["0", "1", "2", "3", "4"]
    assert rest.next_id is None


# Paging --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["home", "public", "account", "tag"])
@pytest.mark.parametrize("limit", [1, 3, 7])
async def test_paging_covers_everything_exactly_once(
    cast: Any, desk: Any, timelines: Any, which: str, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homes, "KEPT", 4)
    monkeypatch.setattr(queries.PublicPosts, "KEPT", 4)
    for n in range(11):
        await publish(desk, cast.ada, Draft(text=f"{n} #t"))
    everything = [f"{n} #t" for n in reversed(range(11))]

    async def read(**span: Any) -> Any:
        given = Span(limit=limit, **span)
        if which == "home":
            return await timelines.home(cast.ada, given)
        if which == "public":
            return await timelines.public(cast.ada, given)
        if which == "account":
            return await timelines.account(cast.bert, cast.ada.account_id, given)
        return await timelines.tag(None, "t", given)

    page = await read()
    down, oldest = texts(page), page
    while page.next_id is not None:
        page = await read(max_id=page.next_id)
        down += texts(page)
        oldest = page if page.cards else oldest
    assert down == everything

    up: list[str] = []
    at = oldest.cards[-1].entry.view.id
    while (page := await read(min_id=at)).cards:
        up = texts(page) + up
        at = page.prev_id
    assert up == everything[:-1]
    newest = (await read()).prev_id
    assert texts(await read(since_id=newest)) == []
    assert texts(await read(since_id=at - 1)) == everything[:1]
    between = await read(since_id=oldest.cards[-1].entry.view.id)
    assert texts(between) == everything[:limit]


# Memory and table -----------------------------------------------------------------------------------------------------

WHO = st.integers(0, 2)
DEEDS = st.one_of(
    st.tuples(st.just("publish"), WHO, st.sampled_from(list(Visibility)), st.booleans()),
    st.tuples(st.sampled_from(["follow", "unfollow", "mute", "unmute", "block", "unblock"]), WHO, WHO),
    st.tuples(st.sampled_from(["boost", "unboost", "remove", "favourite"]), WHO, st.integers(0, 30)),
    st.tuples(st.just("read"), WHO),
)


async def act(desk: Any, timelines: Any, people: Any, made: list[int], deed: Any) -> None:
    name, who, *rest = deed
    viewer = people[who]
    try:
        if name == "publish":
            parent = made[-1] if rest[1] and made else None
            draft = Draft(text=f"@cleo #t {len(made)}", visibility=rest[0], in_reply_to_id=parent)
            made.append((await publish(desk, viewer, draft)).id)
        elif name == "read":
            await timelines.home(viewer, Span())
            await timelines.public(viewer, Span())
        elif name in ("boost", "unboost", "favourite", "remove"):
            if made:
                target = made[rest[0] % len(made)]
                verb = remove if name == "remove" else getattr(react, name)
                post = await verb(desk, viewer, target)
                if name == "boost":
                    made.append(post.id)
        elif who != rest[0]:
            verbs = {
                "follow": follow, "unfollow": unfollow, "mute": mute, "unmute": unmute, "block": block, "unblock": unblock
            }  # fmt: skip
            await verbs[name](desk.db, viewer, people[rest[0]].account_id)
    except FolkmootError:
        pass  # refused; then nothing has changed


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=st.lists(DEEDS, min_size=3, max_size=25))
async def test_memory_shows_what_a_process_without_memory_reads(
    db: Any, cast: Any, new_process: Any, deeds: list[Any]
) -> None:
    people = [cast.ada, cast.bert, cast.dora]
    async with db.undone():
        remembering = new_process()
        db.deliver = remembering.bus.deliver
        made: list[int] = []
        for viewer in people:  # lists in memory from the beginning
            await remembering.timelines.home(viewer, Span())
        await remembering.timelines.public(None, Span())
        for deed in deeds:
            await act(remembering.desk, remembering.timelines, people, made, deed)
        forgetful = new_process()
        for viewer in (*people, None):
            for read in ("home", "public"):
                if viewer is None and read == "home":
                    continue
                kept = await getattr(remembering.timelines, read)(viewer, Span())
                fresh = await getattr(forgetful.timelines, read)(viewer, Span())
                assert [(card.entry.view, card.marks) for card in kept.cards] == [
                    (card.entry.view, card.marks) for card in fresh.cards
                ], (read, viewer and viewer.name)
                assert [card.author.view for card in kept.cards] == [card.author.view for card in fresh.cards]


# What reading costs ---------------------------------------------------------------------------------------------------


async def test_what_is_warm_costs_no_statement_and_profiles_and_notifications_one(
    db: Any, cast: Any, desk: Any, timelines: Any, round_trips: Any
) -> None:
    await follow(db, cast.ada, cast.bert.account_id)
    for n in range(5):
        await publish(desk, cast.bert, Draft(text=f"{n} @ada #t"))
    await timelines.home(cast.ada, Span())
    await timelines.public(cast.ada, Span())
    with round_trips(db, 0):
        await timelines.home(cast.ada, Span())
        await timelines.public(cast.ada, Span())
        await timelines.public(None, Span())
    with round_trips(db, 1):
        await timelines.account(cast.ada, cast.bert.account_id, Span())
    with round_trips(db, 1):
        await timelines.tag(cast.ada, "t", Span())
    with round_trips(db, 1):
        await listing(db, cast.ada)
    await publish(desk, cast.bert, Draft(text="new"))
    with round_trips(db, at_most=4):  # the new post, its author's figures, the reader's marks
        await timelines.home(cast.ada, Span())
