"""The public log: what was decided and done, in a record nobody can quietly rewrite (C2SP tlog-tiles)."""

from folkmoot.moderation.transparency.log.deeds import Deed
from folkmoot.moderation.transparency.log.enter import enter
from folkmoot.moderation.transparency.log.keys import known_keys
from folkmoot.moderation.transparency.log.names import PREFIX, origin_of
from folkmoot.moderation.transparency.log.read import (
    Entry,
    Head,
    decision_about,
    entries_about,
    newest_checkpoint,
    prove,
    recent,
)

__all__ = [
    "PREFIX",
    "Deed",
    "Entry",
    "Head",
    "decision_about",
    "enter",
    "entries_about",
    "known_keys",
    "newest_checkpoint",
    "origin_of",
    "prove",
    "recent",
]
