"""One vote each, in time, for a choice there is; and when it is over, those who took part are told once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.errors import FolkmootError, Missing
from folkmoot.ids import new_id
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.notifications import listing
from folkmoot.network.polls import close_due, own_votes, rules, vote

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
OPEN = rules.Ballot(options=3, multiple=False, is_own=False, due_at=NOON, closed_at=None)
BEFORE = NOON - timedelta(minutes=1)

Ask = Callable[..., Awaitable[int]]


@pytest.fixture
def ask(db: Any, write: Any) -> Ask:
    """Put a post with a poll before its readers."""

    async def ask(author: Viewer, *, multiple: bool = False, minutes: int = 60, **columns: object) -> int:
        post_id = await write(author, "Tea?", **columns)
        poll_id = new_id()
        await db.fetch(
            """INSERT INTO polls (id, account_id, post_id, options, multiple, due_at)
               VALUES ($1, $2, $3, '{yes,no,later}', $4, $5)""",
            poll_id,
            author.account_id,
            post_id,
            multiple,
            clock.now() + timedelta(minutes=minutes),
        )
        return poll_id

    return ask


@pytest.mark.parametrize(
    ("multiple", "is_own", "choices", "now", "error"),
    [
        (False, False, [0], NOON, rules.PollEnded),
        (False, True, [0], BEFORE, rules.OwnPoll),
        (False, False, [3], BEFORE, rules.NoSuchChoice),
        (False, False, [-1], BEFORE, rules.NoSuchChoice),
        (True, False, [0, 3], BEFORE, rules.NoSuchChoice),
        (False, False, [], BEFORE, rules.NoSuchChoice),
        (False, False, [0, 2], BEFORE, rules.AlreadyVoted),
    ],
)
def test_a_vote_that_does_not_count_says_why(
    multiple: bool, is_own: bool, choices: list[int], now: datetime, error: type[FolkmootError]
) -> None:
    ballot = rules.Ballot(options=3, multiple=multiple, is_own=is_own, due_at=NOON, closed_at=None)
    with pytest.raises(error):
        rules.check_vote(ballot, choices, now)


def test_the_sentences_are_those_clients_look_for() -> None:
    assert "You have already voted on this poll" in rules.AlreadyVoted().words
    assert "The chosen vote option does not exist" in rules.NoSuchChoice().words
    assert "The poll has already ended" in rules.PollEnded().words


def test_the_same_choice_twice_counts_once() -> None:
    assert rules.check_vote(OPEN, [1, 1], BEFORE) == [1]


async def test_a_vote_counts_once(db: Any, cast: Any, ask: Ask, heard: Any) -> None:
    poll = await ask(cast.ada, multiple=True)
    await vote(db, cast.bert, poll, [0, 2])
    assert [news.kind for news in heard] == ["post.changed"]
    with pytest.raises(rules.AlreadyVoted):
        await vote(db, cast.bert, poll, [1])
    assert await own_votes(db, cast.bert, [poll, 7]) == {poll: (0, 2)}
    assert await own_votes(db, cast.cleo, [poll]) == {}


async def test_two_votes_at_once_make_one(db: Any, cast: Any, ask: Ask) -> None:
    poll = await ask(cast.ada)
    results = await asyncio.gather(
        vote(db, cast.bert, poll, [0]), vote(db, cast.bert, poll, [1]), return_exceptions=True
    )
    assert [type(result) for result in results].count(rules.AlreadyVoted) == 1
    assert len((await own_votes(db, cast.bert, [poll]))[poll]) == 1


async def test_a_poll_one_may_not_see_is_missing(db: Any, cast: Any, ask: Ask) -> None:
    with pytest.raises(Missing):
        await vote(db, cast.bert, await ask(cast.ada, visibility="followers"), [0])
    with pytest.raises(Missing):
        await vote(db, cast.bert, 1, [0])


async def test_the_end_of_a_poll_is_told_once_to_author_and_voters(db: Any, cast: Any, ask: Ask) -> None:
    poll = await ask(cast.ada, minutes=5)
    later = await ask(cast.ada, minutes=50)
    await vote(db, cast.bert, poll, [0])
    with clock.held_at(clock.now() + timedelta(minutes=6)):
        assert await close_due(db) == 1
        assert await close_due(db) == 0
        with pytest.raises(rules.PollEnded):
            await vote(db, cast.cleo, poll, [0])
        await vote(db, cast.cleo, later, [0])
    for viewer in (cast.ada, cast.bert):
        (told,) = await listing(db, viewer)
        assert (told.kind, told.from_account_id) == ("poll", cast.ada.account_id)
    assert await listing(db, cast.cleo) == []
