"""Who does the reading: processes of this machine, or a Ray cluster. Each builds its Screen once and keeps it.

What a few wrote to one another is not shown to other machines: that is read here.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from typing import Any, Protocol

import msgspec

from folkmoot.errors import Unavailable
from folkmoot.moderation.screening import Finding, Screen, Words
from folkmoot.network.gate.parts import Parts, build

Batch = bytes
"""Words or findings as MessagePack, so that every crew carries them alike."""

_encode = msgspec.msgpack.encode
_words = msgspec.msgpack.Decoder(list[Words])
_findings = msgspec.msgpack.Decoder(list[Finding])
_reader: Reader | None = None


class Crew(Protocol):
    """Reads batches; `hands` says how many it reads at once, `is_elsewhere` whether they leave this machine for it."""

    hands: int
    is_elsewhere: bool

    async def read(self, words: Sequence[Words]) -> list[Finding]: ...

    def dismiss(self) -> None: ...


class Processes:
    """As many processes as there are cores, at the lowest priority: whoever uses the network comes first."""

    is_elsewhere = False

    def __init__(self, parts: Parts, hands: int, share: float) -> None:
        self.hands = hands
        context = get_context("spawn")
        self._leave = context.Event()
        self._pool = ProcessPoolExecutor(
            hands, mp_context=context, initializer=_settle, initargs=(_encode(parts), share, self._leave)
        )

    async def read(self, words: Sequence[Words]) -> list[Finding]:
        loop = asyncio.get_running_loop()
        return _findings.decode(await loop.run_in_executor(self._pool, _read, _encode(words)))

    def dismiss(self) -> None:
        self._leave.set()  # nobody sits out a pause any longer
        self._pool.shutdown(wait=True, cancel_futures=True)


class Cluster:
    """Actors on a Ray cluster, one a processor: for hundreds of millions of posts.

    Ray is the operator's (`pip install ray`); `address` is `local` for one on this machine, else as `ray.init` takes it.
    """

    def __init__(self, parts: Parts, address: str, hands: int, share: float) -> None:
        try:
            ray: Any = importlib.import_module("ray")
        except ImportError as error:
            raise Unavailable("Ray is not installed: .venv/bin/pip install 'folkmoot[ray]'") from error
        self.hands = hands
        self.is_elsewhere = address != "local"
        self._ray = ray
        options: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
        if address == "local":
            options |= {"num_cpus": hands, "include_dashboard": False}
        else:
            options |= {"address": address}
        ray.init(**options)
        reader = ray.remote(num_cpus=1)(Reader)
        self._readers = [reader.remote(_encode(parts), share) for _ in range(hands)]
        self._free: asyncio.Queue[Any] = asyncio.Queue()
        for each in self._readers:
            self._free.put_nowait(each)

    async def read(self, words: Sequence[Words]) -> list[Finding]:
        reader = await self._free.get()
        try:
            return _findings.decode(await reader.read.remote(_encode(words)))
        finally:
            self._free.put_nowait(reader)

    def dismiss(self) -> None:
        self._ray.shutdown()


class Here:
    """This very process, for the few texts that stay on this machine whoever reads the others."""

    hands = 1
    is_elsewhere = False

    def __init__(self, screen: Screen, share: float) -> None:
        self._screen = screen
        self._leave = threading.Event()
        self._pace = Pace(share, pause=self._leave.wait)
        self._one_at_a_time = asyncio.Lock()

    async def read(self, words: Sequence[Words]) -> list[Finding]:
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._now, words)

    def _now(self, words: Sequence[Words]) -> list[Finding]:
        with self._pace.batch():
            return [self._screen.look_now(each) for each in words]

    def dismiss(self) -> None:
        self._leave.set()


class Pace:
    """Of its time a hand works this share. The pause it owes for a batch it takes before the next one."""

    def __init__(
        self,
        share: float,
        *,
        pause: Callable[[float], object] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._owed = 1 / share - 1
        self._pause = pause
        self._now = now
        self._free_at = 0.0

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Around the reading of a batch."""
        if (owed := self._free_at - self._now()) > 0:
            self._pause(owed)
        begun = self._now()
        yield
        ended = self._now()
        self._free_at = ended + (ended - begun) * self._owed


class Reader:
    """One hand: what sits on a processor of the cluster, or in a process of this machine."""

    def __init__(self, parts: Batch, share: float, pause: Callable[[float], object] = time.sleep) -> None:
        self._screen = build(msgspec.msgpack.decode(parts, type=Parts))
        self._pace = Pace(share, pause=pause)

    def read(self, words: Batch) -> Batch:
        with self._pace.batch():
            return _encode([self._screen.look_now(each) for each in _words.decode(words)])


def _settle(parts: Batch, share: float, leave: Event) -> None:
    """A process of this machine takes its place."""
    global _reader
    os.nice(10)
    _reader = Reader(parts, share, leave.wait)


def _read(words: Batch) -> Batch:
    assert _reader is not None, "a process settles before it reads"
    return _reader.read(words)
