"""What was done to somebody, in words they can read and contest."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from folkmoot.moderation.sanctions.rules import StatementOfReasons


class Kind(StrEnum):
    """What a statement tells."""

    REMOVED = "removed"
    WARNED = "warned"
    """Behind a warning."""
    LABELLED = "labelled"
    RESTORED = "restored"
    """It was hidden for a while, and is visible again."""
    UPHELD = "upheld"
    """The appeal found the same."""
    REVERSED = "reversed"
    """The appeal found otherwise; everything is undone."""


class StatementView(msgspec.Struct, frozen=True, kw_only=True):
    """A statement of reasons, in the language of who is concerned."""

    id: int
    case_id: int
    account_id: int
    post_id: int | None
    kind: Kind
    text: str
    """The whole statement, as plain paragraphs parted by empty lines."""
    reasons: StatementOfReasons
    """The facts it is made of: rule, measure, limit of the account, who decided, until when one may appeal."""
    category: str
    excerpt: str
    """How the text in question begins."""
    locale: str
    created_at: datetime
    appeal_until: datetime | None
    """None when there is nothing to appeal."""
    token: str
    """With it one may read this and appeal without signing in: for links in mail and at the sign-in page."""
