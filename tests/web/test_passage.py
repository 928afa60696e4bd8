"""What happens to requests while the network changes hosts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from folkmoot.barrier import Barrier, State
from folkmoot.settings import Settings
from folkmoot.web import passage
from folkmoot.web.origin import Seal
from folkmoot.web.passage import Passage

Answer = tuple[int, bytes]


class OtherSide:
    """Stands for the relay, whose own tests speak to a real host."""

    def __init__(self) -> None:
        self.is_there = True
        self.asked: list[str] = []

    async def answer(self, scope: Any, receive: Any, send: Any) -> bool:
        self.asked.append(scope["path"])
        if self.is_there:
            await send({"type": "http.response.start", "status": 201, "headers": []})
            await send({"type": "http.response.body", "body": b"over there"})
        return self.is_there

    async def close(self) -> None:
        pass


class House:
    def __init__(self, data: Path) -> None:
        self.barrier = Barrier(data)
        self.other = OtherSide()
        self.changes: list[State] = []
        self.clients: list[Any] = []
        settings = Settings(data=data, public_url="https://example.org")
        self.passage = Passage(settings, self.inside, self.changed, self.relaying)
        self.seal = Seal(data)

    def relaying(self) -> Any:
        return self.other

    async def changed(self, state: State) -> None:
        self.changes.append(state)

    async def inside(self, scope: Any, receive: Any, send: Any) -> None:
        self.clients.append((scope["client"][0], dict(scope["headers"])))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"here"})

    async def ask(self, method: str, path: str = "/api/v1/statuses", headers: Any = ()) -> Answer:
        said: list[Any] = []

        async def send(message: Any) -> None:
            said.append(message)

        async def receive() -> Any:
            raise AssertionError("a body was read before its time")

        scope = {"type": "http", "method": method, "path": path, "headers": list(headers), "client": ("192.0.2.1", 5)}
        await self.passage(scope, receive, send)
        return said[0]["status"], said[1]["body"]


@asynccontextmanager
async def house(data: Path) -> AsyncIterator[House]:
    made = House(data)
    made.passage.open()
    try:
        yield made
    finally:
        await made.passage.close()
        made.barrier.close()


async def test_writes_wait_and_are_then_answered_and_reads_go_on(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        here.barrier.set(State.HELD)
        post = asyncio.create_task(here.ask("POST"))
        assert await here.ask("GET") == (200, b"here")
        await asyncio.sleep(0.05)
        assert not post.done()
        assert here.barrier.under_way() == (0, 0)  # who waits is not under way
        here.barrier.set(State.OPEN)
        assert await post == (200, b"here")


async def test_when_the_other_side_took_over_what_waited_is_answered_there(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        here.barrier.set(State.AWAY)
        posts = [asyncio.create_task(here.ask("POST")) for _ in range(20)]
        assert await here.ask("GET", "/home") == (201, b"over there")
        await asyncio.sleep(0.05)
        assert here.other.asked == ["/home"]
        here.barrier.set(State.RELAY)
        assert await asyncio.gather(*posts) == [(201, b"over there")] * 20
        async with asyncio.timeout(10):  # and streams hear of it, soon
            while State.RELAY not in here.changes:  # noqa: ASYNC110  # told by a plain call
                await asyncio.sleep(0.01)


async def test_a_read_that_the_other_side_cannot_answer_yet_is_asked_again(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        here.other.is_there = False
        here.barrier.set(State.AWAY)
        read = asyncio.create_task(here.ask("GET", "/home"))
        await asyncio.sleep(0.12)
        assert not read.done()
        assert len(here.other.asked) > 1
        here.barrier.set(State.OPEN)  # the move was called off
        assert await read == (200, b"here")


@pytest.mark.parametrize("state", [State.STANDBY, State.FENCED])
async def test_a_host_that_is_not_first_refuses_writes_and_says_where_the_network_lives(
    tmp_path: Path, state: State
) -> None:
    async with house(tmp_path) as here:
        here.barrier.set(state)
        status, body = await here.ask("POST")
        assert status == 503
        assert b"https://example.org" in body
        assert await here.ask("GET") == (200, b"here")


async def test_nobody_waits_for_ever_and_not_everybody_may_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passage, "LONGEST_WAIT", 0.1)
    monkeypatch.setattr(passage, "MOST_WAITING", 3)
    async with house(tmp_path) as here:
        here.barrier.set(State.HELD)
        answers = await asyncio.gather(*(here.ask("POST") for _ in range(5)))
        assert [status for status, _ in answers] == [503] * 5


async def test_only_the_other_host_may_say_where_a_request_came_from(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        sealed = here.seal.closed("198.51.100.7").encode()
        await here.ask("GET", headers=[(Seal.HEADER, sealed), (b"x-forwarded-for", b"203.0.113.1")])
        for forged in (b"0" * 64, b"", b"\xe9" * 64):
            await here.ask("GET", headers=[(Seal.HEADER, forged + b":198.51.100.7")])
        assert here.clients == [("198.51.100.7", {}), *[("192.0.2.1", {})] * 3]
