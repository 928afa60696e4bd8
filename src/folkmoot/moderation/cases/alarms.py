"""Somebody's life may be at risk: preserve, hide, call the stewards, prepare the letter. Outside of every queue."""

from __future__ import annotations

from datetime import datetime

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Row, Transaction
from folkmoot.errors import Missing
from folkmoot.ids import new_id
from folkmoot.moderation import paging
from folkmoot.moderation.cases import content_queries, queries, rows
from folkmoot.moderation.cases.effects import hide_provisionally
from folkmoot.moderation.cases.inhand import CaseInHand
from folkmoot.moderation.cases.reopen import reopen
from folkmoot.moderation.cases.rules import Severity
from folkmoot.moderation.cases.states import State, Step
from folkmoot.moderation.cases.views import Alarm
from folkmoot.moderation.transparency.log import Deed, enter
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.notifications import notify

WHY_MOST = 2_000


async def raise_threat(db: Database, viewer: Viewer, case_id: int, why: str) -> Alarm:
    """Somebody's life may be at risk: preserve, hide, tell every steward, prepare the note to the authority.

    Stewards may, and who reported the case or sits in it; anybody else reports the post. Being wrong has no
    consequences. Raises Missing.
    """
    async with db.transaction() as tx:
        if not viewer.role.is_staff and not await queries.concerns(tx, case_id, viewer.account_id):
            raise Missing
        case = await CaseInHand.lock(tx, case_id)
        found = await sound(tx, case, by=viewer.actor, via="steward" if viewer.role.is_staff else "report", why=why)
        await case.write()
        return found


async def sound(tx: Transaction, case: CaseInHand, *, by: int | None, via: str, why: str) -> Alarm:
    """The step of it, of a report's or a juror's deed; the caller writes the case. One alarm a case is open at a time."""
    if (already := await queries.open_alarm(tx, case.id)) is not None:
        return rows.alarm(already)
    why = why.strip()[:WHY_MOST]
    closed = case.file.state in (State.APPEALABLE, State.CLOSED)
    if closed and case["verdict"] == "keep":
        case.note(severity=Severity.THREAT.value)
        await reopen(tx, case, "a life may be at risk", by=by)
    if case.file.state not in (State.CLOSED, State.UPHELD, State.REVERSED):
        case.take(Step.RAISE, f"{case.file.version}", by=by, why=why)
    if case.is_undecided:
        case.note(severity=Severity.THREAT.value)
        if not case.file.hidden:
            case.take(Step.HIDE, f"alarm:{case.file.version}", by=by, why="a life may be at risk")
            await hide_provisionally(tx, case)
    note = await _letter(tx, case, via, why)
    row = await queries.insert_alarm(tx, new_id(), case.id, by, via, why, note, case.now)
    stewards = [each for each in await queries.staff(tx) if each != by]
    await notify(tx, kind="alarm", to=stewards, from_id=None, about_id=case.id)
    await paging.begin(tx, row["id"], case.id, via)
    tx.announce("alarm.raised", id=row["id"], case_id=case.id)
    tx.record(Event.ALARM_RAISED, actor=by if via == "steward" else None, subject=case.id, via=via)
    return rows.alarm(row)


async def _letter(tx: Transaction, case: CaseInHand, via: str, why: str) -> str:
    contents = await content_queries.contents(tx, case.id)
    author = await queries.who_is(tx, case["account_id"])
    return letter(case.id, case.now, via, why, author, contents)


def letter(case_id: int, now: datetime, via: str, why: str, author: Row | None, contents: list[Row]) -> str:
    """The note to the authority (Art. 18 of the Digital Services Act), ready to be read, completed and sent."""
    lines = [
        "Notification of suspicion of a criminal offence involving a threat to the life or safety of persons",
        "(Article 18 of Regulation (EU) 2022/2065)",
        "",
        f"Our reference: case {case_id}",
        f"Noticed: {now:%Y-%m-%d %H:%M} UTC, raised by {via}",
    ]
    if why:
        lines.append(f"What was said: {why}")
    if author is not None:
        lines += [
            "",
            f"Account: @{author['name']} (number {author['id']}), since {author['created_at']:%Y-%m-%d}",
            f"Mail given at sign-up: {author['email'] or 'none'}",
            f"Addresses last used: {', '.join(author['addresses']) or 'none kept'}",
        ]
    for row in contents:
        where = f"post {row['post_id']}, version {row['version']}" if row["post_id"] else "the profile"
        lines += ["", f"Text of {where}, written {row['written_at']:%Y-%m-%d %H:%M} UTC:", row["warning"], row["text"]]
        if row["reply_to"]:
            lines += ["In answer to:", row["reply_to"]]
    lines += ["", "The content is preserved and was taken out of sight. Further data are given on request."]
    return "\n".join(lines)


async def answer_alarm(db: Database, steward: Viewer, alarm_id: int, answer: str) -> None:
    """Say what was done about an alarm. Raises Forbidden, Missing."""
    steward.check_role(Role.STEWARD)
    async with db.transaction() as tx:
        row = await queries.answer_alarm(tx, alarm_id, steward.actor, answer.strip()[:WHY_MOST], clock.now())
        if row is None:
            raise Missing
        await paging.end(tx, alarm_id)
        tx.record(Event.ALARM_ANSWERED, actor=steward.actor, subject=row["case_id"], answer=answer, **steward.traces)
        await enter(tx, Deed.ALARM_ANSWERED, case=row["case_id"], steward=steward.actor)
        tx.announce("alarm.answered", id=alarm_id, case_id=row["case_id"])
