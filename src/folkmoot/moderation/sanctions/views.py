"""What was done to somebody, in words they can read and contest; and how an account stands."""

from __future__ import annotations

from datetime import datetime

import msgspec


class StatementView(msgspec.Struct, frozen=True, kw_only=True):
    """A statement of reasons, in the language of who is concerned."""

    id: int
    case_id: int
    account_id: int
    post_id: int | None
    kind: str
    """`removed`, `warned`, `labelled`, `restored`, `kept`, `struck`, `limited`, `suspended`, `upheld`, `reversed`."""
    text: str
    """The whole statement, as plain paragraphs."""
    rule_id: int | None
    rule: str
    """The rule's text as it was."""
    facts: str
    category: str
    automated_detection: bool
    decided_by: str
    """`jury`, `stewards`, `clock`."""
    excerpt: str
    """How the text in question begins."""
    locale: str
    created_at: datetime
    appeal_until: datetime | None
    """None when there is nothing to appeal."""
    appeal_id: int | None
    """The appeal already made, if any."""
    token: str
    """With it one may read this and appeal without signing in: for links in mail and at the sign-in page."""


class StrikeView(msgspec.Struct, frozen=True, kw_only=True):
    case_id: int
    severity: str
    given_at: datetime
    expires_at: datetime
    voided_at: datetime | None


class StandingView(msgspec.Struct, frozen=True, kw_only=True):
    """How an account stands: recomputed from its strikes."""

    account_id: int
    rung: str
    """The name of the rung of the ladder; `none` for who has done nothing."""
    since: datetime | None
    until: datetime | None
    strikes: tuple[StrikeView, ...]
