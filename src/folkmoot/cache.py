"""A bounded memory of things read from the database, safe against keeping what was outdated while it was being read."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Cache(Generic[K, V]):
    """Least recently used goes first once the weights exceed `capacity` (bytes, or pieces when each weighs 1).

    The rule of use: take `moment()` before reading the database, and hand it to `put`. If the key was dropped in between,
    `put` keeps nothing, since the reading may be older than the change that dropped it.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept: dict[K, tuple[V, int]] = {}
        self._weight = 0
        self._moment = 0
        self._cleared = 0
        self._dropped: dict[K, int] = {}

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def weight(self) -> int:
        return self._weight

    def moment(self) -> int:
        """Now, in drops: hand it to `put`."""
        return self._moment

    def get(self, key: K) -> V | None:
        found = self._kept.pop(key, None)
        if found is None:
            return None
        self._kept[key] = found  # newest last
        return found[0]

    def peek(self, key: K) -> V | None:
        """As `get`, without counting as a use."""
        found = self._kept.get(key)
        return found[0] if found is not None else None

    def put(self, key: K, value: V, *, as_of: int, weight: int = 1) -> bool:
        """Keep `value`, read at moment `as_of`; False when it may be outdated already."""
        if as_of < self._cleared or as_of < self._dropped.get(key, 0):
            return False
        self._forget(key)
        self._kept[key] = (value, weight)
        self._weight += weight
        while self._weight > self._capacity and len(self._kept) > 1:
            self._forget(next(iter(self._kept)))
        return True

    def drop(self, key: K) -> None:
        """The thing has changed: forget it, and refuse readings that began before now."""
        self._moment += 1
        self._dropped[key] = self._moment
        self._forget(key)
        if len(self._dropped) > 10_000:  # forget the older half; readings that old are refused by `_cleared`
            oldest = sorted(self._dropped.items(), key=lambda item: item[1])[:5_000]
            self._cleared = max(self._cleared, oldest[-1][1])
            for gone, _ in oldest:
                del self._dropped[gone]

    def clear(self) -> None:
        """Forget everything, and refuse readings that began before now."""
        self._moment += 1
        self._cleared = self._moment
        self._kept.clear()
        self._dropped.clear()
        self._weight = 0

    def _forget(self, key: K) -> None:
        found = self._kept.pop(key, None)
        if found is not None:
            self._weight -= found[1]
