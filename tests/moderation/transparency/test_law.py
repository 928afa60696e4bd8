"""What the Digital Services Act asks to be published, made from what happened, without what was written."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from datetime import timedelta
from typing import Any

from folkmoot import clock
from folkmoot.moderation.cases import Choice
from folkmoot.moderation.transparency import law
from folkmoot.moderation.transparency.law.harmonised import COLUMNS
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft

DAY = timedelta(days=1)
KEY = b"k" * 32
WORDS = "The ferry to the island will not sail again this year, whatever they promise"
REQUIRED = {
    *("decision_visibility", "decision_facts", "decision_ground", "content_type", "category", "territorial_scope"),
    *("content_date", "application_date", "source_type", "automated_detection", "automated_decision", "puid"),
}
"""Fields the API of the transparency database refuses a statement without."""


async def removed(court: Any, cast: Any, words: str = WORDS) -> int:
    post = await publish(court.desk, cast.ada, Draft(text=words, language="en"))
    made = await court.report(cast.bert, cast.ada, post.id)
    await court.decide(Choice.BREAKS, made.case_ids[0], None)
    return int(made.case_ids[0])


async def exported(db: Any) -> list[dict[str, Any]]:
    now = clock.now()
    found = law.statements(db, now - DAY, now + DAY, rules_url="https://moot.example/about#rules", key=KEY)
    return [each async for each in found]


async def test_a_removal_becomes_a_statement_the_european_database_takes(db: Any, cast: Any, court: Any) -> None:
    await removed(court, cast)
    (found,) = await exported(db)
    assert REQUIRED - set(found) == set()
    assert found["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_DISABLED"]
    assert found["decision_ground"] == "DECISION_GROUND_INCOMPATIBLE_CONTENT"
    assert {"incompatible_content_ground", "incompatible_content_explanation"} <= set(found)
    assert (found["automated_detection"], found["automated_decision"]) == ("No", "AUTOMATED_DECISION_NOT_AUTOMATED")
    assert (found["source_type"], found["content_language"]) == ("SOURCE_TYPE_OTHER_NOTIFICATION", "EN")
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,500}", found["puid"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", found["application_date"])
    assert len(found["territorial_scope"]) == 27


async def test_no_word_and_no_name_leaves_with_a_statement(db: Any, cast: Any, court: Any) -> None:
    case = await removed(court, cast)
    text = json.dumps(await exported(db))
    assert "ferry" not in text
    assert "ada" not in text.lower().split('"')
    assert str(case) not in text
    assert str(cast.ada.account_id) not in text


async def test_what_was_kept_makes_no_statement_and_more_than_a_batch_comes_whole(
    db: Any, cast: Any, court: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(sys.modules[law.statements.__module__], "BATCH", 1)
    await removed(court, cast)
    await removed(court, cast, "Somebody has painted the bridge blue over night and nobody likes it")
    post = await publish(court.desk, cast.cleo, Draft(text="The old mill is for sale, which is a pity for the village"))
    made = await court.report(cast.bert, cast.cleo, post.id)
    await court.decide(Choice.FINE, made.case_ids[0], None)
    found = await exported(db)
    assert len(found) == len({each["puid"] for each in found}) == 2


async def test_the_yearly_report_has_every_part_with_the_columns_of_the_template(
    db: Any, cast: Any, court: Any
) -> None:
    await removed(court, cast)
    now = clock.now()
    parts = await law.parts(db, service="The Moot", contact="help@moot.example", since=now - 365 * DAY, until=now + DAY)
    assert len(parts) == 11
    rows = {name: list(csv.reader(io.StringIO(text))) for name, text in parts.items()}
    assert {tuple(each[0]) for each in rows.values()} == {COLUMNS}
    assert all(len(row) == len(COLUMNS) for each in rows.values() for row in each)
    own = {(row[4], row[5]): row[6] for row in rows["6_own_initiative_TC.csv"][1:]}
    assert [value for (name, scope), value in own.items() if name == "Visibility restrictions"] == ["1"]
    people = {row[4]: row[6] for row in rows["9_human_resources.csv"][1:]}
    assert int(people["Volunteer jurors who cast a ballot"]) >= 2
