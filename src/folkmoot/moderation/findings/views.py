"""Findings as stewards see them, and the figures of many."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from folkmoot.moderation.findings.rules import About, about
from folkmoot.moderation.screening import Category, Outcome, Reason


class FindingView(msgspec.Struct, frozen=True, kw_only=True):
    """What screening said of one text, and what somebody decided about it."""

    id: int
    account_id: int
    account_name: str
    post_id: int | None
    version: int | None
    outcome: Outcome
    probability: float
    category: Category
    because: tuple[Reason, ...]
    versions: dict[str, str]
    text: str
    blamed: tuple[str, ...]
    """The texts it was put together from that the reasons come from; none where that cannot be told."""
    language: str | None
    reply_to: str | None
    """What the post answers, as it stands today."""
    picture_keys: tuple[str, ...]
    """What the post or the profile shows, or would show."""
    refused: tuple[int, ...]
    """Numbers of the pictures that were refused and are kept for whoever decides."""
    hidden: bool
    """Whether the post is out of sight now."""
    gone: bool
    """Whether its author has deleted it since."""
    found_by: str
    created_at: datetime
    decision: str | None
    decided_at: datetime | None
    decided_by_name: str | None
    """None while nobody has, and when the case about it decided."""
    case_id: int | None = None
    judged: bool = False
    """A jury or two stewards have decided the case: a steward's word changes nothing any more."""

    @property
    def about(self) -> About:
        """What is decided about."""
        return about("profile" if self.post_id is None else "post", self.outcome, self.found_by)


class Day(msgspec.Struct, frozen=True):
    """One day's counts."""

    day: date
    screened: int
    cases: int
    holds: int


class Named(msgspec.Struct, frozen=True):
    """A rule, a model or a list, and what became of what it found."""

    stage: str
    name: str
    """Of a picture its list; nothing for copies of what was judged."""
    found: int
    released: int
    upheld: int


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """What the last weeks of screening amount to."""

    waiting: int
    """Held and not yet looked at."""
    doubted: int
    """Published and not yet looked at."""
    oldest_at: datetime | None
    days: tuple[Day, ...]
    names: tuple[Named, ...]
    released: int
    upheld: int
    false_holds: tuple[float, float, float] | None
    """Share of decided holds that were released, with the ends of its 95 % interval; None before any decision."""
    scores: tuple[float, ...]
    """How this week's probabilities of violence are spread over twenty equal parts, in shares."""
    scores_before: tuple[float, ...]
    """The same of the four weeks before."""
    drift: float | None
    """Population stability index between the two; above .25 something has changed. None without enough texts."""
    milliseconds: float | None
    """Mean processor time a text, over the last week."""
