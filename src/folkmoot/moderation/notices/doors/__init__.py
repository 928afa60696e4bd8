"""How notices come by mail: a door for one's own mail server, a mailbox at a provider. Both are off until they are set."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from folkmoot.moderation.notices.doors.listen import MailDoor
from folkmoot.moderation.notices.doors.mailbox import keep_looking
from folkmoot.moderation.notices.doors.names import resolver
from folkmoot.moderation.notices.doors.take_in import Door, Intake, Mails
from folkmoot.settings import Settings

__all__ = ["Door", "Intake", "MailDoor", "Mails", "keep_doors", "resolver"]


async def keep_doors(settings: Settings, intake: Intake) -> None:
    """Take mail in by every way that is set, until cancelled; at once done where none is."""
    mails = Mails(intake)
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
