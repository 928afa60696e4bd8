"""What juries, stewards and clocks do is in the log, told by the deeds themselves and in their transactions."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from folkmoot import clock
from folkmoot.moderation import appeals
from folkmoot.moderation.cases import Choice, Verdict
from folkmoot.moderation.cases.decide import (
    OnlyOnce,
    answer_alarm,
    decide_as_steward,
    escalate,
    freeze,
    hide_for_now,
    raise_threat,
    set_deadline,
)
from folkmoot.moderation.cases.review import void_ballot
from folkmoot.moderation.cases.timers import work_clocks
from folkmoot.moderation.transparency.log.jobs import tell, tell_moves
from folkmoot.moderation.transparency.log.sequence import sequence
from folkmoot.network import accounts
from folkmoot.network.access.viewer import Role
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.remove import remove_as_staff
from folkmoot.network.posts.rules import Draft
from folkmoot.vault import Vault

WORDS = "The allotments by the river will be sold, and nobody on the council has said a word about it"


async def told(db: Any) -> list[dict[str, Any]]:
    """What the log says, in order."""
    return [msgspec.json.decode(row["body"]) for row in await db.fetch("SELECT body FROM log_queue ORDER BY id")]


async def reported(court: Any, people: Any) -> int:
    """A case of Ada's post that Bert reported."""
    post = await publish(court.desk, people.ada, Draft(text=WORDS))
    made = await court.report(people.bert, people.ada, post.id)
    case: int = made.case_ids[0]
    return case


async def test_a_jury_s_verdict_its_sanction_and_its_reversal(db: Any, cast: Any, court: Any, enrol: Any) -> None:
    case = await reported(court, cast)
    await court.decide(Choice.BREAKS, case)
    hidden, limited, decided = await told(db)
    assert (hidden["deed"], hidden["how"]) == ("case.hidden", "ballots")
    assert (decided["deed"], decided["verdict"], decided["by"], decided["source"]) == (
        "case.decided",
        "remove",
        "jury",
        "report",
    )
    assert decided["ballots"] >= 3
    assert "steward" not in decided
    assert (limited["deed"], limited["limit"], limited["points"]) == ("sanction.begun", "slow", 3)
    assert limited["account"] == decided["account"]
    await appeals.appeal(db, cast.ada, case, "I meant the council's own words")
    for _ in range(5):
        await court.first(case)
        await court.vote(await court.juror(), Choice.FINE)
    stella, tom = await enrol("stella", Role.STEWARD), await enrol("tom", Role.STEWARD)
    for steward in (stella, tom):
        if (await court.case(case))["state"] == "appealed":
            await decide_as_steward(db, steward, case, Verdict.KEEP, "It is a quotation")
    rest = (await told(db))[3:]
    deeds = [each["deed"] for each in rest]
    assert deeds[0] == "appeal.made"
    assert deeds[-2:] == ["sanction.ended", "appeal.reversed"] or deeds[-2:] == ["appeal.reversed", "sanction.ended"]
    assert "case.steward_voted" in deeds
    assert {each["case"] for each in rest if each["deed"] != "sanction.ended"} == {decided["case"]}


async def test_no_word_name_or_number_of_anybody_is_told(db: Any, cast: Any, court: Any) -> None:
    case = await reported(court, cast)
    await hide_for_now(db, cast.dora, case, "It names the gardener's house")
    await court.decide(Choice.BREAKS, case)
    whole = b"".join(row["body"] for row in await db.fetch("SELECT body FROM log_queue")).decode()
    numbers = [case, *(person.account_id for person in cast), await db.fetchval("SELECT id FROM posts")]
    for secret in ("allotments", "gardener", "dora", *map(str, numbers)):
        assert secret not in whole
    assert not re.search(r"\bada\b", whole)  # three letters that may stand in a hash
    text_hash = (await court.case(case))["text_hash"]
    assert text_hash not in whole


async def test_what_a_steward_does_alone(db: Any, cast: Any, court: Any) -> None:
    case = await reported(court, cast)
    await hide_for_now(db, cast.dora, case, "It names a house")
    with clock.held_at(clock.now() + timedelta(hours=25)):
        await work_clocks(db)
        with pytest.raises(OnlyOnce):
            await hide_for_now(db, cast.dora, case, "Again")
        await freeze(db, cast.dora, case, "The police asked")
        await freeze(db, cast.dora, case, "They are done", frozen=False)
    said = await told(db)
    assert [(each["deed"], each.get("how")) for each in said][:2] == [
        ("case.hidden", "steward"),
        ("case.restored", "steward"),
    ]
    assert [each["deed"] for each in said][-2:] == ["case.hold_begun", "case.hold_ended"]
    assert len({each["steward"] for each in said if "steward" in each}) == 1
    assert "steward" in said[0]


async def test_a_deadline_that_comes_before_the_jury(db: Any, cast: Any, court: Any) -> None:
    case = await reported(court, cast)
    await set_deadline(db, cast.dora, case, clock.now() + timedelta(hours=3), "The host wrote")
    with clock.held_at(clock.now() + timedelta(hours=2, minutes=45)):
        await work_clocks(db)
    assert [each["deed"] for each in await told(db)] == ["case.deadline_set", "case.overridden"]


async def test_two_stewards_and_each_of_their_words(db: Any, cast: Any, court: Any, enrol: Any) -> None:
    case = await reported(court, cast)
    await escalate(db, cast.dora, case, "This is beyond a jury")
    stella, tom = await enrol("stella", Role.STEWARD), await enrol("tom", Role.STEWARD)
    for steward in (stella, tom):
        await decide_as_steward(db, steward, case, Verdict.REMOVE, "It is an address")
    said = await told(db)
    assert [each["deed"] for each in said if each["deed"].startswith("case.")] == [
        "case.escalated",
        "case.steward_voted",
        "case.steward_voted",
        "case.decided",
    ]
    assert said[1]["steward"] != said[2]["steward"]
    assert next(each for each in said if each["deed"] == "case.decided")["by"] == "stewards"


async def test_an_alarm_and_its_answer(db: Any, cast: Any, court: Any) -> None:
    case = await reported(court, cast)
    alarm = await raise_threat(db, cast.bert, case, "He means it")
    await answer_alarm(db, cast.dora, alarm.id, "The police know")
    raised, hidden, answered = await told(db)
    assert [raised["deed"], hidden["deed"], answered["deed"]] == ["alarm.raised", "case.hidden", "alarm.answered"]
    assert "steward" not in raised
    assert "steward" not in hidden
    assert hidden["how"] == "alarm"


async def test_a_ballot_that_does_not_count(db: Any, cast: Any, court: Any) -> None:
    case = await reported(court, cast)
    await court.decide(Choice.BREAKS, case)
    await void_ballot(db, cast.dora, case, 1, "The juror is the author's cousin")
    deeds = [each["deed"] for each in await told(db)]
    assert deeds[3:] == ["case.ballot_voided", "case.reopened", "case.hidden"]


async def test_what_staff_do_without_a_case_once_however_often_the_job_runs(db: Any, cast: Any, court: Any) -> None:
    post = await publish(court.desk, cast.ada, Draft(text=WORDS))
    await remove_as_staff(court.desk, cast.dora, post.id, "An advertisement")
    await accounts.suspend(db, cast.dora, cast.ada.account_id, "A hundred advertisements")
    await accounts.restore(db, cast.dora, cast.ada.account_id)
    jobs = await db.fetch("SELECT args FROM procrastinate_jobs WHERE task_name = 'moderation.transparency.log.tell'")
    assert await court.work() == ["tell"] * 3
    tools = SimpleNamespace(db=db)
    await tell(tools, **msgspec.json.decode(jobs[0]["args"]))  # type: ignore[arg-type]  # all it asks for
    await sequence(db, Vault(bytes(32)), "moot.example/transparency/log")
    await tell(tools, **msgspec.json.decode(jobs[0]["args"]))  # type: ignore[arg-type]  # all it asks for
    assert await told(db) == []
    rows = await db.fetch("SELECT body FROM log_entries WHERE place > 0 ORDER BY place")
    said = [msgspec.json.decode(row["body"]) for row in rows]
    assert [each["deed"] for each in said] == ["post.removed", "account.suspended", "account.restored"]
    assert len({each["steward"] for each in said}) == 1


async def test_that_the_network_moved_is_told_once_on_the_new_host(db: Any) -> None:
    tools = SimpleNamespace(db=db)
    began = clock.now() - timedelta(minutes=3)
    await db.fetch(
        "INSERT INTO epochs (epoch, began_at, host, how) VALUES (2, $1, 'b', 'move 17'), (3, $1, 'c', 'takeover')",
        began,
    )
    for _ in range(2):
        await tell_moves(tools)  # type: ignore[arg-type]  # all it asks for
    said = await told(db)
    assert [(each["deed"], each["epoch"], each["how"]) for each in said] == [
        ("network.moved", 2, "move"),
        ("network.moved", 3, "takeover"),
    ]
    await sequence(db, Vault(bytes(32)), "moot.example/transparency/log")
    await tell_moves(tools)  # type: ignore[arg-type]  # all it asks for
    assert await told(db) == []
