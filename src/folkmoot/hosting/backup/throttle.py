"""How fast a backup may send, so that it leaves room on the line for the members."""

from __future__ import annotations

import threading
import time


class Throttle:
    """Lets bytes through at a rate; 0 is without bound. Shared by threads."""

    def __init__(self, megabytes_a_second: float = 0) -> None:
        self._rate = megabytes_a_second * 1e6
        self._lock = threading.Lock()
        self._free_at = 0.0
        self.sent = 0

    def wait(self, amount: int) -> None:
        """Return when `amount` bytes may go."""
        with self._lock:
            self.sent += amount
            if not self._rate:
                return
            now = time.monotonic()
            begin = max(now, self._free_at)
            self._free_at = begin + amount / self._rate
        time.sleep(max(0.0, begin - now))
