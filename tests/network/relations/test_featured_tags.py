"""What a hashtag says on a profile is screened like the rest of it."""

from __future__ import annotations

from typing import Any

import pytest

from folkmoot import clock
from folkmoot.bus import Bus
from folkmoot.moderation import findings, rulebook
from folkmoot.moderation.findings import About
from folkmoot.moderation.screening import Outcome
from folkmoot.moderation.sweep.profiles import sweep_profiles
from folkmoot.network.access import COMMAND_LINE
from folkmoot.network.accounts import update_profile
from folkmoot.network.accounts.rules import ProfileHeld
from folkmoot.network.gate import Gate
from folkmoot.network.relations import feature_tag, featured_tags
from folkmoot.settings import Settings

RULES = """
[lists]
moths = ["moth"]
wasps = ["wasp"]

[[rule]]
id = "moths"
title = "Somebody looks at moths"
category = "threat"
weight = 0.6
all = ["moths"]
[rule.examples]
match = ["a moth by the lamp"]
leave = ["good evening"]

[[rule]]
id = "wasps"
title = "Nobody is shown wasps"
category = "threat"
weight = 0.95
all = ["wasps"]
[rule.examples]
match = ["a wasp by the lamp"]
leave = ["good evening"]
"""


async def insects(db: Any) -> Gate:
    """A gate with rules alone, about moths and wasps."""
    await rulebook.use_rules(db, COMMAND_LINE, {"insects": RULES})
    bus = Bus()
    db.deliver = bus.deliver
    return Gate(db, Settings(screening="rules"), bus)


async def waiting(db: Any, cast: Any, outcome: Outcome) -> list[str]:
    return [each.text for each in await findings.list_open(db, cast.dora, outcome)]


async def test_what_would_be_held_is_not_shown_and_waits_for_somebody(db: Any, cast: Any) -> None:
    gate = await insects(db)
    with pytest.raises(ProfileHeld):
        await feature_tag(db, gate, cast.ada, "TheWaspIsHere")
    assert await featured_tags(db, cast.ada.account_id) == []
    assert await db.fetchval("SELECT count(*) FROM tags") == 0
    (finding,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    assert (finding.about, finding.account_id, finding.text) == (
        About.REFUSED,
        cast.ada.account_id,
        "\n#TheWaspIsHere",
    )
    await findings.release(db, cast.dora, finding.id)
    await feature_tag(db, gate, cast.ada, "TheWaspIsHere")


async def test_what_is_doubted_is_shown_and_written_down(db: Any, cast: Any) -> None:
    gate = await insects(db)
    await feature_tag(db, gate, cast.ada, "TheMothIsHere")
    assert await waiting(db, cast, Outcome.CASE) == ["\n#TheMothIsHere"]
    await feature_tag(db, gate, cast.ada, "garden")
    assert len(await featured_tags(db, cast.ada.account_id)) == 2
    assert await waiting(db, cast, Outcome.HOLD) == []


async def test_what_is_doubted_is_doubted_until_it_is_gone_and_a_steward_can_take_it_off(db: Any, cast: Any) -> None:
    gate = await insects(db)
    await feature_tag(db, gate, cast.ada, "TheMothIsHere")
    await feature_tag(db, gate, cast.ada, "garden")
    await update_profile(db, gate, cast.ada, bio="A moth by the lamp")
    assert await waiting(db, cast, Outcome.CASE) == ["\n#TheMothIsHere", "A moth by the lamp"]
    (finding,) = [each for each in await findings.list_open(db, cast.dora, Outcome.CASE) if "#" in each.text]
    assert await findings.uphold(db, cast.dora, finding.id) is findings.Followed.BLANKED
    assert [each.name for each in await featured_tags(db, cast.ada.account_id)] == ["garden"]


async def test_a_sweep_reads_what_was_there_before(db: Any, cast: Any) -> None:
    gate = await insects(db)
    await db.fetch("INSERT INTO tags VALUES ('themothishere', 'TheMothIsHere', $1)", clock.now())
    await db.fetch("UPDATE accounts SET display_name = '', bio = ''")
    await db.fetch(
        "INSERT INTO featured_tags (account_id, tag, id) VALUES ($1, 'themothishere', 1)", cast.ada.account_id
    )

    async def read(words: Any) -> Any:
        return [await gate.look(each) for each in words]

    assert await sweep_profiles(db, read, 1, dry=False) == (1, 1)
    assert await waiting(db, cast, Outcome.CASE) == ["\n#TheMothIsHere"]
    assert await sweep_profiles(db, read, 1, dry=False) == (1, 0)


async def test_it_is_read_as_it_is_shown(db: Any, cast: Any) -> None:
    gate = await insects(db)
    await db.fetch("INSERT INTO tags VALUES ('thewaspishere', 'TheWaspIsHere', $1)", clock.now())
    with pytest.raises(ProfileHeld):
        await feature_tag(db, gate, cast.ada, "thewaspishere")
