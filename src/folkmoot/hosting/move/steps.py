"""The steps of a move as data: in which order, what each says, which can be taken back, and where there is no way back.

HOSTING.md §5.3 has the reasons for the order; docs/decisions/move.md what we chose beyond it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `says` is what is happening, for the operator; `silent` means that nobody can post meanwhile."""

    name: str
    says: str
    silent: bool = False
    undone_by: str = ""
    """What taking it back does, for the operator; empty when there is nothing to take back."""


STEPS = (
    Step("check", "Checking that both hosts are ready"),
    Step("copy", "Bringing the new host up to date: database and media"),
    Step("flush", "Writing everything down beforehand, so that stopping is quick"),
    Step("rest", "Letting the worker finish what it does", undone_by="the worker goes on"),
    Step("close", "Holding what members post now", silent=True, undone_by="posting goes on here"),
    Step("compare", "Comparing both hosts", silent=True),
    Step("away", "Letting the new host answer readers", silent=True, undone_by="readers are answered here"),
    Step("stop", "Stopping the database here", silent=True, undone_by="the database starts again"),
    Step("ship", "Waiting until the new host has the last word", silent=True),
    Step("fence", "Barring this host from taking posts ever again", silent=True, undone_by="the bar is lifted"),
    Step("promote", "Making the new host the first", silent=True),
    Step("relay", "Handing over what was held, and all that still arrives here", silent=True),
    Step("follow", "Following the new host, so that there is a way back"),
    Step("names", "Changing the names"),
)
NAMES = tuple(step.name for step in STEPS)
RETURN_ENDS = "promote"
"""From the moment this step begins there is no way back by ourselves: only the new host knows whether it is first."""
SILENCE_BEGINS = "close"


def get_step(name: str) -> Step:
    """The step of this name."""
    return STEPS[NAMES.index(name)]


def is_before(name: str, other: str) -> bool:
    """Whether one step comes before another."""
    return NAMES.index(name) < NAMES.index(other)


def to_undo(reached: str) -> list[Step]:
    """What must be taken back when a move ends in this step, the last first."""
    return [step for step in reversed(STEPS[: NAMES.index(reached) + 1]) if step.undone_by]
