"""Reports as reporters and stewards see them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Category(StrEnum):
    """What a reporter says it is; the words of Mastodon's apps."""

    VIOLATION = "violation"
    """Of the rules named with it."""
    SPAM = "spam"
    LEGAL = "legal"
    OTHER = "other"


class Outcome(StrEnum):
    """What became of a report."""

    UPHELD = "upheld"
    REFUSED = "refused"


class ReportView(msgspec.Struct, frozen=True, kw_only=True):
    """One report. Who made it is only shown to stewards and to the reporter."""

    id: int
    account_id: int
    """Who is reported."""
    post_ids: tuple[int, ...]
    """Empty when the profile itself is reported."""
    category: Category
    rule_ids: tuple[int, ...]
    comment: str
    created_at: datetime
    outcome: Outcome | None = None
    """None while it is being judged."""
    outcome_at: datetime | None = None
    case_ids: tuple[int, ...] = ()
    reporter_id: int | None = None
    """None for reports by form."""
    name: str | None = None
    """What somebody without an account calls themselves; stewards only, as is `email`."""
    email: str | None = None


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody without an account gets: the report, and the word with which to ask for its outcome."""

    report: ReportView
    token: str
    """Shown once, and good for the address of the receipt."""
