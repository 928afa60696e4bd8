"""A PostgreSQL server of the operator's own: what it still needs before another host may follow it, the way in, the bar."""

from folkmoot.hosting.own.rules import CannotBeFollowed, Order, Server, lacking, misfit
from folkmoot.hosting.own.server import major, open_session, what_it_lacks, who_it_is, why_not_promoted

__all__ = [
    "CannotBeFollowed",
    "Order",
    "Server",
    "lacking",
    "major",
    "misfit",
    "open_session",
    "what_it_lacks",
    "who_it_is",
    "why_not_promoted",
]
