"""Ask again."""

from __future__ import annotations

from datetime import timedelta

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Transaction
from folkmoot.errors import Conflict, Invalid, Missing
from folkmoot.ids import new_id
from folkmoot.moderation.appeals import queries
from folkmoot.moderation.appeals.views import AppealView
from folkmoot.moderation.cases.inhand import CaseInHand
from folkmoot.moderation.cases.juries import seats_wanted
from folkmoot.moderation.cases.states import State, Step
from folkmoot.moderation.reports.report import digest
from folkmoot.moderation.sanctions.rules import APPEAL_WINDOW
from folkmoot.network.access.viewer import Viewer

TEXT_MOST = 3_000
ANSWERED_WITHIN = timedelta(days=3)


class TooLate(Conflict):
    sentence = "The six months in which one may appeal are over"


class AppealedAlready(Conflict):
    sentence = "You have appealed in this case already"


class OrderedElsewhere(Conflict):
    sentence = "An authority ordered this. An appeal goes to that authority."


class NothingToAppeal(Conflict):
    sentence = "There is nothing to appeal against here"


async def appeal(db: Database, who: Viewer | str, case_id: int, text: str) -> AppealView:
    """Have a case judged anew: by its author against a removal, by a reporter against a keep.

    `who` is the viewer, or for somebody signed out the token of their statement or receipt. Raises Missing for what
    does not concern them, TooLate after six months, AppealedAlready, OrderedElsewhere, NothingToAppeal.
    """
    text = text.replace("\0", "").strip()
    if not text:
        raise Invalid("Say why it should be judged anew.", field="text")
    if len(text) > TEXT_MOST:
        raise Invalid("An appeal has at most {most} characters.", field="text", most=TEXT_MOST)
    async with db.transaction() as tx:
        part, account_id = await _concerned(tx, who, case_id)
        case = await CaseInHand.lock(tx, case_id)
        if await queries.earlier(tx, case_id, part, account_id) is not None:
            raise AppealedAlready
        _check(case, part)
        case.take(Step.APPEAL, f"{case['round']}", by=account_id, why=part)
        round = case["round"] + 1
        # Blind to the first verdict, and to its ballots: what is believed is what was believed before any of them.
        case.note(
            round=round, seats_free=seats_wanted(case["prior"], 0, case.policy), target_at=case.now + ANSWERED_WITHIN
        )
        case.weigh(case["prior"], ())
        row = await queries.insert(tx, new_id(), case_id, round, account_id, part, text, case.now)
        tx.record(Event.APPEAL_MADE, actor=account_id, subject=case_id, part=part)
        tx.announce("appeal.made", case_id=case_id)
        await case.write()
    return queries.view(row)


def _check(case: CaseInHand, part: str) -> None:
    """Raise unless there is a verdict against this part that is not too old."""
    if case.file.state in (State.CLOSED, State.UPHELD, State.REVERSED) or (
        case["decided_at"] is not None and clock.now() - case["decided_at"] > APPEAL_WINDOW
    ):
        raise TooLate
    if case["decided_by"] == "order":
        raise OrderedElsewhere
    against = case["verdict"] == ("remove" if part == "author" else "keep")
    if case.file.state is not State.APPEALABLE or not against:
        raise NothingToAppeal


async def _concerned(source: Database | Transaction, who: Viewer | str, case_id: int) -> tuple[str, int | None]:
    if isinstance(who, str):
        row = await queries.by_token(source, case_id, who, digest(who))
        if row is None:
            raise Missing
        return row["part"], row["account_id"]
    part = await queries.part_of(source, case_id, who.account_id)
    if part is None:
        raise Missing
    return part, who.account_id


async def may_appeal(db: Database, who: Viewer | str, case_id: int) -> bool:
    """Whether an appeal by them would be taken."""
    async with db.transaction() as tx:
        try:
            part, account_id = await _concerned(tx, who, case_id)
            _check(await CaseInHand.lock(tx, case_id), part)
        except (Missing, Conflict):
            return False
        return await queries.earlier(tx, case_id, part, account_id) is None


async def own_appeals(db: Database, viewer: Viewer) -> list[AppealView]:
    """The viewer's appeals, newest first."""
    return [queries.view(row) for row in await queries.listing(db, viewer.account_id)]
