"""What both doors do with a mail: read it beside the loop, hand it to the notices, and say so only after the commit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import structlog

from folkmoot.moderation.notices.reading import House, Lookup, Reading, read_mail

Door = Literal["lmtp", "imap"]
READING_AT_ONCE = 2
"""Mails read at the same time; each holds a thread, and the largest some hundred megabytes, for a second."""
MOST_BYTES = 10 * 1024 * 1024

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Intake:
    """What a door needs to know of the notices: what our addresses look like, where a reading goes, who answers for DNS."""

    house: Callable[[], Awaitable[House]]
    receive: Callable[[bytes, Reading, Door], Awaitable[bool]]
    """Keeps the mail, in a transaction that is committed when it returns; whether it was new. Raises FolkmootError."""
    lookup: Lookup | None


class Mails:
    """Takes mails in, a few at once."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._room = asyncio.Semaphore(READING_AT_ONCE)

    async def take(self, raw: bytes, door: Door, *, received_at: datetime, envelope_from: str | None = None) -> bool:
        """Keep one mail; whether it was new. It is safe when this returns, and not before. Raises FolkmootError."""
        async with self._room:
            house = await self._intake.house()
            reading = await asyncio.to_thread(
                read_mail,
                raw,
                received_at=received_at,
                house=house,
                lookup=self._intake.lookup,
                envelope_from=envelope_from,
            )
            is_new = await self._intake.receive(raw, reading, door)
        log.info(
            "a notice came by mail" if is_new else "a mail came again",
            door=door,
            bytes=len(raw),
            form=reading.form,
            intent=reading.intent,
            addresses=len(reading.items),
            digest=reading.digest[:16],
        )
        return is_new
