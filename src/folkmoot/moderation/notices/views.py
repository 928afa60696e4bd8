"""Notices as stewards and their senders see them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from folkmoot.moderation.notices.rules import Kind, Trust
from folkmoot.moderation.notices.states import ItemState, State, Step, What


class NoticeLine(msgspec.Struct, frozen=True, kw_only=True):
    """A notice in a list."""

    id: int
    reference: str
    state: State
    kind: Kind
    trust: Trust
    sender: str
    """Whom a steward would say it is from."""
    subject: str
    received_at: datetime
    due_at: datetime
    met_at: datetime | None
    answered_at: datetime | None
    confirmed_at: datetime | None
    taken_by: int | None
    taken_name: str | None
    items: int
    unsettled: int
    """Of the items: not decided yet."""
    in_sight: int
    """Of the undecided: not out of sight either."""
    doubts: tuple[str, ...]

    @property
    def is_running(self) -> bool:
        return self.state in (State.RECEIVED, State.OPEN, State.INTERIM)

    @property
    def is_confirmed(self) -> bool:
        return self.trust.is_confirmed or self.confirmed_at is not None

    @property
    def wants_steward(self) -> bool:
        """Whether it says something only a person can see to."""
        unsure = bool(self.doubts) and self.confirmed_at is None
        return self.is_running and (unsure or self.items == 0 or (self.kind is Kind.ORDER and not self.is_confirmed))


class ItemView(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    written: str
    what: What
    medium: str | None
    post_id: int | None
    account_id: int | None
    version: int | None
    case_id: int | None
    state: ItemState
    how: str
    since: datetime | None
    hidden_at: datetime | None
    settled_at: datetime | None
    is_sure: bool
    is_private: bool
    log_entry: int | None


class LetterView(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    direction: str
    kind: str
    address: str
    subject: str
    text: str
    at: datetime
    by_name: str | None
    delivery: str | None
    """How far a mail is: waiting, unsent, sending, sent, failed, unsure; None for what came in or stands on the page alone."""
    delivery_why: str = ""
    raw_bytes: int | None = None


class EventView(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    step: Step
    by_id: int | None
    by_name: str | None
    why: str
    at: datetime


class TimerView(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    due_at: datetime
    done_at: datetime | None


class SenderRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the notices of one sender came to (Art. 23: absolute number, share, gravity)."""

    notices: int
    refused: int
    items: int
    upheld: int
    kept: int


class SenderView(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    kind: Kind
    address: str | None
    has_key: bool
    trusted_at: datetime | None
    note: str
    warned_at: datetime | None
    warned_why: str
    suspended_at: datetime | None
    suspended_why: str
    created_at: datetime
    notices: int = 0
    refused: int = 0


class NoticeView(msgspec.Struct, frozen=True, kw_only=True):
    """A notice with everything about it, for stewards."""

    line: NoticeLine
    door: str
    form: str
    language: str
    sender_id: int | None
    sender_address: str
    sender_name: str
    organisation: str
    category: str
    law: str
    deadline_at: datetime | None
    deadline_words: str
    deadline_zone: str
    deadline_sure: bool
    token: str
    log_entry: int | None
    items: tuple[ItemView, ...]
    letters: tuple[LetterView, ...]
    events: tuple[EventView, ...]
    timers: tuple[TimerView, ...]
    sender: SenderView | None
    record: SenderRecord


class ShownItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item as the sender sees it: what is not public is not there."""

    number: int
    address: str
    state: ItemState
    how: str
    since: datetime | None
    has_proof: bool
    """Whether the public log proves it."""


class ShownLetter(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    subject: str
    text: str
    at: datetime


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as its sender sees it under their private address: nothing about who decided, reported or judged."""

    reference: str
    state: State
    kind: Kind
    subject: str
    received_at: datetime
    due_at: datetime
    met_at: datetime | None
    answered_at: datetime | None
    is_overdue: bool
    items: tuple[ShownItem, ...]
    letters: tuple[ShownLetter, ...]
