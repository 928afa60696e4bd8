"""Bytes in frames: the same come out, fewer cross a slow line, and a quick one is left alone."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable

import pytest

from folkmoot.hosting.link import LinkBroken, Stream
from folkmoot.hosting.link.packing import CHUNK, HEAD, PACKED, QUICK, REST, WINDOW, Line, Pace

TEXT = " ".join(f"word{number % 977}" for number in range(500_000)).encode()
NOISE = random.Random(3).randbytes(len(TEXT))


def looks(pace: Pace, *windows: tuple[float, float], begin: float = 100.0) -> list[int]:
    """The level after each window of (bytes a second, share of the time held up)."""
    found = []
    for number, (rate, held_up) in enumerate(windows):
        pace.look(begin + number * WINDOW, WINDOW, int(rate * WINDOW), held_up * WINDOW)
        found.append(pace.level)
    return found


@pytest.mark.parametrize(
    ("windows", "levels"),
    [
        ([(30e6, 0.9), (9e6, 0.9), (9e6, 0.9), (2e6, 0.9), (28e6, 0.9), (27e6, 0.9)], [0, 0, 1, 1, 1, 1]),
        ([(1e6, 1.0)] * 3 + [(3e6, 1.0)] * 4, [0, 0, 3, 3, 3, 3, 3]),
        ([(QUICK * 2, 0.9)] * 5, [0] * 5),
        ([(9e6, 0.1)] * 5, [0] * 5),
        ([(9e6, 0.9), (9e6, 0.9), (9e6, 0.1), (9e6, 0.9), (9e6, 0.9)], [0] * 5),
        ([(9e6, 0.9)] * 3 + [(9.2e6, 0.9)] * 4, [0, 0, 1, 1, 1, 1, 0]),
        ([(9e6, 0.9)] * 3 + [(9.2e6, 0.1)] * 5, [0, 0, 1, 1, 1, 1, 1, 1]),
    ],
)
def test_it_is_packed_while_the_line_holds_us_up_and_more_comes_through(
    windows: list[tuple[float, float]], levels: list[int]
) -> None:
    assert looks(Pace(), *windows) == levels


def test_what_did_not_pay_is_tried_again_after_a_while() -> None:
    pace = Pace()
    assert looks(pace, *[(9e6, 0.9)] * 7)[-1] == 0
    assert looks(pace, *[(9e6, 0.9)] * 8, begin=110.0) == [0] * 8
    assert looks(pace, (9e6, 0.9), begin=104.0 + REST) == [1]


class Wire:
    """Two joined ends: what is put into one plain socket comes out of the other; `crossed` is counted between them."""

    def __init__(self, rate: float = 0.0, hurry: Callable[[], bool] = lambda: True) -> None:
        self.here, near = socket.socketpair()
        far, self.there = socket.socketpair()
        left, between = socket.socketpair()
        right, beyond = socket.socketpair()
        self._between = (between, beyond)
        for each in (left, between, right, beyond):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        self.crossed = 0
        self._rate = rate
        jobs: list[Callable[[], None]] = [
            lambda: Line(Stream(left)).join(Stream(near), hurry=hurry),
            lambda: Line(Stream(right)).join(Stream(far)),
            lambda: self._carry(between, beyond, counted=True),
            lambda: self._carry(beyond, between, counted=False),
        ]
        self._threads = [threading.Thread(target=job) for job in jobs]
        for thread in self._threads:
            thread.start()

    def _carry(self, source: socket.socket, target: socket.socket, *, counted: bool) -> None:
        try:
            while data := source.recv(65536):
                if counted:
                    self.crossed += len(data)
                    if self._rate:
                        time.sleep(len(data) / self._rate)
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):  # whoever waits there is woken
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def exchange(self, there: bytes, back: bytes) -> tuple[bytes, bytes]:
        """Send both ways at once; what came."""
        came: dict[str, bytes] = {}

        def read(name: str, end: socket.socket, wanted: int) -> None:
            have = bytearray()
            while len(have) < wanted and (data := end.recv(1 << 20)):
                have += data
            came[name] = bytes(have)

        jobs = [
            threading.Thread(target=self.here.sendall, args=(there,)),
            threading.Thread(target=self.there.sendall, args=(back,)),
            threading.Thread(target=read, args=("there", self.there, len(there))),
            threading.Thread(target=read, args=("back", self.here, len(back))),
        ]
        for job in jobs:
            job.start()
        for job in jobs:
            job.join(60)
        return came["there"], came["back"]

    def close(self) -> None:
        self.here.close()
        for thread in self._threads:
            thread.join(10)
        for each in (self.there, *self._between):
            each.close()


def test_both_ways_the_same_bytes_come_out_and_a_quick_line_gets_them_as_they_are() -> None:
    wire = Wire()
    try:
        assert wire.exchange(TEXT, NOISE) == (TEXT, NOISE)
        assert wire.exchange(b"x", b"") == (b"x", b"")
        assert wire.crossed > len(TEXT)
    finally:
        wire.close()


def test_over_a_slow_line_fewer_bytes_go_and_what_does_not_pack_goes_as_it_is() -> None:
    wire = Wire(rate=1.2e6)
    try:
        assert wire.exchange(TEXT, b"back") == (TEXT, b"back")
        before = wire.crossed
        assert before < len(TEXT) * 0.75
        assert wire.exchange(NOISE[:500_000], b"")[0] == NOISE[:500_000]
        assert wire.crossed - before < 510_000
    finally:
        wire.close()


def test_where_nobody_is_in_a_hurry_what_comes_meanwhile_goes_together() -> None:
    wire = Wire(hurry=lambda: False)
    sent = b"".join(number.to_bytes(2) * 50 for number in range(300))
    try:
        for at in range(0, len(sent), 100):
            wire.here.sendall(sent[at : at + 100])
            time.sleep(0.001)
        came = bytearray()
        while len(came) < len(sent):
            came += wire.there.recv(1 << 16)
        assert came == sent
        assert wire.crossed - len(sent) < 100 * HEAD
    finally:
        wire.close()


@pytest.mark.parametrize(
    "sent",
    [
        (0).to_bytes(4),
        (CHUNK + 1).to_bytes(4),
        (PACKED | 5).to_bytes(4) + b"dirty",
        (PACKED | 13).to_bytes(4) + bytes.fromhex("28b52ffda0ffffff7f010000ff"),
    ],
)
def test_what_is_no_frame_ends_the_stream(sent: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(sent)
        line = Line(Stream(ours))
        line.patience(5)
        with pytest.raises(LinkBroken):
            line.read(1)


def test_words_before_the_joining_are_not_lost() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        Line(Stream(theirs)).write(b"greeting and more")
        line = Line(Stream(ours))
        assert line.read(8) == b"greeting"
        near, end = socket.socketpair()
        joined = threading.Thread(target=line.join, args=(Stream(near),))
        joined.start()
        end.settimeout(10)
        assert end.recv(100) == b" and more"
        end.close()
        joined.join(10)
