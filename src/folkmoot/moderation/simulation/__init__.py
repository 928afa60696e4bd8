"""The benchmark of juries: the real code of `cases` against a virtual clock, and against votes of real people."""

from folkmoot.moderation.simulation.chart import draw_backlog
from folkmoot.moderation.simulation.engine import Run, simulate
from folkmoot.moderation.simulation.figures import Figures, calibration_of, figures
from folkmoot.moderation.simulation.procedures import Fixed, Ours, Procedure
from folkmoot.moderation.simulation.recipe import Recipe, World, draw_world
from folkmoot.moderation.simulation.replay import BREAKS, Outcome, read_votes, replay
from folkmoot.moderation.simulation.staffing import Trial, smallest, try_numbers

__all__ = [
    "BREAKS",
    "Figures",
    "Fixed",
    "Ours",
    "Outcome",
    "Procedure",
    "Recipe",
    "Run",
    "Trial",
    "World",
    "calibration_of",
    "draw_backlog",
    "draw_world",
    "figures",
    "read_votes",
    "replay",
    "simulate",
    "smallest",
    "try_numbers",
]
