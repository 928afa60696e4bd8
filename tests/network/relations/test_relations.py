"""Whatever people do to one another, follows, blocks, counters and homes agree afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from folkmoot import clock
from folkmoot.errors import FolkmootError, Missing
from folkmoot.network import relations as verbs
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.notifications import listing
from folkmoot.network.relations import rules
from folkmoot.network.relations.jobs import remove_ended_mutes
from folkmoot.network.relations.rules import Bond, Step

# Rules ---------------------------------------------------------------------------------------------------------------

flags = st.booleans()
bonds = st.builds(
    Bond,
    following=flags,
    followed_by=flags,
    requested=flags,
    requested_by=flags,
    blocking=flags,
    blocked_by=flags,
    they_are_locked=flags,
    followers_count=st.integers(0, 100_000),
    following_count=st.integers(0, 100_000),
)


@given(bonds)
def test_nobody_follows_across_a_block(bond: Bond) -> None:
    if bond.blocking or bond.blocked_by:
        with pytest.raises(rules.Blocked):
            rules.decide_follow(bond)


@given(bonds, st.sampled_from(["following", "requested"]))
def test_following_again_changes_nothing(bond: Bond, already: str) -> None:
    open_to_it = msgspec.structs.replace(bond, blocking=False, blocked_by=False, **{already: True})
    assert rules.decide_follow(open_to_it) is Step.CHANGE


@given(bonds)
def test_a_locked_account_is_asked_first(bond: Bond) -> None:
    try:
        step = rules.decide_follow(bond)
    except FolkmootError:
        return
    if step is not Step.CHANGE:
        assert (step is Step.REQUEST) == bond.they_are_locked


@given(st.integers(0, 10_000_000))
def test_many_followers_allow_following_more(followers: int) -> None:
    assert rules.follow_limit(followers) >= max(7_500, followers)
    with pytest.raises(rules.TooManyFollowed):
        rules.decide_follow(Bond(followers_count=followers, following_count=rules.follow_limit(followers)))


@pytest.mark.parametrize("name", ["", "#", "two words", "a" * 101, "9", "@ada", "garden!"])
def test_what_is_no_hashtag_is_refused(name: str) -> None:
    with pytest.raises(rules.NoTag):
        rules.check_tag(name)


def test_a_hashtag_keeps_its_spelling() -> None:
    assert rules.check_tag("#Gärten") == ("gärten", "Gärten")


# Deeds ---------------------------------------------------------------------------------------------------------------

DEEDS: dict[str, Callable[..., Any]] = {
    "follow": verbs.follow,
    "unfollow": verbs.unfollow,
    "remove_follower": verbs.remove_follower,
    "accept": verbs.accept,
    "reject": verbs.reject,
    "block": verbs.block,
    "unblock": verbs.unblock,
    "mute": verbs.mute,
    "unmute": verbs.unmute,
}
steps = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(sorted(DEEDS)), st.integers(0, 2)), max_size=12)


def expected(state: dict[tuple[int, int], set[str]], me: int, deed: str, other: int) -> bool:
    """The same deeds on a table of words; False when the deed is refused. Number 2 has a locked account."""
    mine, theirs = state[me, other], state[other, me]
    match deed:
        case "follow":
            if "blocks" in mine | theirs:
                return False
            if not mine & {"follows", "asks"}:
                mine.add("asks" if other == 2 else "follows")
        case "unfollow":
            mine -= {"follows", "asks"}
        case "remove_follower":
            theirs -= {"follows"}
        case "accept" | "reject":
            if "asks" not in theirs:
                return False
            theirs.remove("asks")
            theirs |= {"follows"} if deed == "accept" else set()
        case "block":
            mine -= {"follows", "asks"}
            theirs -= {"follows", "asks"}
            mine.add("blocks")
        case "unblock":
            mine -= {"blocks"}
        case "mute":
            mine.add("mutes")
        case "unmute":
            mine -= {"mutes"}
    return True


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
async def test_any_sequence_of_deeds_leaves_what_it_should(
    db: Any, cast: Any, write: Any, deeds: list[tuple[int, str, int]]
) -> None:
    people = [cast.ada, cast.bert, cast.cleo]
    pairs = [(i, j) for i in range(3) for j in range(3) if i != j]
    state: dict[tuple[int, int], set[str]] = {pair: set() for pair in pairs}
    async with db.undone():
        posts = {i: await write(person) for i, person in enumerate(people)}
        for me, deed, other in deeds:
            if me == other:
                with pytest.raises(FolkmootError):
                    await DEEDS[deed](db, people[me], people[other].account_id)
                continue
            allowed = expected(state, me, deed, other)
            try:
                await DEEDS[deed](db, people[me], people[other].account_id)
            except FolkmootError:
                assert not allowed
            else:
                assert allowed
        for i, person in enumerate(people):
            others = [j for j in range(3) if j != i]
            seen = await verbs.relations(db, person, [people[j].account_id for j in others])
            for j, view in zip(others, seen, strict=True):
                assert view.following == ("follows" in state[i, j])
                assert view.followed_by == ("follows" in state[j, i])
                assert view.requested == ("asks" in state[i, j])
                assert view.requested_by == ("asks" in state[j, i])
                assert view.blocking == ("blocks" in state[i, j])
                assert view.blocked_by == ("blocks" in state[j, i])
                assert view.muting == ("mutes" in state[i, j])
            counts = await db.fetchrow(
                "SELECT following_count, followers_count FROM accounts WHERE id = $1", person.account_id
            )
            assert counts["following_count"] == sum("follows" in state[i, j] for j in others)
            assert counts["followers_count"] == sum("follows" in state[j, i] for j in others)
            assert await home(db, person) == {posts[j] for j in others if "follows" in state[i, j]}


async def home(db: Any, viewer: Viewer) -> set[int]:
    """What lies in somebody's home."""
    rows = await db.fetch("SELECT post_id FROM home_entries WHERE account_id = $1", viewer.account_id)
    return {row["post_id"] for row in rows}


async def boost(write: Any, by: Viewer, post_id: int, author: Viewer) -> int:
    """A bare boost."""
    boosted: int = await write(by, "", shows_id=post_id, shows_account_id=author.account_id)
    return boosted


async def test_following_fills_the_home_with_what_would_have_come(db: Any, cast: Any, write: Any, heard: Any) -> None:
    ada, bert, cleo = cast.ada, cast.bert, cast.cleo
    plain = [await write(bert, visibility=each) for each in ("public", "unlisted", "followers")]
    await write(bert, visibility="direct")
    await write(bert, hidden_at=clock.now())
    cleos = await write(cleo)
    boosted = await boost(write, bert, cleos, cleo)
    await boost(write, bert, await write(ada), ada)
    to = {"in_reply_to_id": cleos, "in_reply_to_account_id": cleo.account_id}
    await write(bert, "to a stranger", **to)
    own_thread = await write(bert, in_reply_to_id=plain[0], in_reply_to_account_id=bert.account_id)
    view = await verbs.follow(db, ada, bert.account_id)
    assert (view.following, view.shows_boosts, view.notifies) == (True, True, False)
    assert await home(db, ada) == {*plain, boosted, own_thread}
    assert {news.kind for news in heard} == {
        "home.changed",
        "relation.changed",
        "account.changed",
        "notification.created",
    }
    await verbs.follow(db, ada, bert.account_id, shows_boosts=False)
    assert await home(db, ada) == {*plain, own_thread}
    await verbs.follow(db, ada, bert.account_id, shows_boosts=True)
    assert await home(db, ada) == {*plain, boosted, own_thread}
    await verbs.unfollow(db, ada, bert.account_id)
    assert await home(db, ada) == set()
    assert await listing(db, bert) == []


async def test_only_the_newest_posts_are_filled_in(db: Any, cast: Any, write: Any) -> None:
    ids = [await write(cast.bert) for _ in range(rules.BACKFILL + 5)]
    await verbs.follow(db, cast.ada, cast.bert.account_id)
    assert await home(db, cast.ada) == set(ids[5:])


async def test_a_language_wish_holds_for_what_is_filled_in(db: Any, cast: Any, write: Any) -> None:
    german, unnamed = await write(cast.bert, language="de"), await write(cast.bert)
    await write(cast.bert, language="en")
    view = await verbs.follow(db, cast.ada, cast.bert.account_id, languages=["DE"])
    assert view.languages == ("de",)
    assert await home(db, cast.ada) == {german, unnamed}
    assert (await verbs.follow(db, cast.ada, cast.bert.account_id, languages=[])).languages is None
    with pytest.raises(rules.NoLanguage):
        await verbs.follow(db, cast.ada, cast.bert.account_id, languages=["<script>"])


async def test_a_request_is_told_and_its_wishes_kept(db: Any, cast: Any, write: Any) -> None:
    secret = await write(cast.cleo, visibility="followers")
    view = await verbs.follow(db, cast.ada, cast.cleo.account_id, shows_boosts=False, notifies=True)
    assert (view.following, view.requested, view.shows_boosts, view.notifies) == (False, True, False, True)
    assert [each.kind for each in await listing(db, cast.cleo)] == ["follow_request"]
    assert [id for _, id in await verbs.follow_requests(db, cast.cleo)] == [cast.ada.account_id]
    assert (await verbs.accept(db, cast.cleo, cast.ada.account_id)).followed_by
    assert [each.kind for each in await listing(db, cast.cleo)] == ["follow"]
    (view,) = await verbs.relations(db, cast.ada, [cast.cleo.account_id])
    assert (view.following, view.requested, view.shows_boosts, view.notifies) == (True, False, False, True)
    assert await home(db, cast.ada) == {secret}
    assert await verbs.follow_requests(db, cast.cleo) == []


async def test_a_block_clears_both_homes_and_the_news(db: Any, cast: Any, write: Any) -> None:
    ada, bert, dora = cast.ada, cast.bert, cast.dora
    berts = await write(bert)
    await boost(write, dora, berts, bert)
    await verbs.follow(db, ada, dora.account_id)
    await verbs.follow(db, bert, ada.account_id)
    assert len(await home(db, ada)) == 1
    assert (await verbs.block(db, ada, bert.account_id)).blocking
    assert await home(db, ada) == set()
    assert await home(db, bert) == set()
    assert await listing(db, ada) == []
    with pytest.raises(rules.Blocked):
        await verbs.follow(db, bert, ada.account_id)
    assert [id for _, id in await verbs.blocked(db, ada)] == [bert.account_id]


@pytest.mark.parametrize("column", ["suspended_at", "closed_at"])
async def test_who_takes_no_part_cannot_be_followed_but_left(db: Any, cast: Any, column: str) -> None:
    await verbs.follow(db, cast.ada, cast.bert.account_id)
    await db.fetch(f"UPDATE accounts SET {column} = now() WHERE id = $1", cast.bert.account_id)
    assert not (await verbs.unfollow(db, cast.ada, cast.bert.account_id)).following
    with pytest.raises(Missing):
        await verbs.follow(db, cast.ada, cast.bert.account_id)


@pytest.mark.parametrize("deed", sorted(DEEDS))
async def test_nobody_has_a_relation_with_what_never_was(db: Any, cast: Any, deed: str) -> None:
    with pytest.raises(FolkmootError):
        await DEEDS[deed](db, cast.ada, 1)


async def test_a_timed_mute_ends_by_itself(db: Any, cast: Any, heard: Any) -> None:
    ada, bert = cast.ada, cast.bert.account_id
    view = await verbs.mute(db, ada, bert, seconds=60)
    assert view.muting
    assert view.mutes_notifications
    assert view.mute_expires_at is not None
    assert [id for _, id in await verbs.muted(db, ada)] == [bert]
    await remove_ended_mutes(db)
    assert [id for _, id in await verbs.muted(db, ada)] == [bert]
    heard.clear()
    with clock.held_at(clock.now() + timedelta(seconds=61)):
        assert not (await verbs.relations(db, ada, [bert]))[0].muting
        assert await verbs.muted(db, ada) == []
        await remove_ended_mutes(db)
    assert [(news.kind, news.payload["target_id"]) for news in heard] == [("relation.changed", bert)]
    assert not (await verbs.relations(db, ada, [bert]))[0].muting
    assert not (await verbs.mute(db, ada, bert, hides_notifications=False)).mutes_notifications
    with pytest.raises(rules.NoSpan):
        await verbs.mute(db, ada, bert, seconds=-1)


async def test_a_note_is_private_and_can_be_emptied(db: Any, cast: Any) -> None:
    assert (await verbs.note(db, cast.ada, cast.bert.account_id, "owes me a book")).note == "owes me a book"
    assert (await verbs.relations(db, cast.bert, [cast.ada.account_id]))[0].note == ""
    assert (await verbs.note(db, cast.ada, cast.bert.account_id, "")).note == ""
    with pytest.raises(rules.NoteTooLong):
        await verbs.note(db, cast.ada, cast.bert.account_id, "x" * 2_001)


async def test_relations_come_in_order_by_one_statement(db: Any, cast: Any, round_trips: Any) -> None:
    ids = [cast.dora.account_id, cast.bert.account_id]
    with round_trips(db, 1):
        seen = await verbs.relations(db, cast.ada, [ids[0], 1, ids[1], ids[0]])
    assert [view.id for view in seen] == ids
    assert msgspec.structs.asdict(seen[0]) == msgspec.structs.asdict(verbs.RelationView(id=ids[0]))
    with round_trips(db, 0):
        assert await verbs.relations(db, cast.ada, []) == []


async def test_followers_are_paged_and_hidden_where_wished(db: Any, cast: Any, enrol: Any) -> None:
    crowd = [await enrol(f"fan{number}") for number in range(4)]
    for fan in crowd:
        await verbs.follow(db, fan, cast.ada.account_id)
    ids = [fan.account_id for fan in crowd][::-1]
    first = await verbs.followers(db, None, cast.ada.account_id, limit=2)
    assert [id for _, id in first] == ids[:2]
    rest = await verbs.followers(db, None, cast.ada.account_id, max_id=first[-1][0])
    assert [id for _, id in rest] == ids[2:]
    back = await verbs.followers(db, None, cast.ada.account_id, min_id=rest[-1][0], limit=2)
    assert [id for _, id in back] == ids[1:3]
    assert [id for _, id in await verbs.following(db, cast.bert, crowd[0].account_id)] == [cast.ada.account_id]
    await verbs.block(db, crowd[3], cast.bert.account_id)
    assert len(await verbs.followers(db, cast.bert, cast.ada.account_id)) == 3
    await db.fetch("UPDATE accounts SET hides_relations = true WHERE id = $1", cast.ada.account_id)
    assert await verbs.followers(db, None, cast.ada.account_id) == []
    assert len(await verbs.followers(db, cast.ada, cast.ada.account_id)) == 4


async def test_familiar_followers_are_those_one_follows(db: Any, cast: Any) -> None:
    ada, bert, dora = cast.ada, cast.bert, cast.dora
    await verbs.follow(db, ada, dora.account_id)
    await verbs.follow(db, dora, bert.account_id)
    found = await verbs.familiar_followers(db, ada, [bert.account_id, dora.account_id])
    assert found == {bert.account_id: [dora.account_id], dora.account_id: []}


async def test_hashtags_are_followed_and_featured(db: Any, gate: Any, cast: Any, write: Any) -> None:
    followed = await verbs.follow_tag(db, cast.ada, "#Garden")
    assert await verbs.follow_tag(db, cast.ada, "GARDEN") == followed
    assert (followed.name, followed.shown_as) == ("garden", "Garden")
    assert await verbs.followed_tags(db, cast.ada) == [followed]
    assert await verbs.follows_tags(db, cast.ada, ["garden", "bread"]) == {"garden"}
    await verbs.unfollow_tag(db, cast.ada, "garden")
    assert await verbs.followed_tags(db, cast.ada) == []
    post = await write(cast.ada)
    await db.fetch("INSERT INTO post_tags VALUES ('garden', $1, $2)", post, cast.ada.account_id)
    assert await verbs.suggested_tags(db, cast.ada) == [("garden", "Garden")]
    featured = await verbs.feature_tag(db, gate, cast.ada, "garden")
    assert (featured.shown_as, featured.posts_count) == ("Garden", 1)
    assert await verbs.featured_tags(db, cast.ada.account_id) == [featured]
    assert await verbs.suggested_tags(db, cast.ada) == []
    with pytest.raises(Missing):
        await verbs.unfeature_tag(db, cast.bert, featured.id)
    await verbs.unfeature_tag(db, cast.ada, featured.id)
    for number in range(rules.MOST_FEATURED_TAGS):
        await verbs.feature_tag(db, gate, cast.ada, f"tag{number}")
    with pytest.raises(rules.TooManyFeaturedTags):
        await verbs.feature_tag(db, gate, cast.ada, "onemore")


async def test_two_who_follow_each_other_at_once_both_succeed(open_database: Any) -> None:
    """On two real connections, since only those can lock each other out."""
    now = clock.now()
    one, other = people = [Viewer(account_id=number, name=f"at_once_{number}") for number in (11, 12)]
    for person in people:
        await open_database.fetch(
            "INSERT INTO accounts (id, name, created_at, approved_at, active_at) VALUES ($1, $2, $3, $3, $3)",
            person.account_id,
            person.name,
            now,
        )
    try:
        for _ in range(10):
            await asyncio.gather(verbs.follow(open_database, one, 12), verbs.follow(open_database, other, 11))
            (seen,) = await verbs.relations(open_database, one, [12])
            assert seen.following
            assert seen.followed_by
            await asyncio.gather(verbs.block(open_database, one, 12), verbs.unfollow(open_database, other, 11))
            await verbs.unblock(open_database, one, 12)
        counts = await open_database.fetch("SELECT followers_count + following_count FROM accounts WHERE id < 13")
        assert [row[0] for row in counts] == [0, 0]
    finally:
        for statement in (
            "DELETE FROM notifications WHERE account_id < 13",
            "DELETE FROM home_entries WHERE account_id < 13",
            "DELETE FROM outbox",
            "DELETE FROM accounts WHERE id < 13",
        ):
            await open_database.fetch(statement)
