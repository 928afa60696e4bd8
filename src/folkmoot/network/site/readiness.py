"""How ready the network is to go on elsewhere: when that was last rehearsed, and when a backup was last restored for trial.

`hosting` does both and enters what came of it; anybody may know it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from folkmoot.database import Database
from folkmoot.network.site import queries


class Rehearsed(msgspec.Struct, frozen=True, kw_only=True):
    """The last rehearsal on the real pair of hosts."""

    at: datetime
    level: int
    """0 checks, 1 posts held for an instant and both hosts compared, 2 a copy brought to life as well, 3 there and back."""
    well: bool
    held_ms: float | None = None
    """The longest members had to wait for it to post."""


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """The backup that was last restored for trial and found whole."""

    verified_at: datetime
    made_at: datetime
    size: int
    """Bytes of the database in it."""


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """None for what was never done."""

    rehearsal: Rehearsed | None = None
    backup: Restored | None = None
    damaged_at: datetime | None = None
    """When a trial found damage, unless a later one found a backup whole."""


async def readiness(db: Database) -> Readiness:
    """As of now."""
    row = await queries.readiness(db)
    backup = _decoded(row["backup"], Restored)
    damaged_at = row["damaged_at"]
    is_mended = backup is not None and damaged_at is not None and backup.verified_at > damaged_at
    return Readiness(
        rehearsal=_decoded(row["rehearsal"], Rehearsed), backup=backup, damaged_at=None if is_mended else damaged_at
    )


def _decoded(value: str | None, to: type[Any]) -> Any:
    return msgspec.json.decode(value, type=to) if value is not None else None
