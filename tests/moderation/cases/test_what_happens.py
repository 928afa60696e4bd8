"""The edge cases of a case's life, each named as the design's table names it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.errors import Forbidden, Invalid, Missing
from folkmoot.moderation.cases import Choice, State, Step, Verdict, content_queries
from folkmoot.moderation.cases.decide import (
    NotForYou,
    OnlyOnce,
    answer_alarm,
    decide_as_steward,
    escalate,
    freeze,
    hide_for_now,
    raise_threat,
    set_deadline,
)
from folkmoot.moderation.cases.inhand import MovedOn
from folkmoot.moderation.cases.jobs import take_up_findings
from folkmoot.moderation.cases.open import open_as_steward
from folkmoot.moderation.cases.read import board, get_case, list_cases
from folkmoot.moderation.cases.timers import work_clocks
from folkmoot.moderation.sanctions import own_statements
from folkmoot.moderation.sanctions.rules import Measure
from folkmoot.network.access.viewer import Role
from folkmoot.network.notifications import Kind, listing
from folkmoot.network.posts.edit import edit
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.remove import remove
from folkmoot.network.posts.rules import Draft

WORDS = "The allotments by the river will be sold, and nobody on the council has said a word about it"
THREAT = "@bert I will find you tonight and I will kill you, you traitor"


async def reported(court: Any, people: Any, words: str = WORDS) -> tuple[Any, int]:
    """A post of Ada's that Bert reported, and its case."""
    post = await publish(court.desk, people.ada, Draft(text=words))
    made = await court.report(people.bert, people.ada, post.id)
    return post, made.case_ids[0]


async def test_author_deletes_the_post(db: Any, cast: Any, court: Any) -> None:
    post, case = await reported(court, cast)
    await remove(court.desk, cast.ada, post.id)
    seat = await court.sit(await court.juror())
    assert seat.content.text == WORDS
    await court.decide(Choice.BREAKS, case)
    row = await court.case(case)
    assert row["verdict"] == "remove"
    assert await db.fetchval("SELECT count(*) FROM sanction_events WHERE account_id = $1", cast.ada.account_id) == 1
    view = await get_case(db, cast.dora, case)
    assert (view.members[0].gone, view.contents[0].text) == (True, WORDS)


async def test_author_edits(db: Any, cast: Any, court: Any) -> None:
    """The new version joins the case; ballots on the old one are kept, and not reused."""
    post, case = await reported(court, cast)
    early, holding = await court.jurors(2)
    await court.vote(early, Choice.FINE)
    await court.first(case)
    seat = await court.sit(holding)
    await edit(court.desk, cast.ada, post.id, Draft(text=WORDS + ", the cowards"))
    assert "text_changed" in await court.work()
    await court.work()
    row = await court.case(case)
    assert (row["ballots"], row["belief"]) == (0, pytest.approx(row["prior"]))
    file = await court.folded(case)
    assert len(file.content) == 2
    assert await db.fetchval("SELECT count(*) FROM ballots WHERE voided_at IS NULL") == 1
    assert await db.fetchval("SELECT ended_how FROM seats WHERE id = $1", seat.id) == "edited"
    await court.first(case)
    again = await court.sit(holding)
    assert (again.content.text, [each.text for each in again.earlier]) == (WORDS + ", the cowards", [WORDS])
    await court.decide(Choice.BREAKS, case)


async def test_same_text_reposted(db: Any, cast: Any, court: Any) -> None:
    """One case while it is open; afterwards the copy meets the same verdict, and another commentary its own case."""
    first, case = await reported(court, cast)
    copy = await publish(court.desk, cast.cleo, Draft(text=WORDS.upper() + " https://example.org/a"))
    made = await court.report(cast.bert, cast.cleo, copy.id)
    assert made.case_ids == (case,)
    near = await publish(court.desk, cast.dora, Draft(text=WORDS.replace("a word", "one word")))
    assert (await court.report(cast.bert, cast.dora, near.id)).case_ids == (case,)
    quoted = await publish(court.desk, cast.cleo, Draft(text=f'"{WORDS}" - who says so? I asked, and it is not true.'))
    assert (await court.report(cast.bert, cast.cleo, quoted.id)).case_ids != (case,)
    await court.decide(Choice.BREAKS, case)
    for post in (first, copy, near):
        assert await court.desk.find(cast.bert, post.id) is None
    assert await court.desk.find(cast.bert, quoted.id) is not None
    assert len(await own_statements(db, cast.ada)) == len(await own_statements(db, cast.cleo)) == 1
    again = await publish(court.desk, cast.cleo, Draft(text=WORDS))
    assert again.hidden_at is not None, "held at once"
    assert await take_up_findings(db) >= 1
    row = await court.case_of(again.id)
    assert row["id"] == case
    statement = (await own_statements(db, cast.cleo))[0]
    assert (statement.case_id, statement.post_id) == (case, again.id)
    assert await take_up_findings(db) == 0


async def test_what_screening_holds_comes_before_a_jury(db: Any, cast: Any, court: Any) -> None:
    words = "@bert we know where you park your car and we will bring hammers"
    post = await publish(court.desk, cast.ada, Draft(text=words))
    assert post.hidden_at is not None
    assert await take_up_findings(db) == 1
    assert await take_up_findings(db) == 0
    row = await court.case_of(post.id)
    assert (row["severity"], row["source"]) == ("threat", "own")
    assert row["prior"] > -1.0986
    file = await court.folded(row["id"])
    assert file.hidden
    await court.decide(Choice.FINE, row["id"])
    assert (await court.case(row["id"]))["verdict"] == "keep"
    assert await court.desk.find(cast.bert, post.id) is not None
    assert Kind.MENTION in [each.kind for each in await listing(db, cast.bert)], "who was named hears of it now"
    (statement,) = await own_statements(db, cast.ada)
    assert statement.kind == "restored"
    assert await db.fetchval("SELECT decision FROM findings") == "released"


async def test_threat_to_life(db: Any, cast: Any, court: Any, enrol: Any) -> None:
    """Any reporter may raise it: stewards are called at once, content is preserved, then hidden, the letter is ready."""
    stella = await enrol("stella", Role.STEWARD)
    post = await publish(court.desk, cast.ada, Draft(text=WORDS))
    made = await court.report(cast.bert, cast.ada, post.id, comment="He means it", life_at_risk=True)
    case = made.case_ids[0]
    file = await court.folded(case)
    assert file.hidden
    assert file.life_at_risk
    assert await court.desk.find(cast.cleo, post.id) is None
    for steward in (stella, cast.dora):
        (told,) = await listing(db, steward)
        assert (told.kind, told.about_id) == (Kind.ALARM, case)
    (alarm,) = (await board(db, cast.dora)).alarms
    assert WORDS in alarm.note
    assert "@ada" in alarm.note
    assert "Article 18" in alarm.note
    assert (await raise_threat(db, cast.bert, case, "again")).id == alarm.id, "one alarm at a time"
    with pytest.raises(Missing):
        await raise_threat(db, cast.cleo, case, "I have nothing to do with it")
    await court.decide(Choice.FINE, case)
    assert await court.desk.find(cast.cleo, post.id) is not None
    assert (await db.fetchrow("SELECT outcome FROM reports"))["outcome"] == "refused"
    assert await db.fetchval("SELECT count(*) FROM standings WHERE account_id = $1", cast.bert.account_id) == 0
    await answer_alarm(db, stella, alarm.id, "Called the police in Mannheim")
    assert (await board(db, cast.dora)).alarms == ()


async def test_a_juror_may_raise_it_too(db: Any, cast: Any, court: Any) -> None:
    post, case = await reported(court, cast)
    done = await court.vote(await court.juror(), Choice.THREAT)
    assert done.raised
    file = await court.folded(case)
    assert (file.hidden, file.life_at_risk) == (True, True)
    assert await court.desk.find(cast.cleo, post.id) is None
    assert [each.kind for each in await listing(db, cast.dora)] == [Kind.ALARM]


async def test_an_alarm_about_what_was_kept_reopens_it(db: Any, cast: Any, court: Any) -> None:
    post, case = await reported(court, cast)
    await court.decide(Choice.FINE, case)
    await court.report(cast.cleo, cast.ada, post.id, comment="He is on his way", life_at_risk=True)
    file = await court.folded(case)
    assert (file.state, file.hidden, file.reopened) == (State.EMPANELLED, True, 1)
    await court.decide(Choice.BREAKS, case)
    assert (await court.case(case))["verdict"] == "remove"


async def test_quote_condemnation_news(cast: Any, court: Any) -> None:
    """Who reports on it or condemns it breaks no rule: an answer of its own."""
    post, case = await reported(court, cast)
    await court.decide(Choice.REPORTS, case)
    assert (await court.case(case))["verdict"] == "keep"
    assert await court.desk.find(cast.bert, post.id) is not None


async def test_deadline_before_the_jury_ends(db: Any, cast: Any, court: Any) -> None:
    post, case = await reported(court, cast)
    await set_deadline(db, cast.dora, case, clock.now() + timedelta(hours=3), "The host wants an answer")
    with court.later(hours=1):
        assert await work_clocks(db) == 0
    with court.later(hours=2, minutes=31):
        assert await work_clocks(db) >= 1
        assert (await court.folded(case)).overridden
        assert await court.desk.find(cast.cleo, post.id) is None
        await court.vote(await court.juror(), Choice.FINE)
        assert (await court.folded(case)).hidden, "until the jury has decided"
        await court.decide(Choice.FINE, case)
        assert await court.desk.find(cast.cleo, post.id) is not None


@pytest.mark.parametrize(("severity", "hidden", "verdict"), [("threat", True, "remove"), ("serious", True, "keep")])
async def test_endless(db: Any, cast: Any, court: Any, severity: str, hidden: bool, verdict: str) -> None:
    """Edge case 'tie / endless': when nobody decides in time threats stay hidden, others are restored, without a strike."""
    post, case = await reported(court, cast)
    await court.set(case, severity=severity)
    await hide_for_now(db, cast.dora, case, "while we look at it")
    await db.fetch("UPDATE case_timers SET due_at = now() WHERE kind = 'default'")
    assert await work_clocks(db) == 1
    row = await court.case(case)
    assert (row["verdict"], row["decided_by"]) == (verdict, "clock")
    assert (await court.desk.find(cast.cleo, post.id) is None) == (verdict == "remove")
    assert (await court.folded(case)).state is State.APPEALABLE
    assert await db.fetchval("SELECT count(*) FROM judged") == 0, "the clock judges no copies"
    assert not await db.fetchval("SELECT coalesce(max(points), 0) FROM standings")


async def test_a_steward_alone_hides_for_a_day_and_no_longer(db: Any, cast: Any, court: Any) -> None:
    """Edge case 'steward abuse': the one thing one steward may do alone, once, on record."""
    post, case = await reported(court, cast)
    await hide_for_now(db, cast.dora, case, "while we look at it")
    await court.vote(await court.juror(), Choice.FINE)
    assert await court.desk.find(cast.cleo, post.id) is None, "one ballot does not undo it, a verdict does"
    with court.later(hours=25):
        await work_clocks(db)
        assert await court.desk.find(cast.cleo, post.id) is not None
        with pytest.raises(OnlyOnce):
            await hide_for_now(db, cast.dora, case, "again")
    assert await db.fetchval("SELECT count(*) FROM events WHERE name = 'case.hidden_for_now'") == 1
    await court.folded(case)


async def test_it_takes_two_stewards(db: Any, cast: Any, court: Any, enrol: Any) -> None:
    """Edge case 'steward abuse': none decides alone, none about their own, and every word is on record."""
    stella, steve = await enrol("stella", Role.STEWARD), await enrol("steve", Role.STEWARD)
    post, case = await reported(court, cast)
    with pytest.raises(Exception, match="before a jury"):
        await decide_as_steward(db, stella, case, Verdict.REMOVE, "plainly")
    await escalate(db, cast.dora, case, "the jury will not manage this one")
    assert [each.id for each in (await board(db, stella)).escalated] == [case]
    seen = (await court.case(case))["version"]
    assert not await decide_as_steward(db, stella, case, Verdict.REMOVE, "plainly", seen=seen, measure=Measure.WARN)
    assert not await decide_as_steward(db, stella, case, Verdict.REMOVE, "plainly", measure=Measure.WARN), "again"
    assert (await get_case(db, steve, case)).votes == (), "blind to one another"
    assert not await decide_as_steward(db, steve, case, Verdict.KEEP, "not at all")
    with pytest.raises(Invalid):
        await decide_as_steward(db, cast.dora, case, Verdict.KEEP, "  ")
    with pytest.raises(MovedOn):
        await decide_as_steward(db, cast.dora, case, Verdict.KEEP, "late", seen=seen - 1)
    assert await decide_as_steward(db, cast.dora, case, Verdict.REMOVE, "agreed", measure=Measure.WARN)
    row = await court.case(case)
    assert (row["decided_by"], row["measure"]) == ("stewards", "warn")
    warned = await court.desk.get(cast.bert, post.id)
    assert (warned.sensitive, bool(warned.warning), warned.text) == (True, True, WORDS)
    assert await db.fetchval("SELECT count(*) FROM events WHERE name = 'case.voted'") == 4
    for verb in (hide_for_now, escalate):
        with pytest.raises(Forbidden):
            await verb(db, cast.ada, case, "why not")


async def test_a_steward_does_not_decide_about_their_own(db: Any, cast: Any, court: Any, enrol: Any) -> None:
    stella = await enrol("stella", Role.STEWARD)
    post = await publish(court.desk, cast.ada, Draft(text=WORDS))
    made = await court.report(stella, cast.ada, post.id)
    await escalate(db, cast.dora, made.case_ids[0], "divided")
    with pytest.raises(NotForYou):
        await decide_as_steward(db, stella, made.case_ids[0], Verdict.REMOVE, "I said so")


async def test_a_steward_brings_a_post_before_a_jury(db: Any, cast: Any, court: Any) -> None:
    post = await publish(court.desk, cast.ada, Draft(text=WORDS))
    case = await open_as_steward(court.desk, cast.dora, post.id, "look at this")
    assert await open_as_steward(court.desk, cast.dora, post.id, "look at this") == case
    assert [each.id for each in await list_cases(db, cast.dora, post_id=post.id)] == [case]
    with pytest.raises(Forbidden):
        await open_as_steward(court.desk, cast.bert, post.id, "look at this")


async def test_evidence_goes_when_nobody_needs_it_unless_it_is_under_legal_hold(db: Any, cast: Any, court: Any) -> None:
    _, case = await reported(court, cast)
    await court.decide(Choice.BREAKS, case)
    await freeze(db, cast.dora, case, "the court asks for it")
    with court.later(days=185):
        await work_clocks(db)
        assert (await court.folded(case)).state is State.CLOSED
    with court.later(days=400):
        await work_clocks(db)
        assert (await content_queries.contents(db, case))[0]["text"] == WORDS
    await freeze(db, cast.dora, case, "no longer", frozen=False)
    with court.later(days=800):
        await work_clocks(db)
        assert (await content_queries.contents(db, case))[0]["text"] == ""
        assert (await court.case(case))["erased_at"] is not None


async def test_site_moves_host_mid_case(db: Any, cast: Any, court: Any) -> None:
    """Everything that waits is a row with a moment: what another host reads there is all it needs."""
    _, case = await reported(court, cast)
    await court.sit(await court.juror())
    assert await db.fetchval("SELECT count(*) FROM case_timers WHERE done_at IS NULL AND due_at > now()") == 1
    assert await db.fetchval("SELECT count(*) FROM seats WHERE lease_until > now() AND ended_at IS NULL") == 1
    with court.later(hours=1):
        assert await work_clocks(db) == 1
    await court.folded(case)


async def test_the_board_and_the_file_of_a_case(db: Any, cast: Any, court: Any) -> None:
    _, decided = await reported(court, cast)
    await court.decide(Choice.BREAKS, decided)
    _, waiting = await reported(
        court, cast, "Another thing altogether, about the ferry and its timetable in the winter"
    )
    shown = await board(db, cast.dora)
    assert shown.open_by_state == {"empanelled": 1}
    assert [line.id for line in shown.queue] == [waiting]
    assert shown.hours[-1].decided == 1
    assert len(shown.hours) == 24
    assert shown.waits["serious"].to_verdict_p50 is not None
    assert shown.agreement == 1.0
    assert [timer.kind for timer in shown.due] == ["default"]
    view = await get_case(db, cast.dora, decided)
    assert [each.juror for each in view.ballots] == list(range(1, len(view.ballots) + 1))
    assert all(event.by_id is None for event in view.events if event.step in (Step.CAST, Step.SEAT))
    assert view.line.excerpt == WORDS
    await court.vote(await court.juror(), Choice.FINE)
    assert (await get_case(db, cast.dora, waiting)).ballots == (), "not before the jury is done"
    for read in (board(db, cast.ada), get_case(db, cast.ada, decided), list_cases(db, cast.ada)):
        with pytest.raises(Forbidden):
            await read
