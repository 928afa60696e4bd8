"""What screening found is kept as long as what it was found in, and as a case about it may need it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from folkmoot import clock
from folkmoot.moderation import findings
from folkmoot.moderation.calibration import queries as calibration
from folkmoot.moderation.cases import Choice
from folkmoot.moderation.cases.jobs import take_up_findings
from folkmoot.moderation.cases.timers import work_clocks
from folkmoot.moderation.evidence import forget
from folkmoot.moderation.evidence.forget import forget_found
from folkmoot.moderation.evidence.keep import check
from folkmoot.moderation.screening import Outcome
from folkmoot.network.accounts import update_profile
from folkmoot.network.accounts.rules import ProfileHeld
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.remove import remove
from folkmoot.network.posts.rules import Draft

THREAT = "I will find you tonight and I will kill you, you traitor"
PASSAGE = "I will kill you"
"""What the rule about it points to."""


async def texts(db: Any) -> list[str]:
    return [row["text"] for row in await db.fetch("SELECT text FROM findings ORDER BY id")]


async def said(db: Any) -> str:
    """All that findings and the reasons of cases say."""
    rows = [*await db.fetch("SELECT * FROM findings"), *await db.fetch("SELECT because FROM cases")]
    return repr([dict(row) for row in rows])


async def held(court: Any, cast: Any) -> tuple[int, int]:
    """A post that screening holds, and its case."""
    post = await publish(court.desk, cast.ada, Draft(text=THREAT))
    assert post.hidden_at is not None
    await take_up_findings(court.db)
    return post.id, (await court.case_of(post.id))["id"]


async def close(court: Any, db: Any) -> None:
    """The time for appeals is over."""
    with court.later(days=185):
        await work_clocks(db)


async def test_it_is_emptied_with_the_evidence_of_its_case(db: Any, cast: Any, court: Any) -> None:
    post, case = await held(court, cast)
    await db.fetch("UPDATE findings SET pictures = ARRAY[$1::text]", "0f" * 32)
    assert await forget_found(db) == 0
    await remove(court.desk, cast.ada, post)
    assert await forget_found(db) == 0, "a jury has it before it"
    await court.decide(Choice.BREAKS, case, None)
    assert await forget_found(db) == 0, "an appeal may be made"
    assert await texts(db) == [THREAT]
    since = clock.now() - timedelta(days=1)
    assert len(await calibration.decided(db, since)) == 1
    before = await db.fetchrow("SELECT * FROM findings")
    await close(court, db)
    assert await forget_found(db) == 0, "it may be reopened"
    await db.fetch("UPDATE cases SET erased_at = now()")
    assert await forget_found(db) == 1
    assert await forget_found(db) == 0
    row = await db.fetchrow("SELECT * FROM findings")
    assert (row["text"], row["likeness"], row["pictures"], row["part_lengths"]) == ("", None, [], None)
    because, earlier = msgspec.json.decode(row["because"]), msgspec.json.decode(before["because"])
    assert because == [{name: value for name, value in each.items() if name != "words"} for each in earlier]
    for column in ("decision", "decided_at", "case_id", "outcome", "category", "probability"):
        assert row[column] == before[column], "that it was decided stays"
    assert await calibration.decided(db, since) == []
    (finding,) = await findings.list_decided(db, cast.dora)
    assert (finding.text, finding.blamed, finding.gone) == ("", (), True)
    assert (await findings.get_finding(db, cast.dora, finding.id)) == finding


async def test_what_is_found_in_a_copy_after_the_purge_waits_for_somebody(db: Any, cast: Any, court: Any) -> None:
    _, case = await held(court, cast)
    await court.decide(Choice.BREAKS, case, None)
    await court.work()
    await close(court, db)
    await db.fetch("UPDATE cases SET erased_at = now()")
    copy = await publish(court.desk, cast.bert, Draft(text=THREAT))
    assert copy.hidden_at is not None
    await db.fetch("UPDATE findings SET case_id = $2 WHERE post_id = $1", copy.id, case)
    assert await forget_found(db) == 1, "the first"
    (waiting,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    assert (waiting.post_id, waiting.text) == (copy.id, THREAT)


async def test_what_nobody_decided_is_superseded_when_it_is_gone_and_no_case_has_it(
    db: Any, cast: Any, court: Any
) -> None:
    post = await publish(court.desk, cast.ada, Draft(text=THREAT))
    assert await forget_found(db) == 0
    await remove(court.desk, cast.ada, post.id)
    assert await forget_found(db) == 1
    row = await db.fetchrow("SELECT decision, decided_at, decided_by FROM findings")
    assert (row["decision"], row["decided_by"]) == ("superseded", None)
    assert row["decided_at"] is not None
    assert PASSAGE not in await said(db)
    assert await findings.list_open(db, cast.dora, Outcome.HOLD) == []


async def test_a_closed_account_leaves_nothing_of_its_profile(db: Any, cast: Any, court: Any) -> None:
    with pytest.raises(ProfileHeld):
        await update_profile(db, court.desk.gate, cast.ada, bio=THREAT)
    with pytest.raises(ProfileHeld):
        await update_profile(db, court.desk.gate, cast.bert, bio=THREAT)
    post, _ = await held(court, cast)
    assert await forget_found(db) == 0
    await db.fetch("UPDATE accounts SET closed_at = now() WHERE id = $1", cast.ada.account_id)
    assert await forget_found(db) == 1
    assert await texts(db) == ["", THREAT, THREAT], "others' stays, and that of the post until it is gone and judged"
    (open_one,) = [each for each in await findings.list_open(db, cast.dora, Outcome.HOLD) if each.post_id is None]
    assert open_one.account_id == cast.bert.account_id
    assert post


async def test_a_purge_empties_what_was_found_at_once_though_the_post_is_still_there(
    db: Any, cast: Any, court: Any
) -> None:
    await held(court, cast)
    case = await db.fetchval("SELECT id FROM cases")
    assert PASSAGE in repr(await db.fetchval("SELECT because FROM cases"))
    other = await publish(court.desk, cast.bert, Draft(text=f"{THREAT}, hear me"))
    await court.decide(Choice.BREAKS, case, None)
    await close(court, db)
    assert len([text for text in await texts(db) if text]) == 2
    with court.later(days=400):
        await work_clocks(db)
    assert await db.fetchval("SELECT erased_at FROM cases WHERE id = $1", case) is not None
    rows = {row["case_id"]: row for row in await db.fetch("SELECT * FROM findings")}
    assert PASSAGE not in repr(dict(rows[case]))
    assert rows[case]["decision"] == "upheld"
    assert PASSAGE in repr(dict(next(row for row in rows.values() if row["post_id"] == other.id)))
    assert PASSAGE not in repr(await db.fetchval("SELECT because FROM cases WHERE id = $1", case))
    assert (await check(db))[1] == []


@pytest.mark.parametrize(
    "left",
    [
        "UPDATE findings SET text = 'not gone'",
        "UPDATE findings SET pictures = ARRAY['0f']",
        """UPDATE findings SET because = '[{"stage": "rule", "words": ["not gone"]}]'""",
        """UPDATE cases SET because = '[{"stage": "rule", "words": ["not gone"]}]'""",
    ],
)
async def test_a_purge_that_left_what_was_found_is_told_of_and_made_good_at_night(
    db: Any, cast: Any, court: Any, left: str
) -> None:
    _, case = await held(court, cast)
    await court.decide(Choice.BREAKS, case, None)
    await close(court, db)
    with court.later(days=400):
        await work_clocks(db)
    assert (await check(db))[1] == []
    await db.fetch(left)
    assert (await check(db))[1] == [f"case {case}: purged, but still readable"]
    await forget_found(db)
    assert (await check(db))[1] == []


async def test_it_goes_through_all_of_them_however_many_at_a_time(
    db: Any, cast: Any, court: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forget, "AT_A_TIME", 2)
    for number in range(5):
        post = await publish(court.desk, cast.ada, Draft(text=f"{THREAT} {number}"))
        if number != 2:
            await remove(court.desk, cast.ada, post.id)
    assert await forget_found(db) == 4
    assert [bool(text) for text in await texts(db)] == [False, False, True, False, False]
