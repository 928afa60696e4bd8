"""A line of so many megabytes a second between two ports of this machine."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

AT_ONCE = 64 * 1024
BUFFER = 256 * 1024
"""Bytes each end may have under way, as on a line with a tenth of a second of delay."""


class SlowLine:
    """Takes calls on a port of its own and passes them on to another, slowly."""

    def __init__(self, to: int, megabytes_a_second: float) -> None:
        self._to = to
        self._rate = megabytes_a_second * 1e6
        self._lock = threading.Lock()
        self._free_at = 0.0
        self.crossed = 0
        self._door = socket.create_server(("127.0.0.1", 0))
        self._door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self.port: int = self._door.getsockname()[1]
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            far = socket.socket()
            far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
            with contextlib.suppress(OSError):
                far.connect(("127.0.0.1", self._to))
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(AT_ONCE):
                with self._lock:
                    self.crossed += len(data)
                    begin = max(time.monotonic(), self._free_at)
                    self._free_at = begin + len(data) / self._rate
                    until = self._free_at
                time.sleep(max(0.0, until - time.monotonic()))
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        target.close()

    def close(self) -> None:
        """Take no more calls."""
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
