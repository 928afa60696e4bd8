"""Cast a ballot, and take it back."""

from __future__ import annotations

import msgspec

from folkmoot import clock
from folkmoot.database import Database, Row, Transaction
from folkmoot.errors import Conflict, Forbidden, Invalid
from folkmoot.ids import new_id
from folkmoot.moderation.cases import care, learned_queries, queries, seats, timer_queries
from folkmoot.moderation.cases.alarms import sound
from folkmoot.moderation.cases.effects import hide_provisionally, restore_provisionally
from folkmoot.moderation.cases.inhand import CaseInHand
from folkmoot.moderation.cases.juries import (
    LEASE,
    NoLease,
    NotYourSeat,
    TextChanged,
    check_ballot,
    expose,
    seats_wanted,
)
from folkmoot.moderation.cases.rules import Choice, Verdict, WeighedBallot, should_hide
from folkmoot.moderation.cases.states import ON_THE_DOCKET, AlreadyDecided, State, Step
from folkmoot.moderation.cases.summon import NotAVolunteer, next_seat, pass_on
from folkmoot.moderation.cases.verdict import conclude
from folkmoot.moderation.cases.views import Cast, NoSeat, SeatView
from folkmoot.moderation.cases.weights import score_final, weigh
from folkmoot.network.access.viewer import Viewer


class NoLongerYours(Forbidden):
    sentence = "You have to do with somebody in this case by now, so others judge it"


class AnsweredAlready(Conflict):
    sentence = "You have answered this case already"


async def cast(
    db: Database, juror: Viewer, seat_id: int, *, choice: Choice, rule_id: int | None = None, seen_version: int
) -> Cast:
    """Answer the case of a seat. The verdict, hiding or escalation it leads to happens in the same transaction.

    `rule_id` names the rule it breaks; `seen_version` is `SeatView.content.id`. Raises NotYourSeat, NoLease,
    NoLongerYours, TextChanged, AnsweredAlready, AlreadyDecided, CaseClosed, Invalid; nothing is changed then.
    """
    async with db.transaction() as tx:
        me = await seats.lock_juror(tx, juror.account_id)
        if me is None:
            raise NotAVolunteer
        case, seat = await _sit_down(tx, juror, seat_id)
        current = seat["seat_content"] if seat["is_control"] else case["content_id"]
        check_ballot(lease_until=seat["lease_until"], now=case.now, seen=seen_version, current=current)
        if seat["moved"] and not seat["is_control"]:
            raise TextChanged
        if seat["excluded"] and not seat["is_control"]:
            raise NoLongerYours
        if choice is Choice.BREAKS and rule_id is not None and await queries.rule_exists(tx, rule_id) is False:
            raise Invalid("There is no such rule.", field="rule_id")
        learning = learned_queries.learning_from(me["learning"])
        ballot = weigh(
            juror.account_id,
            choice.says,
            care.record_of(me, case.now, learning),
            ring=me["ring"],
            learning=learning,
        )
        rule = rule_id if choice in (Choice.BREAKS, Choice.THREAT) else None
        await seats.insert_ballot(tx, new_id(), seat, ballot, choice.value, rule, current, case.now)
        spent = care.minutes(min(case.now - seat["taken_at"], LEASE))
        severe = care.is_severe(case["severity"])
        exposure = expose(care.exposure_of(me, case.now), spent, case.now, severe=severe)
        await seats.note_exposure(
            tx, juror.account_id, msgspec.json.encode(exposure).decode(), case.now, 0 if seat["is_control"] else 1
        )
        if seat["is_control"]:
            await _score_control(tx, case, seat, ballot)
        else:
            await _count(tx, case, seat, juror.account_id, choice, learned_queries.wait_from(me["wait"]))
    return Cast(
        seat_id=seat_id,
        choice=choice,
        raised=choice is Choice.THREAT,
        break_until=exposure.break_until,
        severe_minutes_today=exposure.severe_today,
        cases_today=await seats.ballots_today(db, juror.account_id, case.now.replace(hour=0, minute=0, second=0)),
    )


async def _sit_down(tx: Transaction, juror: Viewer, seat_id: int) -> tuple[CaseInHand, Row]:
    """The case and the seat, both held, the case first; an error that says why one cannot vote there."""
    row = await queries.lock_case_of_seat(tx, seat_id, juror.account_id)
    seat = await seats.seat_for_ballot(tx, seat_id, juror.account_id) if row is not None else None
    if row is None or seat is None:
        raise NotYourSeat
    refusals: dict[str, type[Exception]] = {
        "cast": AnsweredAlready,
        "edited": TextChanged,
        "closed": AlreadyDecided,
        "excluded": NotYourSeat,
    }
    if seat["ended_at"] is not None:
        raise refusals.get(seat["ended_how"], NoLease)
    return CaseInHand(tx, row), seat


async def _score_control(tx: Transaction, case: CaseInHand, seat: Row, ballot: WeighedBallot) -> None:
    """The answer is known: it says something about the juror and nothing about the case."""
    if case["verdict"] is None:
        return
    for each in score_final([ballot], Verdict(case["verdict"]), weight=1.0):
        await seats.keep_scorings(
            tx, case.id, seat["seat_round"], [(each.juror, each.says, each.truth, each.weight)], case.now
        )
    tx.defer("moderation.cases.recompute", once=f"recompute:{ballot.juror}", juror_id=ballot.juror)


async def _count(tx: Transaction, case: CaseInHand, seat: Row, juror_id: int, choice: Choice, wait: float) -> None:
    """What the ballot does to the case."""
    case.take(Step.CAST, f"{seat['seat_id']}:{case.file.version}", by=juror_id, about=seat["seat_id"])
    ballots = await seats.ballots(tx, case.id, case["round"], case["content_id"])
    weighed = [seats.weighed(row) for row in ballots]
    belief = case.weigh(case["prior"], weighed)
    if choice is Choice.THREAT:
        await sound(tx, case, by=juror_id, via="juror", why="")
    if case.file.state is State.ESCALATED:
        await case.write()
        return
    wanted = seats_wanted(belief, len(ballots), case.policy, seats.NO_SHOW)
    case.note(seats_free=max(wanted - seat["others_out"], 0))
    outcome = await conclude(tx, case, ballots)
    if outcome is None and case.file.state in ON_THE_DOCKET:
        await weigh_hiding(tx, case, belief, wait, counted=sum(each.counts for each in weighed))
    if case.events or case.changes:
        await case.write()


async def weigh_hiding(tx: Transaction, case: CaseInHand, belief: float, wait: float, *, counted: int) -> None:
    """Hide what probably breaks the rules until it is decided; let it be seen again when that is no longer probable."""
    hidden = case.file.hidden
    hides = should_hide(belief, case.policy, wait, hidden=hidden) or case.file.life_at_risk or case.file.overridden
    if hides and not hidden:
        case.take(Step.HIDE, f"{case.file.version}", why="probably breaks the rules")
        await hide_provisionally(tx, case)
    elif hidden and not hides and counted and not await timer_queries.timer_runs(tx, case.id, "interim"):
        case.take(Step.RESTORE, f"{case.file.version}", why="probably breaks no rule")
        await restore_provisionally(tx, case)
        await queries.reopen_findings(tx, case.id)


async def take_back(db: Database, juror: Viewer, seat_id: int) -> SeatView:
    """Undo one's latest ballot and have the seat again, until the next case is answered or the jury has decided.

    Raises NotYourSeat, AlreadyDecided.
    """
    held = await seats.open_seat(db, juror.account_id)
    if held is not None and held["id"] != seat_id:
        wanted = await seats.find_seat(db, seat_id)
        if wanted is None or wanted["juror_id"] != juror.account_id:
            raise NotYourSeat
        if not wanted["is_control"] and wanted["state"] not in (*ON_THE_DOCKET, State.APPEALED):
            raise AlreadyDecided  # before the case in hand is given away
        await pass_on(db, juror, held["id"])
    async with db.transaction() as tx:
        me = await seats.lock_juror(tx, juror.account_id)
        if me is None or me["last_seat"] != seat_id:
            raise NotYourSeat
        row = await queries.lock_case_of_seat(tx, seat_id, juror.account_id)
        seat = await seats.seat_for_ballot(tx, seat_id, juror.account_id) if row is not None else None
        if row is None or seat is None or seat["ended_how"] != "cast":
            raise NotYourSeat
        case = CaseInHand(tx, row)
        if seat["is_control"]:
            await seats.void_ballot(tx, seat_id, "taken back", case.now)
            await seats.forget_scoring(tx, juror.account_id, case.id, seat["seat_round"])
        else:
            if case.file.state not in (*ON_THE_DOCKET, State.APPEALED) or seat["seat_content"] != case["content_id"]:
                raise AlreadyDecided
            await seats.void_ballot(tx, seat_id, "taken back", case.now)
            case.take(Step.VOID, f"{seat_id}:{case.file.version}", by=juror.account_id, about=seat_id, why="taken back")
            case.take(Step.SEAT, f"{seat_id}:{case.file.version}", by=juror.account_id, about=seat_id)
            ballots = await seats.ballots(tx, case.id, case["round"], case["content_id"])
            belief = case.weigh(case["prior"], [seats.weighed(row) for row in ballots])
            places = seats_wanted(belief, len(ballots), case.policy, seats.NO_SHOW)
            case.note(seats_free=max(places - seat["others_out"] - 1, 0))
            await case.write()
        await seats.reopen_seat(tx, seat_id, clock.now(), clock.now() + LEASE)
        exposure = msgspec.json.encode(care.exposure_of(me, case.now)).decode()
        await seats.note_exposure(tx, juror.account_id, exposure, case.now, 0 if seat["is_control"] else -1)
    again = await next_seat(db, juror)
    if isinstance(again, NoSeat):
        raise NotYourSeat
    return again
