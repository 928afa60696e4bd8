"""Sanctions: what follows a verdict, recomputed from events, and the reasons everybody concerned is owed."""

from folkmoot.moderation.sanctions.read import get_standing, get_statement, labels_of, latest_statement, own_statements
from folkmoot.moderation.sanctions.rules import (
    LADDER,
    Event,
    Grade,
    Happening,
    Immunity,
    Ladder,
    Limit,
    Measure,
    Rung,
    Standing,
    StatementOfReasons,
    Strike,
    is_immune,
    measure_for,
    standing,
    state_reasons,
    strikes_of,
)
from folkmoot.moderation.sanctions.views import StatementView

__all__ = [
    "LADDER",
    "Event",
    "Grade",
    "Happening",
    "Immunity",
    "Ladder",
    "Limit",
    "Measure",
    "Rung",
    "Standing",
    "StatementOfReasons",
    "StatementView",
    "Strike",
    "get_standing",
    "get_statement",
    "is_immune",
    "labels_of",
    "latest_statement",
    "measure_for",
    "own_statements",
    "standing",
    "state_reasons",
    "strikes_of",
]
