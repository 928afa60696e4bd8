"""Strikes, limits and reasons, all recomputed from what happened: decided, reversed, lifted, and the time that passed.

Nothing is counted up and corrected. Whoever asks gives all the events of an account and the present moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from folkmoot.moderation.cases import Severity, Verdict


class Measure(StrEnum):
    """What is done to the post."""

    REMOVE = "remove"
    WARN = "warn"
    """It stays behind a warning."""
    LABEL = "label"
    KEEP = "keep"


class Grade(StrEnum):
    """How grave a violation was, by what it says of the author."""

    NOTE = "note"
    """A measure without a strike."""
    MINOR = "minor"
    MAJOR = "major"
    EXTREME = "extreme"
    """A credible threat to somebody's life, and its like."""


class Limit(StrEnum):
    """What an account may no longer do; the later, the graver."""

    NONE = "none"
    WARNING = "warning"
    SLOW = "slow"
    """May post a little, and to followers only."""
    SUSPENDED = "suspended"
    """For a time."""
    BANNED = "banned"
    """For good: sign-in, tokens, streams, and new accounts by the same invitation or mail."""


GRAVITY = {limit: rank for rank, limit in enumerate(Limit)}


class Worth(msgspec.Struct, frozen=True):
    """What a violation counts, and for how long."""

    points: int
    expires: timedelta | None
    """None: never."""


class Rung(msgspec.Struct, frozen=True):
    """From so many points on, this limit."""

    points: int
    limit: Limit
    lasts: timedelta | None = None
    """From the strike that reached it; None for as long as the points stand."""


class Ladder(msgspec.Struct, frozen=True, kw_only=True):
    """What strikes lead to."""

    worth: Mapping[Grade, Worth]
    rungs: tuple[Rung, ...]
    first: timedelta = timedelta(days=7)
    """Violations in one's first hours of trouble are one mistake: what was posted before the first verdict was known,
    within this time of the first strike, adds nothing to it unless it is graver."""

    def __post_init__(self) -> None:
        points = [rung.points for rung in self.rungs]
        if points != sorted(set(points)) or [GRAVITY[rung.limit] for rung in self.rungs] != sorted(
            GRAVITY[rung.limit] for rung in self.rungs
        ):
            raise ValueError("The ladder leads upwards")


DAY = timedelta(days=1)
LADDER = Ladder(
    worth={
        Grade.NOTE: Worth(0, None),
        Grade.MINOR: Worth(1, 90 * DAY),
        Grade.MAJOR: Worth(3, 180 * DAY),
        Grade.EXTREME: Worth(10, None),
    },
    rungs=(
        Rung(1, Limit.WARNING, 30 * DAY),
        Rung(3, Limit.SLOW, 7 * DAY),
        Rung(4, Limit.SUSPENDED, 1 * DAY),
        Rung(6, Limit.SUSPENDED, 7 * DAY),
        Rung(8, Limit.SUSPENDED, 30 * DAY),
        Rung(10, Limit.BANNED),
    ),
)


class Happening(StrEnum):
    """What can happen to an account's record."""

    DECIDED = "decided"
    """A case ended with a violation."""
    REVERSED = "reversed"
    """An appeal, or the stewards, found otherwise: as if it had never been decided."""
    LIFTED = "lifted"
    """A limit was ended early; the strike stays."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an account's record. The same event twice is one."""

    what: Happening
    case: int
    at: datetime
    grade: Grade = Grade.MINOR
    """Of what was decided."""
    posted: datetime | None = None
    """When the post was written that it is about."""


class Strike(msgspec.Struct, frozen=True, kw_only=True):
    """A violation that counts."""

    case: int
    grade: Grade
    at: datetime
    points: int
    until: datetime | None
    lifted: bool = False


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What an account may do at this moment, and why."""

    points: int = 0
    limit: Limit = Limit.NONE
    since: datetime | None = None
    until: datetime | None = None
    """None: no end, or nothing to end."""
    because: tuple[int, ...] = ()
    """The cases that count, oldest first."""


def strikes_of(events: Iterable[Event], now: datetime, ladder: Ladder = LADDER) -> list[Strike]:
    """Every strike that counts now, oldest first: decided, not reversed, not expired. The order of events is no matter."""
    known = sorted(set(events), key=lambda event: (event.at, event.case, event.what, event.grade))
    last: dict[int, Event] = {}
    reversed_at: dict[int, datetime] = {}
    lifted: set[int] = set()
    for event in known:
        if event.at > now:
            continue
        match event.what:
            case Happening.DECIDED:
                last[event.case] = event
            case Happening.REVERSED:
                reversed_at[event.case] = event.at
            case Happening.LIFTED:
                lifted.add(event.case)
    standing_decisions = [
        event for event in last.values() if event.case not in reversed_at or event.at > reversed_at[event.case]
    ]
    strikes: list[Strike] = []
    first: Event | None = None
    for event in sorted(standing_decisions, key=lambda event: (event.at, event.case)):
        worth = ladder.worth[event.grade]
        if worth.points == 0:
            continue
        until = None if worth.expires is None else event.at + worth.expires
        if until is not None and until <= now:
            continue
        points = worth.points
        if first is None:
            first = event
        elif event.posted is not None and event.posted < first.at and event.at - first.at <= ladder.first:
            points = max(0, points - ladder.worth[first.grade].points)
        strikes.append(
            Strike(
                case=event.case, grade=event.grade, at=event.at, points=points, until=until, lifted=event.case in lifted
            )
        )
    return strikes


def standing(events: Iterable[Event], now: datetime, ladder: Ladder = LADDER) -> Standing:
    """What the account may do now: the gravest limit that its strikes have led to and that has not run out."""
    recorded = list(events)
    strikes = strikes_of(recorded, now, ladder)
    points = sum(strike.points for strike in strikes)
    because = tuple(strike.case for strike in strikes)
    found = Standing(points=points, because=because)
    for number, strike in enumerate(strikes):
        # What stood when this one fell, of what still counts.
        before = strikes[:number]
        reached = strike.points + sum(each.points for each in before if each.until is None or each.until > strike.at)
        rung = next((rung for rung in reversed(ladder.rungs) if reached >= rung.points), None)
        if rung is None or strike.lifted or strike.points == 0:
            continue
        until = strike.until if rung.lasts is None else strike.at + rung.lasts
        if until is not None and until <= now:
            continue
        graver = (GRAVITY[rung.limit], until is None, until or now)
        if graver > (GRAVITY[found.limit], found.since is not None and found.until is None, found.until or now):
            found = Standing(points=points, limit=rung.limit, since=strike.at, until=until, because=because)
    return found


def next_change(events: Iterable[Event], now: datetime, ladder: Ladder = LADDER) -> datetime | None:
    """When the standing may change by itself: what a timer should be set to."""
    recorded = list(events)
    moments = [strike.until for strike in strikes_of(recorded, now, ladder)] + [standing(recorded, now, ladder).until]
    return min((moment for moment in moments if moment is not None and moment > now), default=None)


def grade_for(severity: Severity, *, life_at_risk: bool = False) -> Grade:
    """How grave a violation of this severity is held to be, where no rule says otherwise."""
    if life_at_risk:
        return Grade.EXTREME
    return {Severity.THREAT: Grade.MAJOR, Severity.SERIOUS: Grade.MAJOR, Severity.ORDINARY: Grade.MINOR}[severity]


def measure_for(verdict: Verdict, severity: Severity, *, mildest: Measure = Measure.REMOVE) -> Measure:
    """What becomes of the post: kept, or removed, or as little as its rule provides where it harms nobody at once."""
    if verdict is Verdict.KEEP:
        return Measure.KEEP
    return Measure.REMOVE if severity is Severity.THREAT else mildest


class Immunity(msgspec.Struct, frozen=True):
    """A jury kept this version of a post. Reports on it are answered at once, until the text changes."""

    version: int
    kept_at: datetime
    lasts: timedelta = 365 * DAY


def is_immune(immunity: Immunity | None, version: int, now: datetime, *, life_at_risk: bool = False) -> bool:
    """Whether a new report on this version needs no new jury. A life at risk is always looked at."""
    if immunity is None or life_at_risk:
        return False
    return immunity.version == version and now < immunity.kept_at + immunity.lasts


class Source(StrEnum):
    """What brought the case about."""

    REPORT = "report"
    NOTICE = "notice"
    """Of anybody, by the form the law asks for."""
    TRUSTED = "trusted"
    """Of a trusted flagger."""
    OWN = "own"
    """Screening, or a juror."""
    ORDER = "order"
    """Of an authority: its appeal goes to the authority."""


class Judges(StrEnum):
    """Who decided, as the author is told."""

    JURY = "jury"
    STEWARDS = "stewards"
    """Two of them, after a jury that was not sure."""
    STEWARD = "steward"
    """One, who let go what only a program had doubted."""
    APPEAL = "appeal"
    """Fresh jurors and stewards."""
    CLOCK = "clock"
    ORDER = "order"
    """An authority; no jury."""


class StatementOfReasons(msgspec.Struct, frozen=True, kw_only=True):
    """What the author is told, as plain facts; the page, the mail and the export put them into words."""

    case: int
    rule: int
    rule_text: str
    measure: Measure
    limit: Limit
    limit_until: datetime | None
    facts: str
    """The passages it is about."""
    source: Source
    found_by_machine: bool
    """Screening brought it before the jury."""
    decided_by_machine: bool
    """Always False where a jury or stewards decided: nothing is decided by a score."""
    ballots: int
    sure: float
    """The probability of a violation that the jury's belief amounts to."""
    decided_at: datetime
    applies_from: datetime
    illegal: bool
    law: str
    appeal_until: datetime | None
    """None: the appeal goes to whoever ordered it."""
    strike_until: datetime | None
    strike: bool
    hidden_by_machine: bool = False
    """People reported it, and for what screening said of it, it waited out of sight."""
    judges: Judges = Judges.JURY


APPEAL_WINDOW = timedelta(days=184)
"""Six months, whichever months they are."""


def state_reasons(
    *,
    case: int,
    rule: int,
    rule_text: str,
    measure: Measure,
    events: Sequence[Event],
    now: datetime,
    facts: str,
    source: Source,
    found_by_machine: bool,
    ballots: int,
    sure: float,
    decided_at: datetime,
    law: str = "",
    hidden_by_machine: bool = False,
    judges: Judges = Judges.JURY,
    ladder: Ladder = LADDER,
) -> StatementOfReasons:
    """The facts of one decision, with what it meant for the account at that moment."""
    here = standing(events, now, ladder)
    strike = next((strike for strike in strikes_of(events, now, ladder) if strike.case == case), None)
    return StatementOfReasons(
        case=case,
        rule=rule,
        rule_text=rule_text,
        measure=measure,
        limit=here.limit,
        limit_until=here.until,
        facts=facts,
        source=source,
        found_by_machine=found_by_machine,
        decided_by_machine=False,
        ballots=ballots,
        sure=sure,
        decided_at=decided_at,
        applies_from=now,
        illegal=bool(law),
        law=law,
        appeal_until=None if source is Source.ORDER else decided_at + APPEAL_WINDOW,
        strike=strike is not None,
        strike_until=strike.until if strike else None,
        hidden_by_machine=hidden_by_machine,
        judges=judges,
    )
