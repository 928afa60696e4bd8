"""Seats and ballots: who is drawn, what is refused, and what a ballot does in its own transaction."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from folkmoot import clock
from folkmoot.bus import News
from folkmoot.errors import Invalid
from folkmoot.ids import new_id
from folkmoot.moderation.cases import Choice, Exclusion, Severity, State
from folkmoot.moderation.cases.cast import AnsweredAlready, NoLongerYours, take_back
from folkmoot.moderation.cases.cast import cast as cast_ballot
from folkmoot.moderation.cases.juries import NoLease, NotYourSeat, TextChanged
from folkmoot.moderation.cases.open import reweigh
from folkmoot.moderation.cases.states import AlreadyDecided
from folkmoot.moderation.cases.summon import NotAVolunteer, lapse_due, next_seat, pass_on
from folkmoot.moderation.cases.timers import learn_by_night, look_at_the_queue
from folkmoot.moderation.cases.views import NoSeat, SeatView
from folkmoot.network.posts.edit import edit
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft
from folkmoot.network.relations import block, follow

WORDS = "The allotments by the river will be sold, and nobody on the council has said a word about it"
THREAT = "@bert I will find you tonight and I will kill you, you traitor"


async def a_case(court: Any, people: Any, write: Any, words: str = WORDS) -> tuple[int, int]:
    """A post of Ada's that Bert reported, and its case."""
    post = await write(people.ada, words)
    made = await court.report(people.bert, people.ada, post)
    return post, made.case_ids[0]


# The draw -----------------------------------------------------------------------------------------------------------


async def test_a_juror_gets_a_case_without_names(cast: Any, court: Any, write: Any) -> None:
    await a_case(court, cast, write, "Ask @bert and @cleo@example.org why the allotments by the river are being sold")
    seat = await court.sit(await court.juror())
    assert "@bert" not in seat.content.text
    assert "@cleo" not in seat.content.text
    assert seat.content.text.count("@somebody") == 2
    assert (seat.content.post_id, seat.copies, seat.severe) == (None, 0, False)
    assert seat.lease_until - clock.now() <= timedelta(minutes=10)


async def test_asking_again_gives_the_same_seat(cast: Any, court: Any, write: Any) -> None:
    await a_case(court, cast, write)
    juror = await court.juror()
    assert (await court.sit(juror)).id == (await court.sit(juror)).id


async def test_the_draw_and_a_ballot_take_few_exchanges(
    db: Any, cast: Any, court: Any, write: Any, round_trips: Any
) -> None:
    from_now_on = await a_case(court, cast, write)
    juror = await court.juror()
    with round_trips(db, at_most=13):
        seat = await next_seat(db, juror)
    assert isinstance(seat, SeatView)
    with round_trips(db, at_most=13):
        await _cast(db, juror, seat, Choice.FINE)
    await court.folded(from_now_on[1])


async def _cast(db: Any, juror: Any, seat: SeatView, choice: Choice, **more: Any) -> Any:
    return await cast_ballot(db, juror, seat.id, choice=choice, seen_version=seat.content.id, **more)


async def test_the_riskiest_comes_first(db: Any, cast: Any, court: Any, write: Any) -> None:
    _, mild = await a_case(court, cast, write)
    post = await write(cast.ada, "Another thing altogether, about the ferry and its timetable in the winter")
    grave = (await court.report(cast.bert, cast.ada, post)).case_ids[0]
    await court.set(grave, severity="threat", belief=2.0)
    row = await court.case(grave)
    await db.fetch("UPDATE cases SET place = $2, stake = 6 WHERE id = $1", grave, row["place"] + 6)
    await court.sit(await court.juror())
    seated = await db.fetchval("SELECT case_id FROM seats")
    assert seated == grave != mild


@pytest.mark.parametrize(
    "relation",
    [
        "reporter",
        "mentioned",
        "follows",
        "followed_by",
        "blocks",
        "blocked",
        "answered",
        "was_answered",
        "follows_reporter",
    ],
)
async def test_juror_follows_the_author_or_is_the_target(
    db: Any, cast: Any, court: Any, write: Any, relation: str
) -> None:
    """Edge case of that name: who has anything to do with those concerned is not drawn."""
    juror = await court.juror()
    text = f"Ask @{juror.name} why the allotments by the river are being sold" if relation == "mentioned" else WORDS
    me, ada = juror.account_id, cast.ada.account_id
    post = await write(cast.ada, text)
    if relation == "mentioned":
        await db.fetch("INSERT INTO mentions (post_id, author_id, account_id) VALUES ($1, $2, $3)", post, ada, me)
    elif relation == "follows":
        await follow(db, juror, ada)
    elif relation == "followed_by":
        await follow(db, cast.ada, me)
    elif relation == "blocks":
        await block(db, juror, ada)
    elif relation == "blocked":
        await block(db, cast.ada, me)
    elif relation == "answered":
        await write(juror, "No", in_reply_to_id=post, in_reply_to_account_id=ada)
    elif relation == "was_answered":
        mine = await write(juror, "Good evening")
        await write(cast.ada, "No", in_reply_to_id=mine, in_reply_to_account_id=me)
    elif relation == "follows_reporter":
        await follow(db, juror, cast.bert.account_id)
    await court.report(juror if relation == "reporter" else cast.bert, cast.ada, post)
    assert await next_seat(db, juror) == NoSeat()
    assert isinstance(await next_seat(db, await court.juror()), SeatView), "anybody else is"


async def test_the_author_is_not_drawn(db: Any, cast: Any, court: Any, write: Any) -> None:
    author = await court.juror()
    await court.report(cast.bert, author, await write(author, WORDS))
    assert await next_seat(db, author) == NoSeat()


async def test_who_shares_a_network_with_the_author_is_not_drawn(db: Any, cast: Any, court: Any, write: Any) -> None:
    near, far, here = await court.juror(), await court.juror(), await court.juror()
    for who, address in (
        (cast.ada, "93.184.216.34"),
        (near, "93.184.216.99"),
        (far, "93.184.217.34"),
        (here, "127.0.0.1"),
        (cast.bert, "127.0.0.1"),
    ):
        await db.fetch(
            """INSERT INTO sessions (id, account_id, token_hash, created_at, seen_at, address)
               VALUES ($1, $2, $3, now(), now(), $4)""",
            new_id(),
            who.account_id,
            str(who.account_id).encode(),
            address,
        )
    await a_case(court, cast, write)
    assert await next_seat(db, near) == NoSeat()
    assert isinstance(await next_seat(db, far), SeatView)
    assert isinstance(await next_seat(db, here), SeatView), "an address of this machine says nothing about anybody"


async def test_no_ring_has_more_than_a_quarter_of_a_panel(db: Any, cast: Any, court: Any, write: Any) -> None:
    """Edge case 'juror colludes', before it is found: fellows of one ring do not sit together."""
    _, case = await a_case(court, cast, write)
    first, fellow = await court.juror(ring=7), await court.juror(ring=7)
    await court.vote(first, Choice.FINE)
    assert await next_seat(db, fellow) == NoSeat()
    for _ in range(2):
        await court.vote(await court.juror(), Choice.UNSURE)
    assert await next_seat(db, fellow) == NoSeat(), "one of four would be two of four"
    assert (await court.case(case))["ballots"] == 3


async def test_what_somebody_does_not_want_to_see_they_do_not_get(db: Any, cast: Any, court: Any, write: Any) -> None:
    _, case = await a_case(court, cast, write)
    juror = await court.juror(opted_out=[Severity.SERIOUS.value])
    assert (await court.case(case))["severity"] == "serious"
    assert await next_seat(db, juror) == NoSeat()


async def test_the_budget_of_severe_minutes_holds(db: Any, cast: Any, court: Any, write: Any) -> None:
    _, case = await a_case(court, cast, write)
    await court.set(case, severity="threat")
    today = clock.now().date()
    full = await court.juror(exposure='{"severe_today": 20.0}', exposed_on=today)
    assert await next_seat(db, full) == NoSeat(reason=Exclusion.OVER_BUDGET)
    yesterday = await court.juror(exposure='{"severe_today": 20.0}', exposed_on=today - timedelta(days=1))
    assert isinstance(await next_seat(db, yesterday), SeatView)


async def test_a_break_that_is_due_is_kept(db: Any, cast: Any, court: Any, write: Any) -> None:
    await a_case(court, cast, write)
    until = clock.now() + timedelta(minutes=4)
    juror = await court.juror(exposure=f'{{"break_until": "{until.isoformat()}"}}', exposed_on=clock.now().date())
    assert await next_seat(db, juror) == NoSeat(reason=Exclusion.ON_BREAK, until=until)
    with court.later(minutes=5):
        assert isinstance(await next_seat(db, juror), SeatView)


async def test_half_an_hour_of_cases_brings_a_break(db: Any, cast: Any, court: Any, write: Any) -> None:
    await a_case(court, cast, write)
    juror = await court.juror(exposure='{"in_a_row": 28.0}', exposed_on=clock.now().date())
    seat = await court.sit(juror)
    with court.later(minutes=3):
        done = await _cast(db, juror, seat, Choice.FINE)
        assert done.break_until == clock.now() + timedelta(minutes=5)
        assert await next_seat(db, juror) == NoSeat(reason=Exclusion.ON_BREAK, until=done.break_until)


async def test_only_volunteers_who_practised_sit(db: Any, cast: Any, court: Any, write: Any) -> None:
    await a_case(court, cast, write)
    with pytest.raises(NotAVolunteer):
        await next_seat(db, cast.dora)
    assert await next_seat(db, await court.juror(qualified_at=None)) == NoSeat(reason=Exclusion.NOT_QUALIFIED)


async def test_no_more_seats_are_out_than_the_case_needs(db: Any, cast: Any, court: Any, write: Any) -> None:
    _, case = await a_case(court, cast, write)
    wanted = (await court.case(case))["seats_free"]
    jurors = await court.jurors(wanted + 1)
    for juror in jurors[:-1]:
        await court.sit(juror)
    assert await next_seat(db, jurors[-1]) == NoSeat()
    await pass_on(db, jurors[0], (await court.sit(jurors[0])).id)
    assert isinstance(await next_seat(db, jurors[-1]), SeatView)
    assert await next_seat(db, jurors[0]) == NoSeat(), "who passed does not get it again"
    await court.folded(case)


# Refusals: a sentence, and nothing changed --------------------------------------------------------------------------


async def snapshot(db: Any) -> Any:
    return [
        await db.fetch(f"SELECT * FROM {table} ORDER BY 1, 2")
        for table in ("cases", "case_events", "ballots", "seats", "scorings")
    ]


async def test_two_ballots_at_once_are_one(db: Any, cast: Any, court: Any, write: Any) -> None:
    await a_case(court, cast, write)
    juror = await court.juror()
    seat = await court.sit(juror)
    done = await asyncio.gather(*(_cast(db, juror, seat, Choice.FINE) for _ in range(3)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["AnsweredAlready", "AnsweredAlready", "Cast"]
    assert await db.fetchval("SELECT count(*) FROM ballots") == 1


async def test_a_ballot_after_the_lease_is_refused(db: Any, cast: Any, court: Any, write: Any) -> None:
    await a_case(court, cast, write)
    juror = await court.juror()
    seat = await court.sit(juror)
    before = await snapshot(db)
    with court.later(minutes=10), pytest.raises(NoLease, match="no longer yours"):
        await _cast(db, juror, seat, Choice.FINE)
    assert await snapshot(db) == before


async def test_a_ballot_after_closing_is_refused(db: Any, cast: Any, court: Any, write: Any) -> None:
    _, case = await a_case(court, cast, write)
    late = await court.juror()
    seat = await court.sit(late)
    await court.set(case, seats_free=5)
    await court.decide(Choice.BREAKS, case)
    assert (await court.case(case))["state"] == State.APPEALABLE
    before = await snapshot(db)
    with pytest.raises(AlreadyDecided):
        await _cast(db, late, seat, Choice.FINE)
    assert await snapshot(db) == before
    await court.folded(case)


async def test_a_ballot_by_somebody_elses_seat_or_a_forged_one_is_refused(
    db: Any, cast: Any, court: Any, write: Any
) -> None:
    await a_case(court, cast, write)
    holder, other = await court.jurors(2)
    seat = await court.sit(holder)
    before = await snapshot(db)
    for juror, id in ((other, seat.id), (holder, new_id()), (holder, -1)):
        with pytest.raises(NotYourSeat):
            await _cast(db, juror, msgspec.structs.replace(seat, id=id), Choice.FINE)
    with pytest.raises(NotAVolunteer):
        await _cast(db, cast.bert, seat, Choice.FINE)
    assert await snapshot(db) == before


async def test_a_ballot_by_an_excluded_juror_is_refused_and_the_seat_goes_to_somebody_else(
    db: Any, cast: Any, court: Any, write: Any
) -> None:
    _, case = await a_case(court, cast, write)
    for deed in ("reports", "follows", "blocks"):
        await court.set(case, seats_free=5)
        juror = await court.juror()
        seat = await court.sit(juror)
        if deed == "reports":
            await court.report(juror, cast.ada, *await db.fetchval("SELECT posts FROM reports"))
        elif deed == "follows":
            await follow(db, juror, cast.ada.account_id)
        else:
            await block(db, juror, cast.ada.account_id)
        before = await snapshot(db)
        with pytest.raises(NoLongerYours):
            await _cast(db, juror, seat, Choice.FINE)
        assert await snapshot(db) == before
        assert isinstance(await next_seat(db, juror), NoSeat)
        assert await db.fetchval("SELECT ended_how FROM seats WHERE id = $1", seat.id) == "excluded"
        await court.folded(case)


async def test_a_ballot_on_a_changed_post_is_refused_even_before_the_case_knows(
    db: Any, cast: Any, court: Any, desk: Any
) -> None:
    post = await publish(desk, cast.ada, Draft(text=WORDS))
    await court.report(cast.bert, cast.ada, post.id)
    juror = await court.juror()
    seat = await court.sit(juror)
    await edit(desk, cast.ada, post.id, Draft(text=WORDS + " at all"))
    before = await snapshot(db)
    with pytest.raises(TextChanged):
        await _cast(db, juror, seat, Choice.FINE)
    assert await snapshot(db) == before


async def test_a_ballot_names_a_rule_that_exists(db: Any, cast: Any, court: Any, write: Any) -> None:
    await a_case(court, cast, write)
    juror = await court.juror()
    seat = await court.sit(juror)
    with pytest.raises(Invalid):
        await _cast(db, juror, seat, Choice.BREAKS, rule_id=99)


# What a ballot does -------------------------------------------------------------------------------------------------


async def test_a_verdict_comes_as_soon_as_the_ballots_suffice(
    db: Any, cast: Any, court: Any, write: Any, desk: Any
) -> None:
    post, case = await a_case(court, cast, write)
    await court.decide(Choice.BREAKS, case)
    row = await court.case(case)
    assert (row["verdict"], row["decided_by"], row["state"]) == ("remove", "jury", "appealable")
    assert 2 <= row["ballots"] <= 8
    assert await desk.find(cast.cleo, post) is None
    assert (await db.fetchrow("SELECT text, hidden_at FROM posts WHERE id = $1", post))["text"] == WORDS, (
        "never deleted"
    )
    assert (await court.folded(case)).state is State.APPEALABLE


async def test_nobody_learns_what_the_others_think(cast: Any, court: Any, write: Any) -> None:
    await a_case(court, cast, write)
    done = await court.vote(await court.juror(), Choice.BREAKS)
    assert set(done.__struct_fields__) == {
        "seat_id", "choice", "raised", "break_until", "cases_today", "severe_minutes_today",
    }  # fmt: skip


async def test_tie_or_endless(db: Any, cast: Any, court: Any, write: Any) -> None:
    """Edge case of that name: a divided jury goes to two stewards."""
    _, case = await a_case(court, cast, write)
    for turn in range(15):
        if (await court.case(case))["state"] == "escalated":
            break
        await court.vote(await court.juror(), Choice.BREAKS if turn % 2 else Choice.FINE)
    assert (await court.case(case))["state"] == "escalated"
    assert await next_seat(db, await court.juror()) == NoSeat()
    await court.folded(case)


async def test_probable_threats_wait_out_of_sight_and_return_when_they_are_not(
    db: Any, cast: Any, court: Any, write: Any, desk: Any
) -> None:
    post, case = await a_case(court, cast, write)
    await court.set(case, severity="threat", prior=-3.0, belief=-3.0)
    await db.fetch("INSERT INTO learned VALUES ('wait', '90', now())")
    await court.vote(await court.juror(), Choice.BREAKS)
    file = await court.folded(case)
    assert file.hidden
    assert await desk.find(cast.cleo, post) is None
    await court.first(case)
    await court.vote(await court.juror(), Choice.FINE)
    assert not (await court.folded(case)).hidden
    assert await desk.find(cast.cleo, post) is not None


async def test_juror_no_show(db: Any, cast: Any, court: Any, write: Any) -> None:
    """Edge case of that name: after ten minutes the seat is free, without a penalty."""
    _, case = await a_case(court, cast, write)
    await court.set(case, seats_free=1)
    absent, next_one = await court.jurors(2)
    seat = await court.sit(absent)
    assert await next_seat(db, next_one) == NoSeat()
    with court.later(minutes=11):
        assert await lapse_due(db) == 1
        assert await lapse_due(db) == 0
        assert isinstance(await next_seat(db, next_one), SeatView)
        with pytest.raises(NoLease):
            await _cast(db, absent, seat, Choice.FINE)
    assert dict(await db.fetchrow("SELECT lapses, hit FROM jurors WHERE account_id = $1", absent.account_id)) == {
        "lapses": 1,
        "hit": 60.0,
    }
    await court.folded(case)


async def test_a_ballot_can_be_taken_back_until_the_next_case_is_answered(
    db: Any, cast: Any, court: Any, write: Any
) -> None:
    _, case = await a_case(court, cast, write)
    await court.set(case, seats_free=3)
    juror = await court.juror()
    await court.vote(juror, Choice.BREAKS)
    believed = (await court.case(case))["belief"]
    seat_id = await db.fetchval("SELECT id FROM seats WHERE juror_id = $1", juror.account_id)
    again = await take_back(db, juror, seat_id)
    assert again.id == seat_id
    row = await court.case(case)
    assert (row["ballots"], row["belief"]) == (0, pytest.approx(row["prior"]))
    await _cast(db, juror, again, Choice.FINE)
    assert (await court.case(case))["belief"] < row["prior"] < believed
    await court.folded(case)
    with pytest.raises(NotYourSeat):
        await take_back(db, await court.juror(), seat_id)


async def test_a_ballot_that_decided_cannot_be_taken_back(db: Any, cast: Any, court: Any, write: Any) -> None:
    _, case = await a_case(court, cast, write)
    await court.decide(Choice.BREAKS, case)
    last = await db.fetchrow("SELECT seat_id, juror_id FROM ballots ORDER BY id DESC LIMIT 1")
    viewer = type(cast.ada)(account_id=last["juror_id"], name="last")
    with pytest.raises(AlreadyDecided):
        await take_back(db, viewer, last["seat_id"])
    other = await write(cast.cleo, "Another thing altogether, about the ferry and its timetable in the winter")
    await court.report(cast.bert, cast.cleo, other)
    seat = await court.sit(viewer)
    with pytest.raises(AlreadyDecided):
        await take_back(db, viewer, last["seat_id"])
    assert (await court.sit(viewer)).id == seat.id, "the case in hand is still theirs"


async def test_a_beginners_ballot_weighs_nothing(db: Any, cast: Any, court: Any, write: Any) -> None:
    _, case = await a_case(court, cast, write)
    before = (await court.case(case))["belief"]
    await court.vote(await court.juror(good=0.0), Choice.BREAKS)
    after = await court.case(case)
    assert (after["ballots"], after["belief"]) == (1, pytest.approx(before))


async def test_linked_jurors_count_once(db: Any, cast: Any, court: Any, write: Any) -> None:
    _, case = await a_case(court, cast, write)
    first, second = await court.jurors(2)
    await court.vote(first, Choice.BREAKS)
    believed = (await court.case(case))["belief"]
    await db.fetch("UPDATE ballots SET ring = 7")
    await db.fetch("UPDATE jurors SET ring = 7 WHERE account_id = $1", second.account_id)
    seat = await court.sit(second)  # found to be linked after they had been drawn
    await _cast(db, second, seat, Choice.BREAKS)
    assert (await court.case(case))["belief"] == pytest.approx(believed)


async def test_a_closed_case_teaches_about_its_jurors(db: Any, cast: Any, court: Any, write: Any) -> None:
    _, case = await a_case(court, cast, write)
    await court.decide(Choice.BREAKS, case)
    assert "score" in await court.work()
    rows = await db.fetch("SELECT juror_id, says, truth FROM scorings WHERE case_id = $1", case)
    assert len(rows) == (await court.case(case))["ballots"]
    assert all(row["says"] and row["truth"] > 0.25 for row in rows)


async def test_controls_look_like_any_case_and_say_something_about_the_juror_alone(
    db: Any, cast: Any, court: Any, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, known = await a_case(court, cast, write)
    await court.decide(Choice.BREAKS, known)
    await court.set(known, decided_by="stewards")
    for steward in (1, 2):
        await db.fetch(
            "INSERT INTO steward_votes VALUES ($1, 1, $2, 'remove', 'remove', NULL, 'yes', now())", known, steward
        )
    await court.work()
    before = await court.case(known)
    monkeypatch.setattr("folkmoot.moderation.cases.summon.control_due", lambda *given: True)
    juror = await court.juror()
    seat = await court.sit(juror)
    await _cast(db, juror, seat, Choice.FINE)
    await court.work()
    assert await court.case(known) == before
    (row,) = await db.fetch("SELECT says, truth FROM scorings WHERE juror_id = $1", juror.account_id)
    assert (row["says"], row["truth"]) == (False, 1.0)
    assert await db.fetchval("SELECT controls_given FROM jurors WHERE account_id = $1", juror.account_id) == 1
    await court.folded(known)


async def test_the_queue_is_measured_and_what_was_learned_is_kept(db: Any, cast: Any, court: Any, write: Any) -> None:
    _, case = await a_case(court, cast, write)
    place = (await court.case(case))["place"]
    with court.later(hours=23):
        assert await look_at_the_queue(db) > 0
        assert (await court.case(case))["place"] > place + 1, "its clock is running out"
    await court.decide(Choice.BREAKS, case)
    await learn_by_night(db)
    assert {row["key"] for row in await db.fetch("SELECT key FROM learned")} >= {"wait", "learning"}


async def test_jobs_run_twice_change_nothing(db: Any, cast: Any, court: Any, write: Any, heard: list[News]) -> None:
    _, case = await a_case(court, cast, write)
    before = await court.case(case)
    await reweigh(db, case)
    await reweigh(db, case)
    assert (await court.case(case))["version"] == before["version"]


async def test_who_answered_cannot_answer_again(db: Any, cast: Any, court: Any, write: Any) -> None:
    await a_case(court, cast, write)
    juror = await court.juror()
    seat = await court.sit(juror)
    await _cast(db, juror, seat, Choice.FINE)
    with pytest.raises(AnsweredAlready):
        await _cast(db, juror, seat, Choice.BREAKS)
