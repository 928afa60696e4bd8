"""Requests that still arrive at the old host, handed to the new one through the link until names have changed.

HTTP with bodies of any length in both directions, event streams and WebSockets. What the client sent reaches the new host
as it was, with the address it came from under seal.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import structlog
from aiohttp import hdrs
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from folkmoot.errors import FolkmootError
from folkmoot.hosting.link import local
from folkmoot.settings import Settings
from folkmoot.web.origin import Origin, Seal

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 60.0
"""How long the other side may be silent, streams excepted: they beat every 15 s."""
MOST_CONNECTIONS = 512
OF_THIS_HOP = {
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer",
    b"transfer-encoding", b"upgrade",
}  # fmt: skip
"""RFC 9110 §7.6.1: headers that concern one connection and are not handed on."""
OF_THE_HANDSHAKE = {
    b"sec-websocket-key",
    b"sec-websocket-version",
    b"sec-websocket-extensions",
    b"sec-websocket-protocol",
}

log = structlog.get_logger(__name__)


class Relay:
    """The other side's web, as this process reaches it."""

    def __init__(self, settings: Settings) -> None:
        self._origin = Origin(settings.trusted_proxies)
        self._seal = Seal(settings.data)
        self._session = aiohttp.ClientSession(
            connector=_ThroughTheLink(settings),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=ANSWER_SECONDS),
            skip_auto_headers=(hdrs.USER_AGENT, hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.CONTENT_TYPE),
            read_bufsize=256 * 1024,
        )

    async def close(self) -> None:
        """Let go of all connections."""
        await self._session.close()

    async def answer(self, scope: Mapping[str, Any], receive: Any, send: Any) -> bool:
        """Have the other side answer; False when it could not be asked and nothing was said yet: ask again later."""
        try:
            if scope["type"] == "websocket":
                await self._websocket(scope, receive, send)
                return True
            return await self._http(scope, receive, send)
        except (aiohttp.ClientError, OSError, TimeoutError, FolkmootError) as error:
            log.warning("relay", path=scope["path"], why=str(error) or type(error).__name__)
            return False

    async def _http(self, scope: Mapping[str, Any], receive: Any, send: Any) -> bool:
        body = _Body(receive)
        has_body = any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])
        may_ask_again = scope["method"] in ("GET", "HEAD", "OPTIONS") and not has_body
        begun = False
        try:
            async with self._session.request(
                scope["method"],
                _address(scope),
                headers=self._headers(scope),
                data=body.parts() if has_body else None,
                allow_redirects=False,
            ) as answer:
                if answer.status == 503 and may_ask_again:
                    return False
                kept = [(name, value) for name, value in _lower(answer.raw_headers) if name not in OF_THIS_HOP]
                begun = True
                await send({"type": "http.response.start", "status": answer.status, "headers": kept})
                await self._hand_on(answer, receive if not has_body else None, send)
                return True
        except _NotConnected:
            raise
        except (aiohttp.ClientError, OSError, TimeoutError):
            if begun:
                return True  # the client sees that the answer was cut off
            if may_ask_again:
                raise
            # It may have been done over there: only the client knows whether asking twice is safe.
            await _say_later(send)
            return True

    async def _hand_on(self, answer: aiohttp.ClientResponse, receive: Any, send: Any) -> None:
        """Send what comes as it comes; end when the client has gone, which a stream would not notice by itself."""

        async def talk() -> None:
            async for part in answer.content.iter_any():
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

        if answer.content_type != "text/event-stream" or receive is None:
            await talk()
            return

        async def hear() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        await _until_one_ends(talk(), hear())

    async def _websocket(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        if (await receive())["type"] != "websocket.connect":
            return
        headers = [
            (name, value) for name, value in self._headers(scope) if name.lower().encode() not in OF_THE_HANDSHAKE
        ]
        async with self._session.ws_connect(
            _address(scope), headers=headers, protocols=scope.get("subprotocols") or (), max_msg_size=2**20
        ) as socket:
            accept: dict[str, Any] = {"type": "websocket.accept"}
            if socket.protocol:
                accept["subprotocol"] = socket.protocol
            await send(accept)

            async def hear() -> None:
                while (message := await receive())["type"] != "websocket.disconnect":
                    if message.get("text") is not None:
                        await socket.send_str(message["text"])
                    else:
                        await socket.send_bytes(message.get("bytes") or b"")

            async def talk() -> None:
                async for message in socket:
                    if message.type is aiohttp.WSMsgType.TEXT:
                        await send({"type": "websocket.send", "text": message.data})
                    elif message.type is aiohttp.WSMsgType.BINARY:
                        await send({"type": "websocket.send", "bytes": message.data})

            await _until_one_ends(talk(), hear())
            with contextlib.suppress(Exception):  # whoever left already needs no goodbye
                await asyncio.wait_for(send({"type": "websocket.close", "code": 1001}), 5)

    def _headers(self, scope: Mapping[str, Any]) -> list[tuple[str, str]]:
        peer = scope.get("client")
        given = dict(scope["headers"])
        forwarded = given.get(b"x-forwarded-for")
        address = self._origin.address(
            peer[0] if peer else "", None if forwarded is None else forwarded.decode("latin-1")
        )
        kept = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in scope["headers"]
            if name not in OF_THIS_HOP and name not in (Seal.HEADER, b"x-forwarded-for")
        ]
        return [*kept, (Seal.HEADER.decode(), self._seal.closed(address))]


class _NotConnected(aiohttp.ClientConnectionError):
    """Not a byte went over."""


class _Body:
    """The body of a request, read only when somebody over there wants it."""

    def __init__(self, receive: Any) -> None:
        self._receive = receive

    async def parts(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self._receive()
            if message["type"] != "http.request":
                raise ConnectionResetError("the client went away")
            if message.get("body"):
                yield message["body"]
            more = message.get("more_body", False)


class _ThroughTheLink(aiohttp.BaseConnector):
    """Connections that are streams of the link."""

    allowed_protocol_schema_set = frozenset({"http", "ws", "https", "wss", ""})

    def __init__(self, settings: Settings) -> None:
        super().__init__(limit=MOST_CONNECTIONS, keepalive_timeout=10)
        self._data = settings.data

    async def _create_connection(self, req: Any, traces: Any, timeout: Any) -> ResponseHandler:  # noqa: ASYNC109  # theirs
        try:
            stream = await asyncio.to_thread(local.open_stream, self._data, "http", CONNECT_SECONDS)
            stream.setblocking(False)
            _, protocol = await self._loop.create_connection(self._factory, sock=stream)
        except (OSError, TimeoutError, FolkmootError) as error:
            raise _NotConnected(str(error)) from error
        return protocol


def _address(scope: Mapping[str, Any]) -> Any:
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
    query = scope["query_string"].decode("latin-1")
    scheme = "ws" if scope["type"] == "websocket" else "http"
    return URL(f"{scheme}://first{path}" + (f"?{query}" if query else ""), encoded=True)


def _lower(headers: tuple[tuple[bytes, bytes], ...]) -> list[tuple[bytes, bytes]]:
    return [(name.lower(), value) for name, value in headers]


async def _until_one_ends(*work: Any) -> None:
    tasks = [asyncio.create_task(part) for part in work]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _say_later(send: Any) -> None:
    body = b'{"error":"The network is changing hosts. Please look whether this was done, and try again in a moment."}'
    headers = [(b"content-type", b"application/json; charset=utf-8"), (b"retry-after", b"5")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
