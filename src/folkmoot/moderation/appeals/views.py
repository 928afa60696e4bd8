"""An appeal as its author and stewards see it."""

from __future__ import annotations

from datetime import datetime

import msgspec


class AppealView(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    case_id: int
    part: str
    """`author` or `reporter`."""
    account_id: int | None
    text: str
    created_at: datetime
    outcome: str | None
    """`upheld` (the verdict stands) or `reversed`; None while it is judged."""
    decided_at: datetime | None
