"""Media of a post to come: uploaded, looked at, described, discarded."""

from __future__ import annotations

from typing import Any

import msgspec

from folkmoot.errors import Missing
from folkmoot.network import media
from folkmoot.web.api.call import Call, endpoint
from folkmoot.web.api.parameters import Upload, focus_of

_AROUND_THE_FILE = 1024 * 1024
"""Room for the other parts of an upload's body, and for saying in words that the file itself is too large."""


class NewMedia(msgspec.Struct, frozen=True):
    file: Upload | None = None
    description: str | None = None
    focus: str | None = None


class MediaWords(msgspec.Struct, frozen=True):
    description: str | None = None
    focus: str | None = None


@endpoint("POST", "/api/v2/media", scope="write:media")
async def upload(call: Call) -> dict[str, Any]:
    """Upload a picture for a post: `file`, `description`, `focus`."""
    return await _take(call)


@endpoint("POST", "/api/v1/media", scope="write:media")
async def upload_as_before(call: Call) -> dict[str, Any]:
    """Upload a picture for a post, as older clients do."""
    return await _take(call)


@endpoint("GET", "/api/v1/media/{id}", scope="write:media")
async def show(call: Call) -> dict[str, Any]:
    """One of your own media."""
    view = await media.find_media(call.server.db, call.member, call.id())
    if view is None:
        raise Missing
    return call.server.entities.media_dict(view)


@endpoint("PUT", "/api/v1/media/{id}", scope="write:media")
async def describe(call: Call, given: MediaWords) -> dict[str, Any]:
    """Change description and focus before the post is published."""
    view = await media.describe(
        call.server.db, call.member, call.id(), description=given.description, focus=focus_of(given.focus)
    )
    return call.server.entities.media_dict(view)


@endpoint("DELETE", "/api/v1/media/{id}", scope="write:media")
async def discard(call: Call) -> dict[str, Any]:
    """Take back an upload that was not posted."""
    await media.discard(call.server.db, call.member, call.id())
    return {}


async def _take(call: Call) -> dict[str, Any]:
    server = call.server
    server.limits.check_upload(call.member.account_id)
    # Read here and not by declaration, because the bound is a setting.
    given: NewMedia = await call.parameters(NewMedia, server.settings.upload_mb * 1024 * 1024 + _AROUND_THE_FILE)
    view = await media.upload(
        server.db,
        server.storage,
        call.member,
        data=given.file.data if given.file else b"",
        filename=given.file.name if given.file else "",
        description=given.description or "",
        focus=focus_of(given.focus) or (0.0, 0.0),
        settings=server.settings,
    )
    return server.entities.media_dict(view)
