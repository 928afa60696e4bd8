"""Volunteering: practise with an answer to every answer, stop at any time, see what one has looked at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.errors import Missing
from folkmoot.moderation.cases import Choice, Severity
from folkmoot.moderation.cases.summon import NotAVolunteer, next_seat
from folkmoot.moderation.cases.timers import work_clocks
from folkmoot.moderation.cases.views import NoSeat, SeatView
from folkmoot.moderation.jurors import answer_practice, juror_view, practice_case, step_down, volunteer
from folkmoot.moderation.jurors.practise import AnsweredAlready, practice_cases
from folkmoot.moderation.jurors.volunteer import HasStrikes, TooYoung

WORDS = "The allotments by the river will be sold, and nobody on the council has said a word about it"


def test_practice_has_both_languages_and_both_kinds() -> None:
    every = practice_cases()
    assert len(every) == len({each.name for each in every}) == 12
    for each in every:
        for texts in (each.text, each.why):
            assert set(texts) == {"en", "de"}, each.name
        assert set(each.reply_to) in (set(), {"en", "de"})
    breaking = sum(bool(each.choice.says) for each in every)
    assert 4 <= breaking <= 8
    assert {each.choice for each in every} >= {Choice.BREAKS, Choice.FINE, Choice.REPORTS}


async def answer_all(db: Any, viewer: Any, wrong: int = 0) -> Any:
    feedback = None
    for number, each in enumerate(practice_cases()):
        choice = each.choice
        if number < wrong:
            choice = Choice.FINE if each.choice.says else Choice.BREAKS
        feedback = await answer_practice(db, viewer, each.name, choice)
    return feedback


async def test_who_practised_well_may_sit(db: Any, cast: Any, court: Any, write: Any) -> None:
    made = await volunteer(db, cast.cleo, [Severity.THREAT])
    assert (made.needs_practice, made.opted_out) == (True, (Severity.THREAT,))
    first = await practice_case(db, cast.cleo)
    assert first is not None
    assert (first.number, first.of) == (1, 12)
    assert isinstance(await next_seat(db, cast.cleo), NoSeat)
    done = await answer_practice(db, cast.cleo, first.name, Choice.FINE)
    assert (done.is_right, done.choice, done.qualified) == (False, Choice.BREAKS, None)
    assert done.why
    with pytest.raises(AnsweredAlready):
        await answer_practice(db, cast.cleo, first.name, Choice.BREAKS)
    with pytest.raises(Missing):
        await answer_practice(db, cast.cleo, "no such case", Choice.FINE)
    for each in practice_cases()[1:]:
        done = await answer_practice(db, cast.cleo, each.name, each.choice)
    assert (done.done, done.right, done.qualified) == (12, 11, True)
    assert await practice_case(db, cast.cleo) is None
    await court.report(cast.bert, cast.ada, await write(cast.ada, WORDS))
    before = (await db.fetchrow("SELECT belief FROM cases"))["belief"]
    await court.vote(cast.cleo, Choice.BREAKS)
    assert (await db.fetchrow("SELECT belief FROM cases"))["belief"] > before, "the practice counts as experience"


async def test_who_did_not_begins_anew(db: Any, cast: Any) -> None:
    await volunteer(db, cast.cleo)
    assert (await answer_all(db, cast.cleo, wrong=5)).qualified is False
    again = await practice_case(db, cast.cleo)
    assert again is not None
    assert again.number == 1
    assert (await answer_all(db, cast.cleo)).qualified is True
    assert await db.fetchval("SELECT missed FROM jurors WHERE account_id = $1", cast.cleo.account_id) == 0


async def test_practice_is_in_ones_own_language(db: Any, cast: Any) -> None:
    await db.fetch("UPDATE credentials SET locale = 'de' WHERE account_id = $1", cast.cleo.account_id)
    await volunteer(db, cast.cleo)
    first = await practice_case(db, cast.cleo)
    assert first is not None
    assert first.text == practice_cases()[0].text["de"]


async def test_one_may_stop_at_any_time_and_come_back(db: Any, cast: Any, court: Any, write: Any) -> None:
    await court.report(cast.bert, cast.ada, await write(cast.ada, WORDS))
    juror, other = await court.jurors(2)
    await db.fetch("UPDATE cases SET seats_free = 1")
    await court.sit(juror)
    await step_down(db, juror)
    await step_down(db, juror)
    with pytest.raises(NotAVolunteer):
        await next_seat(db, juror)
    await work_clocks(db)
    assert isinstance(await next_seat(db, other), SeatView)
    back = await volunteer(db, juror)
    assert not back.needs_practice


async def test_new_accounts_and_those_with_strikes_wait(db: Any, cast: Any) -> None:
    await volunteer(db, cast.bert)  # the network is as young as its members
    await db.fetch("UPDATE accounts SET created_at = now() - interval '90 days' WHERE id = $1", cast.dora.account_id)
    with pytest.raises(TooYoung):
        await volunteer(db, cast.cleo)
    await db.fetch("UPDATE accounts SET created_at = now() - interval '8 days' WHERE id = $1", cast.cleo.account_id)
    await db.fetch(
        "INSERT INTO standings (account_id, points, limited, changed_at) VALUES ($1, 1, 'warning', now())",
        cast.cleo.account_id,
    )
    with pytest.raises(HasStrikes):
        await volunteer(db, cast.cleo)


async def test_a_page_of_ones_own_without_scores(db: Any, cast: Any, court: Any, write: Any) -> None:
    assert await juror_view(db, cast.bert) is None
    await court.report(cast.bert, cast.ada, await write(cast.ada, WORDS))
    juror = await court.juror()
    await court.vote(juror, Choice.FINE)
    view = await juror_view(db, juror)
    assert view is not None
    assert (view.cases_helped, view.cases_today, view.seat_id) == (1, 1, None)
    assert not {"hit", "missed", "accuracy", "score"} & set(view.__struct_fields__)


async def test_severe_minutes_are_counted(db: Any, cast: Any, court: Any, write: Any) -> None:
    made = await court.report(cast.bert, cast.ada, await write(cast.ada, WORDS))
    await court.set(made.case_ids[0], severity="threat")
    juror = await court.juror()
    seat = await court.sit(juror)
    assert seat.severe
    with court.later(minutes=2):
        await court.vote(juror, Choice.FINE)
        view = await juror_view(db, juror)
        assert view is not None
        assert view.severe_minutes_today == pytest.approx(2, abs=0.1)
        assert view.severe_minutes_left == pytest.approx(18, abs=0.1)
    with clock.held_at(clock.now() + timedelta(days=1)):
        view = await juror_view(db, juror)
        assert view is not None
        assert view.severe_minutes_today == 0
