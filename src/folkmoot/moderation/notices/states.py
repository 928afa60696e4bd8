"""The states of a notice and of what it names, the arrows between them, and a notice as what its events add up to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from folkmoot.errors import Conflict
from folkmoot.moderation.cases.states import check_graph


class State(StrEnum):
    """Where a notice stands."""

    RECEIVED = "received"
    """Just come; what it names is being looked up."""
    OPEN = "open"
    """The clock runs: something it names is in sight and undecided, or somebody has to read it."""
    INTERIM = "interim"
    """Nothing it names is in sight undecided, and the sender has been told; juries go on."""
    ANSWERED = "answered"
    """Everything is decided, and the sender has been told."""
    REFUSED = "refused"
    """A steward found it unfounded, or its sender is suspended; no clock runs."""


class Step(StrEnum):
    """What can happen to a notice."""

    FIND = "found"
    """What it names was looked up, and cases were opened."""
    FOLLOW_UP = "followed_up"
    """Another letter about it came."""
    CONFIRM = "confirmed"
    """A steward confirmed or corrected who wrote, what is named or when it is due."""
    TAKE = "taken"
    """A steward looks after it."""
    WARN = "warned"
    """Time is running out, and stewards were told."""
    ESCALATE = "escalated"
    """Little time is left, and every steward was called."""
    OVERDUE = "overdue"
    RECEIPT = "receipted"
    TELL = "told"
    """The sender was told of everything: decided, or out of sight until it is."""
    ANSWER = "answered"
    """The sender was told what was decided about everything."""
    EXTEND = "extended"
    """More time was asked for."""
    WRITE = "written"
    """A steward wrote to the sender in their own words."""
    CARRY_OUT = "carried_out"
    """What an authority ordered was done."""
    AMEND = "amended"
    """Something was decided otherwise after the answer."""
    REFUSE = "refused"
    REOPEN = "reopened"


_ASIDE = (Step.FOLLOW_UP, Step.CONFIRM, Step.TAKE, Step.WRITE, Step.RECEIPT)
_RUNNING = (*_ASIDE, Step.WARN, Step.ESCALATE, Step.OVERDUE, Step.EXTEND, Step.CARRY_OUT)


def _stay(state: State, *steps: Step) -> dict[Step, State]:
    return dict.fromkeys(steps, state)


ARROWS: Mapping[State, Mapping[Step, State]] = {
    State.RECEIVED: {**_stay(State.RECEIVED, *_ASIDE), Step.FIND: State.OPEN, Step.REFUSE: State.REFUSED},
    State.OPEN: {
        **_stay(State.OPEN, *_RUNNING, Step.FIND),
        Step.TELL: State.INTERIM,
        Step.ANSWER: State.ANSWERED,
        Step.REFUSE: State.REFUSED,
    },
    State.INTERIM: {
        **_stay(State.INTERIM, *_RUNNING),
        Step.REOPEN: State.OPEN,
        Step.ANSWER: State.ANSWERED,
        Step.REFUSE: State.REFUSED,
    },
    State.ANSWERED: {**_stay(State.ANSWERED, *_ASIDE, Step.AMEND), Step.REOPEN: State.OPEN},
    State.REFUSED: {**_stay(State.REFUSED, *_ASIDE), Step.REOPEN: State.OPEN},
}

check_graph(State, Step, ARROWS, State.RECEIVED)

RUNNING = frozenset({State.RECEIVED, State.OPEN, State.INTERIM})
"""Somebody waits for us."""


class NoticeClosed(Conflict):
    sentence = "This notice has been answered"


def follow(state: State, step: Step) -> State:
    """Where the step leads. Raises NoticeClosed when it leads nowhere."""
    target = ARROWS[state].get(step)
    if target is None:
        raise NoticeClosed(cause=f"{state}: {step}")
    return target


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to a notice. The same `key` twice is the same event."""

    step: Step
    at: datetime
    key: str
    by: int | None = None
    """The steward who did it; None is the network itself."""
    why: str = ""


class NoticeFile(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as its events make it."""

    state: State = State.RECEIVED
    version: int = 0
    met_at: datetime | None = None
    """When the sender was first told of everything."""
    answered_at: datetime | None = None
    hands: frozenset[int] = frozenset()
    """Stewards who had a hand in it."""
    keys: frozenset[str] = frozenset()


def after(notice: NoticeFile, event: Event) -> NoticeFile:
    """The notice with one more event; unchanged when it has seen the event before."""
    if event.key in notice.keys:
        return notice
    changed: dict[str, object] = {"state": follow(notice.state, event.step), "version": notice.version + 1}
    match event.step:
        case Step.TELL:
            changed["met_at"] = notice.met_at or event.at
        case Step.ANSWER:
            changed |= {"met_at": notice.met_at or event.at, "answered_at": event.at}
        case Step.REOPEN:
            changed |= {"answered_at": None}
            if notice.state in (State.ANSWERED, State.REFUSED):
                changed["met_at"] = None
        case _:
            pass
    if event.by is not None:
        changed["hands"] = notice.hands | {event.by}
    return msgspec.structs.replace(notice, keys=notice.keys | {event.key}, **changed)


def fold(events: Iterable[Event]) -> NoticeFile:
    """The notice that these events, in order, amount to."""
    notice = NoticeFile()
    for event in events:
        notice = after(notice, event)
    return notice


# What it names ------------------------------------------------------------------------------------------------------


class ItemState(StrEnum):
    """How something a notice names stands."""

    WAITING = "waiting"
    """Found, and not before a jury yet: there was more than fits into one deed, or the sender has to be confirmed."""
    OPEN = "open"
    """Before a jury, in sight."""
    HIDDEN = "hidden"
    """Before a jury, out of sight until it has decided."""
    REMOVED = "removed"
    WARNED = "warned"
    """It stays, behind a warning or a label."""
    KEPT = "kept"
    ORDERED = "ordered"
    """Out of sight by the order of an authority."""
    GONE = "gone"
    """Deleted, or its account closed or suspended."""
    NOT_FOUND = "not_found"
    NOT_OURS = "not_ours"
    WITHDRAWN = "withdrawn"
    """A steward says that it was read wrongly, or the sender took it back."""


DECIDED = frozenset({ItemState.REMOVED, ItemState.WARNED, ItemState.KEPT, ItemState.ORDERED})
UNSETTLED = frozenset({ItemState.WAITING, ItemState.OPEN, ItemState.HIDDEN})


class What(StrEnum):
    """What an address leads to."""

    POST = "post"
    ACCOUNT = "account"
    UNKNOWN = "unknown"


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """As much of an item as decides how its notice stands."""

    state: ItemState
    what: What = What.POST

    @property
    def is_settled(self) -> bool:
        return self.state not in UNSETTLED

    @property
    def is_accounted_for(self) -> bool:
        """Whether the sender can be told something that holds: decided, gone, or out of sight until it is decided.

        A profile is nothing one can hide for a time; that it is before a jury is all there is to say.
        """
        return self.is_settled or self.state is ItemState.HIDDEN or self.what is What.ACCOUNT


class Due(StrEnum):
    """What is to be said to the sender by now."""

    NOTHING = "nothing"
    TELL = "tell"
    ANSWER = "answer"


def owed(state: State, items: Collection[Item]) -> Due:
    """Which letter a notice has come to. One that names nothing of ours is answered by asking for the addresses."""
    if state not in (State.OPEN, State.INTERIM):
        return Due.NOTHING
    if all(item.is_settled for item in items):
        return Due.ANSWER
    if state is State.OPEN and all(item.is_accounted_for for item in items):
        return Due.TELL
    return Due.NOTHING
