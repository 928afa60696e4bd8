"""What a status report says, before it is put into words."""

from __future__ import annotations

from datetime import datetime

import msgspec

from folkmoot.moderation.transparency.figures import Figures, Month
from folkmoot.network.site import Readiness


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """A notice of the one the report is for."""

    reference: str
    received_at: datetime
    due_at: datetime
    met_at: datetime | None
    """When every item was first accounted for."""
    answered_at: datetime | None
    items: dict[str, int]
    """How many of its items stand how: removed, hidden, open, gone, ..."""


class Theirs(msgspec.Struct, frozen=True, kw_only=True):
    """What became of what this sender sent."""

    notices: tuple[Demand, ...]
    items: int
    by_state: dict[str, int]
    settled: int
    out_of_sight: int
    """Removed, hidden until a verdict, gone, or taken out of sight by an order."""
    hidden_p50: float | None
    """Minutes from receipt until an item was out of sight, half of those that were visible when the notice came."""
    hidden_p95: float | None
    settled_p50: float | None
    settled_p95: float | None
    in_time: int
    late: int


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """A clock that runs."""

    reference: str
    kind: str
    due_at: datetime
    open_items: int


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """The public log's newest checkpoint: what the report can be checked against."""

    origin: str
    entries: int
    root: str
    signed_at: datetime
    note: str
    """The signed note as published."""


class StatusReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a status report says."""

    network: str
    address: str
    contact: str
    made_at: datetime
    sender: str
    """Whom it is for, as it was asked for; empty: for anybody."""
    figures: Figures
    months: tuple[Month, ...]
    theirs: Theirs | None
    deadlines: tuple[Deadline, ...]
    wait_minutes: float | None
    """Until the queue is empty at the present pace."""
    readiness: Readiness
    """Whether the network could go on elsewhere: the last rehearsal and the last backup that was restored for trial."""
    plan: str
    """The operator's own words on what is done next."""
    seal: Seal | None
