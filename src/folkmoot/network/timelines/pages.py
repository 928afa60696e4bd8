"""Which part of a timeline is asked for, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import msgspec

from folkmoot.network.timelines.cards import Card

T = TypeVar("T")


class Span(msgspec.Struct, frozen=True):
    """Older than `max_id`; newer than `since_id`, newest first; or the ones just above `min_id`. At most `limit`."""

    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None
    limit: int = 20

    @property
    def floor(self) -> int:
        """Ids at or below this are not wanted."""
        return max(self.since_id or 0, self.min_id or 0)

    @property
    def ceiling(self) -> int:
        """Ids at or above this are not wanted."""
        return self.max_id if self.max_id is not None else 2**63 - 1

    @property
    def upward(self) -> bool:
        return self.min_id is not None

    @property
    def order(self) -> str:
        """The SQL order in which to take `limit` rows."""
        return "ASC" if self.upward else "DESC"


class Page(msgspec.Struct, frozen=True):
    """Cards, with the ids to go on from: `next_id` for older ones (None on the last page), `prev_id` for newer ones."""

    cards: list[Card]
    next_id: int | None = None
    prev_id: int | None = None


class Taken(Generic[T]):
    """Of `limit + 1` rows in the span's order: the page's rows newest first, and whether older ones remain."""

    def __init__(self, rows: Sequence[T], span: Span, id_of: Callable[[T], int]) -> None:
        taken = list(rows[: span.limit])
        surplus = len(rows) > span.limit
        if span.upward:
            taken.reverse()
        self.rows = taken
        self.prev_id = id_of(taken[0]) if taken else None
        older = bool(taken) if span.upward else surplus
        self.next_id = id_of(taken[-1]) if taken and older else None
