"""Bytes that cross the line in frames, packed (zstd) where that makes it quicker: a database over a slow line.

Where the line is quick, packing would be the brake; so it is tried when the line holds us up, and kept when more comes
through. A frame is four bytes, the highest bit for packed and the length, and then the bytes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import zstandard

from folkmoot.hosting.link.stream import CHUNK, Hurry, LinkBroken, Stream, Way, pass_on

PACKED = 1 << 31
HEAD = 4
LEAST = 512
"""Bytes that are not worth packing."""
WINDOW = 0.25
"""Seconds after which it is decided anew."""
STEADY = 3
HELD_UP = 0.5
"""Share of the time that nothing more went into the line, from which on the line is what takes the time."""
QUICK = 40e6
"""Bytes a second from which on a line is quicker than packing makes it on a small machine."""
PAYS = 1.15
"""How much more must come through packed."""
REST = 30.0
"""Seconds until it is tried again after it did not pay."""
SLOW, QUICKLY, WELL = 4e6, 1, 3
"""On a line below the first, packing well (zstd 3) costs nothing but processor nobody waits for."""


@dataclass
class Pace:
    """Whether what goes out is packed: decided from how it went in the last moments. No clock: it is told."""

    level: int = 0
    """0 while it is not packed."""
    raw_rate: float = 0.0
    """Bytes a second that came through when they were not."""
    steady: int = 0
    """How many moments on end the line held us up. The first ones fill the kernel's buffers and look quick."""
    is_settling: bool = False
    """Right after a change the line still holds what was sent before it."""
    rests_until: float = 0.0

    def look(self, now: float, seconds: float, plain: int, held_up: float) -> None:
        """`plain` bytes were sent within `seconds`, of which the line took nothing for `held_up`."""
        if self.is_settling:
            self.is_settling = False
            return
        if held_up < HELD_UP * seconds:
            self.steady = 0
            return  # whatever the time goes to, it is not the line
        rate = plain / seconds
        self.steady += 1
        if self.steady < STEADY:
            return
        if self.level and rate < self.raw_rate * PAYS:
            self.level, self.is_settling, self.rests_until, self.steady = 0, True, now + REST, 0
        elif not self.level and rate < QUICK and now >= self.rests_until:
            self.level, self.is_settling, self.steady = WELL if rate < SLOW else QUICKLY, True, 0
            self.raw_rate = rate


class Line:
    """A stream to the other host on which bytes go in frames. Blocking, until it is joined."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self._left = memoryview(b"")

    def patience(self, seconds: float | None) -> None:
        """How long every single wait from now on may last."""
        self.stream.patience(seconds)

    def write(self, data: bytes) -> None:
        """Send a few bytes. Raises LinkBroken."""
        self.stream.write(len(data).to_bytes(HEAD) + data)

    def read(self, length: int) -> bytes:
        """Exactly so many bytes. Raises LinkBroken."""
        taken = bytearray()
        while len(taken) < length:
            if not self._left:
                head = int.from_bytes(self.stream.read(HEAD))
                _check(head)
                self._left = _opened(head, memoryview(self.stream.read(head & ~PACKED)))
            part = self._left[: length - len(taken)]
            taken += part
            self._left = self._left[len(part) :]
        return bytes(taken)

    def join(
        self, plain: Stream, passed: Callable[[int], None] = lambda count: None, hurry: Hurry = lambda: True
    ) -> None:
        """Pass bytes between the line and a plain stream, both ways, until either closes."""
        coming = _Unframing(self.stream.socket, plain.socket)
        coming.pending = self._left
        pass_on(self.stream, plain, [coming, _Framing(plain.socket, self.stream.socket)], passed, hurry)


class _Framing(Way):
    """From a plain socket into the line."""

    def __init__(self, *sockets: object) -> None:
        super().__init__(*sockets)  # type: ignore[arg-type]  # the two it has
        self.pace = Pace()
        self._since = time.monotonic()
        self._plain = 0
        self._held_up = 0.0
        self._held_since: float | None = None

    def fill(self) -> int:
        self._look()
        have = self.read_into(self.buffer[HEAD:])
        if not have:
            return 0
        self._plain += have
        body = self.buffer[HEAD : HEAD + have]
        if self.pace.level and have >= LEAST:
            packed = _packer(self.pace.level).compress(body)
            if len(packed) < 0.9 * have:
                self.pending = memoryview((PACKED | len(packed)).to_bytes(HEAD) + packed)
                return have
        self.buffer[:HEAD] = have.to_bytes(HEAD)
        self.pending = self.buffer[: HEAD + have]
        return have

    def drain(self) -> int:
        sent = super().drain()
        now = time.monotonic()
        if sent and self._held_since is not None:
            self._held_up += now - self._held_since
            self._held_since = None
        if self.pending and self._held_since is None:
            self._held_since = now
        return sent

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._since >= WINDOW:
            self.pace.look(now, now - self._since, self._plain, self._held_up)
            self._since, self._plain, self._held_up = now, 0, 0.0


class _Unframing(Way):
    """Out of the line into a plain socket."""

    def __init__(self, *sockets: object) -> None:
        super().__init__(*sockets)  # type: ignore[arg-type]  # the two it has
        self._have = 0
        self._head: int | None = None

    def fill(self) -> int:
        moved = 0
        if self._head is None:
            moved += self._more(HEAD)
            if self._have < HEAD:
                return moved
            self._head, self._have = int.from_bytes(self.buffer[:HEAD]), 0
            _check(self._head)
        length = self._head & ~PACKED
        moved += self._more(length)
        if self._have == length:
            self.pending = _opened(self._head, self.buffer[:length])
            self._head, self._have = None, 0
        return moved

    def _more(self, wanted: int) -> int:
        got = self.read_into(self.buffer[self._have : wanted])
        self._have += got
        return got


def _check(head: int) -> None:
    if not 0 < head & ~PACKED <= CHUNK:
        raise LinkBroken(cause=f"link: a frame of {head & ~PACKED} bytes")


def _opened(head: int, body: memoryview) -> memoryview:
    if not head & PACKED:
        return body
    try:
        if not 0 < zstandard.frame_content_size(body) <= CHUNK:
            raise LinkBroken(cause="link: a frame that unpacks to too much")
        return memoryview(zstandard.ZstdDecompressor().decompress(body, max_output_size=CHUNK))
    except zstandard.ZstdError as error:
        raise LinkBroken(cause=f"link: a frame that does not unpack: {error}") from error


_of_this_thread = threading.local()


def _packer(level: int) -> zstandard.ZstdCompressor:
    found: zstandard.ZstdCompressor | None = getattr(_of_this_thread, f"level_{level}", None)
    if found is None:
        found = zstandard.ZstdCompressor(level=level, write_content_size=True)
        setattr(_of_this_thread, f"level_{level}", found)
    return found
