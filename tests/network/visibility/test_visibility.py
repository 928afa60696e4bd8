"""Who may see what: the same answer from memory and from the database, in whatever small world."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from folkmoot import clock
from folkmoot.network.access.viewer import Role
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft
from folkmoot.network.posts.views import Visibility
from folkmoot.network.relations import block, follow, mute
from folkmoot.network.visibility import may_act_on, may_see, sql_may_see, wants_to_see

PEOPLE = 4
WHO = st.integers(0, PEOPLE - 1)
PAIRS = st.sets(st.tuples(WHO, WHO).filter(lambda pair: pair[0] != pair[1]), max_size=5)
STATES = st.lists(st.sampled_from(["open", "open", "open", "waiting", "suspended", "closed"]), min_size=4, max_size=4)
POSTS = st.lists(
    st.tuples(WHO, st.sampled_from(list(Visibility)), st.booleans(), st.sets(WHO, max_size=2)), min_size=1, max_size=5
)


@pytest.fixture
def people(run: Any, enrol: Any, cast: Any) -> list[Any]:
    return [cast.ada, cast.bert, cast.cleo, cast.dora]


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states=STATES, follows=PAIRS, blocks=PAIRS, mutes=PAIRS, posts=POSTS)
async def test_memory_and_database_agree(
    db: Any, people: Any, new_process: Any, write: Any, states: Any, follows: Any, blocks: Any, mutes: Any, posts: Any
) -> None:
    ids = [each.account_id for each in people]
    async with db.undone():
        for id, state in zip(ids, states, strict=True):
            change = {
                "open": "approved_at = created_at",
                "waiting": "approved_at = NULL",
                "suspended": "suspended_at = created_at",
                "closed": "closed_at = created_at",
            }[state]
            await db.fetch(f"UPDATE accounts SET {change} WHERE id = $1", id)
        for table, pairs in (("follows", follows), ("blocks", blocks), ("mutes", mutes)):
            for a, b in pairs:
                await db.fetch(f"INSERT INTO {table} (account_id, target_id, id) VALUES ($1, $2, 1)", ids[a], ids[b])
        written = []
        for author, visibility, held, named in posts:
            hidden_at = clock.now() if held else None
            post = await write(people[author], visibility=visibility.value, hidden_at=hidden_at)
            for who in named:
                await db.fetch("INSERT INTO mentions VALUES ($1, $2, $3)", post, ids[author], ids[who])
            written.append(post)
        desk = new_process().desk
        for reader in (None, *people):
            reader_id = reader.account_id if reader else None
            rows = await db.fetch(f"SELECT p.id FROM posts p WHERE {sql_may_see('p', '$1')}", reader_id)
            in_memory = {id for id in written if await desk.find(reader, id) is not None}
            assert in_memory == {row["id"] for row in rows}


async def seen(desk: Any, post: Any, reader: Any) -> bool:
    eyes = await desk.watch.eyes(reader.account_id if reader else None)
    return may_see(post, await desk.shelf.account(post.account_id), eyes)


@pytest.mark.parametrize(
    ("visibility", "anybody", "follower", "stranger"),
    [
        (Visibility.PUBLIC, True, True, True),
        (Visibility.UNLISTED, True, True, True),
        (Visibility.FOLLOWERS, False, True, False),
        (Visibility.DIRECT, False, False, False),
    ],
)
async def test_each_visibility_is_for_those_it_names(
    db: Any, cast: Any, desk: Any, visibility: Any, anybody: bool, follower: bool, stranger: bool
) -> None:
    await follow(db, cast.bert, cast.ada.account_id)
    post = await publish(desk, cast.ada, Draft(text="@cleo hello", visibility=visibility))
    assert [await seen(desk, post, reader) for reader in (None, cast.bert, cast.dora)] == [anybody, follower, stranger]
    assert await seen(desk, post, cast.ada)
    assert await seen(desk, post, cast.cleo)


async def test_a_block_is_felt_at_once_and_in_both_directions(db: Any, cast: Any, desk: Any) -> None:
    post = await publish(desk, cast.ada, Draft(text="Hello"))
    assert await seen(desk, post, cast.bert)
    await block(db, cast.ada, cast.bert.account_id)
    assert not await seen(desk, post, cast.bert)
    theirs = await publish(desk, cast.bert, Draft(text="Hello"))
    assert await seen(desk, theirs, cast.ada)
    eyes = await desk.watch.eyes(cast.ada.account_id)
    assert not may_act_on(theirs, await desk.shelf.account(cast.bert.account_id), eyes)
    assert not wants_to_see(cast.bert.account_id, eyes, clock.now())


async def test_a_held_post_is_for_its_author_alone_even_where_staff_look(
    db: Any, cast: Any, desk: Any, write: Any
) -> None:
    post = await write(cast.ada, hidden_at=clock.now())
    assert cast.dora.role is Role.OPERATOR
    assert await desk.find(cast.ada, post) is not None
    assert [await desk.find(reader, post) for reader in (None, cast.bert, cast.dora)] == [None, None, None]


async def test_a_mute_ends_when_it_said(db: Any, cast: Any, desk: Any) -> None:
    await mute(db, cast.ada, cast.bert.account_id, seconds=600)
    eyes = await desk.watch.eyes(cast.ada.account_id)
    assert not wants_to_see(cast.bert.account_id, eyes, clock.now())
    assert wants_to_see(cast.bert.account_id, eyes, clock.now() + timedelta(seconds=601))
    assert wants_to_see(cast.cleo.account_id, eyes, clock.now())
    await mute(db, cast.ada, cast.bert.account_id)
    eyes = await desk.watch.eyes(cast.ada.account_id)
    assert not wants_to_see(cast.bert.account_id, eyes, clock.now() + timedelta(days=9_999))
