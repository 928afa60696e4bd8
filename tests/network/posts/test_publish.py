"""Publishing puts a post before its readers, with all its consequences, or changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from folkmoot.errors import FolkmootError, Missing
from folkmoot.network.notifications import Kind, listing
from folkmoot.network.posts import spread as spreading
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.remove import remove
from folkmoot.network.posts.rules import (
    Draft,
    MediaUnusable,
    PollDraft,
    PollUnusable,
    PostEmpty,
    PostTooLong,
    ReplyToNothing,
    TooManyMedia,
)
from folkmoot.network.posts.spread import deliver_rest
from folkmoot.network.posts.views import Visibility
from folkmoot.network.relations import block, follow

DAY = 86_400


async def homes_with(db: Any, post_id: int) -> set[int]:
    return {
        row["account_id"] for row in await db.fetch("SELECT account_id FROM home_entries WHERE post_id = $1", post_id)
    }


async def test_a_post_is_in_its_followers_homes_when_the_answer_leaves(db: Any, cast: Any, desk: Any) -> None:
    await follow(db, cast.bert, cast.ada.account_id)
    post = await publish(desk, cast.ada, Draft(text="Good morning"))
    assert await homes_with(db, post.id) == {cast.ada.account_id, cast.bert.account_id}
    author = await desk.shelf.account(cast.ada.account_id)
    assert author.posts_count == 1
    assert author.last_post_at == post.created_at


async def test_mentions_and_tags_are_found_and_told(db: Any, cast: Any, desk: Any) -> None:
    post = await publish(desk, cast.ada, Draft(text="@bert and @BERT and @nobody look: #Bees #bees #Öl"))
    assert [mention.name for mention in post.mentions] == ["bert"]
    assert len(post.tags) == 2
    (told,) = await listing(db, cast.bert)
    assert (told.kind, told.post_id) == (Kind.MENTION, post.id)
    assert await listing(db, cast.ada) == []


async def test_media_are_bound_in_the_order_given(cast: Any, desk: Any, upload: Any) -> None:
    first, second = await upload(cast.ada), await upload(cast.ada)
    post = await publish(desk, cast.ada, Draft(media=(second, first)))
    assert [item.id for item in post.media] == [second, first]
    with pytest.raises(MediaUnusable):
        await publish(desk, cast.ada, Draft(text="again", media=(first,)))


async def test_a_picture_of_somebody_else_stops_the_post(db: Any, cast: Any, desk: Any, upload: Any) -> None:
    theirs = await upload(cast.bert)
    with pytest.raises(MediaUnusable):
        await publish(desk, cast.ada, Draft(text="mine", media=(theirs,)))
    assert await db.fetchval("SELECT count(*) FROM posts") == 0
    assert await db.fetchval("SELECT count(*) FROM outbox WHERE kind = 'post.published'") == 0


async def test_a_poll_comes_with_the_post(cast: Any, desk: Any) -> None:
    post = await publish(desk, cast.ada, Draft(text="Tea?", poll=PollDraft(("yes", "no"), DAY)))
    assert post.poll is not None
    assert (post.poll.options, post.poll.tallies, post.poll.voters) == (("yes", "no"), (0, 0), 0)


@pytest.mark.parametrize(
    ("draft", "error"),
    [
        (Draft(text=" \n\t "), PostEmpty),
        (Draft(text="", warning="only a warning"), PostEmpty),
        (Draft(text="a" * 1_001), PostTooLong),
        (Draft(text="a" * 995, warning="longer"), PostTooLong),
        (Draft(text="a", media=(1, 2, 3, 4, 5)), TooManyMedia),
        (Draft(text="a", media=(1, 1)), MediaUnusable),
        (Draft(text="a", media=(1,), poll=PollDraft(("a", "b"), DAY)), PollUnusable),
        (Draft(text="a", poll=PollDraft(("a",), DAY)), PollUnusable),
        (Draft(text="a", poll=PollDraft(("a", "a"), DAY)), PollUnusable),
        (Draft(text="a", poll=PollDraft(("a", " "), DAY)), PollUnusable),
        (Draft(text="a", poll=PollDraft(("a", "b"), 5)), PollUnusable),
        (Draft(text="a", poll=PollDraft(("a", "b"), 400 * DAY)), PollUnusable),
        (Draft(text="a", language="not a language"), FolkmootError),
        (Draft(text="a", in_reply_to_id=5), ReplyToNothing),
    ],
)
async def test_what_breaks_a_rule_is_refused_and_nothing_is_written(
    db: Any, cast: Any, desk: Any, draft: Draft, error: type[FolkmootError]
) -> None:
    with pytest.raises(error):
        await publish(desk, cast.ada, draft)
    assert await db.fetchval("SELECT count(*) FROM posts") == 0


async def test_a_post_of_the_full_length_with_long_links_is_taken(cast: Any, desk: Any) -> None:
    link = "https://example.org/" + "a" * 200
    post = await publish(desk, cast.ada, Draft(text=link + " " + "a" * (1_000 - 24)))
    assert link in post.text


async def test_a_reply_joins_the_thread_and_is_counted(cast: Any, desk: Any) -> None:
    first = await publish(desk, cast.ada, Draft(text="One"))
    second = await publish(desk, cast.bert, Draft(text="Two", in_reply_to_id=first.id))
    third = await publish(desk, cast.ada, Draft(text="Three", in_reply_to_id=second.id))
    assert {first.thread_id, second.thread_id, third.thread_id} == {first.id}
    assert second.in_reply_to_account_id == cast.ada.account_id
    assert (await desk.get(None, first.id)).replies_count == 1


async def test_nobody_replies_to_whom_they_blocked_or_who_blocked_them(db: Any, cast: Any, desk: Any) -> None:
    post = await publish(desk, cast.ada, Draft(text="One"))
    theirs = await publish(desk, cast.bert, Draft(text="One"))
    await block(db, cast.ada, cast.bert.account_id)
    with pytest.raises(Missing):
        await publish(desk, cast.bert, Draft(text="Two", in_reply_to_id=post.id))
    with pytest.raises(Missing):
        await publish(desk, cast.ada, Draft(text="Two", in_reply_to_id=theirs.id))


async def test_a_direct_post_reaches_only_whom_it_names(db: Any, cast: Any, desk: Any) -> None:
    for follower in (cast.bert, cast.dora):
        await follow(db, follower, cast.ada.account_id)
    post = await publish(desk, cast.ada, Draft(text="@bert a word", visibility=Visibility.DIRECT))
    assert await homes_with(db, post.id) == {cast.ada.account_id, cast.bert.account_id}
    assert await desk.find(cast.bert, post.id) == post
    assert await desk.find(cast.dora, post.id) is None
    assert await desk.find(None, post.id) is None


async def test_the_same_key_makes_one_post(cast: Any, desk: Any) -> None:
    first = await publish(desk, cast.ada, Draft(text="One"), key="k")
    again = await publish(desk, cast.ada, Draft(text="One"), key="k")
    other = await publish(desk, cast.bert, Draft(text="One"), key="k")
    assert first == again
    assert other.id != first.id


async def test_a_key_of_a_deleted_post_makes_no_new_one(db: Any, cast: Any, desk: Any) -> None:
    post = await publish(desk, cast.ada, Draft(text="One"), key="k")
    await remove(desk, cast.ada, post.id)
    with pytest.raises(FolkmootError):
        await publish(desk, cast.ada, Draft(text="One"), key="k")
    assert await db.fetchval("SELECT count(*) FROM posts") == 0


async def test_more_followers_than_a_batch_are_reached_by_a_job_that_may_run_twice(
    db: Any, cast: Any, desk: Any, enrol: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreading, "HOME_BATCH", 2)
    crowd = [await enrol(f"fan{n}") for n in range(5)]
    author = await enrol("zoe")  # her id is above every follower's
    for fan in crowd:
        await follow(db, fan, author.account_id)
    post = await publish(desk, author, Draft(text="#hello all"))
    (job,) = await db.fetch("SELECT task_name, args FROM procrastinate_jobs")
    assert job["task_name"] == "network.posts.deliver"
    assert await homes_with(db, post.id) == {author.account_id, crowd[0].account_id, crowd[1].account_id}
    for _ in range(2):
        await deliver_rest(db, post.id, crowd[1].account_id)
        assert await homes_with(db, post.id) == {author.account_id, *(fan.account_id for fan in crowd)}
    await db.fetch("DELETE FROM home_entries WHERE account_id = $1", crowd[4].account_id)
    await deliver_rest(db, post.id, crowd[1].account_id)  # died half-way, and run again
    assert crowd[4].account_id in await homes_with(db, post.id)


async def test_publishing_with_a_mention_and_a_tag_costs_few_exchanges(
    db: Any, cast: Any, desk: Any, round_trips: Any
) -> None:
    await publish(desk, cast.ada, Draft(text="@bert #bees"))
    with round_trips(db, at_most=13):
        await publish(desk, cast.ada, Draft(text="@bert #bees"))
