"""What the operator asks of mail: what waits and why, try again, and whether the server takes one at all."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.errors import Missing
from folkmoot.mail import queries
from folkmoot.mail.views import MailView

TEXTS_FOR = timedelta(days=30)
KEYS_FOR = timedelta(days=400)
"""How long a settled mail keeps its text, and its key."""
FRESH_AGAIN = timedelta(days=1)


class Mailbag(msgspec.Struct, frozen=True, kw_only=True):
    """How mail stands as a whole."""

    waiting: int
    oldest: datetime | None
    failed: int
    """In the last 30 days."""
    unsure: int


async def mailbag(db: Database) -> Mailbag:
    """How many mails wait, failed or are in doubt."""
    return Mailbag(**dict(await queries.counts(db)))


async def listing(db: Database, *, settled: bool = False, limit: int = 50) -> list[MailView]:
    """The newest mails that were not sent; with `settled` those that were, too."""
    return await queries.listing(db, settled=settled, limit=limit)


async def try_again(db: Database, id: int | None) -> int:
    """Make one mail due now, whatever became of it (but sent), or all that wait or failed; how many. Raises Missing."""
    now = clock.now()
    async with db.transaction() as tx:
        found = await queries.try_again(tx, id, now, now + FRESH_AGAIN)
        if id is not None and not found:
            raise Missing
        if found:
            tx.defer("mail.deliver", once="mail.deliver")
    return found


async def tidy(db: Database) -> None:
    """Erase the texts of old mail, later its rows. Periodic, may run twice."""
    now = clock.now()
    async with db.transaction() as tx:
        await queries.erase_old(tx, now, now - TEXTS_FOR, now - KEYS_FOR)
