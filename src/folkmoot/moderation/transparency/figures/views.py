"""The figures of a span of time. Minutes and shares; None where nothing happened to measure."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from folkmoot.moderation.cases.priors import CalibrationRow


class Speed(msgspec.Struct, frozen=True, kw_only=True):
    """How quickly cases of one severity that were opened in the span went: minutes from opening, half and 95 in 100."""

    cases: int
    hidden: int
    """How many of them were out of sight at some time."""
    decided: int
    to_hidden_p50: float | None
    to_hidden_p95: float | None
    to_verdict_p50: float | None
    to_verdict_p95: float | None


class Jurors(msgspec.Struct, frozen=True, kw_only=True):
    """The volunteers, without names."""

    qualified: int
    active: int
    """Who cast a ballot in the span."""
    ballots: int
    agreement: float | None
    """Share of ballots on the side of the verdict they belong to."""
    controls: int
    """Ballots on cases whose answer was known already and looked like any other."""
    controls_right: float | None
    """Share of them that were right: the measured accuracy."""


class Screening(msgspec.Struct, frozen=True, kw_only=True):
    """What the program did that reads posts before others see them."""

    screened: int
    held: int
    doubted: int
    released: int
    """Held, and then found harmless by people."""
    upheld: int


class Notices(msgspec.Struct, frozen=True, kw_only=True):
    """Demands from outside of one kind."""

    kind: str
    received: int
    answered: int
    in_time: int
    """Every item accounted for before the clock ran out."""
    late: int
    """Not, and the clock has run out."""
    items: int
    items_settled: int
    median_minutes: float | None
    """From receipt until every item was accounted for."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Everything together; `since` and `until` bound what is counted, `open_*` and `oldest_open_at` are as of now."""

    since: datetime
    until: datetime
    reports: int
    reports_by_category: dict[str, int]
    cases_opened: int
    decided_by: dict[str, int]
    """Verdicts by who reached them: jury, stewards, clock, order."""
    measures: dict[str, int]
    """What followed: remove, warn, label, keep."""
    open_cases: int
    open_by_severity: dict[str, int]
    oldest_open_at: datetime | None
    open_age_p50: float | None
    """Minutes."""
    open_age_p95: float | None
    speed: dict[str, Speed]
    """By severity."""
    appeals: int
    appeals_open: int
    appeals_reversed: int
    appeals_upheld: int
    appeal_median_minutes: float | None
    limited: dict[str, int]
    """Accounts that stand limited now, by limit."""
    suspensions: int
    """Accounts suspended in the span, for a time or for good."""
    jurors: Jurors
    screening: Screening
    notices: tuple[Notices, ...]
    calibration: tuple[CalibrationRow, ...]
    """How often posts broke a rule of which we had said how likely that is, over the newest verdicts."""


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """One month of the charts."""

    month: date
    reports: int
    opened: int
    decided: int
    removed: int
    reversed: int
    notices: int
    verdict_p50: float | None
    """Minutes from opening to the verdict, half of those decided in that month."""
