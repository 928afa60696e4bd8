"""Receive a notice, or another letter about one: the row, what it names, cases, clock, log and receipt in one deed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

import msgspec

from folkmoot import clock
from folkmoot.database import Database, Row, Transaction
from folkmoot.errors import Forbidden, Invalid, TooMany
from folkmoot.ids import new_id
from folkmoot.moderation.notices import queries, rules, words
from folkmoot.moderation.notices.clocks import set_clock
from folkmoot.moderation.notices.find import Standing, Target, look_up, standing
from folkmoot.moderation.notices.inhand import NoticeInHand
from folkmoot.moderation.notices.reading import House, KnownSender, Reading
from folkmoot.moderation.notices.rules import Kind, Trust
from folkmoot.moderation.notices.states import Due, ItemState, State, Step, What
from folkmoot.moderation.notices.take_up import Matter, columns_of, look_at, open_cases
from folkmoot.moderation.notices.write import head_of, send, settle, write_receipt
from folkmoot.moderation.screening import Finding
from folkmoot.moderation.transparency.log import Deed, enter
from folkmoot.network.gate import Gate
from folkmoot.network.notifications import notify
from folkmoot.settings import Settings

Door = Literal["lmtp", "imap", "page", "api", "cli"]
REPEATED = timedelta(days=30)
TEXT_KEPT = 200_000
"""Characters of a letter that are shown; the bytes are kept whole beside them."""
_MACHINES = ("bounce", "auto_reply")
"""What machines send back: kept, and never answered."""


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
    rows = await queries.senders(db)
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
    known = await queries.letter_received(db, reading.digest)
    if known is not None:
        return await _again(db, known["notice_id"])
    targets = await look_up(db, reading.items[: rules.MOST_ITEMS], reading.foreign[:50])
    sender = await _sender(db, reading, sender_id)
    trust = trust_in(reading, sender, by_key=sender_id is not None)
    standings = [standing(target, confirmed=trust.is_confirmed) for target in targets]
    matters = [
        Matter(number=number, what=target.what, post_id=target.post_id, account_id=target.account_id)
        for number, (target, how) in enumerate(zip(targets, standings, strict=True), 1)
        if how.wants_case
    ]
    findings = await look_at(db, gate, matters[: rules.AT_ONCE])
    async with db.transaction() as tx:
        await queries.one_at_a_time(tx, client_token or reading.digest)
        known = await queries.letter_received(tx, reading.digest)
        if known is not None:
            return await _again(tx, known["notice_id"])
        if client_token and (same := await queries.find_by_client_token(tx, sender_id, client_token)):
            return Received(notice_id=same["id"], reference=same["reference"], token=same["token"], is_new=False)
        if (thread := await _thread(tx, reading)) is not None:
            return await _follow_up(tx, settings, thread, raw, reading, targets, findings)
        await _check_number(tx, reading, door, sender)
        notice = await _insert(tx, reading, door, sender, trust, client_token)
        await _keep_letter(tx, notice, "notice", raw, reading)
        if (
            reading.intent in _MACHINES
            or reading.is_test
            or (sender is not None and sender["suspended_at"] is not None)
        ):
            await _set_aside(tx, settings, notice, reading, sender)
        else:
            await _begin(tx, settings, notice, targets, standings, matters, findings)
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
        return await queries.find_sender(source, sender_id)
    return (
        await queries.sender_named(source, rules.names_of(reading.sender.address)) if reading.sender.address else None
    )


def trust_in(reading: Reading, sender: Row | None, *, by_key: bool) -> Trust:
    """How far we believe that it comes from whom it names."""
    if by_key:
        return Trust.KEY
    match reading.verification.level:
        case "allowed":
            return Trust.KNOWN
        case "verified":
            return Trust.KNOWN if sender is not None and sender["trusted_at"] is not None else Trust.SIGNED
        case "failed":
            return Trust.FAILED
        case _:
            return Trust.NONE


def kind_of(reading: Reading, sender: Row | None, trust: Trust) -> Kind:
    """What sort of demand it is: the list's word for a sender we believe, else what the letter looks like.

    Who may flag with priority is never a matter of how a letter looks.
    """
    if reading.intent == "removal_order":
        return Kind.ORDER
    if sender is not None and trust.is_confirmed:
        return Kind(sender["kind"])
    return Kind.UNKNOWN if reading.kind == "trusted_flagger" else Kind(reading.kind)


async def _check_number(tx: Transaction, reading: Reading, door: Door, sender: Row | None) -> None:
    """Raise for who sends too much by page or key. Mails and the operator's own commands are not refused."""
    day_ago = clock.now() - timedelta(days=1)
    if door == "api" and sender is not None:
        if sender["suspended_at"] is not None:
            raise SenderSuspended
        if await queries.count_by_sender(tx, sender["id"], day_ago) >= rules.BY_KEY_A_DAY:
            raise TooMany("Too many notices with this key today", retry_after=3_600)
    address = reading.sender.address.lower()
    by_hand = door in ("page", "api") and sender is None and address
    if by_hand and await queries.count_from(tx, address, day_ago) >= rules.BY_PAGE_A_DAY:
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
    matters: list[Matter],
    findings: dict[int, Finding | None],
) -> None:
    """Write down what it names, open cases, start the clock, tell the log, stewards and the sender."""
    await _write_items(tx, notice, targets, standings, matters, findings, first=1)
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


async def _write_items(
    tx: Transaction,
    notice: NoticeInHand,
    targets: Sequence[Target],
    standings: Sequence[Standing],
    matters: list[Matter],
    findings: dict[int, Finding | None],
    *,
    first: int,
) -> None:
    opened = await open_cases(tx, notice, matters, findings)
    rows = []
    for number, (target, how) in enumerate(zip(targets, standings, strict=True), first):
        case_id, stands = opened.get(number, (how.case_id, how))
        rows.append(
            {
                "notice_id": notice.id,
                "number": number,
                "written": target.written[:2_000],
                "what": target.what.value,
                "medium": target.medium,
                "post_id": target.post_id,
                "account_id": target.account_id,
                "version": target.version,
                "is_sure": target.is_sure,
                "is_private": stands.is_private or how.is_private,
                "found_at": notice.now,
            }
            | columns_of(case_id, stands, notice.now)
        )
    await queries.insert_items(tx, rows)
    if any(row["state"] == ItemState.WAITING for row in rows):
        tx.defer("moderation.notices.take_up_rest", once=f"take_up:{notice.id}", notice_id=notice.id)


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


# Another letter about one ---------------------------------------------------------------------------------------------


async def _thread(tx: Transaction, reading: Reading) -> int | None:
    """The notice a letter is about: by what it answers, by the reference in its subject, or as the same letter resent."""
    answered = [each for each in (reading.in_reply_to, *reading.references, reading.message_id) if each]
    if answered and (found := await queries.thread_of(tx, answered)) is not None:
        return found
    for reference in rules.references_in(reading.subject):
        row = await queries.find_by_reference(tx, reference)
        if row is not None:
            return int(row["id"])
    return None


async def _follow_up(
    tx: Transaction,
    settings: Settings,
    notice_id: int,
    raw: bytes,
    reading: Reading,
    targets: Sequence[Target],
    findings: dict[int, Finding | None],
) -> Received:
    """Put a letter to its notice. What it names besides is looked at as well; what it says of the time, a steward reads."""
    notice = await NoticeInHand.lock(tx, notice_id)
    automatic = reading.intent in _MACHINES
    await _keep_letter(tx, notice, "auto_reply" if automatic else "follow_up", raw, reading)
    notice.take(Step.FOLLOW_UP)
    if not automatic:
        await _hear(tx, settings, notice, reading, targets, findings)
    staff = [notice["taken_by"]] if notice["taken_by"] else [row["id"] for row in await queries.staff(tx)]
    await notify(tx, kind="notice", to=staff, from_id=None, about_id=notice.id)
    await notice.write()
    return Received(notice_id=notice.id, reference=notice["reference"], token=notice["token"], is_new=False)


async def _hear(
    tx: Transaction,
    settings: Settings,
    notice: NoticeInHand,
    reading: Reading,
    targets: Sequence[Target],
    findings: dict[int, Finding | None],
) -> None:
    rows = await queries.items(tx, notice.id)
    known = {(row["what"], row["account_id"] if row["what"] == What.ACCOUNT else row["post_id"]) for row in rows}
    fresh = [
        target
        for target in targets
        if target.what is not What.UNKNOWN and target.key not in known  # what led nowhere leads nowhere still
    ]
    doubts = [*notice["doubts"]]
    if reading.deadline is not None and reading.deadline.moment != notice["deadline_at"]:
        doubts.append("another_deadline")
        same_sender = reading.sender.address.lower() == notice["sender_address"]
        if reading.deadline.sure and same_sender and notice.now < reading.deadline.moment < notice["due_at"]:
            notice.note(
                deadline_at=reading.deadline.moment,
                deadline_words=reading.deadline.words[:500],
                deadline_zone=reading.deadline.zone[:100],
                deadline_sure=True,
                due_at=reading.deadline.moment,
            )
    if fresh and notice.file.state is not State.REFUSED:
        _run_again(notice, await queries.clocks(tx))
        first = len(rows) + 1
        standings = [standing(target, confirmed=Trust(notice["trust"]).is_confirmed) for target in fresh]
        matters = [
            Matter(number=number, what=target.what, post_id=target.post_id, account_id=target.account_id)
            for number, (target, how) in enumerate(zip(fresh, standings, strict=True), first)
            if how.wants_case
        ]
        await _write_items(tx, notice, fresh, standings, matters, findings, first=first)
    notice.note(doubts=list(dict.fromkeys(doubts)))
    if notice.file.state in (State.OPEN, State.INTERIM):
        await set_clock(tx, notice)
        await settle(tx, settings, notice)


def _run_again(notice: NoticeInHand, clocks: Sequence[rules.Clock]) -> None:
    """More was named: an answered notice opens again with a clock of its own."""
    if notice.file.state in (State.ANSWERED, State.INTERIM):
        if notice.file.state is State.ANSWERED:
            row = rules.find_clock(clocks, Kind(notice["kind"]), notice["sender_address"])
            notice.note(due_at=rules.due_at(row, notice.now, None, holds=False), deadline_at=None, deadline_sure=False)
        notice.take(Step.REOPEN, why="more was named")


async def _keep_letter(tx: Transaction, notice: NoticeInHand, kind: str, raw: bytes, reading: Reading) -> None:
    bare = msgspec.structs.replace(
        reading,
        text="",
        quoted="",
        evidence=tuple(msgspec.structs.replace(each, data=b"") for each in reading.evidence),
    )
    await queries.insert_letter(
        tx,
        {
            "id": new_id(),
            "notice_id": notice.id,
            "direction": "in",
            "kind": kind,
            "address": reading.sender.address[:320],
            "subject": reading.subject[:500],
            "text": reading.text[:TEXT_KEPT].replace("\0", ""),
            "language": reading.language[:10],
            "message_id": reading.message_id[:998],
            "in_reply_to": reading.in_reply_to[:998],
            "digest": reading.digest,
            "raw": raw,
            "reading": msgspec.json.encode(bare).decode().replace("\\u0000", ""),
            "at": notice.now,
        },
    )
