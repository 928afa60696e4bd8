"""The stewards' view of cases."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from folkmoot import clock
from folkmoot.database import Database, Row
from folkmoot.errors import Missing
from folkmoot.moderation.cases import board_queries, care, content_queries, learned_queries, queries, rows, seats
from folkmoot.moderation.cases.juries import CARE
from folkmoot.moderation.cases.priors import calibration_table
from folkmoot.moderation.cases.rules import Choice, Severity, Verdict, chance
from folkmoot.moderation.cases.states import ON_THE_DOCKET, State, Step
from folkmoot.moderation.cases.views import (
    BallotView,
    Board,
    Burning,
    CaseLine,
    CaseView,
    EventView,
    Hour,
    MemberView,
    StewardVote,
    Timer,
    Waits,
)
from folkmoot.moderation.evidence import looks
from folkmoot.moderation.sanctions.rules import Measure
from folkmoot.moderation.screening import Reason
from folkmoot.network.access.viewer import Role, Viewer

SHOWN = 20
MOST = 200
_UNNAMED = {Step.SEAT, Step.LAPSE, Step.CAST, Step.VOID}
"""What jurors do, whose names nobody is told."""
_ALL_OUT = {
    State.DECIDED,
    State.ENFORCED,
    State.APPEALABLE,
    State.ESCALATED,
    State.UPHELD,
    State.REVERSED,
    State.CLOSED,
}


async def board(db: Database, steward: Viewer) -> Board:
    """What burns, what is due, how the queue moves. Raises Forbidden."""
    steward.check_role(Role.STEWARD)
    now = clock.now()
    standing = await board_queries.standing(db, now)
    exposed = [care.exposure_of(row, now) for row in await board_queries.exposures(db, now)]
    _, _, wait = await learned_queries.learned(db)
    return Board(
        open_by_state=await board_queries.open_by(db, "state"),
        open_by_severity=await board_queries.open_by(db, "severity"),
        hidden_now=standing["hidden"],
        oldest_at=standing["oldest_at"],
        queue=tuple(rows.line(row) for row in await board_queries.queue(db, SHOWN)),
        escalated=tuple(rows.line(row) for row in await board_queries.escalated(db, SHOWN)),
        alarms=tuple(rows.alarm(row) for row in await board_queries.alarms(db)),
        due=_timers(await board_queries.timers(db, SHOWN)),
        hours=tuple(
            Hour(row["at"], row["opened"], row["decided"], row["ballots"]) for row in await board_queries.hours(db, now)
        ),
        waits={
            row["severity"]: Waits(
                to_hidden_p50=row["hidden_p50"],
                to_hidden_p95=row["hidden_p95"],
                to_verdict_p50=row["verdict_p50"],
                to_verdict_p95=row["verdict_p95"],
            )
            for row in await board_queries.waits(db, now)
        },
        agreement=await board_queries.agreement(db, now),
        calibration=tuple(
            calibration_table([(chance(row["prior"]), row["broke"]) for row in await board_queries.claims(db)])
        ),
        wait_minutes=wait,
        jurors=standing["jurors"],
        jurors_active=standing["active"],
        jurors_at_limit=tuple(
            Burning(severe_minutes=each.severe_today, on_break=each.break_until is not None)
            for each in exposed
            if each.severe_today >= 0.8 * CARE.severe_minutes_a_day or each.break_until is not None
        ),
        jurors_linked=standing["linked"],
        appeals_open=standing["appeals"],
        reports_open=standing["reports"],
    )


def _timers(found: list[Row]) -> tuple[Timer, ...]:
    return tuple(Timer(case_id=row["case_id"], kind=row["kind"], due_at=row["due_at"]) for row in found)


async def list_cases(
    db: Database,
    steward: Viewer,
    *,
    states: Collection[State] = (),
    severity: Severity | None = None,
    account_id: int | None = None,
    post_id: int | None = None,
    ids: Collection[int] | None = None,
    before: int | None = None,
    limit: int = 40,
) -> list[CaseLine]:
    """Cases, newest first, narrowed down by what is given. Raises Forbidden."""
    steward.check_role(Role.STEWARD)
    found = await board_queries.listing(
        db,
        states=[state.value for state in states],
        severity=severity.value if severity else None,
        account_id=account_id,
        post_id=post_id,
        ids=ids,
        before=before,
        limit=min(limit, MOST),
    )
    return [rows.line(row) for row in found]


async def get_case(db: Database, steward: Viewer, id: int) -> CaseView:
    """A case with its evidence, its events and, once a jury is done with it, its ballots. Raises Forbidden, Missing."""
    steward.check_role(Role.STEWARD)
    row = await board_queries.find(db, id)
    if row is None:
        raise Missing
    async with db.transaction() as tx:
        await looks.note(tx, steward, id, looks.Why.BOARD)
    state = State(row["state"])
    appealed = state in (State.APPEALED, *ON_THE_DOCKET)
    said = await seats.all_ballots(db, id) if state in _ALL_OUT or row["round"] > 1 else []
    return CaseView(
        line=rows.line(row),
        round=row["round"],
        because=tuple(
            f"{reason.name} ({reason.title})" if reason.title else reason.name
            for reason in msgspec.json.decode(row["because"], type=tuple[Reason, ...])
        ),
        contents=tuple(rows.content(each) for each in await content_queries.contents(db, id)),
        members=tuple(_member(each) for each in await content_queries.members(db, id)),
        events=tuple(_event(each) for each in await queries.events(db, id)),
        ballots=_ballots([each for each in said if not (appealed and each["round"] == row["round"])]),
        votes=tuple(
            _vote(each)
            for each in await queries.votes(db, id)
            # Blind to the first verdict, and to one another, until it is out.
            if not appealed and (state is not State.ESCALATED or each["steward_id"] == steward.account_id)
        ),
        alarms=tuple(rows.alarm(each) for each in await board_queries.alarms(db, id)),
        timers=_timers(await board_queries.timers(db, SHOWN, id)),
        report_ids=tuple(await board_queries.report_ids(db, id)),
    )


def _member(row: Row) -> MemberView:
    return MemberView(
        post_id=row["post_id"],
        account_id=row["account_id"],
        account_name=row["account_name"],
        why=row["why"],
        gone=row["gone"],
        hidden=row["hidden"],
        joined_at=row["joined_at"],
    )


def _event(row: Row) -> EventView:
    step = Step(row["step"])
    named = step not in _UNNAMED
    return EventView(
        number=row["number"],
        step=step,
        by_id=row["by_id"] if named else None,
        by_name=row["by_name"] if named else None,
        about=row["about"],
        why=row["why"],
        at=row["at"],
    )


def _ballots(said: list[Row]) -> tuple[BallotView, ...]:
    numbers: dict[int, int] = {}
    return tuple(
        BallotView(
            juror=numbers.setdefault(row["juror_id"], len(numbers) + 1),
            round=row["round"],
            choice=Choice(row["choice"]),
            rule_id=row["rule_id"],
            weight=seats.weighed(row).weight,
            seconds=row["seconds"],
            cast_at=row["cast_at"],
            voided_why=row["voided_why"],
            linked=row["linked"],
        )
        for row in said
    )


def _vote(row: Row) -> StewardVote:
    return StewardVote(
        steward_id=row["steward_id"],
        steward_name=row["steward_name"] or "",
        verdict=Verdict(row["verdict"]),
        measure=Measure(row["measure"]) if row["measure"] else None,
        rule_id=row["rule_id"],
        why=row["why"],
        at=row["at"],
    )
