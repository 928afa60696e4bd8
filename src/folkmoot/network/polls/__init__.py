"""Vote in polls, and close them when their time has come."""

from folkmoot.network.polls.close import close_due
from folkmoot.network.polls.vote import own_votes, vote

__all__ = ["close_due", "own_votes", "vote"]
