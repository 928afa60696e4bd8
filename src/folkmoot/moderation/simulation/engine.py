"""The virtual clock: volunteers come and go, take seats, cast ballots; cases open, hide, close.

Whoever sits, what a ballot weighs, when a case is decided, hidden or first: all of it is asked of `cases`. Production
draws the next case by SQL from stored priorities; here a heap holds them, and the same `may_sit` has the last word.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec

from folkmoot.moderation.cases import (
    LEARNING,
    LEASE,
    POLICIES,
    Calibration,
    Docket,
    Escalation,
    Exclusion,
    Exposure,
    Juror,
    Record,
    Scoring,
    Severity,
    Verdict,
    WeighedBallot,
    calibrate,
    chance,
    control_due,
    expose,
    learn,
    may_sit,
    override_at,
    score_closing,
    weigh,
)
from folkmoot.moderation.cases.juries import rested
from folkmoot.moderation.cases.priority import p95, wait_minutes
from folkmoot.moderation.cases.weights import learn_from_all, needs_practice
from folkmoot.moderation.simulation.procedures import Procedure, hours_left
from folkmoot.moderation.simulation.recipe import (
    CONTROL,
    DAY,
    HOUR,
    NO_SHOW,
    QUALIFYING,
    STARTS_AT,
    STEWARD,
    World,
    opinion,
    seconds_for,
    toss,
)

EPOCH = datetime(2021, 1, 9, tzinfo=UTC) + timedelta(hours=STARTS_AT)
TICK = 600.0
"""How often the order of the queue and its length are looked at anew."""
OPEN, COME, BALLOT, LAPSE, STEWARDS, OVERRIDE, LOOK = range(7)


class Matter:
    """A case while it is simulated."""

    __slots__ = (
        "ballots",
        "belief",
        "closed",
        "docket",
        "due",
        "escalated",
        "final",
        "first_hidden",
        "hidden",
        "number",
        "out",
        "overridden",
        "prior",
        "severity",
        "stamp",
        "target",
        "verdict",
        "visible",
    )

    def __init__(self, number: int, severity: Severity, docket: Docket, target: float, due: float) -> None:
        self.number, self.severity, self.docket, self.target, self.due = number, severity, docket, target, due
        self.prior = self.belief = 0.0
        self.ballots: list[WeighedBallot] = []
        self.out = 0
        self.stamp = 0
        self.hidden = False
        self.overridden = False
        self.first_hidden = self.closed = math.inf
        self.escalated = False
        self.verdict: Verdict | None = None
        """The jury's."""
        self.final: Verdict | None = None
        """The jury's or the stewards'."""
        self.visible: list[tuple[float, bool]] = []
        """Every change: when, and whether it was hidden from then on."""


class Volunteer:
    """A juror while they are simulated."""

    __slots__ = ("controls", "exposure", "leaves", "number", "record", "severe_days", "turns", "who")

    def __init__(self, number: int, who: Juror) -> None:
        self.number, self.who = number, who
        self.record = Record()
        self.exposure = Exposure()
        self.leaves = 0.0
        self.turns = 0
        self.controls = 0
        self.severe_days: list[float] = []


class Run(msgspec.Struct, kw_only=True):
    """What happened, for `figures` to read."""

    world: World
    name: str
    matters: list[Matter]
    volunteers: list[Volunteer]
    ballots: int
    controls: int
    lapsed: int
    steward_hours: float
    backlog: list[tuple[float, int, int]]
    """At each look: hours, open cases, open ones that nobody has hidden."""


class Simulation:
    """One world under one procedure."""

    def __init__(self, world: World, procedure: Procedure, watch: Callable[[float], None] = lambda hours: None) -> None:
        self.world, self.procedure, self.watch = world, procedure, watch
        self.recipe = world.recipe
        self.now = 0.0
        self.end = self.recipe.hours * HOUR
        self.events: list[tuple[float, int, int, int, int]] = []
        self.count = 0
        self.queues: dict[bool, list[tuple[float, int, int, int]]] = {True: [], False: []}
        self.idle: deque[int] = deque()
        self.calibration: Calibration = calibrate(world.history)
        self.matters = [self._matter(number) for number in range(len(world.opened))]
        self.volunteers = [
            Volunteer(number, Juror(id=number, follows=follows)) for number, follows in enumerate(world.follows)
        ]
        self.learning = LEARNING
        for volunteer in self.volunteers:
            self._qualify(volunteer)
        self._night()
        self.unhidden = self.open = 0
        self.recent: deque[float] = deque(maxlen=500)
        self.pace = self.recipe.ballots_per_minute
        self.wait = 0.0
        self.ballots = self.controls = self.lapsed = self.closed = 0
        self.escalated: list[tuple[int, int]] = []
        self.pairs_free = self.recipe.pairs
        self.steward_seconds = 0.0
        self.verdict_p95 = 3600.0
        self.backlog: list[tuple[float, int, int]] = []
        self.counted = 0

    def _matter(self, number: int) -> Matter:
        world = self.world
        severity = world.severity[number]
        docket = Docket(
            authors=frozenset((int(world.author[number]),)), severity=severity, severe=severity is Severity.THREAT
        )
        opened, due = float(world.opened[number]), float(world.due[number])
        target = min(opened + POLICIES[severity].target_hours * HOUR, opened + due)
        return Matter(number, severity, docket, target, opened + due)

    def _qualify(self, volunteer: Volunteer) -> None:
        """The qualifying cases, half of them violations, whose answers are known."""
        for turn in range(self.recipe.qualifying):
            self._known_case(volunteer, turn, QUALIFYING)

    def _night(self) -> None:
        """What is done every night: unknown jurors are credited with what the known ones turned out to be."""
        self.learning = learn_from_all((volunteer.record for volunteer in self.volunteers), LEARNING)

    def _known_case(self, volunteer: Volunteer, turn: int, about: int) -> None:
        broke = turn % 2 == 0
        world, number = self.world, volunteer.number
        right = float(world.sensitivity[number] if broke else world.specificity[number])
        says = broke if toss(self.recipe.seed, about, number, turn) < right else not broke
        volunteer.record = learn(volunteer.record, Scoring(juror=number, says=says, truth=float(broke)))

    # the clock

    def run(self) -> Run:
        """Everything until the end of time."""
        for number, opened in enumerate(self.world.opened):
            self._at(float(opened), OPEN, number)
        for start, juror, leaves in self.world.sessions:
            self._at(start, COME, juror, int(leaves))
        self._look()
        handlers = {
            OPEN: self._open,
            COME: self._come,
            BALLOT: self._ballot,
            LAPSE: self._lapse,
            STEWARDS: self._stewards,
            OVERRIDE: self._override,
        }
        # What waits at the beginning has been counted before anybody asks how long the queue is.
        self._measure(int((self.world.opened <= 0).sum()))
        while self.events:
            when, _, what, one, two = heapq.heappop(self.events)
            if when > self.end:
                break
            self.now = when
            if what == LOOK:
                self._look()
            else:
                handlers[what](one, two)
        return Run(
            world=self.world,
            name=self.procedure.name,
            matters=self.matters,
            volunteers=self.volunteers,
            ballots=self.ballots,
            controls=self.controls,
            lapsed=self.lapsed,
            steward_hours=self.steward_seconds / HOUR,
            backlog=self.backlog,
        )

    def _at(self, when: float, what: int, one: int, two: int = 0) -> None:
        self.count += 1
        heapq.heappush(self.events, (when, self.count, what, one, two))

    @property
    def _moment(self) -> datetime:
        return EPOCH + timedelta(seconds=self.now)

    def _measure(self, waiting: int) -> None:
        per_case = (self.ballots + 400) / (self.closed + 100)
        self.wait = wait_minutes(waiting, per_case, self.pace)

    def _look(self) -> None:
        """Every ten minutes: pace, length, order."""
        if self.now > 0:
            self.pace += 0.15 * ((self.ballots - self.counted) / (TICK / 60) - self.pace)
            self.counted = self.ballots
            self._measure(self.open)
            self.verdict_p95 = p95(list(self.recent)) if len(self.recent) > 50 else self.verdict_p95
            self.queues = {True: [], False: []}
            for matter in self.matters:
                if matter.stamp and math.isinf(matter.closed) and not matter.escalated:
                    self._offer(matter)
        if round(self.now) % round(DAY) == 0 and self.now > 0:
            self._night()
        self.backlog.append((self.now / HOUR, self.open, self.unhidden))
        self.watch(self.now / HOUR)
        self._at(self.now + TICK, LOOK, 0)

    # cases

    def _open(self, number: int, _: int) -> None:
        matter = self.matters[number]
        matter.prior = matter.belief = self.procedure.prior(self.calibration, float(self.world.score[number]))
        self.open += 1
        self.unhidden += 1
        matter.stamp = 1
        self._hide_or_restore(matter)
        if not math.isinf(matter.due):
            deadline = EPOCH + timedelta(seconds=matter.due)
            when = (override_at(deadline, timedelta(seconds=self.verdict_p95)) - EPOCH).total_seconds()
            self._at(max(when, self.now), OVERRIDE, number)
        self._offer(matter)
        self._fill_seats()

    def _hide_or_restore(self, matter: Matter) -> None:
        wanted = matter.overridden or self.procedure.hides(matter.belief, matter.severity, self.wait, matter.hidden)
        if wanted is not matter.hidden:
            self._set_hidden(matter, wanted)

    def _set_hidden(self, matter: Matter, hidden: bool) -> None:
        matter.hidden = hidden
        matter.visible.append((self.now, hidden))
        self.unhidden += -1 if hidden else 1
        if hidden and math.isinf(matter.first_hidden):
            matter.first_hidden = self.now

    def _offer(self, matter: Matter) -> None:
        """Put the case into the queue by its present priority, as often as it wants seats."""
        matter.stamp += 1
        if self.procedure.seats(matter.belief, len(matter.ballots), matter.severity) <= matter.out:
            return
        place = self.procedure.place(
            matter.belief,
            matter.severity,
            float(self.world.views[matter.number]),
            (self.now - float(self.world.opened[matter.number])) / HOUR,
            hours_left(self.now, matter.target),
            matter.hidden,
        )
        heapq.heappush(self.queues[matter.docket.severe], (-place, matter.number, matter.stamp, matter.number))

    def _override(self, number: int, _: int) -> None:
        matter = self.matters[number]
        if math.isinf(matter.closed):
            matter.overridden = True
            self._hide_or_restore(matter)

    def _close(self, matter: Matter, verdict: Verdict) -> None:
        matter.final = verdict
        matter.closed = self.now
        self.open -= 1
        if matter.hidden is not (verdict is Verdict.REMOVE):
            self._set_hidden(matter, verdict is Verdict.REMOVE)
        if not matter.hidden:
            self.unhidden -= 1
        self.recent.append(self.now - float(self.world.opened[matter.number]))
        self.closed += 1

    # stewards

    def _escalate(self, matter: Matter) -> None:
        matter.escalated = True
        heapq.heappush(self.escalated, (0 if matter.severity is Severity.THREAT else 1, matter.number))
        self._page()

    def _page(self) -> None:
        while self.pairs_free and self.escalated:
            _, number = heapq.heappop(self.escalated)
            self.pairs_free -= 1
            self.steward_seconds += self.recipe.steward_seconds
            self._at(self.now + self.recipe.steward_seconds, STEWARDS, number)

    def _stewards(self, number: int, _: int) -> None:
        self.pairs_free += 1
        matter = self.matters[number]
        broke = bool(self.world.broke[number])
        right = toss(self.recipe.seed, STEWARD, number) < self.recipe.steward_accuracy
        self._close(matter, Verdict.REMOVE if broke is right else Verdict.KEEP)
        self._page()

    # jurors

    def _come(self, juror: int, leaves: int) -> None:
        volunteer = self.volunteers[juror]
        if leaves:
            volunteer.leaves = float(leaves)
            volunteer.severe_days.append(volunteer.exposure.severe_today)
            volunteer.exposure = rested(Exposure())
        self._seat(volunteer)

    def _seat(self, volunteer: Volunteer) -> None:
        """The next case for this juror, or none."""
        if self.now >= volunteer.leaves or needs_practice(volunteer.record, self.learning):
            return
        draw = toss(self.recipe.seed, CONTROL, volunteer.number, volunteer.turns, 1)
        if control_due(volunteer.turns, volunteer.controls, draw, self.wait):
            self._give_control(volunteer)
            return
        matter, reason = self._next_for(volunteer)
        if matter is None:
            pause = volunteer.exposure.break_until
            if reason is Exclusion.ON_BREAK and pause is not None and pause > self._moment:
                self._at((pause - EPOCH).total_seconds() + 1, COME, volunteer.number)
            else:
                self.idle.append(volunteer.number)
            return
        matter.out += 1
        matter.docket = msgspec.structs.replace(
            matter.docket,
            sat=matter.docket.sat | {volunteer.number},
            panel=(*matter.docket.panel, volunteer.who.cluster),
        )
        volunteer.turns += 1
        if (
            self.world.walks_off[volunteer.number]
            and toss(self.recipe.seed, NO_SHOW, volunteer.number, volunteer.turns) < 0.5
        ):
            volunteer.leaves = self.now
            self._at(self.now + LEASE.total_seconds(), LAPSE, volunteer.number, matter.number)
            return
        seconds = seconds_for(self.world, volunteer.number, volunteer.turns)
        self._at(self.now + seconds, BALLOT, volunteer.number, matter.number)
        volunteer.exposure = expose(
            volunteer.exposure, seconds / 60, self._moment + timedelta(seconds=seconds), severe=matter.docket.severe
        )

    def _give_control(self, volunteer: Volunteer) -> None:
        volunteer.turns += 1
        volunteer.controls += 1
        self.controls += 1
        self._known_case(volunteer, volunteer.turns, CONTROL)
        self._at(self.now + seconds_for(self.world, volunteer.number, volunteer.turns), COME, volunteer.number)

    def _next_for(self, volunteer: Volunteer) -> tuple[Matter | None, Exclusion | None]:
        """The first case in the queue in which they may sit."""
        now = self._moment
        passed: list[tuple[bool, tuple[float, int, int, int]]] = []
        closed_to: set[bool] = set()
        found: Matter | None = None
        reason: Exclusion | None = None
        while found is None and len(passed) < 200:
            head = self._head(closed_to)
            if head is None:
                break
            entry = heapq.heappop(self.queues[head])
            matter = self.matters[entry[3]]
            reason = may_sit(volunteer.who, matter.docket, volunteer.exposure, now)
            if reason is None:
                found = matter
                if self.procedure.seats(matter.belief, len(matter.ballots), matter.severity) > matter.out + 1:
                    passed.append((head, entry))
            else:
                passed.append((head, entry))
                if reason in (Exclusion.ON_BREAK, Exclusion.OVER_BUDGET, Exclusion.OPTED_OUT):
                    closed_to.add(head)
        for head, entry in passed:
            heapq.heappush(self.queues[head], entry)
        return found, reason

    def _head(self, closed_to: set[bool]) -> bool | None:
        """Which of the two queues has the more urgent case; severe ones wait apart, since budgets end."""
        best: bool | None = None
        for severe in (True, False):
            queue = self.queues[severe]
            while queue and (queue[0][2] != self.matters[queue[0][3]].stamp or self.matters[queue[0][3]].escalated):
                heapq.heappop(queue)
            if queue and severe not in closed_to and (best is None or queue[0] < self.queues[best][0]):
                best = severe
        return best

    def _fill_seats(self) -> None:
        """Those who wait for work, as long as there is some."""
        for _ in range(len(self.idle)):
            if not self.queues[True] and not self.queues[False]:
                return
            self._seat(self.volunteers[self.idle.popleft()])

    def _ballot(self, juror: int, number: int) -> None:
        volunteer, matter = self.volunteers[juror], self.matters[number]
        matter.out -= 1
        self.ballots += 1
        if math.isinf(matter.closed) and not matter.escalated:
            matter.ballots.append(
                weigh(juror, opinion(self.world, juror, number), volunteer.record, learning=self.learning)
            )
            self._judge(matter)
        self._seat(volunteer)

    def _judge(self, matter: Matter) -> None:
        procedure = self.procedure
        matter.belief = procedure.belief(matter.prior, matter.ballots, matter.severity)
        match procedure.verdict(matter.prior, matter.ballots, matter.severity):
            case None:
                self._hide_or_restore(matter)
                self._offer(matter)
                self._fill_seats()
                return
            case Escalation.TO_STEWARDS:
                self._hide_or_restore(matter)
                self._escalate(matter)
            case Verdict() as verdict:
                matter.verdict = verdict
                self._close(matter, verdict)
        matter.stamp += 1
        for scoring in score_closing(matter.prior, matter.ballots, POLICIES[matter.severity]):
            volunteer = self.volunteers[scoring.juror]
            volunteer.record = learn(volunteer.record, scoring)

    def _lapse(self, _: int, number: int) -> None:
        matter = self.matters[number]
        matter.out -= 1
        self.lapsed += 1
        if math.isinf(matter.closed) and not matter.escalated:
            self._offer(matter)
            self._fill_seats()


def simulate(world: World, procedure: Procedure, watch: Callable[[float], None] = lambda hours: None) -> Run:
    """Let the procedure work through the world."""
    return Simulation(world, procedure, watch).run()


def claimed(matter: Matter) -> float:
    """The probability of a violation that the jury's belief claims."""
    return chance(matter.belief)
