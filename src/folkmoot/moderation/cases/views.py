"""Cases as jurors and as stewards see them. A juror sees no names, no tallies and no reporters."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from folkmoot.moderation.cases.juries import Exclusion
from folkmoot.moderation.cases.priors import CalibrationRow
from folkmoot.moderation.cases.rules import Choice, Severity, Verdict
from folkmoot.moderation.cases.states import State, Step
from folkmoot.moderation.sanctions.rules import Measure


class DecidedBy(StrEnum):
    JURY = "jury"
    STEWARDS = "stewards"
    CLOCK = "clock"
    """Nobody decided in time."""
    ORDER = "order"
    """An authority ordered it, and it was carried out without a jury."""


class MediaEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """A picture or recording as it was when the case took it up."""

    kind: str
    object_key: str
    preview_key: str
    description: str
    width: int
    height: int
    blurhash: str | None = None


class ContentView(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a post, or of a profile (`post_id` None), as it was."""

    id: int
    post_id: int | None
    version: int
    text: str
    warning: str
    sensitive: bool
    media: tuple[MediaEvidence, ...]
    poll_options: tuple[str, ...]
    reply_to: str | None
    """What it answers."""
    language: str | None
    written_at: datetime
    captured_at: datetime


class SeatView(msgspec.Struct, frozen=True, kw_only=True):
    """What a juror has before them. People named in the text appear as @somebody."""

    id: int
    lease_until: datetime
    content: ContentView
    """The version to be judged; `content.id` is the `seen_version` that `cast` wants."""
    earlier: tuple[ContentView, ...] = ()
    """Former versions of the same post, oldest first."""
    category: str
    """What it may be, a word of `screening.Category`, or `other`: for a heading, never a hint of the answer."""
    severe: bool
    """Whether looking at it counts against the day's budget: blur and grey are on at first."""
    copies: int
    """Other posts that say the same and share the verdict."""
    severe_minutes_today: float
    severe_minutes_left: float
    may_take_back: int | None = None
    """The former seat, while its ballot can still be taken back (until this one is answered)."""


class NoSeat(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is nothing to judge just now. `reason` None: nobody waits."""

    reason: Exclusion | None = None
    until: datetime | None = None
    """When to ask again, where that is known."""


class Cast(msgspec.Struct, frozen=True, kw_only=True):
    """A ballot that was counted. It says nothing of what others think."""

    seat_id: int
    choice: Choice
    raised: bool = False
    """Stewards were called."""
    break_until: datetime | None = None
    """A pause is due until then."""
    cases_today: int = 0
    severe_minutes_today: float = 0.0


class EventView(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a case."""

    number: int
    step: Step
    by_id: int | None
    by_name: str | None
    """None for the network itself, and for jurors, whose names nobody is told."""
    about: int | None
    why: str
    at: datetime


class BallotView(msgspec.Struct, frozen=True, kw_only=True):
    """A ballot as stewards see it once the jury is out of the room: a number, no name."""

    juror: int
    """1, 2, 3 ... in the order they sat."""
    round: int
    choice: Choice
    rule_id: int | None
    weight: float
    seconds: float
    cast_at: datetime
    voided_why: str | None = None
    linked: bool = False
    """The juror acts as one with others, as was found by night."""


class MemberView(msgspec.Struct, frozen=True, kw_only=True):
    """A post the verdict covers."""

    post_id: int
    account_id: int
    account_name: str
    why: str
    """`first`, `same_text`, `alike`, `picture` or `inherited`."""
    gone: bool
    """Deleted by its author; the evidence stays."""
    hidden: bool
    joined_at: datetime


class StewardVote(msgspec.Struct, frozen=True, kw_only=True):
    steward_id: int
    steward_name: str
    verdict: Verdict
    measure: Measure | None
    rule_id: int | None
    why: str
    at: datetime


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's life may be at risk."""

    id: int
    case_id: int
    via: str
    why: str
    note: str
    """The letter to the authority, ready to be sent: facts, account, text, times."""
    raised_at: datetime
    answered_at: datetime | None
    answer: str


class Timer(msgspec.Struct, frozen=True, kw_only=True):
    case_id: int
    kind: str
    """`default`, `override`, `interim`, `close` or `erase`."""
    due_at: datetime


class CaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """A case in a list."""

    id: int
    state: State
    version: int
    severity: Severity
    category: str
    account_id: int
    account_name: str
    excerpt: str
    probability: float
    """That it breaks the rules, by screening, reporters and ballots so far."""
    ballots: int
    reports: int
    copies: int
    place: float
    """Where it stands in the queue; the highest is judged next."""
    hidden_at: datetime | None
    life_at_risk: bool
    frozen: bool
    opened_at: datetime
    deadline_at: datetime | None
    decided_at: datetime | None
    verdict: Verdict | None
    measure: Measure | None
    decided_by: DecidedBy | None
    rule_id: int | None


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about a case, for stewards. Ballots appear once a jury has decided or handed it on."""

    line: CaseLine
    round: int
    because: tuple[str, ...]
    """What screening named."""
    contents: tuple[ContentView, ...]
    members: tuple[MemberView, ...]
    events: tuple[EventView, ...]
    ballots: tuple[BallotView, ...]
    votes: tuple[StewardVote, ...]
    alarms: tuple[Alarm, ...]
    timers: tuple[Timer, ...]
    report_ids: tuple[int, ...]


class Hour(msgspec.Struct, frozen=True):
    """What came and went in an hour."""

    at: datetime
    opened: int
    decided: int
    ballots: int


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """Minutes, over the last week; None when nothing happened."""

    to_hidden_p50: float | None
    to_hidden_p95: float | None
    to_verdict_p50: float | None
    to_verdict_p95: float | None


class Burning(msgspec.Struct, frozen=True, kw_only=True):
    """Where a juror stands against their limit of the day. No name: it is their own affair."""

    severe_minutes: float
    on_break: bool


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """The stewards' board: what burns, what is due when, how the queue moves."""

    open_by_state: dict[str, int]
    open_by_severity: dict[str, int]
    hidden_now: int
    oldest_at: datetime | None
    queue: tuple[CaseLine, ...]
    """The next twenty by risk."""
    escalated: tuple[CaseLine, ...]
    """Those that wait for two stewards, oldest first."""
    alarms: tuple[Alarm, ...]
    due: tuple[Timer, ...]
    """The next twenty clocks."""
    hours: tuple[Hour, ...]
    """The last 24, oldest first."""
    waits: dict[str, Waits]
    """By severity."""
    agreement: float | None
    """How often a ballot is on the side of its verdict, over the last week."""
    calibration: tuple[CalibrationRow, ...]
    wait_minutes: float
    """How long the queue is at the present pace."""
    jurors: int
    jurors_active: int
    """Who has cast a ballot within the last day."""
    jurors_at_limit: tuple[Burning, ...]
    jurors_linked: int
    """Who acts as one with others: they count once, and what they decided before may be in doubt."""
    appeals_open: int
    reports_open: int
