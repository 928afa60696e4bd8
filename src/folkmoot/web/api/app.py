"""The API's door: from an ASGI request to an endpoint, and from what it says to an ASGI answer."""

from __future__ import annotations

import time
import zlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
import structlog

from folkmoot.errors import FolkmootError, TooMany, Unknown
from folkmoot.moderation.notices.senders import KEY_PREFIX
from folkmoot.network.access.rules import OAuthError
from folkmoot.network.accounts import SignUpRefused
from folkmoot.web import metrics
from folkmoot.web.api.call import ENDPOINTS, Answer, Call, Endpoint, Receive, Router, TokenInvalid
from folkmoot.web.api.resources import RESOURCES
from folkmoot.web.errors import STATUS
from folkmoot.web.server import Server
from folkmoot.web.writes import ReadOnlyNow

Send = Callable[[Mapping[str, Any]], Awaitable[None]]

PREFIXES = (
    "/api/",
    "/oauth/token",
    "/oauth/revoke",
    "/oauth/userinfo",
    "/.well-known/",
    "/nodeinfo",
    "/health",
    "/metrics",
)
COMPRESS_ABOVE = 1_024
SLOW_SECONDS = 1.0

CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Link, X-RateLimit-Reset, X-RateLimit-Limit, X-RateLimit-Remaining, X-Request-Id, Idempotency-Key"),
]  # fmt: skip
PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, POST, PUT, DELETE, PATCH, OPTIONS"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, Idempotency-Key, X-Requested-With"),
    (b"access-control-max-age", b"86400"),
]
SAFE = [
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]

log = structlog.get_logger(__name__)

assert RESOURCES  # importing them declares their endpoints


class Api:
    """The ASGI application behind PREFIXES."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._router = Router(ENDPOINTS)

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send, request_id: str) -> None:
        begun = time.perf_counter()
        endpoint, answer = await self._answer(scope, receive, request_id)
        headers = [
            (b"content-type", answer.content_type),
            *CORS,
            *SAFE,
            (b"x-request-id", request_id.encode()),
            *answer.headers,
        ]
        body = answer.body
        if len(body) > COMPRESS_ABOVE and b"gzip" in _header(scope, b"accept-encoding"):
            packer = zlib.compressobj(1, zlib.DEFLATED, 31)
            body = packer.compress(body) + packer.flush()
            headers += [(b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding")]
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
        took = time.perf_counter() - begun
        metrics.observe(scope["method"], endpoint.path if endpoint else "unknown", answer.status, took)
        if took > SLOW_SECONDS:
            log.warning(
                "slow request", path=scope["path"], status=answer.status, seconds=round(took, 3), request=request_id
            )

    async def refuse(self, error: FolkmootError, send: Send, request_id: str) -> None:
        """Answer that nothing is written now, before anything of the request is looked at."""
        await _refuse(error, send, [(b"x-request-id", request_id.encode())])

    async def _answer(
        self, scope: Mapping[str, Any], receive: Receive, request_id: str
    ) -> tuple[Endpoint | None, Answer]:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        endpoint: Endpoint | None = None
        limits: list[tuple[bytes, bytes]] = []
        try:
            found = self._router.find(scope["path"]) if "\0" not in scope["path"] else None
            if method == "OPTIONS":
                return None, Answer(b"", 204, list(PREFLIGHT))
            if found is None:
                return None, refusal(404, "Not Found")
            methods, segments = found
            endpoint = methods.get(method)
            if endpoint is None:
                allowed = ", ".join(sorted(methods)).encode()
                return None, refusal(405, "Method Not Allowed", [(b"allow", allowed)])
            call = Call(self._server, scope, receive, segments)
            call.method = method
            peer = scope.get("client")
            forwarded = call.headers.get(b"x-forwarded-for")
            call.address = self._server.origin.address(
                peer[0] if peer else "", None if forwarded is None else forwarded.decode("latin-1")
            )
            await self._identify(call)
            limits = self._server.limits.count(str(call.reader_id or call.address))
            answer = await endpoint.answer(call)
        except FolkmootError as error:
            answer = face(error)
            if error.cause:
                log.warning(
                    "refused", path=scope["path"], error=type(error).__name__, cause=error.cause, request=request_id
                )
        except Exception:
            log.exception("unexpected", path=scope["path"], method=method, request=request_id)
            answer = refusal(500, "Something went wrong on our side. Nothing was changed.")
        answer.headers = [*answer.headers, *limits]
        return endpoint, answer

    async def _identify(self, call: Call) -> None:
        given = call.headers.get(b"authorization")
        if given is None:
            return
        kind, _, token = given.decode("latin-1").partition(" ")
        if kind.lower() != "bearer" or not token:
            return  # Basic is for /oauth/token, which reads it itself
        if token.strip().startswith(KEY_PREFIX):
            return  # a key for notices, which stands for no member
        try:
            holder = await self._server.holder_of(token.strip())
        except Unknown as error:
            raise TokenInvalid from error
        call.viewer, call.app_id, call.scopes = holder.viewer, holder.app_id, holder.scopes


async def plain_refusal(scope: Mapping[str, Any], send: Send, error: FolkmootError) -> None:
    """Refuse whatever was asked, while this process cannot do more."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1013})
        return
    await _refuse(error, send, [])


async def _refuse(error: FolkmootError, send: Send, more: list[tuple[bytes, bytes]]) -> None:
    answer = face(error)
    length = (b"content-length", str(len(answer.body)).encode())
    headers = [(b"content-type", answer.content_type), *CORS, *SAFE, *more, *answer.headers, length]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def _header(scope: Mapping[str, Any], name: bytes) -> bytes:
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return b""


def refusal(status: int, words: str, headers: list[tuple[bytes, bytes]] | None = None) -> Answer:
    """An error in the form Mastodon's clients read."""
    return Answer(msgspec.json.encode({"error": words}), status, headers or [])


def face(error: FolkmootError) -> Answer:
    """A refusal as the API shows it."""
    status = STATUS[error.kind]
    if isinstance(error, OAuthError):
        return Answer(msgspec.json.encode({"error": error.code, "error_description": error.words}), status)
    if isinstance(error, SignUpRefused):
        details = {
            field: [{"error": code, "description": words} for code, words in complaints]
            for field, complaints in error.details.items()
        }
        return Answer(msgspec.json.encode({"error": error.words, "details": details}), status)
    headers: list[tuple[bytes, bytes]] = []
    if isinstance(error, TooMany | ReadOnlyNow):
        headers.append((b"retry-after", str(error.retry_after).encode()))
    elif status == 503:
        headers.append((b"retry-after", b"10"))
    elif status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="Folkmoot"'))
    return refusal(status, error.words, headers)
