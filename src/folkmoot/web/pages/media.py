"""Pictures out of storage. A key never changes its meaning, so browsers may keep them for ever."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from folkmoot.errors import Missing
from folkmoot.storage import content_type_of, is_key


@get("/media/{key:path}", include_in_schema=False)
async def serve_media(request: Request[Any, Any, Any], key: FromPath[str]) -> Response[bytes]:
    """An object by its key."""
    name = str(key).lstrip("/")
    if not is_key(name):
        raise Missing
    headers = {
        "cache-control": "public, max-age=31536000, immutable",
        "etag": f'"{name[6:70]}"',
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
        "access-control-allow-origin": "*",
    }
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    data = await request.app.state.server.storage.get(name)
    return Response(data, media_type=content_type_of(name), headers=headers)
