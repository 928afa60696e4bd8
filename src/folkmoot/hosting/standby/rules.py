"""What a standby that fell behind needs of the archived journal. Plain decisions over names and places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from folkmoot.hosting.backup.journal import Part, file_of


@dataclass(frozen=True, slots=True)
class Needed:
    """The whole segments between what a standby has replayed and what the first host keeps for it, in order."""

    files: tuple[str, ...]
    missing: str = ""
    """The first of them that is not in the archive."""
    is_gap: bool = False
    """Whether later ones are there: then the missing one will not come any more."""


def needed(parts: Iterable[Part], timeline: int, replayed: int, kept_from: int, size: int) -> Needed:
    """What of the archive leads from the byte replayed to the segment in which the first host's own journal begins.

    That segment itself is not needed: the first host has all of it.
    """
    whole = {part.file for part in parts if not part.end and not part.is_history}
    wanted = [file_of(timeline, number, size) for number in range(replayed // size, kept_from // size)]
    missing = next((file for file in wanted if file not in whole), "")
    newest = max((file for file in whole if int(file[:8], 16) == timeline), default="")
    return Needed(tuple(wanted), missing, bool(missing) and newest > missing)
