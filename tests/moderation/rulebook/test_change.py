"""What screening goes by changes without a restart, and a mistake changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from folkmoot.bus import Bus
from folkmoot.errors import Forbidden, Invalid, Missing
from folkmoot.moderation import rulebook
from folkmoot.moderation.rulebook.trial import try_rules
from folkmoot.moderation.screening import Category, Limits, Outcome, Words
from folkmoot.network.gate import Gate
from folkmoot.network.gate.parts import Tuning, load_rules
from folkmoot.settings import Settings

BELLS = """
[lists]
bells = ["bell*"]

[[rule]]
id = "no-bells"
title = "Nobody rings bells here"
category = "threat"
weight = 0.95
all = ["bells"]
[rule.examples]
match = ["ring the bells tonight"]
leave = ["good evening"]
"""


@pytest.fixture
def hearing(db: Any) -> Gate:
    """A gate that hears what the test commits."""
    bus = Bus()
    gate = Gate(db, Settings(), bus)
    db.deliver = bus.deliver
    return gate


async def test_a_rule_file_is_in_force_at_once_and_out_again(db: Any, cast: Any, hearing: Gate) -> None:
    words = Words(text="The bell of our church was cast in 1874 and weighs two tons")
    assert (await hearing.look(words)).outcome is Outcome.PUBLISH
    await rulebook.use_rules(db, cast.dora, "bells", BELLS)
    finding = await hearing.look(words)
    assert finding.outcome is Outcome.HOLD
    assert finding.because[0].name == "no-bells"
    await rulebook.drop_rules(db, cast.dora, "bells")
    assert (await hearing.look(words)).outcome is Outcome.PUBLISH
    (part,) = await rulebook.list_parts(db)
    await rulebook.roll_back(db, cast.dora, part.id)
    assert (await hearing.look(words)).outcome is Outcome.HOLD


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (BELLS.replace('"ring the bells tonight"', '"ring tonight"'), "no-bells"),
        (BELLS.replace('"bells"]\n[rule', '"bell-tower"]\n[rule'), "bell-tower"),
        ("[[rule]\n", "bells.toml"),
    ],
)
async def test_a_broken_file_is_refused_and_the_old_stays(db: Any, cast: Any, content: str, says: str) -> None:
    await rulebook.use_rules(db, cast.dora, "bells", BELLS)
    with pytest.raises(Invalid, match=says) as refused:
        await rulebook.use_rules(db, cast.dora, "bells", content)
    assert "bells.toml" in refused.value.words
    assert [part.content for part in await rulebook.list_parts(db, active=True)] == [BELLS]


async def test_only_operators_change_it(db: Any, cast: Any) -> None:
    with pytest.raises(Forbidden):
        await rulebook.use_rules(db, cast.ada, "bells", BELLS)
    with pytest.raises(Missing):
        await rulebook.drop_rules(db, cast.dora, "bells")
    with pytest.raises(Invalid):
        await rulebook.use_rules(db, cast.dora, "../bells", BELLS)


async def test_limits_out_of_order_are_refused(db: Any, cast: Any) -> None:
    with pytest.raises(Invalid, match="order"):
        await rulebook.use_limits(db, cast.dora, Tuning(limits={Category.VIOLENCE: Limits(case=0.9, hold=0.5)}))


async def test_a_trial_counts_what_rules_would_have_done_and_does_nothing(db: Any, cast: Any, write: Any) -> None:
    for text in ("Bells at noon", "Good evening", "No bells, no noise"):
        await write(cast.ada, text)
    trial = await try_rules(
        db, cast.dora, load_rules((("bells", BELLS),)), {"no-bells"}, since=(await _start(db)), samples=1
    )
    assert (trial.posts, trial.held, trial.doubted) == (3, 2, 0)
    (found,) = trial.rules
    assert (found.name, found.posts, len(found.samples)) == ("no-bells", 2, 1)
    assert await db.fetchval("SELECT count(*) FROM findings") == 0


async def _start(db: Any) -> Any:
    return await db.fetchval("SELECT min(created_at) - interval '1 hour' FROM posts")
