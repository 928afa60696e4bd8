"""Write to whoever sent a notice: by itself when something is owed, and in a steward's words. Every letter is kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import timedelta

from folkmoot.database import Row, Transaction
from folkmoot.ids import new_id
from folkmoot.mail import WrongAddress, new_message_id, send_mail
from folkmoot.moderation.notices import letter_queries, queries, words
from folkmoot.moderation.notices.inhand import NoticeInHand
from folkmoot.moderation.notices.rules import Trust
from folkmoot.moderation.notices.states import DECIDED, Due, Item, ItemState, Step, What, owed
from folkmoot.moderation.notices.words import Head, Said
from folkmoot.moderation.transparency.log import PREFIX, Deed, enter
from folkmoot.network.site import site_values
from folkmoot.settings import Settings

BY_ITSELF_A_DAY = 60
"""Letters to one address a day that no steward wrote: two machines must not answer each other for ever."""
DAY = timedelta(days=1)
_MESSAGE_ID = re.compile(r"[^<>\s@]{1,300}@[^<>\s@]{1,200}")
"""As identifiers are kept: without their brackets."""


async def head_of(tx: Transaction, settings: Settings, notice: NoticeInHand) -> Head:
    """What every letter says of its notice."""
    site = await site_values(tx, settings)
    return Head(
        reference=notice["reference"],
        site=site.name,
        received_at=notice["received_at"],
        due_at=notice["due_at"],
        language=notice["language"],
        page=f"{settings.base_url}/notices/at/{notice['token']}",
        log=f"{settings.base_url}{PREFIX}",
    )


def said(row: Row, head: Head) -> Said:
    """An item as a letter lists it, with where to get the proof of it."""
    proof = f"{head.page}/proof/{row['number']}" if has_proof(row) else ""
    return Said(written=row["written"], state=ItemState(row["state"]), how=row["how"], since=row["since"], proof=proof)


def has_proof(row: Row) -> bool:
    """Whether the public log has something to say of an item, or will in a few seconds: a verdict, or a deletion."""
    state = ItemState(row["state"])
    if state is ItemState.GONE:
        return row["post_id"] is not None and row["since"] is not None and row["how"] != "suspended"
    return state in DECIDED and row["case_id"] is not None


async def may_write(tx: Transaction, notice: NoticeInHand, items: Sequence[Row]) -> bool:
    """Whether the network answers by itself: not to a forged sender, not to mail that names nothing, not without end.

    Who came by page, key or command reads the answer at their private address.
    """
    if notice["trust"] == Trust.FAILED and notice["confirmed_at"] is None:
        return False
    names_something = any(row["state"] not in (ItemState.NOT_FOUND, ItemState.NOT_OURS) for row in items)
    is_mail = notice["door"] in ("lmtp", "imap")
    if is_mail and notice["trust"] == Trust.NONE and notice["confirmed_at"] is None and not names_something:
        return False
    address = notice["sender_address"]
    return not address or await letter_queries.written_to(tx, address, notice.now - DAY) < BY_ITSELF_A_DAY


async def settle(tx: Transaction, settings: Settings, notice: NoticeInHand) -> Due:
    """Say what has become due to be said by what is decided, hidden or gone by now. The notice is not written yet."""
    rows = await queries.items(tx, notice.id)
    items = [Item(state=ItemState(row["state"]), what=What(row["what"])) for row in rows]
    if not items:
        return (
            Due.NOTHING
        )  # a letter without addresses wants a person: its receipt asks for them, stewards are reminded
    due = owed(notice.file.state, items)
    if due is Due.NOTHING or not await may_write(tx, notice, rows):
        return Due.NOTHING
    head = await head_of(tx, settings, notice)
    if due is Due.TELL:
        notice.take(Step.TELL)
        await send(tx, settings, notice, "interim", words.interim(head, [said(row, head) for row in rows]))
    else:
        await answer(tx, settings, notice, rows, words.answer(head, [said(row, head) for row in rows]))
    return due


async def answer(
    tx: Transaction,
    settings: Settings,
    notice: NoticeInHand,
    rows: Sequence[Row],
    text: str,
    *,
    by: int | None = None,
    kind: str = "answer",
) -> None:
    """The final answer: written, logged, and no clock runs any more."""
    notice.take(Step.ANSWER, by=by)
    await send(tx, settings, notice, kind, text, by=by)
    await queries.stop_timers(tx, notice.id, notice.now)
    states = [row["state"] for row in rows]
    await enter(
        tx,
        Deed.NOTICE_ANSWERED,
        notice=notice.id,
        steward=by,
        items=len(states),
        gone=states.count("gone"),
        removed=sum(state in ("removed", "warned", "ordered") for state in states),
        kept=states.count("kept"),
        not_found=sum(state in ("not_found", "not_ours") for state in states),
        due_at=notice["due_at"],
        kept_clock=(notice.file.met_at or notice.now) <= notice["due_at"],
    )


async def send(
    tx: Transaction, settings: Settings, notice: NoticeInHand, kind: str, text: str, *, by: int | None = None
) -> int:
    """One letter on the notice's thread, by mail where there is an address; its id. Once the transaction commits, it goes."""
    id = new_id()
    thread = [each for each in await letter_queries.message_ids(tx, notice.id) if _MESSAGE_ID.fullmatch(each)]
    message_id = new_message_id(settings.domain).strip("<>")
    about = words.subject(notice["subject"], notice["reference"], notice["language"])
    mail_id = None
    if notice["sender_address"]:
        try:
            mail_id = await send_mail(
                tx,
                to=notice["sender_address"],
                subject=about,
                text=text,
                key=f"notice:{notice.id}:{id}",
                in_reply_to=f"<{thread[-1]}>" if thread else "",
                references=[f"<{each}>" for each in thread],
                message_id=f"<{message_id}>",
                language=notice["language"],
                urgent=True,
            )
        except WrongAddress:
            mail_id = None  # what they gave is no address; the letter stands on their page
    await letter_queries.insert_letter(
        tx,
        {
            "id": id,
            "notice_id": notice.id,
            "direction": "out",
            "kind": kind,
            "address": notice["sender_address"],
            "subject": about,
            "text": text,
            "language": notice["language"],
            "message_id": message_id,
            "in_reply_to": thread[-1] if thread else "",
            "digest": hashlib.sha256(text.encode()).hexdigest(),
            "mail_id": mail_id,
            "by_id": by,
            "at": notice.now,
        },
    )
    return id


async def write_receipt(tx: Transaction, settings: Settings, notice: NoticeInHand) -> None:
    """Say at once that it came, what was found, and by when the answer comes."""
    rows = await queries.items(tx, notice.id)
    if await may_write(tx, notice, rows):
        head = await head_of(tx, settings, notice)
        notice.take(Step.RECEIPT)
        await send(tx, settings, notice, "receipt", words.receipt(head, [said(row, head) for row in rows]))
