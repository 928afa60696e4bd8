"""Ids: milliseconds since 1970 in the high bits, randomness in the low 16, so that they sort by time and cannot be counted.

Mastodon's own layout, since clients turn a date into such an id; the random part is ours (in 2021 a network's posts were
fetched by counting). Notification ids stay below 2^53 because one client answer carries them as JSON numbers.
"""

from __future__ import annotations

import secrets
import threading
from datetime import UTC, datetime

from folkmoot import clock

LARGEST = 2**63 - 1
_NOTIFICATION_EPOCH_MS = 1_577_836_800_000  # 2020-01-01; 41 bits of milliseconds from here last until 2089
_lock = threading.Lock()
_last = {"post": 0, "notification": 0}


def new_id() -> int:
    """A fresh id, greater than every id this process has made before."""
    return _next("post", clock.now_ms() << 16 | secrets.randbits(16))


def new_notification_id() -> int:
    """A fresh notification id below 2^53, greater than every one this process has made before."""
    return _next("notification", (clock.now_ms() - _NOTIFICATION_EPOCH_MS) << 12 | secrets.randbits(12))


def _next(kind: str, candidate: int) -> int:
    with _lock:
        if candidate <= _last[kind] < candidate + (1 << 32):
            candidate = _last[kind] + 1 + secrets.randbelow(16)
        _last[kind] = candidate
        return candidate


def id_at(moment: datetime) -> int:
    """An id for something that happened at `moment`, for imports and for the demo community."""
    return int(moment.timestamp() * 1000) << 16 | secrets.randbits(16)


def time_of(id: int) -> datetime:
    """When an id was made, to the millisecond."""
    return datetime.fromtimestamp((id >> 16) / 1000, UTC)


def parse(text: str) -> int | None:
    """The id a client wrote, or None for what cannot be one."""
    if text.isascii() and text.isdigit() and len(text) <= 19:
        value = int(text)
        return value if value <= LARGEST else None
    return None
