"""What the overview says of screening: which rule, model or list found things, and how often it was wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from folkmoot import clock
from folkmoot.bus import Bus
from folkmoot.moderation import findings, rulebook
from folkmoot.moderation.screening import Outcome
from folkmoot.moderation.transparency.figures import figures
from folkmoot.network.access import COMMAND_LINE
from folkmoot.network.gate import Gate
from folkmoot.network.posts.edit import edit
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft
from folkmoot.network.posts.views import Visibility
from folkmoot.settings import Settings

THREAT = "I will find you tonight and I will kill you, you traitor"
DAY = timedelta(days=1)


@pytest.fixture
def desk(desk: Any) -> Any:
    """With rules alone, which say the same whatever model is shipped."""
    bus, others = Bus(), desk.db.deliver

    def both(news: Any) -> None:
        others(news)
        bus.deliver(news)

    desk.db.deliver = both
    return msgspec.structs.replace(desk, gate=Gate(desk.db, Settings(screening="rules"), bus))


async def names(db: Any, steward: Any) -> dict[tuple[str, str], tuple[int, int, int]]:
    found = (await findings.overview(db, steward)).names
    return {(each.stage, each.name): (each.found, each.released, each.upheld) for each in found}


async def test_a_rule_is_named_and_copies_stand_together(db: Any, cast: Any, desk: Any) -> None:
    await publish(desk, cast.ada, Draft(text=THREAT))
    (first,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    rule = first.because[0].name
    await findings.uphold(db, cast.dora, first.id)
    await publish(desk, cast.bert, Draft(text=f"{THREAT}!"))
    await publish(desk, cast.cleo, Draft(text=f"{THREAT}?"))
    assert await names(db, cast.dora) == {("rule", rule): (1, 0, 1), ("copy", ""): (2, 0, 0)}


async def test_a_known_picture_counts_for_its_list_whatever_else_is_said(db: Any, cast: Any, desk: Any) -> None:
    await rulebook.add_pictures(db, COMMAND_LINE, "may", [("5a" * 32, "line 17", "threat")])
    await publish(desk, cast.ada, Draft(text=THREAT))
    because = msgspec.json.decode(await db.fetchval("SELECT because FROM findings"))
    picture = because[0] | {"stage": "picture", "name": "line 17", "on_list": "may", "probability": 0.5}
    await db.fetch("UPDATE findings SET because = $1::jsonb", msgspec.json.encode([*because, picture]).decode())
    assert await names(db, cast.dora) == {("picture", "may"): (1, 0, 0)}


async def test_a_text_that_was_edited_while_it_was_held_counts_once(db: Any, cast: Any, desk: Any, court: Any) -> None:
    post = await publish(desk, cast.ada, Draft(text=THREAT))
    for more in ("or tomorrow", "or never", "or so"):
        await edit(desk, cast.ada, post.id, Draft(text=f"{THREAT} {more}"))
    (finding,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    await findings.release(db, cast.dora, finding.id)
    overview = await findings.overview(db, cast.dora)
    assert (overview.released, overview.upheld) == (1, 0)
    assert len(await findings.list_decided(db, cast.dora)) == 1
    assert sum(each.found for each in overview.names) == 1


async def test_a_text_that_passes_and_only_stayed_held_says_nothing_of_the_model(
    db: Any, cast: Any, process: Any
) -> None:
    desk = process.desk
    post = await publish(desk, cast.ada, Draft(text=THREAT))
    await edit(desk, cast.ada, post.id, Draft(text="The soup is warm"))
    (finding,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    assert finding.because == ()
    await findings.release(db, cast.dora, finding.id)
    overview = await findings.overview(db, cast.dora)
    assert (overview.released, [each.released for each in overview.names]) == (0, [])


@pytest.mark.parametrize(("decided_by", "counted"), [("jury", 1), ("clock", 0), ("order", 0)])
async def test_only_what_people_decided_says_whether_screening_was_right(
    db: Any, cast: Any, desk: Any, decided_by: str, counted: int
) -> None:
    await publish(desk, cast.ada, Draft(text=THREAT))
    (finding,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    await findings.uphold(db, cast.dora, finding.id)
    await db.fetch("UPDATE cases SET state = 'decided', verdict = 'remove', decided_by = $1", decided_by)
    assert (await findings.overview(db, cast.dora)).upheld == counted
    assert (await figures(db, clock.now() - DAY)).screening.upheld == counted


async def test_a_day_that_is_in_one_span_is_not_in_the_next(db: Any, cast: Any, desk: Any) -> None:
    await db.fetch("DELETE FROM screened_days")  # of tests that do commit
    await publish(desk, cast.ada, Draft(text="Good evening to all of you"))
    await desk.gate.write_counts()
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    assert (await figures(db, today - DAY, today)).screening.screened == 0
    assert (await figures(db, today, today + DAY)).screening.screened == 1


async def test_a_letter_that_passes_is_counted_as_passed(db: Any, cast: Any, desk: Any) -> None:
    await db.fetch("DELETE FROM screened_days")
    await publish(
        desk, cast.ada, Draft(text="@bert You will regret this, I know where you live", visibility=Visibility.DIRECT)
    )
    await desk.gate.write_counts()
    (row,) = await db.fetch("SELECT screened, cases, holds FROM screened_days")
    made = await db.fetchval("SELECT count(*) FROM findings")
    assert (row["screened"], row["cases"] + row["holds"]) == (1, made)
