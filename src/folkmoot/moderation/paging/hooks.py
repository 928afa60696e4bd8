"""Call the operator's own address: signed, bounded in time, tried again a few times."""

from __future__ import annotations

from datetime import timedelta

import structlog

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.moderation.paging import queries, rules
from folkmoot.outgoing import NoAnswer, NotOutside, Outgoing
from folkmoot.settings import Settings

CLAIM = timedelta(minutes=1)
KEPT = timedelta(days=30)

log = structlog.get_logger(__name__)


async def call_due(db: Database, settings: Settings) -> int:
    """Make the calls that are due; how many were taken. May run twice; the receiver knows a call by its key."""
    now = clock.now()
    async with db.transaction() as tx:
        taken = await queries.claim_hooks(tx, now, now + CLAIM)
    if not taken or not settings.alarm_webhook_url:
        return len(taken)
    async with Outgoing(loopback=settings.outgoing_loopback) as outgoing:
        for row in taken:
            await _call(db, settings, outgoing, row["id"], row["key"], row["body"].encode(), row["attempts"])
    return len(taken)


async def _call(
    db: Database, settings: Settings, outgoing: Outgoing, id: int, key: str, body: bytes, attempts: int
) -> None:
    moment = int(clock.now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Folkmoot",
        "Folkmoot-Call": key,
        "Folkmoot-Signature": rules.signature(settings.alarm_webhook_secret.reveal(), moment, body),
    }
    why, again = "", True
    try:
        status, _ = await outgoing.post(settings.alarm_webhook_url.reveal(), body, headers)
        if not 200 <= status < 300:
            why, again = f"answered {status}", status == 429 or status >= 500
    except NotOutside as error:
        why, again = error.words, False
    except NoAnswer as error:
        why = str(error).replace(settings.alarm_webhook_url.reveal(), "…")
    now = clock.now()
    async with db.transaction() as tx:
        if not why:
            await queries.note_hook(tx, id, delivered_at=now, due_at=None, failed_at=None, why="")
            return
        log.warning("the webhook did not take a call", why=why)
        later = rules.next_hook_attempt(attempts, now) if again else None
        failed_at = None if later else now
        await queries.note_hook(tx, id, delivered_at=None, due_at=later, failed_at=failed_at, why=why)


async def tidy(db: Database) -> None:
    """Forget calls that were settled a month ago."""
    async with db.transaction() as tx:
        await queries.forget_hooks(tx, clock.now() - KEPT)
