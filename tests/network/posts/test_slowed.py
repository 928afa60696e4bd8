"""Who is slowed by a decision publishes a little, for followers or those they mention, and learns when again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.network.access import sign_in, viewer_by_session
from folkmoot.network.posts import queries, rules, scheduled
from folkmoot.network.posts.edit import edit
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.react import boost, unboost
from folkmoot.network.posts.remove import remove
from folkmoot.network.posts.rules import Draft, SlowedDown, SlowedToFollowers
from folkmoot.network.posts.views import Visibility

PASSWORD = "the gate is never locked"
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
END = NOON + timedelta(days=7)


@pytest.mark.parametrize(("until", "slowed"), [(None, False), (NOON, False), (NOON + timedelta(seconds=1), True)])
def test_a_limit_holds_until_it_ends(until: datetime | None, slowed: bool) -> None:
    assert rules.is_slowed(until, NOON) is slowed


def test_the_pace_is_counted_over_the_last_day_and_says_when_again() -> None:
    lately = [NOON - timedelta(hours=hours) for hours in (1, 2, 3, 23)]
    rules.check_slowed_pace(lately, END, NOON)
    rules.check_slowed_pace([*lately, NOON - timedelta(hours=25)], END, NOON)
    with pytest.raises(SlowedDown) as refused:
        rules.check_slowed_pace([*lately, NOON - timedelta(hours=20)], END, NOON)
    assert refused.value.retry_after == 3601
    assert "The next one: 2026-05-01 13:00 UTC" in refused.value.words
    with pytest.raises(SlowedDown) as refused:  # the limit ends before the day is over
        rules.check_slowed_pace([NOON] * 5, NOON + timedelta(hours=2), NOON)
    assert refused.value.retry_after == 7201


async def slowed(db: Any, account_id: int, until: datetime) -> Any:
    """Sign in as somebody whom a decision slowed."""
    await db.fetch(
        """INSERT INTO standings (account_id, points, limited, since, until, changed_at)
           VALUES ($1, 3, 'slow', $2, $3, $2)""",
        account_id,
        clock.now(),
        until,
    )
    token, _ = await sign_in(db, name_or_email="ada", password=PASSWORD, address="", agent="")
    return await viewer_by_session(db, token)


async def test_a_slowed_account_writes_little_and_to_followers_only(db: Any, cast: Any, desk: Any) -> None:
    before = await publish(desk, cast.ada, Draft(text="Good morning"))
    theirs = await publish(desk, cast.bert, Draft(text="Good evening"))
    until = clock.now() + timedelta(days=7)
    ada = await slowed(db, cast.ada.account_id, until)
    assert ada.slowed_until == until
    for visibility in (Visibility.PUBLIC, Visibility.UNLISTED):
        with pytest.raises(SlowedToFollowers) as refused:
            await publish(desk, ada, Draft(text="Everybody!", visibility=visibility))
        assert f"{until:%Y-%m-%d}" in refused.value.words
    with pytest.raises(SlowedToFollowers):
        await edit(desk, ada, before.id, Draft(text="Everybody, read this"))
    assert (await desk.get(cast.bert, before.id)).text == "Good morning"
    shown = await boost(desk, ada, theirs.id)
    assert shown.visibility is Visibility.FOLLOWERS
    await publish(desk, ada, Draft(text="@bert hello", visibility=Visibility.DIRECT))
    for number in range(2):
        await publish(desk, ada, Draft(text=f"To you {number}", visibility=Visibility.FOLLOWERS))
    with pytest.raises(SlowedDown) as late:  # with the one before: five
        await publish(desk, ada, Draft(text="One more", visibility=Visibility.FOLLOWERS), key="again")
    assert 86_000 < late.value.retry_after <= 86_401
    with pytest.raises(SlowedDown):
        await boost(desk, ada, (await publish(desk, cast.cleo, Draft(text="Look"))).id)
    assert await db.fetchval("SELECT count(*) FROM posts WHERE account_id = $1", ada.account_id) == 5
    with clock.held_at(clock.now() + timedelta(days=1, minutes=1)):
        await publish(desk, ada, Draft(text="One more", visibility=Visibility.FOLLOWERS), key="again")
    with clock.held_at(until):
        assert (await publish(desk, ada, Draft(text="Everybody!"))).visibility is Visibility.PUBLIC


async def test_what_a_slowed_account_takes_back_counts_for_a_day_and_is_forgotten_then(
    db: Any, cast: Any, desk: Any
) -> None:
    start = clock.now()
    await publish(desk, cast.bert, Draft(text="Good evening"))
    early = await publish(desk, cast.ada, Draft(text="Good morning"))
    await remove(desk, cast.ada, early.id)
    ada = await slowed(db, cast.ada.account_id, start + timedelta(days=7))
    assert await db.fetchval("SELECT count(*) FROM taken_back") == 0  # she was not slowed then
    theirs = await publish(desk, cast.bert, Draft(text="Look"))
    for _ in range(2):
        await boost(desk, ada, theirs.id)
        await unboost(desk, ada, theirs.id)
    for number in range(3):
        post = await publish(desk, ada, Draft(text=f"To you {number}", visibility=Visibility.FOLLOWERS))
        await remove(desk, ada, post.id)
    with pytest.raises(SlowedDown):
        await publish(desk, ada, Draft(text="One more", visibility=Visibility.FOLLOWERS))
    await remove(desk, cast.bert, theirs.id)
    assert await db.fetch("SELECT DISTINCT account_id FROM taken_back") == [(ada.account_id,)]
    with clock.held_at(start + timedelta(days=1, minutes=1)):
        await publish(desk, ada, Draft(text="One more", visibility=Visibility.FOLLOWERS))
        await queries.forget_old(db)
    assert await db.fetchval("SELECT count(*) FROM taken_back") == 0


async def test_what_a_slowed_account_scheduled_for_everybody_stays_out(db: Any, cast: Any, desk: Any) -> None:
    at = clock.now() + timedelta(hours=1)
    await scheduled.schedule(desk, cast.ada, Draft(text="Everybody!"), at)
    await scheduled.schedule(desk, cast.ada, Draft(text="Friends!", visibility=Visibility.FOLLOWERS), at)
    await slowed(db, cast.ada.account_id, clock.now() + timedelta(days=7))
    with clock.held_at(at + timedelta(minutes=1)):
        assert await scheduled.publish_due(desk) == 2
    rows = await db.fetch("SELECT text FROM posts WHERE account_id = $1", cast.ada.account_id)
    assert [row["text"] for row in rows] == ["Friends!"]


async def test_others_pay_nothing_for_it(db: Any, cast: Any, desk: Any, round_trips: Any) -> None:
    draft = Draft(text="To you", visibility=Visibility.FOLLOWERS)
    await publish(desk, cast.ada, draft)
    with round_trips(db) as without:
        await publish(desk, cast.ada, draft)
    ada = await slowed(db, cast.ada.account_id, clock.now() + timedelta(days=7))
    with round_trips(db, without.made + 2):
        await publish(desk, ada, draft)
