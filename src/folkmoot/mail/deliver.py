"""Carry out what is due: claim, hand over, note the answer. docs/decisions/never-twice.md says what a crash in between means."""

from __future__ import annotations

import ssl

import structlog

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.errors import Unavailable
from folkmoot.mail import queries
from folkmoot.mail.compose import compose
from folkmoot.mail.rules import CLAIM, is_configured, new_message_id, next_attempt
from folkmoot.mail.server import MailServer, NoAnswer, Refused
from folkmoot.mail.views import Letter
from folkmoot.settings import Settings

AT_ONCE = 200
"""Mails of one pass, so that a job ends some day."""

log = structlog.get_logger(__name__)


async def deliver_due(db: Database, settings: Settings, *, tls: ssl.SSLContext | None = None) -> int:
    """Send what is due; how many were sent. May run twice, also at the same time: each mail is claimed first."""
    now = clock.now()
    async with db.transaction() as tx:
        await queries.settle_old(tx, now, now - CLAIM)
    if not is_configured(settings) or not await queries.is_any_due(db, now):
        return 0
    try:
        server = await MailServer.open(settings, tls)
    except Unavailable as error:
        await _put_all_off(db, error.cause)
        return 0
    sent = 0
    try:
        for _ in range(AT_ONCE):
            async with db.transaction() as tx:
                letter = await queries.claim(tx, clock.now(), new_message_id(settings.domain))
            if letter is None:
                break
            sent += await _deliver(db, server, letter, settings)
            if not server.is_open:
                break
    finally:
        await server.close()
    return sent


async def _deliver(db: Database, server: MailServer, letter: Letter, settings: Settings) -> bool:
    handed = False

    async def before() -> bool:
        nonlocal handed
        async with db.transaction() as tx:
            handed = await queries.note_handing(tx, letter.id, clock.now())
        return handed

    try:
        message = compose(letter, settings, clock.now())
    except (ValueError, UnicodeError) as error:
        log.exception("a mail cannot be written down", mail=letter.id)
        async with db.transaction() as tx:
            await queries.note_failed(tx, letter.id, f"it cannot be written down: {error}", clock.now())
        return False
    try:
        await server.hand_over(letter.to, message, before)
    except Refused as refusal:
        await _refused(db, letter, refusal)
        return False
    except NoAnswer as silence:
        await _no_answer(db, letter, str(silence), handed=handed)
        return False
    if not handed:
        return False
    async with db.transaction() as tx:
        await queries.note_sent(tx, letter.id, clock.now())
        tx.announce("mail.sent", id=letter.id)
    return True


async def _refused(db: Database, letter: Letter, refusal: Refused) -> None:
    now = clock.now()
    async with db.transaction() as tx:
        if refusal.for_good:
            log.warning("a mail was refused", mail=letter.id, why=refusal.why)
            await queries.note_failed(tx, letter.id, refusal.why, now)
        else:
            await queries.put_off(tx, letter.id, refusal.why, next_attempt(letter.attempts, now, urgent=letter.urgent))


async def _no_answer(db: Database, letter: Letter, why: str, *, handed: bool) -> None:
    now = clock.now()
    async with db.transaction() as tx:
        if handed:
            log.error("a mail was handed over and no answer came", mail=letter.id, why=why)
            await queries.note_unsure(tx, letter.id, f"handed over, no answer: {why}", now)
        else:
            await queries.put_off(tx, letter.id, why, next_attempt(letter.attempts, now, urgent=letter.urgent))


async def _put_all_off(db: Database, why: str) -> None:
    log.warning("the mail server cannot be reached", why=why)
    now = clock.now()
    async with db.transaction() as tx:
        late = await queries.due(tx, now)
        await queries.put_all_off(
            tx,
            [row["id"] for row in late],
            [next_attempt(row["attempts"] + 1, now, urgent=row["urgent"]) for row in late],
            why,
        )
