"""Where everything is wired, and the only place: API, streams and pages under one ASGI application."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from folkmoot.settings import Settings
from folkmoot.web.api.app import PREFIXES, Api, Send
from folkmoot.web.api.call import Receive
from folkmoot.web.server import Server
from folkmoot.web.stream import STREAMING, Streams

log = structlog.get_logger(__name__)

Asgi = Callable[[Any, Any, Any], Awaitable[None]]


class Application:
    """ASGI: `startup` connects, then requests go to the API, to streams or to the pages."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._serial = itertools.count(1)
        self._prefix = secrets.token_hex(4)
        self._api: Api | None = None
        self._streams: Streams | None = None
        self._pages: asyncio.Task[Asgi] | None = None
        self.server: Server | None = None

    async def startup(self, server: Server | None = None) -> None:
        """Connect to the database and storage; the pages load meanwhile, so that the API answers at once."""
        self.server = server or await Server.open(self._settings)
        self._api = Api(self.server)
        self._streams = Streams(self.server)
        self._pages = asyncio.create_task(asyncio.to_thread(_load_pages, self.server), name="load pages")

    async def shutdown(self) -> None:
        if self._streams:
            await self._streams.close()
        if self.server:
            await self.server.close()

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        assert self._api is not None, "startup comes first"
        assert self._streams is not None
        assert self._pages is not None
        path: str = scope["path"]
        structlog.contextvars.clear_contextvars()
        if path.startswith(STREAMING) and (scope["type"] == "websocket" or not path.startswith(f"{STREAMING}/health")):
            await self._streams(scope, receive, send)
        elif path.startswith(PREFIXES) and scope["type"] == "http":
            await self._api(scope, receive, send, self._request_id(scope))
        else:
            pages = await asyncio.shield(self._pages)
            await pages(scope, receive, send)

    def _request_id(self, scope: Mapping[str, Any]) -> str:
        for key, value in scope["headers"]:
            if key == b"x-request-id" and len(value) <= 64 and value.isascii():
                return str(value.decode("ascii"))
        return f"{self._prefix}-{next(self._serial)}"

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.startup()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.shutdown()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _load_pages(server: Server) -> Asgi:
    # Litestar and the templates take longer to load than all the rest, and a client's first question is for the API.
    from folkmoot.web.pages import create_pages

    return create_pages(server)
