"""One stream of bytes between two hosts or two processes, the small messages on it, and two streams joined.

A stream belongs to one thread at a time: OpenSSL allows no more.
"""

from __future__ import annotations

import contextlib
import json
import select
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Any

from folkmoot.errors import Unavailable

LARGEST = 1 << 20
"""Bytes one message may have."""
CHUNK = 256 * 1024
LITTLE = 32 * 1024
"""Bytes passed on at once that do not show a rush."""
REST_SECONDS = 0.02
"""How much later a commit nobody waits for may reach the other host. With 0.005, following cost twice as much."""

Message = dict[str, Any]


class LinkBroken(Unavailable):
    """The other end is gone, does not answer, or sends what cannot be understood."""

    sentence = "The other host does not answer."


class Stream:
    """A socket, with TLS or without, that also carries messages: four bytes of length, then JSON."""

    def __init__(self, sock: socket.socket, fingerprint: str = "") -> None:
        self.socket = sock
        self.fingerprint = fingerprint
        """Whose certificate the other end showed."""

    def patience(self, seconds: float | None) -> None:
        """How long every single wait from now on may last."""
        self.socket.settimeout(seconds)

    def send(self, message: Message) -> None:
        """Send a message. Raises LinkBroken."""
        body = json.dumps(message, separators=(",", ":")).encode()
        if len(body) > LARGEST:
            raise LinkBroken(cause=f"link: a message of {len(body)} bytes")
        self.write(len(body).to_bytes(4) + body)

    def receive(self) -> Message:
        """The next message. Raises LinkBroken."""
        length = int.from_bytes(self.read(4))
        if length > LARGEST:
            raise LinkBroken(cause=f"link: a message of {length} bytes announced")
        try:
            found = json.loads(self.read(length))
        except ValueError as error:
            raise LinkBroken(cause=f"link: {error}") from error
        if not isinstance(found, dict):
            raise LinkBroken(cause="link: a message that is no object")
        return found

    def write(self, data: bytes | memoryview) -> None:
        """Send all of these bytes. Raises LinkBroken."""
        try:
            self.socket.sendall(data)
        except (OSError, ValueError) as error:
            raise LinkBroken(cause=f"link: {type(error).__name__}: {error}") from error

    def read(self, length: int) -> bytes:
        """Exactly so many bytes. Raises LinkBroken."""
        kept = bytearray(length)
        view, have = memoryview(kept), 0
        while have < length:
            try:
                got = self.socket.recv_into(view[have:])
            except (OSError, ValueError) as error:
                raise LinkBroken(cause=f"link: {type(error).__name__}: {error}") from error
            if not got:
                raise LinkBroken(cause="link: closed by the other end")
            have += got
        return bytes(kept)

    def hang_up(self) -> None:
        """End it for a thread that waits on it, which then closes it."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """End it; only whoever owns it may."""
        self.hang_up()
        with contextlib.suppress(OSError):
            self.socket.close()


Hurry = Callable[[], bool]
"""Whether somebody waits for every single byte that is passed on."""


def join(
    one: Stream, other: Stream, passed: Callable[[int], None] = lambda count: None, hurry: Hurry = lambda: True
) -> None:
    """Pass bytes between two streams, both ways, until either end closes; `passed` is told how many, now and then.

    Where nobody is in a hurry, it rests after passing on a little: what comes meanwhile goes together.
    """
    pass_on(one, other, [Way(one.socket, other.socket), Way(other.socket, one.socket)], passed, hurry)


def pass_on(one: Stream, other: Stream, ways: Sequence[Way], passed: Callable[[int], None], hurry: Hurry) -> None:
    """The same with ways that may do something to the bytes. Ends both streams."""
    try:
        one.socket.setblocking(False)
        other.socket.setblocking(False)
        poll = select.poll()
        while True:
            moved = [way.step() for way in ways]
            if any(way.is_over for way in ways):
                return
            if any(moved):
                passed(sum(moved))
                if sum(moved) < LITTLE and not hurry():
                    time.sleep(REST_SECONDS)
                continue
            wants: dict[int, int] = {}
            for way in ways:
                if way.pending:
                    wants[way.target.fileno()] = wants.get(way.target.fileno(), 0) | way.target_waits
                else:
                    wants[way.source.fileno()] = wants.get(way.source.fileno(), 0) | way.source_waits
            for handle, events in wants.items():
                poll.register(handle, events)
            poll.poll()
            for handle in wants:
                poll.unregister(handle)
    except (OSError, ValueError):  # a reset, or closed by another thread
        return
    finally:
        one.close()
        other.close()


class Way:
    """Bytes from one socket to the other, without ever blocking."""

    def __init__(self, source: socket.socket, target: socket.socket) -> None:
        self.source, self.target = source, target
        self.source_waits, self.target_waits = select.POLLIN, select.POLLOUT
        self.is_over = False
        self.buffer = memoryview(bytearray(CHUNK))
        self.pending = self.buffer[:0]
        """What is still to be passed on."""

    def step(self) -> int:
        """Read what is there, unless some is still to be passed on; pass on what goes; say how many bytes moved."""
        moved = 0 if self.pending else self.fill()
        return moved + self.drain()

    def fill(self) -> int:
        """Take what is there to be passed on; says how many bytes that is."""
        have = self.read_into(self.buffer)
        self.pending = self.buffer[:have]
        return have

    def drain(self) -> int:
        """Pass on what goes; says how many bytes went."""
        moved = 0
        while self.pending:
            try:
                sent = self.target.send(self.pending)
            except ssl.SSLWantReadError:
                self.target_waits = select.POLLIN
                break
            except (ssl.SSLWantWriteError, BlockingIOError):
                self.target_waits = select.POLLOUT
                break
            self.pending = self.pending[sent:]
            moved += sent
        return moved

    def read_into(self, room: memoryview) -> int:
        """Read until there is no room or nothing more at the moment; at the end of everything, `is_over`."""
        have = 0
        while have < len(room):
            got = self._read(room[have:])
            if got < 0:
                break
            if got == 0:
                self.is_over = have == 0
                break
            have += got
        return have

    def _read(self, room: memoryview) -> int:
        try:
            return self.source.recv_into(room)
        except ssl.SSLWantWriteError:
            self.source_waits = select.POLLOUT
            return -1
        except (ssl.SSLWantReadError, BlockingIOError):
            self.source_waits = select.POLLIN
            return -1
