"""News between processes: what a committed transaction announced reaches every stream and cache.

In the process that committed, at once. In the others through the `outbox` table: each process tails it with one reader,
woken by a NOTIFY that is sent at most once in 5 ms (a NOTIFY in every transaction would take one lock at each commit), and
looking anyway once a second, since NOTIFY is only a hint.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import structlog

log = structlog.get_logger(__name__)

Hear = Callable[["News"], None]


class News(msgspec.Struct, frozen=True):
    """Something that happened: its id, its kind (`post.published`) and plain values."""

    id: int
    kind: str
    payload: dict[str, Any]


class Bus:
    """Who in this process wants to hear what. Hearing must be quick: it runs on the event loop."""

    def __init__(self) -> None:
        self._hearers: dict[str, list[Hear]] = {}
        self._resets: list[Callable[[], None]] = []
        self.sent: Callable[[Sequence[News]], Sequence[News]] = lambda news: news
        """Wakes the other processes; says which of this process's news were not told here yet. Set by the reader."""

    def hear(self, kind: str, act: Hear) -> None:
        """Call `act` with each piece of news of this kind."""
        self._hearers.setdefault(kind, []).append(act)

    def on_reset(self, act: Callable[[], None]) -> None:
        """Call `act` when news may have been missed (the database was away): forget what was cached."""
        self._resets.append(act)

    @property
    def is_heard(self) -> bool:
        """Whether anybody in this process wants news, or to know that some were missed."""
        return bool(self._hearers or self._resets)

    def deliver(self, news: Sequence[News]) -> None:
        """Tell this process's hearers what it has committed, and wake the other processes."""
        self.tell(self.sent(news))

    def tell(self, news: Sequence[News]) -> None:
        for item in news:
            for act in self._hearers.get(item.kind, ()):
                try:
                    act(item)
                except Exception:  # the deed is done and others want to hear, too
                    log.exception("news was not understood", kind=item.kind, news=item.id)

    def reset(self) -> None:
        for act in self._resets:
            act()
