from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.bus import News
from folkmoot.database import Database
from folkmoot.errors import Invalid
from folkmoot.moderation.screening import Finding, Words
from folkmoot.network import accounts
from folkmoot.network.accounts import Field, ProfilePicture
from folkmoot.network.gate import Gate


async def test_changing_a_profile_leaves_the_rest(db: Database, cast: Any, gate: Gate, heard: list[News]) -> None:
    changed = await accounts.update_profile(
        db,
        gate,
        cast.ada,
        display_name="  Ada\n Lovelace\0 ",
        bio="First line\nSecond line",
        fields=[("Site", "https://ada.example")],
        avatar=ProfilePicture("abc"),
        locked=True,
    )
    assert changed.display_name == "Ada Lovelace"
    assert changed.bio == "First line\nSecond line"
    assert changed.fields == (Field("Site", "https://ada.example"),)
    assert ("account.changed", {"account_id": cast.ada.account_id}) in [(news.kind, news.payload) for news in heard]
    again = await accounts.update_profile(db, gate, cast.ada, avatar=None, bot=True)
    assert again.avatar_key is None
    assert again.bot
    assert again.locked
    assert again.bio == changed.bio
    assert await accounts.find_account(db, cast.ada.account_id) == again


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"display_name": "x" * 31}, "display_name"),
        ({"bio": "x" * 501}, "bio"),
        ({"fields": [("a", "b")] * 5}, "fields"),
        ({"avatar_alt": "x" * 1501}, "avatar_alt"),
    ],
)
async def test_what_is_too_long_changes_nothing(
    db: Database, cast: Any, gate: Gate, changes: dict[str, Any], field: str
) -> None:
    before = await accounts.find_account(db, cast.ada.account_id)
    with pytest.raises(Invalid) as refused:
        await accounts.update_profile(db, gate, cast.ada, locked=True, **changes)
    assert refused.value.field == field
    assert await accounts.find_account(db, cast.ada.account_id) == before


class Counting:
    """A gate that says how much it was given."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.given: list[Words] = []

    async def look(self, words: Words) -> Finding:
        self.given.append(words)
        return await self._gate.look(words)


@pytest.mark.parametrize(
    "changes",
    [
        {"fields": [("a", "b")] * 1_000},
        {"fields": [("a", "x" * 100_000)]},
        {"fields": [("", "b")]},
        {"bio": "x" * 100_000},
    ],
)
async def test_nothing_is_screened_that_is_too_long_for_a_profile(
    db: Database, cast: Any, gate: Gate, changes: dict[str, Any]
) -> None:
    counting: Any = Counting(gate)
    with pytest.raises(Invalid):
        await accounts.update_profile(db, counting, cast.ada, **changes)
    assert counting.given == []


async def test_what_is_screened_is_what_will_stand_there(db: Database, cast: Any, gate: Gate) -> None:
    counting: Any = Counting(gate)
    await accounts.update_profile(
        db,
        counting,
        cast.ada,
        bio=f"  Baker{chr(0) * 10_000}",
        display_name=f"Ada{' ' * 10_000} L",
        fields=[(" ", "")] * 100 + [(" Site ", "https://ada.example\0")],
    )
    (words,) = counting.given
    assert (words.text, words.more) == ("Baker", ("Ada L", "Site", "https://ada.example"))


async def test_many_accounts_take_one_statement(db: Database, cast: Any, round_trips: Callable[..., Any]) -> None:
    wanted = [viewer.account_id for viewer in cast]
    with round_trips(db, 1):
        found = await accounts.load_accounts(db, [*wanted, *wanted, 1])
    assert sorted(found) == sorted(wanted)
    with round_trips(db, 0):
        assert await accounts.load_accounts(db, []) == {}
        assert await accounts.find_by_name(db, "no name\0") is None


async def test_preferences_are_kept_one_by_one(db: Database, cast: Any) -> None:
    before = await accounts.get_preferences(db, cast.ada)
    assert before.default_visibility == "public"
    await accounts.update_preferences(db, cast.ada, locale="de", default_language="de", default_sensitive=True)
    after = await accounts.update_preferences(db, cast.ada, default_visibility="followers", default_language=None)
    assert after == await accounts.get_preferences(db, cast.ada)
    assert (after.locale, after.default_sensitive, after.default_language) == ("de", True, None)
    assert after.default_visibility == "followers"
    for wrong in ({"default_visibility": "secret"}, {"locale": "fr"}, {"expand_media": "x"}, {"default_language": "?"}):
        with pytest.raises(Invalid):
            await accounts.update_preferences(db, cast.ada, **wrong)


async def test_activity_is_noted_once_an_hour(db: Database, cast: Any, round_trips: Callable[..., Any]) -> None:
    later = clock.now() + timedelta(hours=3)
    with clock.held_at(later):
        await accounts.note_activity(db, cast.ada.account_id)
        with round_trips(db, 0):
            await accounts.note_activity(db, cast.ada.account_id)
    assert await db.fetchval("SELECT active_at FROM accounts WHERE id = $1", cast.ada.account_id) == later
