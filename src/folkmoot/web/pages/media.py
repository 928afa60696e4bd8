"""Pictures out of storage, which browsers may keep for ever, and those of cases, for who may see them, which they may not."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from folkmoot.errors import Missing
from folkmoot.moderation.cases.pictures import case_picture, seat_picture
from folkmoot.moderation.findings import refused_picture
from folkmoot.storage import content_type_of, is_key
from folkmoot.web.pages.forms import Asked
from folkmoot.web.pages.visit import Visit

_STILL = {"content-security-policy": "default-src 'none'; sandbox", "x-content-type-options": "nosniff"}


@get("/media/{key:path}", include_in_schema=False)
async def serve_media(request: Request[Any, Any, Any], key: FromPath[str]) -> Response[bytes]:
    """An object by its key."""
    name = str(key).lstrip("/")
    if not is_key(name):
        raise Missing
    headers = {
        "cache-control": "public, max-age=31536000, immutable",
        "etag": f'"{name[6:70]}"',
        **_STILL,
        "access-control-allow-origin": "*",
    }
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    data = await request.app.state.server.storage.get(name)
    return Response(data, media_type=content_type_of(name), headers=headers)


def _for_one(data: bytes, content_type: str) -> Response[bytes]:
    return Response(data, media_type=content_type, headers=_STILL | {"cache-control": "private, no-store"})


@get("/jury/seats/{id_:str}/pictures/{key:path}", include_in_schema=False)
async def serve_seat_picture(request: Asked, id_: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """A picture of the case before the juror."""
    visit = await Visit.of(request)
    name, server = str(key).lstrip("/"), visit.server
    data = await seat_picture(server.db, server.storage, visit.member, visit.id(id_), name)
    return _for_one(data, content_type_of(name))


@get("/admin/cases/{id_:str}/pictures/{content:str}/{key:path}", include_in_schema=False)
async def serve_case_picture(
    request: Asked, id_: FromPath[str], content: FromPath[str], key: FromPath[str]
) -> Response[bytes]:
    """A picture of a case, for stewards."""
    visit = await Visit.of(request)
    name, server = str(key).lstrip("/"), visit.server
    data = await case_picture(server.db, server.storage, visit.member, visit.id(id_), visit.id(content), name)
    return _for_one(data, content_type_of(name))


@get("/admin/held/{id_:str}/pictures/{number:int}", include_in_schema=False)
async def serve_refused_picture(request: Asked, id_: FromPath[str], number: FromPath[int]) -> Response[bytes]:
    """A picture that was refused for a profile, for stewards."""
    visit = await Visit.of_steward(request)
    return _for_one(*await refused_picture(visit.server.db, visit.member, visit.id(id_), number))
