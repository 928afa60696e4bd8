"""Style sheets, scripts, pictures: served under a name that changes with their content, so browsers may keep them."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import cache
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from folkmoot.errors import Missing

FOLDER = Path(__file__).parent / "static"
_YEAR = "public, max-age=31536000, immutable"
_HOUR = "public, max-age=3600"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


@cache
def _files() -> dict[str, bytes]:
    return {
        file.relative_to(FOLDER).as_posix(): file.read_bytes() for file in sorted(FOLDER.rglob("*")) if file.is_file()
    }


@cache
def _packed(name: str) -> bytes:
    return gzip.compress(_files()[name], 9, mtime=0)


@cache
def version() -> str:
    """A word that changes whenever any of the files does."""
    digest = hashlib.sha256()
    for name, content in _files().items():
        digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()[:12]


def static(name: str) -> str:
    """The address of a file in `static/`."""
    return f"/static/v-{version()}/{name}"


def _answer(
    name: str, request: Request[Any, Any, Any], keep: str, headers: dict[str, str] | None = None
) -> Response[bytes]:
    content = _files().get(name)
    if content is None:
        raise Missing
    suffix = Path(name).suffix
    kind = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    sent = {"cache-control": keep, "vary": "accept-encoding", **(headers or {})}
    if suffix in _TYPES and "gzip" in request.headers.get("accept-encoding", ""):
        content = _packed(name)
        sent["content-encoding"] = "gzip"
    return Response(content, media_type=kind, headers=sent)


@get("/static/{path:path}", include_in_schema=False)
async def serve_static(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[bytes]:
    """A file, for a year under its versioned name, for an hour under its own."""
    name = str(path).lstrip("/")
    first, _, rest = name.partition("/")
    if first.startswith("v-"):
        return _answer(rest, request, _YEAR if first == f"v-{version()}" else _HOUR)
    return _answer(name, request, _HOUR)


@get("/favicon.ico", include_in_schema=False)
async def favicon(request: Request[Any, Any, Any]) -> Response[bytes]:
    return _answer("favicon.png", request, _HOUR)


@get("/service-worker.js", include_in_schema=False)
async def service_worker(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The worker that keeps the offline page at hand; it has to live at the root to see every page."""
    script = _files()["service-worker.js"].replace(b"VERSION_OF_ASSETS", version().encode())
    return Response(script, media_type=_TYPES[".js"], headers={"cache-control": "no-cache"})
