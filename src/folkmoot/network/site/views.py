"""The site, its rules and its announcements as readers see them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Registration = Literal["open", "approval", "invitation"]
Translations = dict[str, dict[str, str]]
"""By language, then by what is translated: {'de': {'text': '...'}}."""


class SiteView(msgspec.Struct, frozen=True, kw_only=True):
    """What the network says of itself."""

    name: str
    description: str
    about: str = ""
    privacy: str = ""
    translations: Translations = {}
    registration: Registration
    contact_email: str
    contact_account_id: int | None = None

    def in_language(self, what: Literal["description", "about", "privacy"], locale: str) -> str:
        """One of its texts in a language, or as first written."""
        original: str = getattr(self, what)
        return self.translations.get(locale, {}).get(what) or original


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of the house. Its number stays its own for ever."""

    id: int
    text: str
    hint: str
    translations: Translations
    withdrawn_at: datetime | None = None

    def in_language(self, what: Literal["text", "hint"], locale: str) -> str:
        """Its text or hint in a language, or as first written."""
        original: str = getattr(self, what)
        return self.translations.get(locale, {}).get(what) or original


class ReadOnly(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing is written from `starts_at` until `until` (None: until somebody says otherwise), for this reason."""

    reason: str
    translations: Translations = {}
    starts_at: datetime
    until: datetime | None = None

    def in_language(self, locale: str) -> str:
        """The reason in a language, or as first written."""
        return self.translations.get(locale, {}).get("text") or self.reason

    def in_force(self, now: datetime) -> bool:
        return self.starts_at <= now and not self.is_over(now)

    def is_over(self, now: datetime) -> bool:
        return self.until is not None and self.until <= now


class Reaction(msgspec.Struct, frozen=True):
    """How many put this sign under an announcement, and whether the reader did."""

    name: str
    count: int
    mine: bool


class AnnouncementView(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    text: str
    translations: Translations
    all_day: bool
    starts_at: datetime | None
    ends_at: datetime | None
    published_at: datetime | None
    updated_at: datetime
    urgent: bool = False
    """It went to everybody, whatever they chose to get."""
    read: bool = False
    reactions: tuple[Reaction, ...] = ()

    def in_language(self, locale: str) -> str:
        """Its text in a language, or as first written."""
        return self.translations.get(locale, {}).get("text") or self.text


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """How far an announcement has come on its way to devices and mail."""

    id: int
    due_at: datetime
    accounts: int
    """Whose turn it has been."""
    readers: int
    """Whose turn it will have been when it is finished."""
    mails: int
    mails_sent: int
    mails_failed: int
    pushes: int
    finished_at: datetime | None
