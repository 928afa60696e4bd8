"""The way every request takes: answered here, held for a moment, or answered by the other side of a move.

While the network changes hosts, writes wait at the barrier for a second and are then answered by whichever side is first;
reads never wait as long as one side can answer. Not a byte of a waiting request's body is read before it goes on, so what
is held costs little memory, and the number of those who may wait is bounded.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from folkmoot.barrier import Barrier, Slot, State
from folkmoot.errors import FolkmootError
from folkmoot.settings import Settings
from folkmoot.web.origin import Origin, Seal

if TYPE_CHECKING:
    from folkmoot.web.relay import Relay

log = structlog.get_logger(__name__)

Asgi = Callable[[Any, Any, Any], Awaitable[None]]

LONGEST_WAIT = 30.0
"""Seconds a request waits before it is asked to come again."""
MOST_WAITING = 2_000
"""Requests one process holds; those beyond are asked to come again at once."""
GLANCE_SECONDS = 0.25
"""How often a process looks whether the state changed, for its streams and caches; requests look for themselves."""
CLOSE_GLANCE_SECONDS = 0.005
"""The same while anything waits, or the other side may be about to hand over to us."""
SAFE = ("GET", "HEAD", "OPTIONS")
STREAMS = "/api/v1/streaming"

WORDS = {
    State.STANDBY: "This is the network's second host, which only follows. Post at its own address: {lives_at}",
    State.FENCED: "The network has moved to another host and lives at {lives_at} now. This one takes no more posts.",
    State.RELAY: "The network has moved to another host and lives at {lives_at} now. Please try again in a moment.",
    State.HELD: "The network is changing hosts. Nothing was lost; please try again in a moment.",
    State.AWAY: "The network is changing hosts. Nothing was lost; please try again in a moment.",
    State.OPEN: "Please try again in a moment.",
}


class Passage:
    """Stands before the application of one web process.

    `changed` is called whenever the state has changed: streams end (clients come back), caches forget what they hold.
    """

    def __init__(
        self,
        settings: Settings,
        inside: Asgi,
        changed: Callable[[State], Awaitable[None]],
        relaying: Callable[[], Relay],
    ) -> None:
        self._settings = settings
        self._inside = inside
        self._changed = changed
        self._relaying = relaying
        self._relay: Relay | None = None
        self._origin = Origin(settings.trusted_proxies)
        self._seal = Seal(settings.data)
        self._barrier = Barrier(settings.data)
        self._slot: Slot = self._barrier.join()
        self._waiting: set[asyncio.Future[None]] = set()
        self._soon = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to watch the barrier."""
        self._watching = asyncio.create_task(self._watch(), name="barrier")

    async def close(self) -> None:
        """Stop watching, and let everybody go who still waits."""
        if self._watching:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
        self._release()
        if self._relay:
            await self._relay.close()
        self._barrier.close()

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "websocket" or scope["path"].startswith(STREAMS):
            await self._stream(scope, receive, send)
            return
        writes = scope["method"] not in SAFE
        until = 0.0
        while True:
            self._slot.enter(writes)  # before looking at the state; see Slot
            try:
                if self._barrier.is_open or self._is_answered_here(scope, writes):
                    await self._inside(self._unsealed(scope), receive, send)
                    return
            finally:
                self._slot.leave(writes)
            state = self._barrier.state
            if state is State.RELAY or (state is State.AWAY and not writes):
                if await self._over_there().answer(scope, receive, send):
                    return
            elif state in (State.STANDBY, State.FENCED):
                await self._refuse(scope, send, state)
                return
            until = until or time.monotonic() + LONGEST_WAIT
            if len(self._waiting) >= MOST_WAITING or time.monotonic() >= until:
                await self._refuse(scope, send, state)
                return
            await self._wait(until)

    def _is_answered_here(self, scope: Mapping[str, Any], writes: bool) -> bool:
        state = self._barrier.state
        if state in (State.OPEN, State.HELD, State.STANDBY, State.FENCED):
            return not writes or state is State.OPEN
        return bool(scope["path"] == "/health")

    async def _stream(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        """Streams are not held: whoever cannot be served comes back in a moment, as clients do anyway."""
        if self._barrier.state in (State.RELAY, State.AWAY):
            await self._over_there().answer(scope, receive, send)
        else:
            await self._inside(self._unsealed(scope), receive, send)

    def _unsealed(self, scope: Mapping[str, Any]) -> Mapping[str, Any]:
        """A relayed request as if it had come here by itself: from the address the other side saw."""
        for name, value in scope["headers"]:
            if name == Seal.HEADER:
                address = self._seal.opened(value)
                kept = [pair for pair in scope["headers"] if pair[0] != Seal.HEADER]
                if address is None:
                    return {**scope, "headers": kept}
                kept = [pair for pair in kept if pair[0] != b"x-forwarded-for"]
                return {**scope, "headers": kept, "client": (address, 0)}
        return scope

    def _over_there(self) -> Relay:
        if self._relay is None:
            self._relay = self._relaying()
        return self._relay

    async def _wait(self, until: float) -> None:
        """Until the state changes, or a moment has passed (a read that the other side could not answer tries again)."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(turn)
        self._soon.set()
        try:
            async with asyncio.timeout(
                min(0.05 if self._barrier.state is State.AWAY else 5.0, until - time.monotonic())
            ):
                await turn
        except TimeoutError:
            pass
        finally:
            self._waiting.discard(turn)

    def _release(self) -> None:
        for turn in self._waiting:
            if not turn.done():
                turn.set_result(None)

    async def _watch(self) -> None:
        known = self._barrier.changes
        self._slot.note(known)
        while True:
            close = bool(self._waiting) or self._barrier.state is State.STANDBY
            if close:
                await asyncio.sleep(CLOSE_GLANCE_SECONDS)
            else:
                self._soon.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(GLANCE_SECONDS):
                        await self._soon.wait()
            changes = self._barrier.changes
            if changes != known:
                try:
                    await self._changed(self._barrier.state)
                except FolkmootError as error:  # then whoever changed it waits for us, or ends us
                    log.error("barrier", cause=error.cause or error.words)
                    await asyncio.sleep(GLANCE_SECONDS)
                    continue
                known = changes
                self._slot.note(known)
                self._release()

    async def _refuse(self, scope: Mapping[str, Any], send: Any, state: State) -> None:
        words = WORDS[state].format(lives_at=self._settings.base_url)
        if scope["path"].startswith(("/api/", "/oauth/")):
            body, kind = msgspec.json.encode({"error": words}), b"application/json; charset=utf-8"
        else:
            body, kind = words.encode(), b"text/plain; charset=utf-8"
        headers = [
            (b"content-type", kind),
            (b"content-length", str(len(body)).encode()),
            (b"retry-after", b"5"),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
