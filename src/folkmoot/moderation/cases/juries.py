"""Who may sit, for how long, and how many are asked: plain sets in, a reason out.

Jurors never choose their cases. The queue offers the first case that `may_sit` allows.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from folkmoot.errors import Conflict, Forbidden
from folkmoot.moderation.cases.rules import LogOdds, Policy, Severity, logit


class NoLease(Conflict):
    sentence = "This seat is no longer yours; please take the next case"


class TextChanged(Conflict):
    sentence = "The post was changed in the meantime; please look at it again"


class NotYourSeat(Forbidden):
    sentence = "You cannot sit in this case"


class Exclusion(StrEnum):
    """Why somebody does not sit in a case."""

    NOT_QUALIFIED = "not_qualified"
    OPTED_OUT = "opted_out"
    OVER_BUDGET = "over_budget"
    ON_BREAK = "on_break"
    HAS_SAT = "has_sat"
    """In this case already, or in its first instance."""
    REPORTER = "reporter"
    AUTHOR = "author"
    MENTIONED = "mentioned"
    KNOWS_THEM = "knows_them"
    """Follows, is followed by, or has answered the author or a reporter within 90 days."""
    BLOCKED = "blocked"
    SAME_CLUSTER = "same_cluster"
    """Votes like the author's or a reporter's circle."""
    SAME_ADDRESS = "same_address"
    PANEL_SHARE = "panel_share"
    """Their cluster would have more than a quarter of the panel."""


KNOWN_FOR = timedelta(days=90)
"""For how long a mention or an answer makes people known to each other."""
LEASE = timedelta(minutes=10)
CLUSTER_SHARE = 0.25


class Care(msgspec.Struct, frozen=True, kw_only=True):
    """How much a volunteer is asked to look at."""

    severe_minutes_a_day: float = 20.0
    severe_in_a_row: float = 10.0
    """Minutes of severe cases after which milder ones are due."""
    severe_pause: float = 5.0
    minutes_in_a_row: float = 30.0
    """Minutes of any cases after which a break is due."""
    rest: float = 5.0


CARE = Care()


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """What a juror has looked at today, and since the last pause."""

    severe_today: float = 0.0
    """Minutes."""
    severe_in_a_row: float = 0.0
    in_a_row: float = 0.0
    milder_until: datetime | None = None
    break_until: datetime | None = None


class Juror(msgspec.Struct, frozen=True, kw_only=True):
    """A volunteer as the draw sees them; every set holds account ids."""

    id: int
    qualified: bool = True
    """Passed the qualifying cases, and was not sent back to practise."""
    opted_out: frozenset[Severity] = frozenset()
    follows: frozenset[int] = frozenset()
    followed_by: frozenset[int] = frozenset()
    blocks: frozenset[int] = frozenset()
    """Those they block or mute, and those who block them."""
    spoke_with: frozenset[int] = frozenset()
    """Those they mentioned or answered, or who did so to them, within `KNOWN_FOR`."""
    cluster: int | None = None
    """Accounts that vote or sign up alike, by the nightly search."""
    addresses: frozenset[str] = frozenset()
    """Hashes of networks and devices seen in the last weeks."""


class Docket(msgspec.Struct, frozen=True, kw_only=True):
    """A case as the draw sees it."""

    authors: frozenset[int]
    reporters: frozenset[int] = frozenset()
    mentioned: frozenset[int] = frozenset()
    """Whom the posts name."""
    severity: Severity = Severity.ORDINARY
    severe: bool = False
    """Whether looking at it counts against the budget of exposure."""
    sat: frozenset[int] = frozenset()
    """Jurors who hold or held a seat here, in the first instance too."""
    clusters: frozenset[int] = frozenset()
    """Those of the author and the reporters."""
    addresses: frozenset[str] = frozenset()
    """Those of the author and the reporters."""
    panel: tuple[int | None, ...] = ()
    """The clusters of those who sit now, None for those in no cluster."""


def may_sit(juror: Juror, case: Docket, exposure: Exposure, now: datetime, care: Care = CARE) -> Exclusion | None:
    """None when the juror may sit in the case, else the first reason why not."""
    if juror.id in case.sat:
        return Exclusion.HAS_SAT
    if not juror.qualified:
        return Exclusion.NOT_QUALIFIED
    if exposure.break_until is not None and now < exposure.break_until:
        return Exclusion.ON_BREAK
    if case.severity in juror.opted_out:
        return Exclusion.OPTED_OUT
    if case.severe:
        if exposure.severe_today >= care.severe_minutes_a_day:
            return Exclusion.OVER_BUDGET
        if exposure.milder_until is not None and now < exposure.milder_until:
            return Exclusion.ON_BREAK
    return _related(juror, case)


def _related(juror: Juror, case: Docket) -> Exclusion | None:
    if juror.id in case.authors:
        return Exclusion.AUTHOR
    if juror.id in case.reporters:
        return Exclusion.REPORTER
    if juror.id in case.mentioned:
        return Exclusion.MENTIONED
    for party in (case.authors, case.reporters):
        if not juror.blocks.isdisjoint(party):
            return Exclusion.BLOCKED
        if not (
            juror.follows.isdisjoint(party)
            and juror.followed_by.isdisjoint(party)
            and juror.spoke_with.isdisjoint(party)
        ):
            return Exclusion.KNOWS_THEM
    if not juror.addresses.isdisjoint(case.addresses):
        return Exclusion.SAME_ADDRESS
    if juror.cluster is not None:
        if juror.cluster in case.clusters:
            return Exclusion.SAME_CLUSTER
        fellows = case.panel.count(juror.cluster)
        if fellows and (fellows + 1) / (len(case.panel) + 1) > CLUSTER_SHARE:
            return Exclusion.PANEL_SHARE
    return None


def expose(exposure: Exposure, minutes: float, now: datetime, *, severe: bool, care: Care = CARE) -> Exposure:
    """What a juror has looked at, with one more case finished now."""
    if exposure.break_until is not None and now >= exposure.break_until:
        exposure = msgspec.structs.replace(exposure, break_until=None, in_a_row=0.0, severe_in_a_row=0.0)
    in_a_row = exposure.in_a_row + minutes
    severe_row = exposure.severe_in_a_row + minutes if severe else exposure.severe_in_a_row
    milder_until, break_until = exposure.milder_until, exposure.break_until
    if severe_row >= care.severe_in_a_row:
        severe_row, milder_until = 0.0, now + timedelta(minutes=care.severe_pause)
    if in_a_row >= care.minutes_in_a_row:
        in_a_row, severe_row, break_until = 0.0, 0.0, now + timedelta(minutes=care.rest)
    return Exposure(
        severe_today=exposure.severe_today + (minutes if severe else 0.0),
        severe_in_a_row=severe_row,
        in_a_row=in_a_row,
        milder_until=milder_until,
        break_until=break_until,
    )


def rested(exposure: Exposure) -> Exposure:
    """After a pause of the juror's own: what came in a row is forgotten, the day's sum is not."""
    return Exposure(severe_today=exposure.severe_today)


def check_ballot(*, lease_until: datetime | None, now: datetime, seen: int, current: int) -> None:
    """A ballot needs a running lease, and eyes on the present version of the text."""
    if lease_until is None:
        raise NotYourSeat
    if now >= lease_until:
        raise NoLease
    if seen != current:
        raise TextChanged


STRONG: LogOdds = 2.2
"""What a ballot is worth at most, nearly always."""


def seats_wanted(belief: LogOdds, ballots: int, policy: Policy, no_show: float = 0.0, *, at_once: int = 3) -> int:
    """How many seats should be out at the same time: as many as the case will certainly need, and some for no-shows.

    Never more than are wanted if all of them agree, so that no ballot is cast for nothing.
    """
    up = (logit(policy.remove_at) - belief) / STRONG
    down = (belief + logit(policy.keep_at)) / STRONG
    needed = max(policy.least_ballots - ballots, math.ceil(min(up, down)), 1)
    needed = min(needed, policy.cap - ballots, at_once)
    return max(1, round(needed / (1.0 - min(no_show, 0.5))))


class Controls(msgspec.Struct, frozen=True, kw_only=True):
    """Cases whose answer is known, indistinguishable from the others, drawn from what stewards confirmed."""

    share: float = 0.03
    most: float = 0.05
    while_waiting: float = 60.0
    """Minutes of queue from which on nobody's time is spent on controls."""


CONTROLS = Controls()


def control_due(
    given: int, controls_given: int, draw: float, wait_minutes: float, controls: Controls = CONTROLS
) -> bool:
    """Whether a juror's next case should be a control; `draw` is a number between 0 and 1 nobody can foresee."""
    if wait_minutes >= controls.while_waiting or (controls_given + 1) > controls.most * (given + 1):
        return False
    return draw < controls.share
