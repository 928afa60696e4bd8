"""What stewards do about a notice: confirm or correct it, look after it, ask for time, write, refuse. All on record."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Transaction
from folkmoot.errors import Conflict, Invalid
from folkmoot.moderation.cases.decide import deadline as put_deadline
from folkmoot.moderation.cases.inhand import CaseInHand
from folkmoot.moderation.cases.leave import let_wait
from folkmoot.moderation.cases.queries import earliest_due
from folkmoot.moderation.notices import queries, words
from folkmoot.moderation.notices.clocks import set_clock
from folkmoot.moderation.notices.inhand import NoticeInHand
from folkmoot.moderation.notices.rules import WORDS_MOST, Kind
from folkmoot.moderation.notices.states import RUNNING, UNSETTLED, ItemState, NoticeClosed, State, Step
from folkmoot.moderation.notices.take_up import carry_out, hide_until_decided
from folkmoot.moderation.notices.words import LANGUAGES
from folkmoot.moderation.notices.write import answer, head_of, said, send, settle
from folkmoot.moderation.transparency.log import Deed, enter
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.settings import Settings

WHY_MOST = 2_000
LONGEST = timedelta(days=366)


class NotAnOrder(Conflict):
    sentence = "This is not the order of an authority"


class NothingToSay(Invalid):
    sentence = "Write something first."


async def confirm(
    db: Database,
    settings: Settings,
    steward: Viewer,
    notice_id: int,
    *,
    kind: Kind,
    due_at: datetime,
    language: str,
    sender_is_real: bool,
    withdrawn: Collection[int] = (),
    sender_address: str | None = None,
) -> None:
    """Say what a letter really is: what sort, when it is due, who wrote it, and which of the addresses are meant.

    With a confirmed sender an order is carried out at once, and what waited for a steward comes before juries.
    `withdrawn` are numbers of items that were read wrongly. Raises Forbidden, Missing, NoticeClosed, Invalid.
    """
    steward.check_role(Role.STEWARD)
    if language not in LANGUAGES:
        raise Invalid("We write English (en) and German (de).", field="language")
    async with db.transaction() as tx:
        notice = await NoticeInHand.lock(tx, notice_id)
        if notice.file.state not in RUNNING:
            raise NoticeClosed
        if not notice["received_at"] < due_at <= notice["received_at"] + LONGEST:
            raise Invalid("A deadline lies after the letter, and within a year.", field="due_at")
        was = notice["due_at"]
        notice.note(
            kind=kind.value, due_at=due_at, language=language, doubts=[], deadline_at=due_at, deadline_sure=True
        )
        if sender_is_real:
            notice.note(confirmed_at=notice.now, confirmed_by=steward.actor)
        if sender_address is not None:
            notice.note(sender_address=sender_address.strip().lower()[:320])
        notice.take(Step.CONFIRM, by=steward.actor)
        await enter(tx, Deed.NOTICE_CONFIRMED, notice=notice.id, steward=steward.actor, kind=kind.value, due_at=due_at)
        await _withdraw(tx, notice, withdrawn)
        await notice.write()
        await _move_clocks(tx, notice, was)
        if sender_is_real and kind is Kind.ORDER:
            await _carry_out(tx, notice, steward)
        if any(row["state"] == ItemState.WAITING for row in await queries.items(tx, notice.id)):
            tx.defer("moderation.notices.take_up_rest", once=f"take_up:{notice.id}", notice_id=notice.id)
        await settle(tx, settings, notice)
        tx.record(
            Event.NOTICE_CONFIRMED,
            actor=steward.actor,
            subject=notice.id,
            kind=kind.value,
            due_at=due_at.isoformat(),
            sender=sender_is_real,
            withdrawn=sorted(withdrawn),
            **steward.traces,
        )
        await notice.write()


async def _withdraw(tx: Transaction, notice: NoticeInHand, numbers: Collection[int]) -> None:
    for row in await queries.items(tx, notice.id):
        if row["number"] in numbers and row["settled_at"] is None:
            changes = {"state": ItemState.WITHDRAWN.value, "how": "stewards", "since": notice.now}
            await queries.save_item(tx, notice.id, row["number"], changes | {"settled_at": notice.now})
            if row["case_id"] is not None:
                await let_wait(tx, await CaseInHand.lock(tx, row["case_id"]))


async def _move_clocks(tx: Transaction, notice: NoticeInHand, was: datetime) -> None:
    """Set the clocks anew, and let cases that ran by the old one run by the earliest that is left."""
    await set_clock(tx, notice)
    for row in await queries.items(tx, notice.id):
        if row["case_id"] is None or row["settled_at"] is not None:
            continue
        case = await CaseInHand.lock(tx, row["case_id"])
        earliest = await earliest_due(tx, row["case_id"])
        if case.is_undecided and earliest is not None and case["deadline_at"] == was and earliest != was:
            await put_deadline(tx, case, earliest)


async def _carry_out(tx: Transaction, notice: NoticeInHand, steward: Viewer) -> None:
    done = 0
    for row in await queries.items(tx, notice.id):
        if row["case_id"] is None or (row["settled_at"] is not None and row["state"] != ItemState.KEPT):
            continue
        case = await CaseInHand.lock(tx, row["case_id"])
        await carry_out(tx, case, by=steward.actor)
        if case["verdict"] == "remove":
            changes = {"state": ItemState.ORDERED.value, "how": "order", "since": case["decided_at"]}
            await queries.save_item(tx, notice.id, row["number"], changes | {"settled_at": notice.now})
            done += 1
    notice.take(Step.CARRY_OUT, by=steward.actor)
    tx.record(Event.NOTICE_CARRIED_OUT, actor=steward.actor, subject=notice.id, items=done, **steward.traces)


async def carry_out_order(db: Database, settings: Settings, steward: Viewer, notice_id: int) -> None:
    """Confirm the sender of an order and do what it says, in one click. Raises Forbidden, Missing, NotAnOrder, NoticeClosed."""
    row = await queries.find_notice(db, notice_id)
    if row is not None and row["kind"] != Kind.ORDER:
        raise NotAnOrder
    await confirm(
        db,
        settings,
        steward,
        notice_id,
        kind=Kind.ORDER,
        due_at=row["due_at"] if row is not None else clock.now(),
        language=row["language"] if row is not None else "en",
        sender_is_real=True,
    )


async def take(db: Database, steward: Viewer, notice_id: int) -> None:
    """Look after a notice: its first reminders go to this steward alone. Raises Forbidden, Missing, NoticeClosed."""
    steward.check_role(Role.STEWARD)
    async with db.transaction() as tx:
        notice = await NoticeInHand.lock(tx, notice_id)
        if notice.file.state not in RUNNING:
            raise NoticeClosed
        notice.take(Step.TAKE, by=steward.actor)
        notice.note(taken_at=notice.now, taken_by=steward.actor)
        tx.record(Event.NOTICE_TAKEN, actor=steward.actor, subject=notice.id, **steward.traces)
        await notice.write()


async def hide_all(db: Database, settings: Settings, steward: Viewer, notice_id: int) -> int:
    """Take everything undecided that a notice names out of sight now, until its juries have decided; how much.

    What the deadline would do later by itself; reversible, and the juries go on. Raises Forbidden, Missing, NoticeClosed.
    """
    steward.check_role(Role.STEWARD)
    hidden = 0
    async with db.transaction() as tx:
        notice = await NoticeInHand.lock(tx, notice_id)
        if notice.file.state not in RUNNING:
            raise NoticeClosed
        for row in await queries.items(tx, notice.id):
            if row["case_id"] is None or row["settled_at"] is not None:
                continue
            case = await CaseInHand.lock(tx, row["case_id"])
            why = f"notice {notice['reference']}"
            await hide_until_decided(tx, case, f"{case.file.version}", by=steward.actor, why=why)
            hidden += 1
        tx.record(Event.CASE_HIDDEN_FOR_NOW, actor=steward.actor, subject=notice.id, cases=hidden, **steward.traces)
        notice.take(Step.CONFIRM, by=steward.actor, why="hidden until decided")
        await notice.write()
    return hidden


async def ask_for_time(
    db: Database, settings: Settings, steward: Viewer, notice_id: int, until: datetime | None = None
) -> None:
    """Ask the sender for more time, in their language, in one click. The clock runs on until they agree.

    Raises Forbidden, Missing, NoticeClosed, Invalid.
    """
    steward.check_role(Role.STEWARD)
    async with db.transaction() as tx:
        notice = await NoticeInHand.lock(tx, notice_id)
        if until is not None and until <= notice.now:
            raise Invalid("Ask for a time that is still to come.", field="until")
        head = await head_of(tx, settings, notice)
        notice.take(Step.EXTEND, by=steward.actor)
        await send(tx, settings, notice, "extension", words.extension(head, until), by=steward.actor)
        await enter(tx, Deed.NOTICE_EXTENDED, notice=notice.id, steward=steward.actor, until=until)
        tx.record(Event.NOTICE_EXTENSION_ASKED, actor=steward.actor, subject=notice.id, **steward.traces)
        await notice.write()


async def reply(
    db: Database, settings: Settings, steward: Viewer, notice_id: int, text: str, *, final: bool = False
) -> None:
    """Write to the sender in one's own words. A `final` letter is the answer: no clock runs any more.

    A final answer goes out with what became of every item below it. Raises Forbidden, Missing, NoticeClosed, Invalid.
    """
    steward.check_role(Role.STEWARD)
    text = text.replace("\0", "").replace("\r\n", "\n").strip()
    if not text:
        raise NothingToSay(field="text")
    if len(text) > WORDS_MOST:
        raise Invalid("A letter has at most {most} characters.", field="text", most=WORDS_MOST)
    async with db.transaction() as tx:
        notice = await NoticeInHand.lock(tx, notice_id)
        head = await head_of(tx, settings, notice)
        rows = await queries.items(tx, notice.id)
        if final:
            listed = words.listed([said(row, head) for row in rows], notice["language"])
            whole = words.written(head, f"{text}\n\n{listed}" if listed else text)
            if notice.file.state not in (State.OPEN, State.INTERIM):
                raise NoticeClosed
            await answer(tx, settings, notice, rows, whole, by=steward.actor)
        else:
            notice.take(Step.WRITE, by=steward.actor)
            await send(tx, settings, notice, "free", words.written(head, text), by=steward.actor)
        tx.record(Event.NOTICE_ANSWERED, actor=steward.actor, subject=notice.id, final=final, **steward.traces)
        await notice.write()


async def refuse(db: Database, settings: Settings, steward: Viewer, notice_id: int, why: str, *, tell: bool) -> None:
    """Find a notice unfounded, or forged: no clock runs, and what it hid is seen again unless something else hides it.

    `tell` sends the reason to the sender. Raises Forbidden, Missing, NoticeClosed, Invalid without a reason.
    """
    steward.check_role(Role.STEWARD)
    why = why.strip()[:WHY_MOST]
    if not why:
        raise Invalid("Say why: others read it.", field="why")
    async with db.transaction() as tx:
        notice = await NoticeInHand.lock(tx, notice_id)
        rows = await queries.items(tx, notice.id)
        notice.take(Step.REFUSE, by=steward.actor, why=why)
        await notice.write()
        await queries.stop_timers(tx, notice.id, notice.now)
        for row in rows:
            if row["case_id"] is not None and ItemState(row["state"]) in UNSETTLED:
                await let_wait(tx, await CaseInHand.lock(tx, row["case_id"]))
        if tell:
            head = await head_of(tx, settings, notice)
            await send(tx, settings, notice, "free", words.refused(head, why), by=steward.actor)
        await enter(tx, Deed.NOTICE_CLOSED, notice=notice.id, steward=steward.actor, why="refused")
        tx.record(Event.NOTICE_REFUSED, actor=steward.actor, subject=notice.id, why=why, **steward.traces)


async def reopen(db: Database, settings: Settings, steward: Viewer, notice_id: int, due_at: datetime) -> None:
    """Take up again what was answered or refused. Raises Forbidden, Missing, NoticeClosed when it runs."""
    steward.check_role(Role.STEWARD)
    async with db.transaction() as tx:
        notice = await NoticeInHand.lock(tx, notice_id)
        notice.take(Step.REOPEN, by=steward.actor)
        notice.note(due_at=due_at)
        await set_clock(tx, notice)
        tx.record(Event.NOTICE_REOPENED, actor=steward.actor, subject=notice.id, **steward.traces)
        await notice.write()
