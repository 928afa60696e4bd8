"""What a verdict does to posts, authors and copies, and what everybody concerned is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.bus import News
from folkmoot.errors import Missing
from folkmoot.moderation.cases import Choice, Verdict
from folkmoot.moderation.cases.decide import decide_as_steward, escalate
from folkmoot.moderation.cases.timers import work_clocks
from folkmoot.moderation.cases.verdict import enforce_rest
from folkmoot.moderation.sanctions import (
    Grade,
    Limit,
    Measure,
    get_standing,
    get_statement,
    labels_of,
    latest_statement,
    own_statements,
)
from folkmoot.moderation.sanctions.enforce import bring_in_line
from folkmoot.moderation.sanctions.queries import events_of, insert_event
from folkmoot.moderation.sanctions.rules import Event, Happening
from folkmoot.network.access import sign_in, viewer_by_session
from folkmoot.network.access.rules import LoginDisabled
from folkmoot.network.access.viewer import Role
from folkmoot.network.accounts import SignUpRefused, find_invitation, invite, sign_up
from folkmoot.network.notifications import Kind, listing
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft, SlowedToFollowers
from folkmoot.settings import Settings

PASSWORD = "the gate is never locked"
"""Everybody's, in the tests."""
WORDS = "The allotments by the river will be sold, and nobody on the council has said a word about it"
"""A harmless text: what it is does not matter to what follows from a verdict."""


async def removed(court: Any, people: Any, words: str = WORDS, rule_id: int | None = None) -> tuple[Any, int]:
    """A post of Ada's that a jury has removed, and its case."""
    post = await publish(court.desk, people.ada, Draft(text=words))
    made = await court.report(people.bert, people.ada, post.id)
    await court.decide(Choice.BREAKS, made.case_ids[0], rule_id)
    return post, made.case_ids[0]


async def test_the_author_reads_rule_facts_who_decided_and_how_to_appeal(db: Any, cast: Any, court: Any) -> None:
    await db.fetch(
        """INSERT INTO rules (id, position, text, translations)
           VALUES (1, 1, 'Do not threaten anybody', '{"de": {"text": "Droht niemandem"}}')"""
    )
    await db.fetch("UPDATE credentials SET locale = 'de' WHERE account_id = $1", cast.ada.account_id)
    post, case = await removed(court, cast, rule_id=1)
    (statement,) = await own_statements(db, cast.ada)
    assert (statement.case_id, statement.post_id, statement.kind) == (case, post.id, "removed")
    assert "Regel 1: Droht niemandem" in statement.text
    assert WORDS in statement.text
    assert "kein Programm" in statement.text
    assert "Einspruch" in statement.text
    reasons = statement.reasons
    assert (reasons.rule, reasons.rule_text, reasons.decided_by_machine) == (1, "Droht niemandem", False)
    assert reasons.ballots >= 2
    assert statement.appeal_until is not None
    assert statement.appeal_until - clock.now() > timedelta(days=180)
    (told,) = [each for each in await listing(db, cast.ada) if each.kind is Kind.MODERATION_WARNING]
    assert told.about_id == statement.id
    assert await own_statements(db, cast.bert) == []


async def test_a_statement_is_for_its_reader_or_who_has_its_token(db: Any, cast: Any, court: Any) -> None:
    await removed(court, cast)
    (statement,) = await own_statements(db, cast.ada)
    assert await get_statement(db, statement.token) == statement
    assert await get_statement(db, cast.ada, statement.id) == statement
    assert await get_statement(db, cast.dora, statement.id) == statement
    for who, id in ((cast.bert, statement.id), ("guess", None)):
        with pytest.raises(Missing):
            await get_statement(db, who, id)


async def test_the_author_still_sees_what_was_removed(cast: Any, court: Any) -> None:
    post, _ = await removed(court, cast)
    assert (await court.desk.get(cast.ada, post.id)).text == WORDS
    assert await court.desk.find(cast.bert, post.id) is None


async def test_a_removal_is_a_strike_that_expires(db: Any, cast: Any, court: Any) -> None:
    await removed(court, cast)
    here = await get_standing(db, cast.ada)
    assert here.points == 3
    kept = await db.fetchrow("SELECT points, limited FROM standings WHERE account_id = $1", cast.ada.account_id)
    assert (kept["points"], kept["limited"]) == (here.points, here.limit.value)
    with court.later(days=181):
        assert (await get_standing(db, cast.ada)).points == 0
        await work_clocks(db)
    assert await db.fetchval("SELECT points FROM standings WHERE account_id = $1", cast.ada.account_id) == 0


async def test_a_serious_removal_slows_its_author_at_once_and_for_a_week(
    db: Any, cast: Any, court: Any, heard: list[News]
) -> None:
    token, _ = await sign_in(db, name_or_email="ada", password=PASSWORD, address="", agent="")
    await removed(court, cast)
    assert [each for each in heard if each.kind == "access.changed"], "signed-in members publish under the new limit"
    ada = await viewer_by_session(db, token)
    assert ada is not None
    assert (await get_standing(db, cast.ada)).limit is Limit.SLOW
    assert ada.slowed_until == (await get_standing(db, cast.ada)).until
    with pytest.raises(SlowedToFollowers):
        await publish(court.desk, ada, Draft(text="Hello, everybody"))
    with court.later(days=8):
        await work_clocks(db)
        ada = await viewer_by_session(db, token)
        assert ada is not None
        assert ada.slowed_until is None
        await publish(court.desk, ada, Draft(text="Hello, everybody"))


async def strike(court: Any, account_id: int, case_id: int, grade: Grade) -> Limit:
    now = clock.now()
    async with court.db.transaction() as tx:
        event = Event(what=Happening.DECIDED, case=case_id, at=now, grade=grade)
        await insert_event(tx, account_id, event)
        return await bring_in_line(tx, account_id, await events_of(tx, account_id), now)


async def test_suspended_means_suspended_until_it_is_over(db: Any, cast: Any, court: Any) -> None:
    _, case = await removed(court, cast)
    token, _ = await sign_in(db, name_or_email="ada", password=PASSWORD, address="", agent="")
    with court.later(days=8):
        assert await strike(court, cast.ada.account_id, case, Grade.MAJOR) is not Limit.NONE
    _, other = await removed(court, cast, "Another thing altogether, about the ferry and its timetable in the winter")
    here = await get_standing(db, cast.ada)
    assert here.limit is Limit.SUSPENDED
    assert here.until is not None
    assert await viewer_by_session(db, token) is None
    with pytest.raises(LoginDisabled):
        await sign_in(db, name_or_email="ada", password=PASSWORD, address="", agent="")
    assert (await latest_statement(db, cast.ada.account_id)) is not None
    with clock.held_at(here.until + timedelta(minutes=1)):
        await work_clocks(db)
        await sign_in(db, name_or_email="ada", password=PASSWORD, address="", agent="")
    assert other != case


async def test_banned_means_banned(db: Any, cast: Any, court: Any) -> None:
    """Sign-in, sessions, and new accounts by the same invitation or mail."""
    _, case = await removed(court, cast)
    soon: dict[str, Any] = {"uses": 3, "expires_at": clock.now() + timedelta(days=5)}
    invitation = await invite(db, cast.dora, **soon)
    gift = await invite(db, cast.ada, **soon)
    await db.fetch(
        "UPDATE credentials SET invited_by_code = $2 WHERE account_id = $1", cast.ada.account_id, invitation.code
    )
    assert await strike(court, cast.ada.account_id, case, Grade.EXTREME) is Limit.BANNED
    row = await db.fetchrow("SELECT suspended_at, suspended_by FROM accounts WHERE id = $1", cast.ada.account_id)
    assert row["suspended_at"] is not None
    assert row["suspended_by"] is None
    assert await find_invitation(db, invitation.code) is None
    assert await find_invitation(db, gift.code) is None
    with pytest.raises(SignUpRefused):
        await sign_up(
            db, name="ada2", password="another long password", email="ADA@example.org", agreed=True, settings=Settings()
        )
    with court.later(days=900):
        await work_clocks(db)
    assert await db.fetchval("SELECT suspended_at FROM accounts WHERE id = $1", cast.ada.account_id) is not None


async def test_what_staff_suspended_no_clock_restores(db: Any, cast: Any, court: Any) -> None:
    _, case = await removed(court, cast)
    await db.fetch(
        "UPDATE accounts SET suspended_at = now(), suspended_by = $2, suspended_why = 'spam farm' WHERE id = $1",
        cast.ada.account_id,
        cast.dora.account_id,
    )
    async with db.transaction() as tx:
        record = [*await events_of(tx, cast.ada.account_id), Event(what=Happening.REVERSED, case=case, at=clock.now())]
        await bring_in_line(tx, cast.ada.account_id, record, clock.now())
    assert await db.fetchval("SELECT suspended_why FROM accounts WHERE id = $1", cast.ada.account_id) == "spam farm"


async def test_copies_of_what_was_kept_pass_and_of_what_was_removed_are_held(db: Any, cast: Any, court: Any) -> None:
    _, case = await removed(court, cast)
    assert (await publish(court.desk, cast.cleo, Draft(text=WORDS))).hidden_at is not None
    row = await db.fetchrow("SELECT verdict, reference FROM judged")
    assert (row["verdict"], row["reference"]) == ("removed", f"case {case}")


async def test_a_label_leaves_the_post_as_it_is_and_is_no_strike(db: Any, cast: Any, court: Any, enrol: Any) -> None:
    stella = await enrol("stella", Role.STEWARD)
    post = await publish(court.desk, cast.ada, Draft(text=WORDS))
    case = (await court.report(cast.bert, cast.ada, post.id)).case_ids[0]
    await escalate(db, cast.dora, case, "divided")
    for steward in (stella, cast.dora):
        await decide_as_steward(db, steward, case, Verdict.REMOVE, "misleading", measure=Measure.LABEL)
    seen = await court.desk.get(cast.bert, post.id)
    assert (seen.text, seen.sensitive, seen.hidden_at) == (WORDS, False, None)
    assert await labels_of(db, [post.id]) == {post.id: (await court.case(case))["category"]}
    assert (await own_statements(db, cast.ada))[0].kind == "labelled"
    assert (await get_standing(db, cast.ada)).points == 0


async def test_many_copies_are_dealt_with_by_a_job_that_may_run_twice(db: Any, cast: Any, court: Any) -> None:
    posts = [await publish(court.desk, cast.ada, Draft(text=WORDS)) for _ in range(25)]
    for post in posts:
        made = await court.report(cast.bert, cast.ada, post.id)
    case = made.case_ids[0]
    await court.decide(Choice.BREAKS, case)
    assert await db.fetchval("SELECT count(*) FROM posts WHERE hidden_at IS NULL") == 5
    assert "enforce_rest" in await court.work()
    await enforce_rest(db, case)
    assert await db.fetchval("SELECT count(*) FROM posts WHERE hidden_at IS NULL") == 0
    assert len(await own_statements(db, cast.ada)) == 25
    assert (await get_standing(db, cast.ada)).points == 3, "one case is one strike, however many copies"
