"""The status page: rendered from memory, asking neither database nor session, so that it answers when nothing else does."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import msgspec

from folkmoot.settings import Settings
from folkmoot.web.pages import render, words
from folkmoot.web.status import Status


def in_html(status: Status, settings: Settings, scope: Mapping[str, Any]) -> bytes:
    """The page, in the reader's language and colours."""
    cookies, accepted = _asked(scope)
    locale = words.choose(
        account=None, cookie=cookies.get("locale"), accepted=accepted, default=settings.default_locale
    )
    scheme = cookies.get("scheme", "")
    frame = render.Frame(
        site_name=status.name,
        domain=urlsplit(status.url).netloc,
        locale=locale,
        scheme=scheme if scheme in ("light", "dark") else "",
        path="/status",
        address="/status",
    )
    return render.write("status.html", frame, lambda: "", {"status": status}).encode()


def in_json(status: Status) -> bytes:
    """The same for machines."""
    return msgspec.json.encode(
        {
            "name": status.name,
            "url": status.url,
            "well": status.is_well,
            "looked_at": status.looked_at,
            "parts": {part: getattr(status, part) for part in ("web", "database", "worker", "storage")},
            "read_only": status.read_only,
            "planned": status.planned,
            "announcement": status.announcement,
            "rehearsal": status.rehearsal,
        }
    )


def _asked(scope: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    cookies: dict[str, str] = {}
    accepted = ""
    for key, value in scope["headers"]:
        if key == b"cookie":
            try:
                found = SimpleCookie(value.decode("latin-1"))
            except CookieError:
                continue
            cookies |= {name: each.value for name, each in found.items()}
        elif key == b"accept-language":
            accepted = value.decode("latin-1")
    return cookies, accepted
