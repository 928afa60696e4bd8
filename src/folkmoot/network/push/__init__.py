"""Notifications on a device that is not looking: web push for apps and for our own pages (RFC 8030, 8291, 8292)."""

from folkmoot.network.push.keys import public_key
from folkmoot.network.push.rules import Policy
from folkmoot.network.push.subscribe import change, end, find, subscribe
from folkmoot.network.push.views import Subscription

__all__ = ["Policy", "Subscription", "change", "end", "find", "public_key", "subscribe"]
