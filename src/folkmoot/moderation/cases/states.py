"""The states of a case, the arrows between them, and a case as what its events add up to.

MODERATION's state machine as data. Hiding, legal hold and threat to life run beside the states: they may happen in
several, and are read off the events (`CaseFile.hidden`, `.frozen`, `.life_at_risk`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

import msgspec

from folkmoot.errors import Conflict

S = TypeVar("S", bound=str)
E = TypeVar("E", bound=str)


class State(StrEnum):
    """Where a case stands."""

    RECEIVED = "received"
    OPEN = "open"
    """Joined with its near-copies, waiting to be judged for urgency."""
    TRIAGED = "triaged"
    EMPANELLED = "empanelled"
    """In the queue: seats may be taken."""
    VOTING = "voting"
    ESCALATED = "escalated"
    """With two stewards."""
    DECIDED = "decided"
    ENFORCED = "enforced"
    APPEALABLE = "appealable"
    """Everyone concerned has been told."""
    APPEALED = "appealed"
    """Before fresh jurors and a steward, who do not know the first verdict."""
    UPHELD = "upheld"
    REVERSED = "reversed"
    CLOSED = "closed"


class Step(StrEnum):
    """What can happen to a case."""

    OPEN = "opened"
    JOIN = "joined"
    """Another report, copy or notice came to it."""
    EDIT = "edited"
    """The author changed the text: a new version joins the case."""
    TRIAGE = "triaged"
    HIDE = "hidden"
    """Provisionally."""
    RESTORE = "restored"
    RAISE = "raised"
    """Somebody's life may be at risk."""
    OVERRIDE = "overridden"
    """A deadline came before the jury: hidden for the time being, and the vote goes on."""
    EMPANEL = "empanelled"
    SEAT = "seated"
    LAPSE = "lapsed"
    CAST = "cast"
    VOID = "voided"
    """A ballot does not count: the juror should not have sat."""
    ESCALATE = "escalated"
    DECIDE = "decided"
    ENFORCE = "enforced"
    NOTIFY = "notified"
    APPEAL = "appealed"
    UPHOLD = "upheld"
    REVERSE = "reversed"
    CLOSE = "closed"
    REOPEN = "reopened"
    FREEZE = "frozen"
    """Legal hold: evidence is kept whatever else happens."""
    THAW = "thawed"


START = State.RECEIVED
_ASIDE = (Step.JOIN, Step.EDIT, Step.HIDE, Step.RESTORE, Step.RAISE, Step.OVERRIDE)
"""What leaves an undecided case in its state."""
_SEATS = (Step.SEAT, Step.LAPSE, Step.CAST, Step.VOID)


def _stay(state: State, *steps: Step) -> dict[Step, State]:
    return dict.fromkeys((*steps, Step.FREEZE, Step.THAW), state)


ARROWS: Mapping[State, Mapping[Step, State]] = {
    State.RECEIVED: {Step.OPEN: State.OPEN},
    State.OPEN: {**_stay(State.OPEN, *_ASIDE), Step.TRIAGE: State.TRIAGED},
    State.TRIAGED: {
        **_stay(State.TRIAGED, *_ASIDE),
        Step.EMPANEL: State.EMPANELLED,
        Step.ESCALATE: State.ESCALATED,
    },
    State.EMPANELLED: {
        **_stay(State.EMPANELLED, *_ASIDE, Step.LAPSE, Step.VOID),
        Step.SEAT: State.VOTING,
        Step.ESCALATE: State.ESCALATED,
    },
    State.VOTING: {
        **_stay(State.VOTING, *_ASIDE, *_SEATS),
        Step.DECIDE: State.DECIDED,
        Step.ESCALATE: State.ESCALATED,
    },
    State.ESCALATED: {
        **_stay(State.ESCALATED, *_ASIDE, Step.LAPSE, Step.VOID, Step.CAST),
        Step.DECIDE: State.DECIDED,
    },
    State.DECIDED: {**_stay(State.DECIDED, Step.JOIN, Step.RAISE), Step.ENFORCE: State.ENFORCED},
    State.ENFORCED: {**_stay(State.ENFORCED, Step.JOIN, Step.RAISE), Step.NOTIFY: State.APPEALABLE},
    State.APPEALABLE: {
        **_stay(State.APPEALABLE, Step.JOIN, Step.RAISE, Step.VOID),
        Step.APPEAL: State.APPEALED,
        Step.REOPEN: State.EMPANELLED,
        Step.CLOSE: State.CLOSED,
    },
    State.APPEALED: {
        **_stay(State.APPEALED, Step.JOIN, Step.RAISE, *_SEATS),
        Step.UPHOLD: State.UPHELD,
        Step.REVERSE: State.REVERSED,
    },
    State.UPHELD: {**_stay(State.UPHELD), Step.CLOSE: State.CLOSED},
    State.REVERSED: {**_stay(State.REVERSED), Step.CLOSE: State.CLOSED},
    State.CLOSED: {**_stay(State.CLOSED), Step.REOPEN: State.EMPANELLED},
}


class BrokenGraph(Exception):
    """The table of arrows contradicts itself. Raised when the module is imported, never later."""


def check_graph(states: Iterable[S], steps: Iterable[E], arrows: Mapping[S, Mapping[E, S]], start: S) -> None:
    """Every state is known and can be reached, every arrow has a known step, and no step is without an arrow."""
    known, named = set(states), set(steps)
    used: set[E] = set()
    for state, leaving in arrows.items():
        if state not in known:
            raise BrokenGraph(f"Arrows leave {state}, which is no state")
        for step, target in leaving.items():
            if step not in named:
                raise BrokenGraph(f"{state} to {target}: {step or 'nothing'} is no step")
            if target not in known:
                raise BrokenGraph(f"{state}, {step}: {target} is no state")
            used.add(step)
    if named - used:
        raise BrokenGraph(f"No arrow for: {', '.join(sorted(named - used))}")
    reached, edge = {start}, [start]
    while edge:
        fresh = set(arrows.get(edge.pop(), {}).values()) - reached
        reached |= fresh
        edge += fresh
    if known - reached:
        raise BrokenGraph(f"Cannot be reached: {', '.join(sorted(known - reached))}")


check_graph(State, Step, ARROWS, START)


class CaseClosed(Conflict):
    sentence = "This case is closed"


class AlreadyDecided(Conflict):
    sentence = "This case has been decided"


class NotOpenYet(Conflict):
    sentence = "This case is not before a jury"


class NoSuchStep(Conflict):
    sentence = "This cannot happen to the case as it stands"


UNDECIDED = frozenset({State.RECEIVED, State.OPEN, State.TRIAGED, State.EMPANELLED, State.VOTING, State.ESCALATED})
ON_THE_DOCKET = frozenset({State.EMPANELLED, State.VOTING})
"""Where seats are given out."""


def follow(state: State, step: Step) -> State:
    """Where the step leads; an error that says why when it leads nowhere."""
    target = ARROWS[state].get(step)
    if target is not None:
        return target
    if state is State.CLOSED:
        raise CaseClosed(cause=step)
    if step in (Step.SEAT, Step.CAST, Step.DECIDE) and state in UNDECIDED:
        raise NotOpenYet(cause=f"{state}: {step}")
    if step in (Step.SEAT, Step.CAST, Step.DECIDE, Step.ESCALATE, Step.OVERRIDE):
        raise AlreadyDecided(cause=f"{state}: {step}")
    raise NoSuchStep(cause=f"{state}: {step}")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to a case. The same `key` twice is the same event, delivered again."""

    step: Step
    at: datetime
    key: str
    by: int | None = None
    """The account that did it; None is the network itself."""
    about: int | None = None
    """What it concerns: the report, the content version, the ballot, the notice."""
    why: str = ""


class CaseFile(msgspec.Struct, frozen=True, kw_only=True):
    """A case as its events make it."""

    state: State = START
    version: int = 0
    """How many events made it; whoever writes the next one names this number."""
    hidden: bool = False
    """Out of sight for the time being, by probability, deadline or a life at risk. A verdict ends it."""
    hidden_at: datetime | None = None
    """When it first went out of sight."""
    overridden: bool = False
    life_at_risk: bool = False
    frozen: bool = False
    content: tuple[int, ...] = ()
    """The content versions under judgement, oldest first; ballots are cast on the last."""
    seated: frozenset[int] = frozenset()
    """Jurors with a running lease."""
    cast: frozenset[int] = frozenset()
    """Jurors whose ballots on the present version count."""
    sat: frozenset[int] = frozenset()
    """Every juror who ever cast a ballot here, voided or on an older version too: they sit in no appeal."""
    reports: int = 0
    reopened: int = 0
    keys: frozenset[str] = frozenset()


def after(case: CaseFile, event: Event) -> CaseFile:
    """The case with one more event; unchanged when it has seen the event before."""
    if event.key in case.keys:
        return case
    changed: dict[str, object] = {"state": follow(case.state, event.step), "version": case.version + 1}
    match event.step:
        case Step.OPEN | Step.EDIT if event.about is not None:
            changed |= {"content": (*case.content, event.about), "cast": frozenset()}
        case Step.JOIN:
            changed["reports"] = case.reports + 1
        case Step.HIDE | Step.OVERRIDE:
            changed |= {"hidden": True, "hidden_at": case.hidden_at or event.at}
            changed["overridden"] = case.overridden or event.step is Step.OVERRIDE
        case Step.RESTORE:
            changed |= {"hidden": False, "overridden": False}
        case Step.DECIDE:
            changed["hidden"] = False
        case Step.RAISE:
            changed["life_at_risk"] = True
        case Step.SEAT if event.by is not None:
            changed["seated"] = case.seated | {event.by}
        case Step.LAPSE if event.by is not None:
            changed["seated"] = case.seated - {event.by}
        case Step.CAST if event.by is not None:
            changed |= {
                "cast": case.cast | {event.by},
                "seated": case.seated - {event.by},
                "sat": case.sat | {event.by},
            }
        case Step.VOID if event.by is not None:
            changed["cast"] = case.cast - {event.by}
        case Step.APPEAL:
            changed |= {"seated": frozenset(), "cast": frozenset()}
        case Step.REOPEN:
            changed |= {"seated": frozenset(), "cast": frozenset(), "reopened": case.reopened + 1}
        case Step.FREEZE | Step.THAW:
            changed["frozen"] = event.step is Step.FREEZE
        case _:
            pass
    return msgspec.structs.replace(case, keys=case.keys | {event.key}, **changed)


def fold(events: Iterable[Event]) -> CaseFile:
    """The case that these events, in order, amount to."""
    case = CaseFile()
    for event in events:
        case = after(case, event)
    return case
