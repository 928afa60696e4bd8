"""How many volunteers a network needs: the smallest number that keeps up, by bisection over the simulation."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from folkmoot.moderation.simulation.engine import simulate
from folkmoot.moderation.simulation.figures import Figures, figures
from folkmoot.moderation.simulation.procedures import Ours
from folkmoot.moderation.simulation.recipe import Recipe, draw_world


class Trial(msgspec.Struct, frozen=True):
    """One number of volunteers, and how they fared."""

    volunteers: int
    keeps_up: bool
    figures: Figures


DOUBLINGS = 7


def keeps_up(outcome: Figures, hours: float = 24.0) -> bool:
    """Whether practically every case was decided within a day, and 95 of 100 within the hours asked for."""
    if outcome.decided_within_24h is None or outcome.p95_verdict_hours is None:
        return False
    return outcome.decided_within_24h >= 0.995 and outcome.p95_verdict_hours <= hours


def try_numbers(
    recipe: Recipe, hours: float = 24.0, watch: Callable[[int], None] = lambda volunteers: None
) -> Iterator[Trial]:
    """Trials in the order they are made: upwards until it is enough, then closer and closer. To within 5 %."""

    def trial(volunteers: int) -> Trial:
        watch(volunteers)
        outcome = figures(simulate(draw_world(msgspec.structs.replace(recipe, volunteers=volunteers)), Ours()))
        return Trial(volunteers, keeps_up(outcome, hours), outcome)

    low, high = 0, max(recipe.volunteers, 2)
    for _ in range(DOUBLINGS):
        tried = trial(high)
        yield tried
        if tried.keeps_up:
            break
        low, high = high, high * 2
    else:
        return  # it is not for want of volunteers
    while high - low > max(1, high // 20):
        middle = (low + high) // 2
        tried = trial(middle)
        yield tried
        if tried.keeps_up:
            high = middle
        else:
            low = middle


def smallest(trials: list[Trial]) -> int | None:
    """The smallest number that kept up."""
    return min((trial.volunteers for trial in trials if trial.keeps_up), default=None)
