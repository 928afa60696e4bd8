"""Asking again: fresh jurors and a steward, blind; a reversal undoes everything."""

from __future__ import annotations

from typing import Any

import pytest

from folkmoot.errors import Invalid, Missing
from folkmoot.moderation.appeals import appeal, may_appeal, own_appeals
from folkmoot.moderation.appeals.appeal import AppealedAlready, NothingToAppeal, TooLate
from folkmoot.moderation.cases import Choice, Escalation, State, Verdict
from folkmoot.moderation.cases.decide import NotForYou, decide_as_steward, escalate
from folkmoot.moderation.cases.jobs import take_up_findings
from folkmoot.moderation.cases.read import get_case
from folkmoot.moderation.cases.summon import next_seat
from folkmoot.moderation.cases.verdict import agree
from folkmoot.moderation.cases.views import NoSeat
from folkmoot.moderation.reports import own_reports
from folkmoot.moderation.sanctions import get_standing, own_statements
from folkmoot.network.access.viewer import Role
from folkmoot.network.accounts import close_for
from folkmoot.network.notifications import Kind, listing
from folkmoot.network.posts.edit import edit
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft

WORDS = "The allotments by the river will be sold, and nobody on the council has said a word about it"
WHY = "I quoted the council's own minutes"


async def removed(court: Any, people: Any) -> tuple[Any, int]:
    post = await publish(court.desk, people.ada, Draft(text=WORDS))
    made = await court.report(people.bert, people.ada, post.id)
    await court.decide(Choice.BREAKS, made.case_ids[0])
    await court.work()
    return post, made.case_ids[0]


async def judge_anew(court: Any, case_id: int, choice: Choice) -> None:
    """Have fresh jurors vote the same until they are done."""
    for _ in range(12):
        seats = (await court.case(case_id))["seats_free"]
        if (await court.case(case_id))["state"] != "appealed" or not seats:
            return
        await court.first(case_id)
        await court.vote(await court.juror(), choice)
    raise AssertionError("undecided after twelve ballots")


@pytest.mark.parametrize(
    ("jury", "stewards", "verdict"),
    [
        (None, [Verdict.KEEP, Verdict.KEEP], None),
        (Verdict.KEEP, [], None),
        (Verdict.KEEP, [Verdict.KEEP], Verdict.KEEP),
        (Verdict.KEEP, [Verdict.REMOVE], None),
        (Verdict.KEEP, [Verdict.REMOVE, Verdict.REMOVE], Verdict.REMOVE),
        (Escalation.TO_STEWARDS, [Verdict.KEEP], None),
        (Escalation.TO_STEWARDS, [Verdict.KEEP, Verdict.REMOVE], None),
        (Escalation.TO_STEWARDS, [Verdict.KEEP, Verdict.REMOVE, Verdict.KEEP], Verdict.KEEP),
    ],
)
def test_fresh_jurors_and_a_steward_agree_or_two_stewards_do(
    jury: Any, stewards: list[Verdict], verdict: Verdict | None
) -> None:
    assert agree(jury, stewards) is verdict


async def test_cluster_verdict_reversed_on_appeal(db: Any, cast: Any, court: Any, enrol: Any) -> None:
    """Edge case of that name: every copy comes back, strikes are void, jurors' scores are corrected, all are told."""
    post, case = await removed(court, cast)
    copy = await publish(court.desk, cast.cleo, Draft(text=WORDS))
    await take_up_findings(db)
    assert len(await own_statements(db, cast.cleo)) == 1
    first_jury = {row["juror_id"] for row in await db.fetch("SELECT juror_id FROM ballots")}
    assert (await get_standing(db, cast.ada)).points > 0
    assert await may_appeal(db, cast.ada, case)
    made = await appeal(db, cast.ada, case, WHY)
    assert (made.part, made.outcome) == ("author", None)
    row = await court.case(case)
    assert (row["state"], row["round"], row["belief"]) == ("appealed", 2, pytest.approx(row["prior"]))
    assert await court.desk.find(cast.bert, post.id) is None, "until it is decided"
    for id in first_jury:
        assert isinstance(await next_seat(db, type(cast.ada)(account_id=id, name="earlier")), NoSeat)
    stella = await enrol("stella", Role.STEWARD)
    view = await get_case(db, stella, case)
    assert all(ballot.round == 1 for ballot in view.ballots)
    await judge_anew(court, case, Choice.FINE)
    assert (await court.case(case))["state"] == "appealed", "a steward is still missing"
    assert await decide_as_steward(db, stella, case, Verdict.KEEP, "It is in the minutes")
    await court.work()
    file = await court.folded(case)
    assert file.state is State.CLOSED
    for id in (post.id, copy.id):
        assert await court.desk.find(cast.bert, id) is not None
    assert (await get_standing(db, cast.ada)).points == (await get_standing(db, cast.cleo)).points == 0
    for author in (cast.ada, cast.cleo):
        assert (await own_statements(db, author))[0].kind == "reversed"
    assert (await own_reports(db, cast.bert))[0].outcome == "refused"
    assert [each.kind for each in await listing(db, cast.bert)].count(Kind.REPORT_OUTCOME) == 2
    scorings = await db.fetch("SELECT juror_id, truth, weight FROM scorings WHERE case_id = $1", case)
    assert {row["truth"] for row in scorings} == {0.0}
    assert {row["weight"] for row in scorings} == {3.0}
    for id in first_jury:
        assert await db.fetchval("SELECT accused FROM jurors WHERE account_id = $1", id) >= 2.9
    assert await db.fetchval("SELECT verdict FROM judged") == "kept"
    assert (await publish(court.desk, cast.cleo, Draft(text=WORDS))).hidden_at is None
    assert (await own_appeals(db, cast.ada))[0].outcome == "reversed"


async def test_upheld_it_stays_and_the_author_is_told(db: Any, cast: Any, court: Any) -> None:
    post, case = await removed(court, cast)
    await appeal(db, cast.ada, case, WHY)
    await judge_anew(court, case, Choice.BREAKS)
    assert await decide_as_steward(db, cast.dora, case, Verdict.REMOVE, "It is not in the minutes")
    assert (await court.folded(case)).state is State.CLOSED
    assert await court.desk.find(cast.bert, post.id) is None
    assert [each.kind for each in await own_statements(db, cast.ada)] == ["upheld", "removed"]
    with pytest.raises((TooLate, AppealedAlready)):
        await appeal(db, cast.ada, case, WHY)


async def test_author_suspended_meanwhile(db: Any, cast: Any, court: Any) -> None:
    """Edge case of that name: the token of the statement is enough, signed out."""
    _, case = await removed(court, cast)
    (statement,) = await own_statements(db, cast.ada)
    await db.fetch("UPDATE accounts SET suspended_at = now() WHERE id = $1", cast.ada.account_id)
    assert await may_appeal(db, statement.token, case)
    made = await appeal(db, statement.token, case, WHY)
    assert made.account_id == cast.ada.account_id
    with pytest.raises(Missing):
        await appeal(db, "a guess", case, WHY)


async def test_account_deleted_meanwhile(db: Any, cast: Any, court: Any) -> None:
    """The other half of that edge case: account and post are gone, the evidence and the right to ask again are not."""
    _, case = await removed(court, cast)
    (statement,) = await own_statements(db, cast.ada)
    await close_for(db, cast.dora, cast.ada.account_id)
    await appeal(db, statement.token, case, WHY)
    await court.first(case)
    juror = await court.juror()
    assert (await court.sit(juror)).content.text == WORDS
    await court.vote(juror, Choice.FINE)
    await judge_anew(court, case, Choice.FINE)
    assert await decide_as_steward(db, cast.dora, case, Verdict.KEEP, "It is in the minutes")
    assert (await court.folded(case)).state is State.CLOSED


async def test_a_reporter_may_appeal_against_a_keep(db: Any, cast: Any, court: Any) -> None:
    post = await publish(court.desk, cast.ada, Draft(text=WORDS))
    case = (await court.report(cast.bert, cast.ada, post.id)).case_ids[0]
    await court.decide(Choice.FINE, case)
    with pytest.raises(Missing):
        await appeal(db, cast.cleo, case, WHY)
    await appeal(db, cast.bert, case, "It is about my mother")
    await judge_anew(court, case, Choice.BREAKS)
    assert await decide_as_steward(db, cast.dora, case, Verdict.REMOVE, "It is")
    assert await court.desk.find(cast.cleo, post.id) is None
    assert (await own_reports(db, cast.bert))[0].outcome == "upheld"
    assert (await own_statements(db, cast.ada))[0].kind == "removed"


async def test_an_edit_neither_stops_an_appeal_nor_is_let_out_by_it(db: Any, cast: Any, court: Any) -> None:
    post, case = await removed(court, cast)
    await appeal(db, cast.ada, case, WHY)
    await edit(court.desk, cast.ada, post.id, Draft(text=f"{WORDS}, and I shall say more of it"))
    await court.work()
    await judge_anew(court, case, Choice.FINE)
    await decide_as_steward(db, cast.dora, case, Verdict.KEEP, "Nothing in it")
    assert (await court.case(case))["verdict"] == "keep"
    assert await db.fetchval("SELECT hidden_at FROM posts WHERE id = $1", post.id) is not None
    await court.work()
    newer = await court.case_of(post.id)
    assert (newer["id"] != case, newer["verdict"]) == (True, None), "nobody has read what it says now"


async def test_one_appeals_once_in_time_and_with_a_reason(db: Any, cast: Any, court: Any) -> None:
    _, case = await removed(court, cast)
    with pytest.raises(Invalid):
        await appeal(db, cast.ada, case, "  ")
    with pytest.raises(NothingToAppeal):
        await appeal(db, cast.bert, case, "I am glad")
    with court.later(days=185), pytest.raises(TooLate):
        await appeal(db, cast.ada, case, WHY)
    await appeal(db, cast.ada, case, WHY)
    assert not await may_appeal(db, cast.ada, case)
    with pytest.raises(AppealedAlready):
        await appeal(db, cast.ada, case, WHY)


async def test_who_decided_the_first_time_does_not_decide_the_second(
    db: Any, cast: Any, court: Any, enrol: Any
) -> None:
    stella = await enrol("stella", Role.STEWARD)
    post = await publish(court.desk, cast.ada, Draft(text=WORDS))
    case = (await court.report(cast.bert, cast.ada, post.id)).case_ids[0]
    await escalate(db, stella, case, "divided")
    await decide_as_steward(db, stella, case, Verdict.REMOVE, "yes")
    await decide_as_steward(db, cast.dora, case, Verdict.REMOVE, "yes")
    await appeal(db, cast.ada, case, WHY)
    with pytest.raises(NotForYou):
        await decide_as_steward(db, stella, case, Verdict.REMOVE, "still yes")
