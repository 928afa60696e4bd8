"""What time and juries do to notices: what was decided, hidden or deleted is noted, reminders ring, answers go out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog

from folkmoot import clock
from folkmoot.database import Database, Row, Transaction
from folkmoot.mail import WrongAddress, send_mail
from folkmoot.moderation.notices import queries, words
from folkmoot.moderation.notices.clocks import CALL, DUE, set_clock
from folkmoot.moderation.notices.find import decided_state
from folkmoot.moderation.notices.inhand import NoticeInHand
from folkmoot.moderation.notices.states import UNSETTLED, Due, ItemState, State, Step, What
from folkmoot.moderation.notices.take_up import take_up_rest
from folkmoot.moderation.notices.write import head_of, said, send, settle
from folkmoot.moderation.transparency.log import Deed, enter
from folkmoot.network.gate import Gate
from folkmoot.network.notifications import notify
from folkmoot.settings import Settings

AT_A_TIME = 50
LOGGED_AT_A_TIME = 200

log = structlog.get_logger(__name__)


async def work(db: Database, settings: Settings) -> int:
    """Do all that is due: follow the cases, ring the clocks. May run twice; how many notices were touched."""
    done = 0
    for notice_id in await queries.moved(db, AT_A_TIME):
        await follow(db, settings, notice_id)
        done += 1
    for due in await queries.due_timers(db, clock.now(), AT_A_TIME):
        async with db.transaction() as tx:
            if await queries.take_timer(tx, due["notice_id"], due["kind"], clock.now()):
                await _ring(tx, settings, await NoticeInHand.lock(tx, due["notice_id"]), due["kind"])
                done += 1
    return done


async def follow(db: Database, settings: Settings, notice_id: int) -> Due:
    """Note what has become of everything a notice names, and say to its sender what has become due."""
    async with db.transaction() as tx:
        notice = await NoticeInHand.lock(tx, notice_id)
        await note_progress(tx, notice)
        due = await settle(tx, settings, notice)
        if due is Due.TELL:
            await set_clock(tx, notice)
        await notice.write()
        return due


async def note_progress(tx: Transaction, notice: NoticeInHand) -> None:
    """Write down how each undecided item stands now."""
    changed = False
    for row in await queries.present(tx, notice.id):
        changes = progress(row, notice.now)
        if any(row[name] != value for name, value in changes.items()):
            await queries.save_item(tx, notice.id, row["number"], changes)
            changed = True
    if changed:
        tx.announce("notice.changed", notice_id=notice.id)


def progress(row: Row, now: Any) -> dict[str, Any]:
    """The columns of an undecided item, by what has become of its case and its post."""
    if row["verdict"] is not None:
        state = decided_state(row["verdict"], row["measure"], row["decided_by"])
        return _settled(state, row["decided_by"], row["decided_at"], now)
    if row["what"] == What.POST and row["is_gone"]:
        return _settled(ItemState.GONE, row["gone_how"] or "author", row["gone_at"] or now, now) | {
            "log_entry": row["gone_entry"]
        }
    if row["closed_at"] is not None:
        return _settled(ItemState.GONE, "closed", row["closed_at"], now)
    hidden_at = row["post_hidden_at"] or row["suspended_at"]
    if row["what"] == What.POST and hidden_at is not None:
        how = "deadline" if row["overridden"] else row["how"] or "screening"
        return {"state": "hidden", "how": how, "since": hidden_at, "hidden_at": row["hidden_at"] or hidden_at}
    return {"state": "open", "how": "", "since": row["found_at"]}


def _settled(state: ItemState, how: str, since: Any, now: Any) -> dict[str, Any]:
    return {"state": state.value, "how": how, "since": since, "settled_at": now}


# Clocks -------------------------------------------------------------------------------------------------------------


async def _ring(tx: Transaction, settings: Settings, notice: NoticeInHand, kind: str) -> None:
    """A reminder, the last call, or the end."""
    if notice.file.state not in (State.OPEN, State.RECEIVED):
        return  # told or answered in the meantime
    word = kind.partition(":")[0]
    late = word == DUE
    notice.take(Step.OVERDUE if late else Step.ESCALATE if word == CALL else Step.WARN, kind)
    staff = await queries.staff(tx)
    taker = [row for row in staff if row["id"] == notice["taken_by"]]
    called = staff if late or word == CALL or not taker else taker
    await notify(tx, kind="notice", to=[row["id"] for row in called], from_id=None, about_id=notice.id)
    tx.announce("notice.due", notice_id=notice.id)
    if late or word == CALL:
        await _call(tx, settings, notice, called, kind, late=late)
    if late:
        await enter(tx, Deed.NOTICE_OVERDUE, notice=notice.id, due_at=notice["due_at"])
        log.warning("a notice is overdue", notice=notice["reference"])
    await notice.write()


async def _call(
    tx: Transaction, settings: Settings, notice: NoticeInHand, staff: list[Row], kind: str, *, late: bool
) -> None:
    """Call stewards by mail, too: it may be night."""
    rows = await queries.items(tx, notice.id)
    left = sum(row["state"] in (ItemState.OPEN, ItemState.WAITING) for row in rows)
    for row in staff:
        if not row["email"]:
            continue
        subject, text = words.call(
            reference=notice["reference"],
            sender=notice["organisation"] or notice["sender_name"] or notice["sender_address"],
            due_at=notice["due_at"],
            left=left,
            items=len(rows),
            page=f"{settings.base_url}/admin/notices/{notice.id}",
            language=row["locale"],
            late=late,
        )
        try:
            key = f"notice:{notice.id}:{kind}:{row['id']}"
            fresh = timedelta(hours=12)
            await send_mail(tx, to=row["email"], subject=subject, text=text, key=key, urgent=True, fresh=fresh)
        except WrongAddress as error:
            log.warning("a steward cannot be called by mail", account=row["id"], cause=error.cause)


# More than fits into one deed -----------------------------------------------------------------------------------------


async def bring_rest(db: Database, gate: Gate, settings: Settings, notice_id: int) -> None:
    """Open cases for the rest of a long letter; a job, which may run twice."""
    await take_up_rest(db, gate, notice_id)
    await follow(db, settings, notice_id)


async def amend(db: Database, settings: Settings) -> int:
    """Tell senders what was decided otherwise after their answer: an appeal, a void ballot. How many notices."""
    by_notice: dict[int, list[Row]] = {}
    for row in await queries.judged_anew(db, clock.now() - timedelta(days=8)):
        by_notice.setdefault(row["notice_id"], []).append(row)
    for notice_id in by_notice:
        async with db.transaction() as tx:
            notice = await NoticeInHand.lock(tx, notice_id)
            changed = await _judged_anew(tx, notice, {row["number"]: row for row in by_notice[notice_id]})
            if changed and notice.file.state is State.ANSWERED:
                head = await head_of(tx, settings, notice)
                notice.take(Step.AMEND)
                await send(tx, settings, notice, "answer", words.amended(head, [said(row, head) for row in changed]))
            await notice.write()
    return len(by_notice)


async def _judged_anew(tx: Transaction, notice: NoticeInHand, news: dict[int, Row]) -> list[Row]:
    changed = []
    for row in await queries.items(tx, notice.id):
        case = news.get(row["number"])
        if case is None or row["settled_at"] is None or row["settled_at"] >= case["decided_at"]:
            continue
        state = decided_state(case["verdict"], case["measure"], case["decided_by"])
        columns = _settled(state, case["decided_by"], case["decided_at"], notice.now)
        await queries.save_item(tx, notice.id, row["number"], columns)
        if state.value != row["state"] and ItemState(row["state"]) not in UNSETTLED:
            changed.append(row["number"])
    return [row for row in await queries.items(tx, notice.id) if row["number"] in changed]


# Proof of what authors delete -----------------------------------------------------------------------------------------


async def log_deletions(db: Database) -> int:
    """Enter what authors and staff have deleted into the public log, so that it can be proven when; how many."""
    async with db.transaction() as tx:
        rows = await queries.unlogged_tombstones(tx, LOGGED_AT_A_TIME)
        if not rows:
            return 0
        entries = [
            await enter(tx, Deed.POST_WITHDRAWN, post=row["post_id"], at=row["gone_at"], how=row["how"]) for row in rows
        ]
        await queries.note_logged(tx, [row["post_id"] for row in rows], entries)
        return len(rows)
