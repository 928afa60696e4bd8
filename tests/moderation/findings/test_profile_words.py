"""What stewards do about the words of a profile: those that stand there, and those that were refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from folkmoot.bus import Bus
from folkmoot.errors import Missing
from folkmoot.moderation import findings, rulebook
from folkmoot.moderation.findings import About, Followed, words
from folkmoot.moderation.findings.blank import without
from folkmoot.moderation.screening import Category, Outcome
from folkmoot.moderation.sweep.profiles import sweep_profiles
from folkmoot.network.access import COMMAND_LINE
from folkmoot.network.accounts import Field, get_account, update_profile
from folkmoot.network.accounts.rules import ProfileHeld
from folkmoot.network.gate import Gate
from folkmoot.network.notifications import Kind, listing
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft
from folkmoot.settings import Settings

THREAT = "I will find you tonight and I will kill you, you traitor"
NAME = "I will kill you"
DOUBTED = """
[lists]
moths = ["moth*"]

[[rule]]
id = "moths"
title = "Somebody looks at moths"
category = "threat"
weight = 0.6
all = ["moths"]
[rule.examples]
match = ["a moth by the lamp"]
leave = ["good evening"]
"""


@pytest.fixture
def desk(desk: Any) -> Any:
    """With rules alone, which doubt no word that they do not name."""
    bus = Bus()
    desk.db.deliver = bus.deliver
    return msgspec.structs.replace(desk, gate=Gate(desk.db, Settings(screening="rules"), bus))


@pytest.fixture
def doubt(db: Any) -> Any:
    """Has words about moths doubted, which nobody holds."""

    async def doubt() -> None:
        await rulebook.use_rules(db, COMMAND_LINE, {"moths": DOUBTED})

    return doubt


async def waiting(db: Any, steward: Any, outcome: Outcome = Outcome.CASE) -> list[str]:
    return sorted(each.text for each in await findings.list_open(db, steward, outcome))


async def swept(db: Any, desk: Any) -> int:
    """The sweep's reading of profiles, in this process."""

    async def read(words: Any) -> Any:
        return [await desk.gate.look(each) for each in words]

    return (await sweep_profiles(db, read, 1, dry=False))[1]


async def test_a_refused_name_leaves_the_doubted_bio_before_stewards(db: Any, cast: Any, desk: Any, doubt: Any) -> None:
    await doubt()
    await update_profile(db, desk.gate, cast.ada, bio="Moths are all I see")
    with pytest.raises(ProfileHeld):
        await update_profile(db, desk.gate, cast.ada, display_name=NAME)
    assert await waiting(db, cast.dora) == ["Moths are all I see"]
    with pytest.raises(ProfileHeld):
        await update_profile(db, desk.gate, cast.ada, display_name=f"{NAME} tonight")
    assert await waiting(db, cast.dora, Outcome.HOLD) == [f"\n{NAME} tonight"], "the last of what was tried"


async def test_what_is_doubted_takes_the_place_only_of_what_stands_there_no_more(
    db: Any, cast: Any, desk: Any, doubt: Any
) -> None:
    await doubt()
    await update_profile(db, desk.gate, cast.ada, bio="Moths are all I see ")
    await update_profile(db, desk.gate, cast.ada, display_name="Moth", fields=[("Likes", "lamps")])
    assert await waiting(db, cast.dora) == ["\nMoth\nLikes\nlamps", "Moths are all I see"]
    await update_profile(db, desk.gate, cast.ada, bio="A moth, a lamp")
    assert await waiting(db, cast.dora) == ["\nMoth\nLikes\nlamps", "A moth, a lamp"]


async def test_a_sweep_finds_again_what_was_superseded(db: Any, cast: Any, desk: Any, doubt: Any) -> None:
    await doubt()
    await db.fetch("UPDATE accounts SET bio = 'Moths are all I see' WHERE id = $1", cast.ada.account_id)
    assert await swept(db, desk) == 1
    await update_profile(db, desk.gate, cast.ada, bio="A moth, a lamp")
    assert await waiting(db, cast.dora) == ["A moth, a lamp"]
    await db.fetch("UPDATE accounts SET bio = 'Moths are all I see' WHERE id = $1", cast.ada.account_id)
    assert await swept(db, desk) == 1
    assert await waiting(db, cast.dora) == ["Moths are all I see\nAda"]
    assert await swept(db, desk) == 0


async def test_upheld_the_words_leave_the_profile_and_nothing_else_does(
    db: Any, cast: Any, desk: Any, doubt: Any
) -> None:
    await update_profile(db, desk.gate, cast.ada, fields=[("From", "the harbour")])
    await doubt()
    await update_profile(db, desk.gate, cast.ada, bio="Moths are all I see by the lamp")
    (finding,) = await findings.list_open(db, cast.dora, Outcome.CASE)
    assert finding.about is About.PROFILE
    assert await findings.uphold(db, cast.dora, finding.id) is Followed.BLANKED
    ada = await get_account(db, cast.ada.account_id)
    assert (ada.bio, ada.display_name, [field.value for field in ada.fields]) == ("", "Ada", ["the harbour"])
    detail = await db.fetchval("SELECT detail FROM events WHERE name = 'finding.upheld'")
    assert msgspec.json.decode(detail)["blanked"] == ["bio"]
    with pytest.raises(ProfileHeld):
        await update_profile(db, desk.gate, cast.ada, bio="Moths are all I see, by the lamp")
    assert await findings.release(db, cast.dora, finding.id, was="upheld") is Followed.MAY_SAVE
    await update_profile(db, desk.gate, cast.ada, bio="Moths are all I see by the lamp")


async def test_words_that_are_gone_by_then_are_said_to_be(db: Any, cast: Any, desk: Any, doubt: Any) -> None:
    await doubt()
    await update_profile(db, desk.gate, cast.ada, bio="Moths are all I see")
    await update_profile(db, desk.gate, cast.ada, bio="Baker")
    (finding,) = await findings.list_open(db, cast.dora, Outcome.CASE)
    assert await findings.uphold(db, cast.dora, finding.id) is Followed.NOTHING_TO_BLANK
    assert (await get_account(db, cast.ada.account_id)).bio == "Baker"


async def test_a_refused_change_that_is_released_can_be_made_however_short(db: Any, cast: Any, desk: Any) -> None:
    lines = [("Site", "https://harbour.example/ada")]
    with pytest.raises(ProfileHeld):
        await update_profile(db, desk.gate, cast.ada, display_name=NAME, bio="Song of the year", fields=lines)
    (finding,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    assert finding.about is About.REFUSED
    assert await findings.release(db, cast.dora, finding.id) is Followed.MAY_SAVE
    saved = await update_profile(db, desk.gate, cast.ada, display_name=NAME, bio="Song of the year", fields=lines)
    assert saved.display_name == NAME
    for draft in (Draft(text=THREAT, warning=NAME), Draft(text=NAME)):
        assert (await publish(desk, cast.ada, draft)).hidden_at is not None, "a post is no profile"
    (finding,) = [each for each in await findings.list_decided(db, cast.dora) if each.post_id is None]
    assert await findings.uphold(db, cast.dora, finding.id, was="released") is Followed.STAYS_REFUSED
    with pytest.raises(ProfileHeld):
        await update_profile(db, desk.gate, cast.bert, display_name=NAME)


def test_a_line_goes_with_its_name() -> None:
    lines = [Field("Motto", "kill  them"), Field("From", "here"), Field("kill them", "all")]
    assert without(["kill them", ""], {"bio": "", "display_name": "Kim"}, lines) == {"fields": [lines[1]]}
    assert without(["Kim"], {"bio": "Kim and others", "display_name": "Kim"}, lines) == {"display_name": ""}
    assert without([], {"bio": "", "display_name": ""}, []) == {}


async def told(db: Any, member: Any) -> list[tuple[Any, Any]]:
    return [(each.kind, each.about_id) for each in await listing(db, member)]


async def test_the_owner_is_told_what_left_the_profile_and_when_it_may_return(
    db: Any, cast: Any, desk: Any, doubt: Any
) -> None:
    await doubt()
    await update_profile(
        db, desk.gate, cast.ada, bio="Moths are all I see by the lamp", display_name="Ada of the harbour"
    )
    (finding,) = await findings.list_open(db, cast.dora, Outcome.CASE)
    assert "Ada of the harbour" in finding.text
    with pytest.raises(Missing):
        await findings.own_profile_decision(db, cast.ada, finding.id)
    await findings.uphold(db, cast.dora, finding.id)
    assert await told(db, cast.ada) == [(Kind.PROFILE_DECISION, finding.id)]
    found = await findings.own_profile_decision(db, cast.ada, finding.id)
    assert found.blamed == ("Moths are all I see by the lamp",), "what was taken off, and not the name beside it"
    assert findings.tell(found, "de")[1] == "Sie lesen sich wie eine Drohung."
    with pytest.raises(Missing):
        await findings.own_profile_decision(db, cast.bert, finding.id)
    await findings.release(db, cast.dora, finding.id, was="upheld")
    assert await told(db, cast.ada) == [(Kind.PROFILE_DECISION, finding.id)] * 2
    (cleared,) = findings.tell(await findings.own_profile_decision(db, cast.ada, finding.id), "xx")
    assert "sees nothing in it" in cleared


async def test_of_doubts_that_came_to_nothing_the_owner_hears_nothing(
    db: Any, cast: Any, desk: Any, doubt: Any
) -> None:
    await doubt()
    await update_profile(db, desk.gate, cast.ada, bio="Moths are all I see by the lamp")
    (finding,) = await findings.list_open(db, cast.dora, Outcome.CASE)
    await findings.release(db, cast.dora, finding.id)
    await update_profile(db, desk.gate, cast.ada, bio="Moths, moths")
    (finding,) = await findings.list_open(db, cast.dora, Outcome.CASE)
    await update_profile(db, desk.gate, cast.ada, bio="Baker")
    assert await findings.uphold(db, cast.dora, finding.id) is Followed.NOTHING_TO_BLANK
    assert await told(db, cast.ada) == []


async def test_who_was_refused_is_told_that_it_may_be_saved(db: Any, cast: Any, desk: Any) -> None:
    with pytest.raises(ProfileHeld):
        await update_profile(db, desk.gate, cast.ada, display_name=NAME)
    (finding,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    await findings.uphold(db, cast.dora, finding.id)
    assert await told(db, cast.ada) == [], "that it was refused they know"
    with pytest.raises(Missing):
        await findings.own_profile_decision(db, cast.ada, finding.id)
    await findings.release(db, cast.dora, finding.id, was="upheld")
    assert await told(db, cast.ada) == [(Kind.PROFILE_DECISION, finding.id)]


def test_every_category_is_told_in_both_languages() -> None:
    assert words.LANGUAGES["en"].keys() == words.LANGUAGES["de"].keys()
    assert {each.value for each in Category} <= words.LANGUAGES["en"].keys()


async def test_nobody_is_told_that_they_may_save_what_a_list_still_refuses(db: Any, cast: Any, desk: Any) -> None:
    with pytest.raises(ProfileHeld):
        await update_profile(db, desk.gate, cast.ada, display_name=NAME)
    (finding,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    await db.fetch("UPDATE findings SET pictures = ARRAY[$2::text] WHERE id = $1", finding.id, "0f" * 32)
    await db.fetch(
        "INSERT INTO known_pictures (hash, list, reference, category, added_at) VALUES ($1, 'operator', 'x', 'violence', now())",
        "0f" * 32,
    )
    assert await findings.release(db, cast.dora, finding.id) is Followed.STILL_LISTED
    assert await told(db, cast.ada) == []
