"""Words in, finding out: what a post is before anybody sees it. A leaf, so that publishing may ask it."""

from folkmoot.moderation.screening.finding import (
    VIOLENT,
    Category,
    Finding,
    Limits,
    Outcome,
    Reason,
    Stage,
    Standing,
    Words,
    conclude,
)
from folkmoot.moderation.screening.screen import NOTHING, Answer, Distant, Screen, Step

__all__ = [
    "NOTHING",
    "VIOLENT",
    "Answer",
    "Category",
    "Distant",
    "Finding",
    "Limits",
    "Outcome",
    "Reason",
    "Screen",
    "Stage",
    "Standing",
    "Step",
    "Words",
    "conclude",
]
