"""The public log: what was decided and done, in a record nobody can quietly rewrite (C2SP tlog-tiles)."""

from folkmoot.moderation.transparency.log.deeds import Deed
from folkmoot.moderation.transparency.log.enter import enter
from folkmoot.moderation.transparency.log.names import PREFIX, origin_of

__all__ = ["PREFIX", "Deed", "enter", "origin_of"]
