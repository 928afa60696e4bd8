"""Post a mail: a row in the caller's transaction. Nothing leaves before the commit, and the same key is one mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from folkmoot import clock
from folkmoot.database import Database, Transaction
from folkmoot.errors import Invalid, TooLarge
from folkmoot.ids import new_id
from folkmoot.mail import queries
from folkmoot.mail.rules import (
    ATTACHED_MOST,
    FRESH,
    TEXT_MOST,
    check_address,
    check_message_id,
    header_words,
    thread_of,
)
from folkmoot.mail.views import Attachment, Letter, MailView


async def send_mail(
    tx: Transaction,
    *,
    to: str,
    subject: str,
    text: str,
    key: str,
    reply_to: str = "",
    in_reply_to: str = "",
    references: Sequence[str] = (),
    message_id: str = "",
    attachments: Sequence[Attachment] = (),
    language: str = "",
    urgent: bool = False,
    fresh: timedelta = FRESH,
) -> int:
    """Have a mail sent once this transaction is committed, to one address; its id.

    `key` names the mail for ever: a second one under the same key is the first one. `fresh` is how long it is worth
    sending. Identifiers come with their angle brackets; `message_id` may be left out. Raises WrongAddress, Invalid, TooLarge.
    """
    now = clock.now()
    in_reply_to = check_message_id(in_reply_to)
    if not key or not header_words(subject):
        raise Invalid("A mail needs a key and a subject.")
    if len(text) > TEXT_MOST or sum(len(each.body) for each in attachments) > ATTACHED_MOST:
        raise TooLarge
    letter = Letter(
        id=new_id(),
        message_id=check_message_id(message_id),
        to=check_address(to),
        subject=header_words(subject),
        text=text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n"),
        language=header_words(language, 20),
        reply_to=check_address(reply_to) if reply_to else "",
        in_reply_to=in_reply_to,
        references=tuple(thread_of(references, in_reply_to)),
        urgent=urgent,
        fresh_until=now + fresh,
        attachments=tuple(attachments),
    )
    id = await queries.insert(tx, letter, key, now)
    if id is None:
        return await queries.id_of(tx, key)
    tx.defer("mail.deliver", once="mail.deliver")
    return id


async def find_mail(source: Database | Transaction, id: int) -> MailView | None:
    """One mail and what became of it."""
    found = await queries.find(source, [id])
    return found[0] if found else None


async def find_mails(source: Database | Transaction, ids: Sequence[int]) -> list[MailView]:
    """These mails, oldest first."""
    return await queries.find(source, ids)


async def find_by_key(source: Database | Transaction, key: str) -> MailView | None:
    """The mail sent under this key."""
    return await queries.find_by_key(source, key)
