"""The public log: its page, its files as anybody's verifier fetches them, and the door for witnesses."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from folkmoot.errors import Missing, TooLarge
from folkmoot.ids import parse
from folkmoot.moderation.transparency import log
from folkmoot.moderation.transparency.log import publish
from folkmoot.moderation.transparency.log.notes import MOST_NOTE_BYTES
from folkmoot.moderation.transparency.log.proofs import ENDING
from folkmoot.moderation.transparency.log.tiles import parse_path
from folkmoot.moderation.transparency.log.witnesses import accept
from folkmoot.web.pages.forms import Asked
from folkmoot.web.pages.visit import Answer, Visit

MANY = 25
_OPEN = {"access-control-allow-origin": "*", "x-content-type-options": "nosniff"}
"""Verifiers run in browsers, too."""


@get(log.PREFIX, include_in_schema=False)
async def show_log(request: Asked) -> Answer:
    """What the log is, its newest checkpoint and entries, and how anybody checks them."""
    visit = await Visit.of(request)
    db = visit.server.db
    older = parse(visit.query("older"))
    entries = await log.recent(db, before=older, limit=MANY)
    keys = await log.known_keys(db)
    return await visit.page(
        "log.html",
        here="about",
        head=await log.newest_checkpoint(db),
        key=keys[0]["verifier"] if keys else None,
        entries=entries,
        older=older,
        next_url=f"{log.PREFIX}?older={entries[-1].place}" if entries and entries[-1].place else None,
        address=visit.server.settings.base_url,
    )


def proof_file(text: str, name: str, **headers: str) -> Response[bytes]:
    """A proof to keep."""
    return Response(
        text.encode(),
        media_type="text/plain",
        headers={"content-disposition": f'attachment; filename="{name}{ENDING}"', **headers},
    )


@get(f"{log.PREFIX}/proof/{{place:str}}", include_in_schema=False)
async def prove_entry(request: Asked, place: FromPath[str]) -> Response[bytes]:
    """The proof of any entry; it says no more than the entry does."""
    visit = await Visit.of(request)
    id = visit.id(place)
    return proof_file(str(await log.prove(visit.server.db, id)), f"entry-{id}")


# Files --------------------------------------------------------------------------------------------------------------


@get([f"{log.PREFIX}/{publish.CHECKPOINT}", f"{log.PREFIX}/{publish.KEYS}"], include_in_schema=False)
async def serve_head(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The newest checkpoint, or the keys; out of storage, so that it answers without the database."""
    name = request.url.path.rpartition("/")[2]
    data = await request.app.state.server.storage.published(publish.FOLDER + name)
    return Response(data, media_type="text/plain", headers={**_OPEN, "cache-control": publish.FOR_NOW})


@get(f"{log.PREFIX}/tile/{{path:path}}", include_in_schema=False)
async def serve_tile(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[bytes]:
    """A tile or bundle; a partial one that is full by now is cut from the full one."""
    tile = parse_path("tile/" + str(path).lstrip("/"))
    if tile is None:
        raise Missing
    data = await publish.published_tile(request.app.state.server.storage, tile)
    return Response(data, media_type=publish.BYTES, headers={**_OPEN, "cache-control": publish.FOR_EVER})


# Witnesses ----------------------------------------------------------------------------------------------------------


@post(f"{log.PREFIX}/cosignatures", include_in_schema=False, status_code=200)
async def take_cosignature(request: Request[Any, Any, Any]) -> Response[bytes]:
    """A witness's signature under a checkpoint of ours, from whoever brings it: it speaks for itself, so no form token."""
    server = request.app.state.server
    peer = request.client.host if request.client else ""
    server.limits.check_page(server.origin.address(peer, request.headers.get("x-forwarded-for")))
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > MOST_NOTE_BYTES:
            raise TooLarge
    names = await accept(server.db, data)
    return Response("".join(f"{name}\n" for name in names).encode(), media_type="text/plain")
