"""How the second host does, as the first one last wrote it down (`hosting/standby`), for the page of those who run the network."""

from __future__ import annotations

from datetime import datetime

import msgspec

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.network.site import queries

SILENT_SECONDS = 20.0
"""A word older than this is no news: nothing writes any more."""


class Check(msgspec.Struct, frozen=True):
    """One thing a move needs; `sentence` is translated, then filled with `values`."""

    name: str
    well: bool | None
    sentence: str
    values: dict[str, str | int | float] = {}


class StandbyView(msgspec.Struct, frozen=True, kw_only=True):
    """The standby by the first host's last word. See `folkmoot.hosting.standby.report` for what each says."""

    partner: str = ""
    following: str = "unlinked"
    link_up: bool = False
    lag_seconds: float | None = None
    lag_bytes: int | None = None
    media_total: int = 0
    media_missing: int | None = None
    sync: str = "off"
    when_lost: str = "hold"
    sync_since: str = ""
    copied: int = 0
    to_copy: int = 0
    checks: tuple[Check, ...] = ()
    ready: bool = False
    loss: Check | None = None
    written_at: datetime | None = None
    rehearsed_at: datetime | None = None
    rehearsed_well: bool | None = None
    held_ms: float | None = None
    """How long the last rehearsal held what members posted, when it did."""

    @property
    def waits_for_nobody_since(self) -> datetime | None:
        """When the rule let writes go on without a lost standby."""
        return datetime.fromisoformat(self.sync_since) if self.sync == "relaxed" and self.sync_since else None

    @property
    def is_silent(self) -> bool:
        """Whether the word is old."""
        return self.written_at is None or (clock.now() - self.written_at).total_seconds() > SILENT_SECONDS


async def find_standby(db: Database) -> StandbyView | None:
    """The standby, None while there is none or it was forgotten."""
    row = await queries.standby_report(db)
    if row is None:
        return None
    try:
        found = msgspec.json.decode(row["report"], type=StandbyView)
    except msgspec.DecodeError:  # written by another version
        return StandbyView(written_at=None)
    return msgspec.structs.replace(
        found,
        written_at=row["at"],
        rehearsed_at=row["rehearsed_at"],
        rehearsed_well=row["rehearsed_well"],
        held_ms=row["held_ms"],
    )
