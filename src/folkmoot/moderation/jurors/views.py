"""A volunteer's own page: what is asked of them, what they have looked at, and thanks without scores."""

from __future__ import annotations

from datetime import datetime

import msgspec

from folkmoot.moderation.cases.rules import Choice, Severity


class PracticeCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case made up for practice, in the language of the one who practises."""

    name: str
    """Which one; `answer_practice` wants it."""
    number: int
    """From 1."""
    of: int
    text: str
    reply_to: str | None
    severe: bool


class Feedback(msgspec.Struct, frozen=True, kw_only=True):
    """What a practice case teaches."""

    is_right: bool
    choice: Choice
    """What it is."""
    why: str
    done: int
    of: int
    right: int
    qualified: bool | None
    """None until the last one: then whether it was enough."""


class JurorView(msgspec.Struct, frozen=True, kw_only=True):
    """How things stand for a volunteer."""

    since: datetime
    qualified_at: datetime | None
    needs_practice: bool
    """Before the first case, or again."""
    stepped_down_at: datetime | None
    opted_out: tuple[Severity, ...]
    cases_helped: int
    cases_today: int
    severe_minutes_today: float
    severe_minutes_left: float
    break_until: datetime | None
    milder_until: datetime | None
    seat_id: int | None
    """The case they hold now."""
