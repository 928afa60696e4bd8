"""How notices come by mail: a door for one's own mail server, a mailbox at a provider. Both are off until they are set."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from folkmoot.database import Database
from folkmoot.moderation.notices import house, receive
from folkmoot.moderation.notices.doors.listen import MailDoor
from folkmoot.moderation.notices.doors.mailbox import keep_looking
from folkmoot.moderation.notices.doors.names import resolver
from folkmoot.moderation.notices.doors.take_in import Door, Intake, Mails
from folkmoot.moderation.notices.reading import House, Reading
from folkmoot.network.gate import Gate
from folkmoot.settings import Settings

__all__ = ["Door", "Intake", "MailDoor", "Mails", "intake_of", "keep_doors", "resolver"]


def intake_of(db: Database, gate: Gate, settings: Settings) -> Intake:
    """The notices, as a door knows them."""

    async def our_house() -> House:
        return await house(db, settings)

    async def keep(raw: bytes, reading: Reading, door: Door) -> bool:
        return (await receive(db, gate, settings, raw, reading, door=door)).is_new

    return Intake(our_house, keep, resolver() if settings.notice_dkim else None)


async def keep_doors(db: Database, gate: Gate, settings: Settings) -> None:
    """Take mail in by every way that is set, until cancelled; at once done where none is."""
    mails = Mails(intake_of(db, gate, settings))
    ways: list[Coroutine[Any, Any, None]] = []
    if settings.notice_door:
        ways.append(MailDoor(settings.notice_door, mails, settings.notice_recipients).keep_open())
    if settings.notice_mailbox_url:
        ways.append(
            keep_looking(
                settings.notice_mailbox_url,
                settings.notice_mailbox_password,
                settings.notice_mailbox_done,
                settings.notice_mailbox_seconds,
                mails,
            )
        )
    await asyncio.gather(*ways)
