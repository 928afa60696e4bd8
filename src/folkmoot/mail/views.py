"""A mail and what hangs on it, as the rest of the network sees it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from folkmoot.mail.rules import MailState


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    content_type: str
    body: bytes


class MailView(msgspec.Struct, frozen=True, kw_only=True):
    """One mail and what became of it."""

    id: int
    key: str
    to: str
    subject: str
    message_id: str
    urgent: bool
    created_at: datetime
    fresh_until: datetime
    due_at: datetime | None
    """When it is tried next; None once nothing more is tried."""
    claimed_at: datetime | None
    sent_at: datetime | None
    failed_at: datetime | None
    unsure_at: datetime | None
    attempts: int
    why: str
    """What the last attempt met with."""

    def state(self, configured: bool) -> MailState:
        """Where it stands; `configured` says whether the network has a mail server at all."""
        if self.sent_at is not None:
            return MailState.SENT
        if self.failed_at is not None:
            return MailState.FAILED
        if self.unsure_at is not None:
            return MailState.UNSURE
        if self.claimed_at is not None:
            return MailState.SENDING
        return MailState.WAITING if configured else MailState.UNSENT


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as it is to be written down for the wire."""

    id: int
    message_id: str
    to: str
    subject: str
    text: str
    language: str = ""
    reply_to: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    urgent: bool = False
    attempts: int = 0
    fresh_until: datetime
    attachments: tuple[Attachment, ...] = ()
