"""What screening held is decided once: a steward's word is part of the case about it, and never stands against it."""

from __future__ import annotations

from typing import Any

import pytest

from folkmoot.moderation import findings
from folkmoot.moderation.cases import Choice, State
from folkmoot.moderation.cases.decide import NotForYou, escalate
from folkmoot.moderation.cases.jobs import take_up_findings
from folkmoot.moderation.cases.let_go import Judged
from folkmoot.moderation.cases.priors import STEWARD, stewards_say
from folkmoot.moderation.cases.timers import work_clocks
from folkmoot.moderation.sanctions import own_statements
from folkmoot.moderation.sanctions.rules import Judges
from folkmoot.network.access.viewer import Role
from folkmoot.network.posts.edit import edit
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft

THREAT = "@bert we know where you park your car and we will bring hammers"


async def held(court: Any, people: Any, *, report: bool = False) -> tuple[Any, int, int]:
    """A threat of Ada's that screening holds: the post, the finding, the case."""
    post = await publish(court.desk, people.ada, Draft(text=THREAT))
    assert post.hidden_at is not None
    assert await take_up_findings(court.db) == 1
    row = await court.db.fetchrow("SELECT id, case_id FROM findings WHERE post_id = $1", post.id)
    if report:  # whom it was sent to has heard of it, and cannot see it
        await court.report(people.bert, people.ada, post.id, comment="He told me so in the street")
        await court.work()
    return post, row["id"], row["case_id"]


async def finding(db: Any, id: int) -> Any:
    return await db.fetchrow("SELECT decision, decided_by, case_id FROM findings WHERE id = $1", id)


async def seen(court: Any, people: Any, post: Any) -> bool:
    return await court.desk.find(people.cleo, post.id) is not None


async def test_what_only_a_machine_doubted_one_steward_lets_go(db: Any, cast: Any, court: Any) -> None:
    post, found, case = await held(court, cast)
    assert await findings.release(db, cast.dora, found)
    row = await court.case(case)
    assert (row["verdict"], row["decided_by"], row["seats_free"]) == ("keep", "stewards", 0)
    file = await court.folded(case)
    assert (file.state, file.hidden) == (State.APPEALABLE, False)
    assert await seen(court, cast, post)
    assert (await finding(db, found))["decided_by"] == cast.dora.account_id
    (statement,) = await own_statements(db, cast.ada)
    assert (statement.kind, statement.reasons.judges) == ("restored", Judges.STEWARD)
    assert "by a steward of this network" in statement.text
    assert await db.fetchval("SELECT count(*) FROM sanction_events") == 0


async def test_turned_round_it_goes_before_a_jury_whose_verdict_is_the_findings_too(
    db: Any, cast: Any, court: Any, enrol: Any
) -> None:
    post, found, case = await held(court, cast)
    await findings.release(db, cast.dora, found)
    stella = await enrol("stella", Role.STEWARD)
    assert await findings.uphold(db, stella, found, was="released")
    assert not await seen(court, cast, post)
    row = await court.case(case)
    assert (row["verdict"], row["round"]) == (None, 2)
    await court.work()
    await court.decide(Choice.FINE, case)
    assert await seen(court, cast, post)
    assert (await finding(db, found))["decision"] == "released"
    for act in (findings.uphold, findings.release):
        with pytest.raises(Judged if act is findings.uphold else Exception):
            await act(db, stella, found, was="released")
    assert await seen(court, cast, post)


async def test_where_somebody_objects_a_release_is_evidence_and_the_jury_decides(
    db: Any, cast: Any, court: Any
) -> None:
    post, found, case = await held(court, cast, report=True)
    before = await court.case(case)
    assert await findings.release(db, cast.dora, found)
    assert await seen(court, cast, post)
    after = await court.case(case)
    assert after["verdict"] is None
    assert after["hidden_at"] is None
    assert after["belief"] == pytest.approx(before["belief"] - STEWARD)
    await court.report(cast.cleo, cast.ada, post.id)
    await court.work()
    assert (await court.case(case))["belief"] == pytest.approx(after["belief"]), "another report forgets no steward"
    await court.decide(Choice.BREAKS, case)
    assert not await seen(court, cast, post)
    row = await finding(db, found)
    assert (row["decision"], row["decided_by"]) == ("upheld", None)
    with pytest.raises(Judged):
        await findings.release(db, cast.dora, found, was="upheld")
    assert not await seen(court, cast, post)


async def test_upheld_it_waits_out_of_sight_for_the_jury_that_may_say_otherwise(db: Any, cast: Any, court: Any) -> None:
    post, found, case = await held(court, cast)
    before = (await court.case(case))["belief"]
    assert await findings.uphold(db, cast.dora, found)
    row = await court.case(case)
    assert row["verdict"] is None
    assert row["belief"] == pytest.approx(before), "who agrees with the machine tells the jury nothing new"
    assert await own_statements(db, cast.ada) == [], "nobody alone takes anything down for good"
    await court.decide(Choice.REPORTS, case)
    assert await seen(court, cast, post)
    assert (await finding(db, found))["decision"] == "released"
    assert await db.fetchval("SELECT verdict FROM judged") == "kept"


async def test_upheld_before_there_is_a_case_it_gets_one(db: Any, cast: Any, court: Any) -> None:
    post = await publish(court.desk, cast.ada, Draft(text=THREAT))
    found = await db.fetchval("SELECT id FROM findings")
    await findings.uphold(db, cast.dora, found)
    case = (await finding(db, found))["case_id"]
    assert (await court.case_of(post.id))["id"] == case
    assert await take_up_findings(db) == 0


async def test_before_two_stewards_a_release_is_one_of_their_words(db: Any, cast: Any, court: Any, enrol: Any) -> None:
    post, found, case = await held(court, cast)
    await escalate(db, cast.dora, case, "a second pair of eyes")
    assert not await findings.release(db, cast.dora, found)
    assert not await seen(court, cast, post)
    assert (await finding(db, found))["decision"] is None
    assert await findings.release(db, await enrol("stella", Role.STEWARD), found)
    assert await seen(court, cast, post)
    assert (await court.case(case))["verdict"] == "keep"


async def test_what_was_only_doubted_one_steward_hides_for_a_day(db: Any, cast: Any, court: Any) -> None:
    post, found, case = await held(court, cast, report=True)
    await findings.release(db, cast.dora, found)
    await findings.uphold(db, cast.dora, found, was="released")
    assert not await seen(court, cast, post)
    with court.later(hours=25):
        await work_clocks(db)
    if (await court.case(case))["verdict"] is None:
        assert await seen(court, cast, post)
        assert (await finding(db, found))["decision"] is None, "whoever looks at it decides anew"


async def test_a_raised_alarm_is_not_let_go_by_one_steward(db: Any, cast: Any, court: Any) -> None:
    post, found, case = await held(court, cast)
    await court.report(cast.bert, cast.ada, post.id, comment="tonight", life_at_risk=True)
    await findings.release(db, cast.dora, found)
    assert (await court.case(case))["verdict"] is None


async def test_nobody_decides_about_themselves(db: Any, cast: Any, court: Any) -> None:
    post = await publish(court.desk, cast.dora, Draft(text=THREAT))
    found = await db.fetchval("SELECT id FROM findings WHERE post_id = $1", post.id)
    with pytest.raises(NotForYou):
        await findings.release(db, cast.dora, found)


async def test_a_case_one_steward_let_go_is_no_control(db: Any, cast: Any, court: Any, monkeypatch: Any) -> None:
    _, found, _ = await held(court, cast)
    await findings.release(db, cast.dora, found)
    monkeypatch.setattr("folkmoot.moderation.cases.summon.control_due", lambda *given: True)
    with pytest.raises(AssertionError, match="NoSeat"):
        await court.sit(await court.juror())


@pytest.mark.parametrize(
    ("words", "say"),
    [([], 0.0), ([True, True], 0.0), ([False], -STEWARD), ([False, False], -STEWARD), ([True, False], 0)],
)
def test_only_a_steward_who_contradicts_the_screening_says_something_new(words: list[bool], say: float) -> None:
    assert stewards_say(words) == say


async def test_a_release_before_there_is_a_case_goes_against_no_jury(db: Any, cast: Any, court: Any) -> None:
    """A copy of what a jury removed is under its verdict, also while no job has said so yet."""
    _, _, case = await held(court, cast)
    await court.decide(Choice.BREAKS, case)
    copy = await publish(court.desk, cast.cleo, Draft(text=THREAT))
    found = await db.fetchval("SELECT id FROM findings WHERE post_id = $1", copy.id)
    with pytest.raises(Judged):
        await findings.release(db, cast.dora, found)
    assert await court.desk.find(cast.bert, copy.id) is None
    assert await take_up_findings(db) == 1
    assert (await court.case_of(copy.id))["id"] == case


async def test_a_release_before_it_is_linked_is_evidence_in_the_case_there_is(db: Any, cast: Any, court: Any) -> None:
    post = await publish(court.desk, cast.ada, Draft(text="The harbour is closed on Sunday, as it has always been"))
    case = (await court.report(cast.bert, cast.ada, post.id)).case_ids[0]
    await edit(court.desk, cast.ada, post.id, Draft(text=THREAT))
    found = await db.fetchval("SELECT id FROM findings WHERE post_id = $1", post.id)
    await escalate(db, cast.dora, case, "a second pair of eyes")
    assert not await findings.release(db, cast.dora, found), "one of two words"
    assert not await seen(court, cast, post)
    assert (await finding(db, found))["case_id"] == case


async def test_what_a_jury_has_kept_may_be_released(db: Any, cast: Any, court: Any) -> None:
    post, found, case = await held(court, cast)
    await court.decide(Choice.FINE, case)
    await db.fetch("UPDATE findings SET decision = NULL, decided_at = NULL, case_id = NULL WHERE id = $1", found)
    await db.fetch("UPDATE posts SET hidden_at = now(), hidden_for = 'threat' WHERE id = $1", post.id)
    assert await findings.release(db, cast.dora, found)
    assert await seen(court, cast, post)
    assert (await court.case(case))["decided_by"] == "jury"
