"""Reach every steward until one answers: on their devices, by mail, and at an address of the operator's."""

from folkmoot.moderation.paging.page import begin, end, round_due
from folkmoot.moderation.paging.rules import channels

__all__ = ["begin", "channels", "end", "round_due"]
