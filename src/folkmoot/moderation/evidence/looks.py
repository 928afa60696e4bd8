"""Who looked at evidence by office, and why: noted before it is shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from folkmoot import clock
from folkmoot.database import Database, Transaction
from folkmoot.ids import new_id
from folkmoot.moderation.evidence import queries
from folkmoot.network.access.viewer import Viewer

SHOWN = 50
ONE_LOOK = timedelta(hours=1)


class Why(StrEnum):
    """What for."""

    BOARD = "board"
    """A steward opened the case."""
    EXPORT = "export"
    """It was written out for an authority or a court."""
    PRESS = "press"
    """A public view was made or taken back."""


class Look(msgspec.Struct, frozen=True):
    """One look."""

    why: Why
    detail: str
    at: datetime
    account_id: int | None
    """None for the command line."""
    name: str | None


async def note(tx: Transaction, viewer: Viewer, case_id: int, why: Why, detail: str = "") -> None:
    """Write down that this viewer sees the evidence of a case."""
    await queries.keep_look(tx, new_id(), case_id, viewer.actor, why.value, detail[:500], clock.now())


async def note_again(tx: Transaction, viewer: Viewer, case_id: int, why: Why) -> None:
    """Write it down unless it was within the hour: pages fetch a case's pictures one by one."""
    now = clock.now()
    if not await queries.looked_since(tx, case_id, viewer.actor, now - ONE_LOOK):
        await queries.keep_look(tx, new_id(), case_id, viewer.actor, why.value, "", now)


async def looks(db: Database, case_id: int) -> list[Look]:
    """The newest looks at a case's evidence."""
    return [
        Look(Why(row["why"]), row["detail"], row["at"], row["account_id"], row["name"])
        for row in await queries.looks(db, case_id, SHOWN)
    ]
