"""What screening goes by changes without a restart, and a mistake changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from folkmoot import clock
from folkmoot.bus import Bus
from folkmoot.cli.doctor import rule_files
from folkmoot.database import Database
from folkmoot.errors import Forbidden, Invalid, Missing
from folkmoot.ids import new_id
from folkmoot.moderation import rulebook
from folkmoot.moderation.rulebook import queries
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
HASH = "5a" * 32
NO_OFF = 'off = ["no-bells"]'
TOWER = """
[[rule]]
id = "no-towers"
title = "Nobody climbs the bell tower"
category = "threat"
weight = 0.95
pattern = "{bells} tower"
[rule.examples]
match = ["meet me on the bell tower"]
leave = ["ring the bells"]
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
    await rulebook.use_rules(db, cast.dora, {"bells": BELLS})
    finding = await hearing.look(words)
    assert finding.outcome is Outcome.HOLD
    assert finding.because[0].name == "no-bells"
    await rulebook.drop_rules(db, cast.dora, "bells")
    assert (await hearing.look(words)).outcome is Outcome.PUBLISH
    (part,) = await rulebook.list_parts(db)
    await rulebook.roll_back(db, cast.dora, part.id)
    assert (await hearing.look(words)).outcome is Outcome.HOLD


async def test_news_that_could_not_be_read_is_read_the_next_time(
    db: Any, cast: Any, hearing: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = Words(text="The bell of our church was cast in 1874 and weighs two tons")
    assert (await hearing.look(words)).outcome is Outcome.PUBLISH
    await rulebook.use_rules(db, cast.dora, {"bells": BELLS})

    async def gone(*_: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as away:
        away.setattr(db, "fetchval", gone)
        with pytest.raises(ConnectionError):
            await hearing.look(words)
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
    await rulebook.use_rules(db, cast.dora, {"bells": BELLS})
    with pytest.raises(Invalid, match=says) as refused:
        await rulebook.use_rules(db, cast.dora, {"bells": content})
    assert "bells.toml" in refused.value.words
    assert [part.content for part in await rulebook.list_parts(db, active=True)] == [BELLS]


async def test_only_operators_change_it(db: Any, cast: Any) -> None:
    with pytest.raises(Forbidden):
        await rulebook.use_rules(db, cast.ada, {"bells": BELLS})
    with pytest.raises(Missing):
        await rulebook.drop_rules(db, cast.dora, "bells")
    with pytest.raises(Invalid):
        await rulebook.use_rules(db, cast.dora, {"../bells": BELLS})


async def test_several_files_come_into_force_together_or_not_at_all(db: Any, cast: Any) -> None:
    with pytest.raises(Invalid, match=r"tower\.toml"):
        await rulebook.use_rules(db, cast.dora, {"bells": BELLS, "tower": TOWER.replace("{bells}", "{gongs}")})
    assert await rulebook.list_parts(db) == []
    versions = await rulebook.use_rules(db, cast.dora, {"tower": TOWER, "bells": BELLS})
    assert {part.name: part.version for part in await rulebook.list_parts(db, active=True)} == versions


@pytest.mark.parametrize(
    ("other", "says"),
    [(TOWER, r"tower\.toml, line .*'no-towers': there is no list"), (NO_OFF, r"tower\.toml, line 1: there is no rule")],
)
async def test_what_another_file_needs_is_neither_dropped_nor_rolled_back(
    db: Any, cast: Any, other: str, says: str
) -> None:
    await rulebook.use_rules(db, cast.dora, {"bells": "# nothing yet"})
    (empty,) = await rulebook.list_parts(db)
    await rulebook.use_rules(db, cast.dora, {"bells": BELLS, "tower": other})
    in_force = await rulebook.list_parts(db, active=True)
    with pytest.raises(Invalid, match=says):
        await rulebook.drop_rules(db, cast.dora, "bells")
    with pytest.raises(Invalid, match=says):
        await rulebook.roll_back(db, cast.dora, empty.id)
    assert await rulebook.list_parts(db, active=True) == in_force
    await rulebook.drop_rules(db, cast.dora, "tower")
    await rulebook.drop_rules(db, cast.dora, "bells")
    assert await rulebook.list_parts(db, active=True) == []


async def test_only_files_that_no_longer_load_are_left_out(db: Any, cast: Any, hearing: Gate) -> None:
    await rulebook.use_rules(db, cast.dora, {"bells": BELLS})
    await _store(db, "aged", 'off = ["a-rule-of-an-older-release"]')
    await _store(db, "tired", TOWER.replace("{bells}", "{gongs}"))
    assert (await hearing.look(Words(text="The bells"))).outcome is Outcome.HOLD
    left_out = await rulebook.left_out(db)
    assert left_out == (await hearing.screen()).left_out
    assert list(left_out) == ["aged", "tired"]
    assert left_out["aged"].startswith("aged.toml, line 1: there is no rule 'a-rule-of-an-older-release' to switch off")
    await rulebook.use_rules(db, cast.dora, {"more": TOWER})
    await rulebook.drop_rules(db, cast.dora, "tired")
    with pytest.raises(Invalid, match=r"more\.toml"):
        await rulebook.drop_rules(db, cast.dora, "bells")
    with pytest.raises(Invalid, match=r"aged\.toml"):
        await rulebook.use_rules(db, cast.dora, {"aged": 'off = ["another"]'})
    await rulebook.use_rules(db, cast.dora, {"aged": "# mended"})
    assert await rulebook.left_out(db) == {}


def test_the_doctor_says_which_file_is_left_out_and_why(open_database: Database, database_url: str, run: Any) -> None:
    assert list(rule_files(Settings(), database_url)) == []
    run(_store(open_database, "aged", 'off = ["gone"]'))
    try:
        ((well, sentence),) = rule_files(Settings(), database_url)
    finally:
        run(open_database.fetch("DELETE FROM screen_parts"))
    assert not well
    assert "The rule file aged is left out" in sentence
    assert "there is no rule 'gone' to switch off" in sentence


async def _store(db: Any, name: str, content: str) -> None:
    """A file as an older release has let it into force."""
    async with db.transaction() as tx:
        await queries.insert_part(tx, new_id(), "rules", name, "1", content, clock.now(), None)
        tx.announce("screening.changed")


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


@pytest.mark.parametrize(
    ("category", "weight", "outcome"),
    [("hate", 1.0, Outcome.HOLD), ("violence", 0.2, Outcome.PUBLISH), ("spam", 0.6, Outcome.CASE)],
)
async def test_a_trial_says_what_the_rule_does_once_it_is_in_force(
    db: Any, cast: Any, write: Any, hearing: Gate, category: str, weight: float, outcome: Outcome
) -> None:
    rules = BELLS.replace("threat", category).replace("0.95", str(weight))
    await write(cast.ada, "Bells at noon")
    trial = await try_rules(
        db, cast.dora, load_rules((("bells", rules),)), {"no-bells"}, since=(await _start(db)), samples=1
    )
    assert (trial.held, trial.doubted) == (outcome is Outcome.HOLD, outcome is Outcome.CASE)
    await rulebook.use_rules(db, cast.dora, {"bells": rules})
    await rulebook.use_limits(db, cast.dora, Tuning(limits={Category.SPAM: Limits(case=0.01, hold=0.02)}))
    assert (await hearing.look(Words(text="Bells at noon"))).outcome is outcome


async def test_the_shipped_limits_can_be_put_in_force_again(db: Any, cast: Any, hearing: Gate) -> None:
    shipped = (await hearing.screen()).limits
    with pytest.raises(Missing):
        await rulebook.ship_limits(db, cast.dora)
    await rulebook.use_limits(db, cast.dora, Tuning(limits={Category.SPAM: Limits(case=0.01, hold=0.02)}))
    assert (await hearing.screen()).limits != shipped
    await rulebook.ship_limits(db, cast.dora)
    assert (await hearing.screen()).limits == shipped
    with pytest.raises(Forbidden):
        await rulebook.ship_limits(db, cast.ada)


async def test_a_picture_of_two_lists_is_known_until_both_are_dropped(db: Any, cast: Any, hearing: Gate) -> None:
    words = Words(text="", pictures=(HASH,))
    row = (HASH, "an entry", "threat")
    assert await rulebook.add_pictures(db, cast.dora, "april", [row, row]) == 1
    assert await rulebook.add_pictures(db, cast.dora, "may", [row]) == 1
    (reason,) = (await hearing.look(words)).because
    assert reason.on_list == "april"
    await rulebook.drop_pictures(db, cast.dora, "april")
    (reason,) = (await hearing.look(words)).because
    assert reason.on_list == "may"
    await rulebook.drop_pictures(db, cast.dora, "may")
    assert (await hearing.look(words)).outcome is Outcome.PUBLISH


async def test_the_list_that_verdicts_keep_is_nobody_elses(db: Any, cast: Any) -> None:
    with pytest.raises(Invalid, match="another name"):
        await rulebook.add_pictures(db, cast.dora, "removed", [(HASH, "an entry", "threat")])


async def test_a_trial_neither_counts_nor_shows_direct_messages(db: Any, cast: Any, write: Any) -> None:
    await write(cast.ada, "Bells at noon")
    await write(cast.ada, "The bells are our secret", visibility="direct")
    trial = await try_rules(
        db, cast.dora, load_rules((("bells", BELLS),)), {"no-bells"}, since=(await _start(db)), samples=9
    )
    assert (trial.posts, trial.held) == (1, 1)
    (found,) = trial.rules
    assert [text for text, _ in found.samples] == ["Bells at noon"]


async def _start(db: Any) -> Any:
    return await db.fetchval("SELECT min(created_at) - interval '1 hour' FROM posts")
