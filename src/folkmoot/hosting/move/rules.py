"""How a move goes on after whatever happened: decisions over the journal, and the errors that name why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from folkmoot.errors import FolkmootError, Kind
from folkmoot.hosting.move.journal import Entry
from folkmoot.hosting.move.steps import NAMES, RETURN_ENDS, SILENCE_BEGINS, is_before

PATIENCE_AFTER_CRASH = 0.5
"""Share of the longest silence after which a move that was interrupted in it is called off rather than continued."""

LEFT_BEHIND = "left-behind-"
"""How the move is called that a host writes down when it learns that another one has taken the network over."""
LEFT_BEHIND_WORDS = (
    "The network lives elsewhere now: another host took it over, and this one takes no posts. "
    "`folkmoot move rejoin` makes it the standby."
)


OWN_SERVER_STAYS = (
    "Your own PostgreSQL server here takes nothing more from the network, and does not follow by itself; `folkmoot move rejoin` "
    "here says how this host becomes the standby."
)


class CannotMove(FolkmootError):
    """A move cannot begin or go on."""

    kind = Kind.CONFLICT
    sentence = "The network cannot move now: {why}"


class MoveCalledOff(FolkmootError):
    """The move was taken back, or is to be."""

    kind = Kind.CONFLICT
    sentence = "The move was called off: {why} Nothing was lost, and the network runs here as before."


class NoWayBack(FolkmootError):
    """Too late to call it off."""

    kind = Kind.CONFLICT
    sentence = "The other host was already told to take over, so this move can only go forward; `folkmoot move status` shows how."


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the last move came, as its journal says."""

    move: str = ""
    reached: str = ""
    """The last step that was begun and not taken back."""
    done: tuple[str, ...] = ()
    ended: Literal["", "moved", "called off"] = ""
    finished: bool = False
    """The operator has ended the time in which this host relays."""
    silent_since: str = ""
    why: str = ""

    @property
    def is_under_way(self) -> bool:
        return bool(self.move) and not self.ended

    @property
    def may_turn_back(self) -> bool:
        """Whether this side alone can still call it off."""
        return self.is_under_way and (not self.reached or is_before(self.reached, RETURN_ENDS))


def was_left_behind(role: str, entries: Sequence[Entry]) -> bool:
    """Whether a host of this role, with these lines in its journal, was taken over from and has not rejoined."""
    return role == "former" and bool(entries) and entries[-1].move.startswith(LEFT_BEHIND)


Next = Literal["nothing", "continue", "take back", "ask"]
"""`ask`: only the other side knows; until it has said so, this one stays fenced."""


def progress_of(entries: Sequence[Entry]) -> Progress:
    """What the lines of one move, written by the side that gives the network away, amount to."""
    reached, done, ended, finished, silent_since, why = "", [], "", False, "", ""
    for entry in entries:
        if entry.step and entry.step in NAMES:
            match entry.what:
                case "begun":
                    if not reached or is_before(reached, entry.step):
                        reached = entry.step
                    if entry.step == SILENCE_BEGINS and not silent_since:
                        silent_since = entry.at
                case "done":
                    done.append(entry.step)
                case "undone":
                    done = [step for step in done if step != entry.step]
                    earlier = list(NAMES[: NAMES.index(entry.step)])
                    reached = earlier[-1] if earlier else ""
                case "failed":
                    why = str(entry.detail.get("why", ""))
        elif entry.what == "ended":
            ended = "moved" if entry.detail.get("moved") else "called off"
            why = str(entry.detail.get("why", why))
        elif entry.what == "finished":
            finished = True
    move = entries[0].move if entries else ""
    return Progress(move, reached, tuple(done), ended, finished, silent_since, why)  # type: ignore[arg-type]


def after_crash(progress: Progress, now: datetime, longest_silence: float) -> Next:
    """What the giving side does with an interrupted move when its agent is back.

    Before posting stopped: go on as if nothing had been. While it is stopped: go on when there is time, else take
    everything back. Once the other side was told to take over, only that side knows.
    """
    if not progress.is_under_way:
        return "nothing"
    if progress.reached == RETURN_ENDS and RETURN_ENDS not in progress.done:
        return "ask"
    if not progress.may_turn_back:
        return "continue"
    if progress.silent_since and not is_before(progress.reached, SILENCE_BEGINS):
        silent = (now - datetime.fromisoformat(progress.silent_since)).total_seconds()
        return "continue" if 0 <= silent < longest_silence * PATIENCE_AFTER_CRASH else "take back"
    return "continue"


def after_answer(promoted: bool, burned: bool) -> Next:
    """What follows from what the other side says about an order to take over."""
    if promoted:
        return "continue"
    return "take back" if burned else "ask"


@dataclass(frozen=True, slots=True)
class Order:
    """What the taking side's journal says of an order to become first."""

    begun: bool = False
    promoted: bool = False
    burned: bool = False


def order_of(entries: Sequence[Entry], move: str) -> Order:
    """What became of the order of this move, on the side that takes the network."""
    ours = [entry for entry in entries if entry.side == "taker" and entry.move == move]
    begun = any(entry.step == "promote" and entry.what == "begun" for entry in ours)
    promoted = any(entry.step == "promote" and entry.what == "done" for entry in ours)
    return Order(begun, promoted, any(entry.what == "burned" for entry in ours))


def may_follow(order: Order) -> bool:
    """Whether an order to become first may be followed: not once it was burned, unless it was begun before."""
    return order.begun or not order.burned


def may_burn(order: Order) -> bool:
    """Whether an order can still be taken back: once it was begun it is carried through, even after a crash."""
    return not order.begun
