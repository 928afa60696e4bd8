"""Sanctions: what a verdict does to a post and to its author, and the reasons both are owed."""

from folkmoot.moderation.sanctions.read import get_statement, latest_statement, own_statements, standing
from folkmoot.moderation.sanctions.views import StandingView, StatementView, StrikeView

__all__ = [
    "StandingView",
    "StatementView",
    "StrikeView",
    "get_statement",
    "latest_statement",
    "own_statements",
    "standing",
]
