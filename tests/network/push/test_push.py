"""From a notification to a device that opens it, through a push service on a real socket."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as as_other
from py_vapid import Vapid02

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.errors import Missing, Unknown
from folkmoot.network import access, notifications, push, relations
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.notifications import Kind
from folkmoot.network.push.deliver import deliver_due
from folkmoot.network.push.jobs import tidy
from folkmoot.network.push.rules import NoSubscription, check_keys, chosen, next_attempt
from folkmoot.network.site import announcements
from folkmoot.network.site.sending import send_due
from folkmoot.outgoing import NotOutside
from folkmoot.settings import Settings
from push_service import Device, decoded, push_service

NOW = datetime(2021, 1, 10, 20, tzinfo=UTC)
ALL = dict.fromkeys(Kind, True)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, public_url="https://moot.example", outgoing_loopback=True)


async def with_token(db: Database, viewer: Viewer) -> Viewer:
    token = await access.issue_token(db, viewer.account_id, ("read", "push"), "A test's app")
    holder = await access.viewer_by_token(db, token)
    assert holder.viewer is not None
    return holder.viewer


async def subscribe(db: Database, settings: Settings, viewer: Viewer, device: Device, **more: Any) -> Viewer:
    viewer = viewer if viewer.session_id else await with_token(db, viewer)
    given: dict[str, Any] = {"standard": True, "alerts": ALL, "token": "the token"} | more
    await push.subscribe(
        db, settings, viewer, endpoint=device.endpoint, p256dh=device.p256dh, auth=device.auth, **given
    )
    return viewer


async def mention(db: Database, by: Viewer, to: Viewer, post_id: int | None, kind: str = "mention") -> None:
    async with db.transaction() as tx:
        await notifications.notify(tx, kind=kind, to=[to.account_id], from_id=by.account_id, post_id=post_id)


def test_what_is_wanted_is_what_was_said_last() -> None:
    assert chosen({Kind.MENTION: True, Kind.BOOST: False}) == {Kind.MENTION}


def test_delivery_is_tried_a_few_times() -> None:
    waits = [next_attempt(attempts, NOW) for attempts in range(1, 6)]
    assert waits[-1] is None
    assert [each - NOW for each in waits if each is not None][-1] == timedelta(minutes=30)


@pytest.mark.parametrize("p256dh", ["", "x", "A" * 87, "BA" + "A" * 85])
def test_keys_that_are_none_are_refused(p256dh: str) -> None:
    with pytest.raises(NoSubscription):
        check_keys(p256dh, "A" * 22)


@pytest.mark.parametrize("standard", [True, False])
async def test_a_mention_reaches_the_device_sealed(
    db: Database, cast: Any, write: Any, settings: Settings, standard: bool
) -> None:
    async with push_service() as service:
        device = service.device()
        await subscribe(db, settings, cast.bert, device, standard=standard)
        post = await write(cast.ada, "Good morning @bert, " + "long " * 60)
        await mention(db, cast.ada, cast.bert, post)
        assert await deliver_due(db, settings) == 1
        assert await deliver_due(db, settings) == 0
        (sent,) = service.sent
        assert b"morning" not in sent.body
        found = device.opens(sent)
        key = await push.public_key(db, settings)
    assert found["title"] == "Ada mentioned you"
    assert found["body"].startswith("Good morning @bert")
    assert len(found["body"]) <= 140
    assert found["notification_type"] == "mention"
    assert found["access_token"] == "the token"
    assert found["url"] == f"/@ada/{post}"
    assert sent.headers["TTL"] == "172800"
    if standard:
        assert f"k={key}" in sent.headers["Authorization"]
        assert Vapid02.verify(sent.headers["Authorization"])
    else:
        assert f"p256ecdsa={key}" in sent.headers["Crypto-Key"]
    assert len(decoded(key)) == 65


async def test_only_what_was_chosen_is_pushed_and_in_the_owners_language(
    db: Database, cast: Any, write: Any, settings: Settings
) -> None:
    await db.fetch("UPDATE credentials SET locale = 'de' WHERE account_id = $1", cast.bert.account_id)
    async with push_service() as service:
        device = service.device()
        viewer = await subscribe(db, settings, cast.bert, device, alerts={Kind.FAVOURITE: True})
        post = await write(cast.bert)
        await mention(db, cast.ada, cast.bert, post)
        await mention(db, cast.ada, cast.bert, post, "favourite")
        assert await deliver_due(db, settings) == 1
        assert device.opens(service.sent[0])["title"] == "Ada gefällt dein Beitrag"
        await push.change(db, viewer, alerts={Kind.MENTION: True})
        await mention(db, cast.cleo, cast.bert, post, "favourite")
        assert await deliver_due(db, settings) == 0
        await push.end(db, viewer)
        await mention(db, cast.cleo, cast.bert, post)
        assert await deliver_due(db, settings) == 0
    with pytest.raises(Missing):
        await push.change(db, viewer, alerts={})


async def test_the_policy_says_from_whom(db: Database, cast: Any, write: Any, settings: Settings) -> None:
    await relations.follow(db, cast.bert, cast.ada.account_id)
    async with push_service() as service:
        await subscribe(db, settings, cast.bert, service.device(), policy=push.Policy.FOLLOWED)
        post = await write(cast.bert)
        await mention(db, cast.ada, cast.bert, post)
        await mention(db, cast.cleo, cast.bert, post)
        await deliver_due(db, settings)
        assert len(service.sent) == 1


async def test_what_may_not_be_seen_any_more_is_not_pushed(
    db: Database, cast: Any, write: Any, settings: Settings
) -> None:
    async with push_service() as service:
        await subscribe(db, settings, cast.bert, service.device())
        post = await write(cast.ada)
        await mention(db, cast.ada, cast.bert, post)
        await db.fetch("UPDATE posts SET hidden_at = $1 WHERE id = $2", clock.now(), post)
        assert await deliver_due(db, settings) == 1
        assert service.sent == []


async def test_a_stewards_alarm_passes_every_choice(db: Database, cast: Any, settings: Settings) -> None:
    async with push_service() as service:
        device = service.device()
        await subscribe(db, settings, cast.dora, device, alerts={}, policy=push.Policy.NONE)
        async with db.transaction() as tx:
            await notifications.notify(tx, kind="alarm", to=[cast.dora.account_id], from_id=None, about_id=4_711)
        await deliver_due(db, settings)
        found = device.opens(service.sent[0])
    assert (found["title"], found["url"]) == ("A life may be at risk", "/admin/board")
    assert service.sent[0].headers["Urgency"] == "high"


async def test_an_app_knows_a_decision_about_a_profile_as_a_warning(
    db: Database, cast: Any, settings: Settings
) -> None:
    async with push_service() as service:
        device = service.device()
        await subscribe(db, settings, cast.bert, device, alerts={Kind.PROFILE_DECISION: True})
        async with db.transaction() as tx:
            await notifications.notify(
                tx, kind="profile_decision", to=[cast.bert.account_id], from_id=None, about_id=4_711
            )
        await deliver_due(db, settings)
        found = device.opens(service.sent[0])
    assert (found["notification_type"], found["title"]) == ("moderation_warning", "A decision about your profile")


async def test_trouble_is_tried_again_and_a_device_that_is_gone_is_forgotten(
    db: Database, cast: Any, write: Any, settings: Settings
) -> None:
    async with push_service() as service:
        viewer = await subscribe(db, settings, cast.bert, service.device())
        post = await write(cast.ada)
        service.answers = [503, 307]
        with clock.held_at(NOW):
            await mention(db, cast.ada, cast.bert, post)
            await deliver_due(db, settings)
            assert await deliver_due(db, settings) == 0
        with clock.held_at(NOW + timedelta(minutes=1)):
            assert await deliver_due(db, settings) == 1  # it is led elsewhere, where we do not go
        assert len(service.sent) == 2
        service.answers = [410]
        await mention(db, cast.cleo, cast.bert, post)
        await deliver_due(db, settings)
    assert await push.find(db, viewer) is None


async def test_a_subscription_ends_with_its_token_and_belongs_to_it_alone(
    db: Database, cast: Any, settings: Settings, write: Any
) -> None:
    async with push_service() as service:
        first = await subscribe(db, settings, cast.bert, service.device("a"))
        again = service.device("b")
        await push.subscribe(
            db,
            settings,
            first,
            endpoint=again.endpoint,
            p256dh=again.p256dh,
            auth=again.auth,
            standard=True,
            alerts=ALL,
        )
        other = await subscribe(db, settings, cast.bert, service.device("c"))
        await db.fetch("UPDATE tokens SET revoked_at = $1 WHERE id = $2", clock.now(), other.token_id)
        await mention(db, cast.ada, cast.bert, await write(cast.ada))
        await deliver_due(db, settings)
        assert [sent.path for sent in service.sent] == ["/b"]
    await tidy(db)
    assert await db.fetchval("SELECT count(*) FROM push_subscriptions") == 1


async def test_only_devices_with_a_public_address_and_a_way_in_are_taken(
    db: Database, cast: Any, settings: Settings
) -> None:
    device = Device("http://127.0.0.1:9/")
    viewer = await with_token(db, cast.ada)
    given: dict[str, Any] = {"p256dh": device.p256dh, "auth": device.auth, "standard": True, "alerts": {}}
    strict = replace(settings, outgoing_loopback=False)
    with pytest.raises(NotOutside):
        await push.subscribe(db, strict, viewer, endpoint="https://169.254.169.254/latest", **given)
    with pytest.raises(Unknown):
        await push.subscribe(db, settings, as_other(viewer, token_id=None), endpoint=device.endpoint, **given)


async def test_telling_somebody_without_a_device_costs_no_further_exchange(
    db: Database, cast: Any, write: Any, round_trips: Any, settings: Settings
) -> None:
    post = await write(cast.ada)
    with round_trips(db) as without:
        await mention(db, cast.ada, cast.bert, post)
    async with push_service() as service:
        await subscribe(db, settings, cast.cleo, service.device())
    with round_trips(db, without.made):
        await mention(db, cast.ada, cast.cleo, post)


async def test_an_announcement_reaches_the_devices_of_those_who_did_not_choose_otherwise(
    db: Database, cast: Any, settings: Settings
) -> None:
    await db.fetch(
        """UPDATE credentials SET preferences = '{"announcements_by_push": false}' WHERE account_id = $1""",
        cast.ada.account_id,
    )
    async with push_service() as service:
        ada, bert = service.device("ada"), service.device("bert")
        await subscribe(db, settings, cast.ada, ada)
        await subscribe(db, settings, cast.bert, bert)
        await announcements.announce(db, cast.dora, text="We move tonight.")
        await send_due(db, settings)
        await deliver_due(db, settings)
        assert [sent.path for sent in service.sent] == ["/bert"]
        assert bert.opens(service.sent[0])["body"] == "We move tonight."
        await announcements.announce(db, cast.dora, text="We move now.", urgent=True)
        await send_due(db, settings)
        await send_due(db, settings)
        await deliver_due(db, settings)
        assert sorted(sent.path for sent in service.sent[1:]) == ["/ada", "/bert"]


async def test_a_message_that_cannot_be_sealed_holds_up_no_other(
    db: Database, cast: Any, write: Any, settings: Settings
) -> None:
    async with push_service() as service:
        for member in (cast.bert, cast.cleo):
            await subscribe(db, settings, member, service.device())
            await mention(db, cast.ada, member, await write(cast.ada, f"Good morning @{member.name}"))
        await db.fetch(
            "UPDATE push_subscriptions SET sealed_token = 'of another key' WHERE account_id = $1", cast.bert.account_id
        )
        assert await deliver_due(db, settings) == 2
        assert len(service.sent) == 1
