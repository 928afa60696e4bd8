"""Where everything is wired, and the only place: API, streams and pages under one ASGI application."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import structlog

from folkmoot.barrier import State
from folkmoot.errors import FolkmootError, Unavailable
from folkmoot.settings import Settings
from folkmoot.web.api.app import PREFIXES, Api, Send, plain_refusal
from folkmoot.web.api.call import Receive
from folkmoot.web.passage import Passage
from folkmoot.web.server import Server
from folkmoot.web.status import StatusBoard
from folkmoot.web.stream import STREAMING, Streams
from folkmoot.web.writes import SAFE

STATUS = ("/status", "/status.json")
OPENING_SECONDS = 5.0
"""How long a process that starts waits for its database before it answers at all: the status page, and 503 for the rest."""

if TYPE_CHECKING:
    from folkmoot.web.relay import Relay

log = structlog.get_logger(__name__)

Asgi = Callable[[Any, Any, Any], Awaitable[None]]


class Application:
    """ASGI: `startup` connects, then requests go to the API, to streams or to the pages."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._serial = itertools.count(1)
        self._prefix = secrets.token_hex(4)
        self._status = StatusBoard(settings)
        self._api: Api | None = None
        self._streams: Streams | None = None
        self._pages: asyncio.Task[Asgi] | None = None
        self._opening: asyncio.Task[None] | None = None
        self._passage: Passage | None = None
        self.server: Server | None = None

    async def startup(self, server: Server | None = None) -> None:
        """Connect to the database and storage; the pages load meanwhile, so that the API answers at once."""
        self._open_passage()
        self.server = server or await Server.open(self._settings, self._status)
        self._status = self.server.status
        self._streams = Streams(self.server)
        self._pages = asyncio.create_task(asyncio.to_thread(_load_pages, self.server), name="load pages")
        self._api = Api(self.server)

    async def shutdown(self) -> None:
        if self._passage:
            await self._passage.close()
        if self._opening:
            self._opening.cancel()
        if self._streams:
            await self._streams.close()
        if self.server:
            await self.server.close()

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        assert self._passage is not None, "startup comes first"
        await self._passage(scope, receive, send)

    def _open_passage(self) -> None:
        """From now on requests are let through, held or handed over, as the barrier says."""
        if self._passage is None:
            self._passage = Passage(self._settings, self._answer, self._barrier_changed, self._relay)
            self._passage.open()

    async def _barrier_changed(self, state: State) -> None:
        """Another host or database begins to answer, or ours does: what is cached may be old, streams must come from there.

        Raises Unavailable while another database does not answer yet.
        """
        if self.server is not None:
            await self.server.follow_database()
            self.server.bus.reset()
        if state is State.RELAY and self._streams is not None:
            self._streams.end()

    def _relay(self) -> Relay:
        # What speaks HTTP to another host loads slowly, and only a network that has moved needs it.
        from folkmoot.web.relay import Relay

        return Relay(self._settings)

    async def _answer(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """A request that is answered by this host."""
        path: str = scope["path"]
        structlog.contextvars.clear_contextvars()
        if path in STATUS and scope["type"] == "http":
            await self._say_status(scope, send)
            return
        if self._api is None:
            await plain_refusal(scope, send, Unavailable())
            return
        assert self._streams is not None
        assert self._pages is not None
        if path.startswith(STREAMING) and (scope["type"] == "websocket" or not path.startswith(f"{STREAMING}/health")):
            await self._streams(scope, receive, send)
            return
        refused = self._refuses(scope)
        if path.startswith(PREFIXES) and scope["type"] == "http":
            if refused is not None:
                await self._api.refuse(refused, send, self._request_id(scope))
                return
            await self._api(scope, receive, send, self._request_id(scope))
        else:
            if refused is not None:
                scope = {**scope, "refused": refused}  # the pages say it in their own way
            pages = await asyncio.shield(self._pages)
            await pages(scope, receive, send)

    def _refuses(self, scope: Mapping[str, Any]) -> FolkmootError | None:
        if scope["type"] != "http" or scope["method"] in SAFE:
            return None
        assert self.server is not None
        try:
            self.server.writes.check(scope)
        except FolkmootError as refused:
            return refused
        return None

    async def _say_status(self, scope: Mapping[str, Any], send: Send) -> None:
        in_html, in_json, safe = await asyncio.to_thread(_load_status)
        status = self._status.status()
        html = scope["path"] == "/status"
        body = in_html(status, self._settings, scope) if html else in_json(status)
        kind = b"text/html; charset=utf-8" if html else b"application/json; charset=utf-8"
        headers = [
            (b"content-type", kind),
            (b"cache-control", b"no-store"),
            (b"access-control-allow-origin", b"*"),
            *safe,
        ]
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _request_id(self, scope: Mapping[str, Any]) -> str:
        for key, value in scope["headers"]:
            if key == b"x-request-id" and len(value) <= 64 and value.isascii():
                return str(value.decode("ascii"))
        return f"{self._prefix}-{next(self._serial)}"

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._open_passage()
                self._opening = asyncio.create_task(self._open(), name="open")
                await asyncio.wait({self._opening}, timeout=OPENING_SECONDS)
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.shutdown()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _open(self) -> None:
        while True:
            try:
                await self.startup()
            except FolkmootError as error:
                log.error("waiting for the database", cause=error.cause)
            else:
                return


def _load_pages(server: Server) -> Asgi:
    # Litestar and the templates take longer to load than all the rest, and a client's first question is for the API.
    from folkmoot.web.pages import create_pages

    return create_pages(server)


def _load_status() -> tuple[Any, Any, Any]:
    # The same, and it must also load when there is no database and hence no page.
    from folkmoot.web.pages.app import SAFE
    from folkmoot.web.pages.status import in_html, in_json

    return in_html, in_json, SAFE
