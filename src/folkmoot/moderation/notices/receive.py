"""Receive a notice, or another letter about one: the row, what it names, cases, clock, log and receipt in one deed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Literal

import msgspec

from folkmoot import clock
from folkmoot.database import Database, Row, Transaction
from folkmoot.errors import Forbidden, Invalid, TooMany
from folkmoot.ids import new_id
from folkmoot.moderation.notices import letter_queries, queries, rules, sender_queries, words
from folkmoot.moderation.notices.believe import kind_of, trust_in
from folkmoot.moderation.notices.clocks import set_clock
from folkmoot.moderation.notices.find import Standing, Target, look_up, standing
from folkmoot.moderation.notices.follow_up import MACHINES, follow_up, thread_of
from folkmoot.moderation.notices.inhand import NoticeInHand
from folkmoot.moderation.notices.reading import House, KnownSender, Reading
from folkmoot.moderation.notices.rules import Kind, Trust
from folkmoot.moderation.notices.states import Due, State, Step
from folkmoot.moderation.notices.take_up import look_at
from folkmoot.moderation.notices.write import head_of, send, settle, write_receipt
from folkmoot.moderation.notices.write_down import keep_letter, matters_in, write_items
from folkmoot.moderation.screening import Finding
from folkmoot.moderation.transparency.log import Deed, enter
from folkmoot.network.gate import Gate
from folkmoot.network.notifications import notify
from folkmoot.settings import Settings

Door = Literal["lmtp", "imap", "page", "api", "cli"]


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """Where a letter belongs."""

    notice_id: int
    reference: str
    token: str
    """The word of the private page on which its sender sees how it stands."""
    is_new: bool = True
    """False for the same letter once more, and for another letter about a notice there was."""


class SenderSuspended(Forbidden):
    sentence = "Notices of this sender are not processed at present"


async def house(db: Database, settings: Settings) -> House:
    """What reading has to know of us: our addresses, and whom the operator trusts."""
    rows = await sender_queries.senders(db)
    known = tuple(
        KnownSender(address=row["address"], kind=row["kind"], name=row["name"], trusted=row["trusted_at"] is not None)
        for row in rows
        if row["address"]
    )
    return House(
        base_url=settings.base_url,
        domain=settings.domain,
        former=settings.former_domains,
        zone=settings.time_zone,
        servers=settings.notice_mail_servers,
        senders=known,
    )


async def receive(
    db: Database,
    gate: Gate,
    settings: Settings,
    raw: bytes,
    reading: Reading,
    *,
    door: Door,
    sender_id: int | None = None,
    client_token: str | None = None,
) -> Received:
    """Take a letter in. The same bytes, or the same `client_token` of the same sender, are the same notice.

    `sender_id` is whose key it came with. A letter that answers one of ours, or quotes our reference, goes to the notice
    it is about. Of a mail nothing is refused but what is larger than we keep: a letter must not be lost. Raises TooLong;
    by page and key also TooMany and SenderSuspended.
    """
    if len(raw) > rules.RAW_BYTES:
        raise rules.TooLong
    known = await letter_queries.letter_received(db, reading.digest)
    if known is not None:
        return await _again(db, known["notice_id"])
    targets = await look_up(db, reading.items[: rules.MOST_ITEMS], reading.foreign[:50])
    sender = await _sender(db, reading, sender_id)
    trust = trust_in(reading, sender, by_key=sender_id is not None)
    standings = [standing(target, confirmed=trust.is_confirmed) for target in targets]
    findings = await look_at(db, gate, matters_in(targets, standings, 1)[: rules.AT_ONCE])
    async with db.transaction() as tx:
        await queries.one_at_a_time(tx, client_token or reading.digest)
        known = await letter_queries.letter_received(tx, reading.digest)
        if known is not None:
            return await _again(tx, known["notice_id"])
        if client_token and (same := await queries.find_by_client_token(tx, sender_id, client_token)):
            return Received(notice_id=same["id"], reference=same["reference"], token=same["token"], is_new=False)
        if (thread := await thread_of(tx, reading)) is not None:
            notice = await follow_up(tx, settings, thread, raw, reading, targets, findings, trust)
            return Received(notice_id=notice.id, reference=notice["reference"], token=notice["token"], is_new=False)
        await _check_number(tx, reading, door, sender)
        notice = await _insert(tx, reading, door, sender, trust, client_token)
        await keep_letter(tx, notice, "notice", raw, reading)
        if reading.intent in MACHINES or reading.is_test or (sender is not None and sender["suspended_at"] is not None):
            await _set_aside(tx, settings, notice, reading, sender)
        else:
            await _begin(tx, settings, notice, targets, standings, findings)
        await notice.write()
        tx.announce("notice.received", notice_id=notice.id)
    return Received(notice_id=notice.id, reference=notice["reference"], token=notice["token"])


async def _again(source: Database | Transaction, notice_id: int) -> Received:
    row = await queries.find_notice(source, notice_id)
    assert row is not None  # letters refer to their notice
    return Received(notice_id=row["id"], reference=row["reference"], token=row["token"], is_new=False)


# Who writes ---------------------------------------------------------------------------------------------------------


async def _sender(source: Database | Transaction, reading: Reading, sender_id: int | None) -> Row | None:
    if sender_id is not None:
        return await sender_queries.find_sender(source, sender_id)
    return (
        await sender_queries.sender_named(source, rules.names_of(reading.sender.address))
        if reading.sender.address
        else None
    )


async def _check_number(tx: Transaction, reading: Reading, door: Door, sender: Row | None) -> None:
    """Raise for who sends too much by page or key. Mails and the operator's own commands are not refused."""
    day_ago = clock.now() - timedelta(days=1)
    if door == "api" and sender is not None:
        if sender["suspended_at"] is not None:
            raise SenderSuspended
        if await sender_queries.count_by_sender(tx, sender["id"], day_ago) >= rules.BY_KEY_A_DAY:
            raise TooMany("Too many notices with this key today", retry_after=3_600)
    address = reading.sender.address.lower()
    by_hand = door in ("page", "api") and sender is None and address
    if by_hand and await sender_queries.count_from(tx, address, day_ago) >= rules.BY_PAGE_A_DAY:
        raise TooMany("Too many notices from this address today; please write a mail", retry_after=3_600)
    if door in ("page", "api") and not reading.items:
        raise Invalid("Name at least one address (URL) of this network.", field="addresses")


# A new notice -------------------------------------------------------------------------------------------------------


async def _insert(
    tx: Transaction, reading: Reading, door: Door, sender: Row | None, trust: Trust, client_token: str | None
) -> NoticeInHand:
    now, id = clock.now(), new_id()
    kind = kind_of(reading, sender, trust)
    address = reading.sender.reply_to or reading.sender.address
    deadline = reading.deadline
    holds = deadline is not None and deadline.sure
    row_of_clocks = rules.find_clock(await queries.clocks(tx), kind, reading.sender.address)
    doubts = list(reading.doubts)
    if len(reading.items) > rules.MOST_ITEMS:
        doubts.append("too_many_addresses")
    if kind is Kind.ORDER and not trust.is_confirmed:
        doubts.append("order_not_confirmed")
    row = {
        "id": id,
        "reference": rules.new_reference(),
        "token": secrets.token_urlsafe(24),
        "state": State.RECEIVED.value,
        "version": 0,
        "kind": kind.value,
        "door": door,
        "form": reading.form,
        "language": reading.language if reading.language in words.LANGUAGES else "en",
        "sender_id": sender["id"] if sender is not None else None,
        "sender_address": address[:320].lower(),
        "sender_name": reading.sender.name[:200],
        "organisation": reading.sender.organisation[:200],
        "trust": trust.value,
        "subject": reading.subject[:500],
        "category": reading.category,
        "law": reading.law[:500],
        "doubts": doubts,
        "foreign_addresses": list(reading.foreign[:50]),
        "received_at": now,
        "due_at": rules.due_at(row_of_clocks, now, deadline.moment if deadline else None, holds=holds),
        "deadline_at": deadline.moment if deadline else None,
        "deadline_words": deadline.words[:500] if deadline else "",
        "deadline_zone": deadline.zone[:100] if deadline else "",
        "deadline_sure": holds,
        "client_token": client_token,
    }
    await queries.insert_notice(tx, row)
    return await NoticeInHand.lock(tx, id)


async def _begin(
    tx: Transaction,
    settings: Settings,
    notice: NoticeInHand,
    targets: Sequence[Target],
    standings: Sequence[Standing],
    findings: Mapping[int, Finding | None],
) -> None:
    """Write down what it names, open cases, start the clock, tell the log, stewards and the sender."""
    await write_items(tx, notice, targets, standings, findings, first=1, believed=Trust(notice["trust"]).is_confirmed)
    notice.take(Step.FIND)
    await set_clock(tx, notice)
    entry = await enter(
        tx,
        Deed.NOTICE_RECEIVED,
        notice=notice.id,
        hashed={"sender": notice["sender_address"] or "none"},
        kind=notice["kind"],
        door=notice["door"],
        trust=notice["trust"],
        items=len(targets),
        due_at=notice["due_at"],
    )
    notice.note(log_entry=entry)
    staff = [row["id"] for row in await queries.staff(tx)]
    await notify(tx, kind="notice", to=staff, from_id=None, about_id=notice.id)
    if await settle(tx, settings, notice) is Due.NOTHING:
        await write_receipt(tx, settings, notice)


async def _set_aside(
    tx: Transaction, settings: Settings, notice: NoticeInHand, reading: Reading, sender: Row | None
) -> None:
    """A machine's answer to nothing of ours, or somebody whose notices are not processed: kept, and no clock runs."""
    if sender is not None and sender["suspended_at"] is not None:
        notice.take(Step.REFUSE, why="the sender is suspended")
        head = await head_of(tx, settings, notice)
        await send(tx, settings, notice, "free", words.suspended(head, sender["suspended_why"]))
    else:
        notice.take(Step.REFUSE, why="a test" if reading.is_test else f"not a notice: {reading.intent}")
