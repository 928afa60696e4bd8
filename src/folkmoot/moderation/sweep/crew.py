"""Who does the reading: processes of this machine, or a Ray cluster. Each builds its Screen once and keeps it."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
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
_screen: Screen | None = None


class Crew(Protocol):
    """Reads batches; `hands` says how many it reads at once."""

    hands: int

    async def read(self, words: Sequence[Words]) -> list[Finding]: ...

    def dismiss(self) -> None: ...


class Processes:
    """As many processes as there are cores, at the lowest priority: whoever uses the network comes first."""

    def __init__(self, parts: Parts, hands: int) -> None:
        self.hands = hands
        self._pool = ProcessPoolExecutor(
            hands, mp_context=get_context("spawn"), initializer=_settle, initargs=(_encode(parts),)
        )

    async def read(self, words: Sequence[Words]) -> list[Finding]:
        loop = asyncio.get_running_loop()
        return _findings.decode(await loop.run_in_executor(self._pool, _read, _encode(words)))

    def dismiss(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


class Cluster:
    """Actors on a Ray cluster, one a processor: for hundreds of millions of posts.

    Ray is the operator's (`pip install ray`); `address` is `local` for one on this machine, else as `ray.init` takes it.
    """

    def __init__(self, parts: Parts, address: str, hands: int) -> None:
        try:
            ray: Any = importlib.import_module("ray")
        except ImportError as error:
            raise Unavailable("Ray is not installed: .venv/bin/pip install 'folkmoot[ray]'") from error
        self.hands = hands
        self._ray = ray
        options: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
        if address == "local":
            options |= {"num_cpus": hands, "include_dashboard": False}
        else:
            options |= {"address": address}
        ray.init(**options)
        reader = ray.remote(num_cpus=1)(Reader)
        self._readers = [reader.remote(_encode(parts)) for _ in range(hands)]
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


class Reader:
    """What sits on a processor of the cluster."""

    def __init__(self, parts: Batch) -> None:
        self._screen = build(msgspec.msgpack.decode(parts, type=Parts))

    def read(self, words: Batch) -> Batch:
        return _encode([self._screen.look_now(each) for each in _words.decode(words)])


def _settle(parts: Batch) -> None:
    """A process of this machine takes its place."""
    global _screen
    os.nice(10)
    _screen = build(msgspec.msgpack.decode(parts, type=Parts))


def _read(words: Batch) -> Batch:
    assert _screen is not None, "a process settles before it reads"
    return _encode([_screen.look_now(each) for each in _words.decode(words)])
