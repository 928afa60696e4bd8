"""The time, in one place, so that tests and simulations can set it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_held: ContextVar[datetime | None] = ContextVar("held", default=None)


def now() -> datetime:
    """The present moment in UTC, cut to whole milliseconds as clients see it."""
    held = _held.get()
    if held is not None:
        return held
    ms = time.time_ns() // 1_000_000
    return datetime.fromtimestamp(ms / 1000, UTC)


def now_ms() -> int:
    """The present moment in milliseconds since 1970."""
    held = _held.get()
    return int(held.timestamp() * 1000) if held is not None else time.time_ns() // 1_000_000


@contextmanager
def held_at(moment: datetime) -> Iterator[None]:
    """Hold the clock at `moment` (aware) for the calling task."""
    token = _held.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _held.reset(token)


def stamp(moment: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS.mmmZ`, the one form every client's date parser takes."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
