"""The pages as one ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from folkmoot.errors import FolkmootError
from folkmoot.moderation.transparency.log import PREFIX
from folkmoot.web.pages import errors
from folkmoot.web.pages.forms import Asked
from folkmoot.web.pages.live import Live
from folkmoot.web.pages.memory import Memory
from folkmoot.web.pages.render import environment
from folkmoot.web.pages.routes import HANDLERS
from folkmoot.web.pages.words import LOCALES, catalogue
from folkmoot.web.server import Server

Asgi = Callable[[Any, Any, Any], Awaitable[None]]

_SAFE = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), interest-cohort=()"),
]
_POLICY = b"default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
_FORMS = b"; form-action 'self'"
SAFE = [*_SAFE, (b"content-security-policy", _POLICY + _FORMS)]
"""What every page is sent with, for those that are not made here."""


def create_pages(server: Server) -> Asgi:
    """Everything that answers in HTML, with its static files and pictures."""
    for locale in LOCALES:
        catalogue(locale)
    environment().get_template("timeline.html")
    largest = (server.settings.upload_mb * max(server.settings.media_per_post, 1) + 4) * 1_048_576
    app = Litestar(
        route_handlers=HANDLERS,
        state=State({"server": server, "memory": Memory(server), "live": Live(server)}),
        exception_handlers={
            FolkmootError: errors.on_refusal,
            HTTPException: errors.on_http,
            Exception: errors.on_failure,
        },
        compression_config=CompressionConfig(
            backend="gzip", gzip_compress_level=5, exclude=["/static", "/media", "/live", f"{PREFIX}/tile/[0-9]"]
        ),
        request_max_body_size=largest,
        before_request=_check_refusal,
        openapi_config=None,
        logging_config=None,
    )
    return _Outside(app)


async def _check_refusal(request: Asked) -> None:
    """What `web/app.py` found against this request before it came here."""
    refused = request.scope.get("refused")
    if isinstance(refused, FolkmootError):
        raise refused


class _Outside:
    """What holds for every answer: headers that keep browsers from harm, and HEAD wherever there is GET."""

    def __init__(self, app: Asgi) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"
        policy = _POLICY if scope["path"].startswith("/oauth/") else _POLICY + _FORMS  # consent leads back to an app

        async def careful_send(message: Any) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                added = [pair for pair in [*_SAFE, (b"content-security-policy", policy)] if pair[0] not in present]
                message = {**message, "headers": [*message["headers"], *added]}
            elif is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"} if is_head else scope, receive, careful_send)
