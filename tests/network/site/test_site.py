from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot import clock
from folkmoot.bus import News
from folkmoot.database import Database
from folkmoot.errors import Forbidden, Invalid, Missing
from folkmoot.network import site
from folkmoot.network.site import Reaction, announcements, limits
from folkmoot.settings import Settings

SETTINGS = Settings(site_name="Tidewick", registration="approval")


@pytest.mark.parametrize("name", ["👍", "❤️", "👩🏽‍🚀", "🇩🇪", "1️⃣", "☕"])
def test_an_emoji_is_a_reaction(name: str) -> None:
    limits.check_reaction(name, [])


@pytest.mark.parametrize("name", ["", "a", "12", "thumbs up", "👍 👍", "👍" * 17, "<b>", "\0", "👍x"])
def test_words_are_no_reaction(name: str) -> None:
    with pytest.raises(limits.NotAReaction):
        limits.check_reaction(name, [])


@given(st.text(max_size=20))
def test_no_text_breaks_the_check(name: str) -> None:
    try:
        limits.check_reaction(name, [])
    except Invalid:
        return
    assert not any(letter.isalpha() or letter.isspace() for letter in name)


def test_eight_different_reactions_are_enough() -> None:
    present = list("☀☁☂☃☄★☆☎")
    limits.check_reaction("☀", present)
    with pytest.raises(limits.TooManyReactions):
        limits.check_reaction("☏", present)


async def test_settings_speak_until_the_operator_does(db: Database, cast: Any, heard: list[News]) -> None:
    assert (await site.site_values(db, SETTINGS)).registration == "approval"
    changed = await site.change_site(
        db,
        cast.dora,
        SETTINGS,
        name=" Hollerbrück ",
        description="Two villages",
        translations={"de": {"description": "Zwei Dörfer"}},
        registration="open",
        contact_account_id=cast.dora.account_id,
    )
    assert changed == await site.site_values(db, SETTINGS)
    assert (changed.name, changed.registration) == ("Hollerbrück", "open")
    assert changed.in_language("description", "de") == "Zwei Dörfer"
    assert changed.in_language("description", "fr") == "Two villages"
    assert "site.changed" in [news.kind for news in heard]
    assert {row["name"] for row in await db.fetch("SELECT name FROM events WHERE name LIKE 'site.%'")} == {
        "site.changed",
        "site.registration_changed",
    }


async def test_only_the_operator_changes_the_site(db: Database, cast: Any) -> None:
    with pytest.raises(Forbidden):
        await site.change_site(db, cast.ada, SETTINGS, name="Mine")
    for wrong in (
        {"name": " "},
        {"name": "x" * 81},
        {"registration": "closed"},
        {"contact_account_id": 1},
        {"translations": {"fr": {"description": "x"}}},
    ):
        with pytest.raises(Invalid):
            await site.change_site(db, cast.dora, SETTINGS, **wrong)


async def test_a_rule_keeps_its_number(db: Database, cast: Any) -> None:
    first = await site.add_rule(db, cast.dora, text="Be kind", translations={"de": {"text": "Sei nett"}})
    second = await site.add_rule(db, cast.dora, text="Be brief", hint="Really")
    assert (first.id, second.id) == (1, 2)
    assert first.in_language("text", "de") == "Sei nett"
    await site.withdraw_rule(db, cast.dora, 2)
    with pytest.raises(Missing):
        await site.withdraw_rule(db, cast.dora, 2)
    with pytest.raises(Missing):
        await site.change_rule(db, cast.dora, 2, text="Be back")
    with pytest.raises(Missing):
        await site.withdraw_rule(db, cast.dora, 2**80)
    assert (await site.add_rule(db, cast.dora, text="Be here")).id == 3
    changed = await site.change_rule(db, cast.dora, 1, hint="To everyone")
    assert (changed.text, changed.hint, changed.translations) == ("Be kind", "To everyone", first.translations)
    assert [rule.id for rule in await site.rules(db)] == [1, 3]
    assert [rule.id for rule in await site.rules(db, withdrawn=True)] == [1, 3, 2]
    with pytest.raises(Forbidden):
        await site.add_rule(db, cast.ada, text="Be mine")


async def test_an_announcement_is_read_and_answered(db: Database, cast: Any, heard: list[News]) -> None:
    told = await announcements.announce(db, cast.dora, text="Cake at four", translations={"de": {"text": "Kuchen"}})
    await announcements.react(db, cast.ada, told.id, "🍰")
    await announcements.react(db, cast.ada, told.id, "🍰")
    await announcements.react(db, cast.bert, told.id, "🍰")
    await announcements.react(db, cast.bert, told.id, "☕")
    await announcements.dismiss(db, cast.ada, told.id)
    await announcements.dismiss(db, cast.ada, told.id)
    (for_ada,) = await announcements.current(db, cast.ada)
    assert for_ada.read
    assert for_ada.reactions == (Reaction("🍰", 2, True), Reaction("☕", 1, False))
    (for_anybody,) = await announcements.current(db, None)
    assert not for_anybody.read
    assert for_anybody.reactions[0] == Reaction("🍰", 2, False)
    assert for_anybody.in_language("de") == "Kuchen"
    await announcements.unreact(db, cast.bert, told.id, "☕")
    reacted = [news.payload for news in heard if news.kind == "announcement.reaction"]
    assert reacted[-1] == {"announcement_id": told.id, "name": "☕", "count": 0}
    await announcements.withdraw(db, cast.dora, told.id)
    assert await announcements.current(db, cast.ada) == []
    for deed in (announcements.dismiss(db, cast.ada, told.id), announcements.react(db, cast.ada, told.id, "🍰")):
        with pytest.raises(Missing):
            await deed


async def test_an_announcement_ends(db: Database, cast: Any) -> None:
    now = clock.now()
    told = await announcements.announce(db, cast.dora, text="Cake", starts_at=now, ends_at=now + timedelta(hours=1))
    with clock.held_at(now + timedelta(hours=2)):
        assert await announcements.current(db, None) == []
        assert [each.id for each in await announcements.every_announcement(db)] == [told.id]
        changed = await announcements.change(db, cast.dora, told.id, text="More cake", ends_at=None)
        assert changed.starts_at == now
        assert [each.text for each in await announcements.current(db, None)] == ["More cake"]
    with pytest.raises(Invalid):
        await announcements.change(db, cast.dora, told.id, ends_at=now - timedelta(hours=1))
    with pytest.raises(Forbidden):
        await announcements.announce(db, cast.ada, text="Mine")
