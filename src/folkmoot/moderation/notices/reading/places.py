"""An address of ours taken apart, and what it means by its form: a post, an account, a medium, some other page."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from folkmoot import ids
from folkmoot.moderation.notices.reading.reading import House, ItemKind
from folkmoot.storage import is_key

_HANDLE = r"[A-Za-z0-9_]{1,30}"
_ID = r"(\d{10,19})(?!\d)"
_FORMS: tuple[tuple[ItemKind, re.Pattern[str]], ...] = (
    ("post", re.compile(rf"/(?:web/|deck/)?@{_HANDLE}(?:@[^/]+)?/{_ID}")),
    ("post", re.compile(rf"/(?:users|ap/users)/{_HANDLE}/(?:statuses|posts)/{_ID}", re.IGNORECASE)),
    (
        "post",
        re.compile(
            rf"/(?:api/v[12]/|web/|deck/)?(?:statuses|posts|interact|authorize_interaction|notice)/{_ID}", re.IGNORECASE
        ),
    ),
    ("account", re.compile(rf"/(?:web/|deck/)?@({_HANDLE})(?![A-Za-z0-9_])")),
    ("account", re.compile(rf"/(?:users|u)/({_HANDLE})(?![A-Za-z0-9_])", re.IGNORECASE)),
    ("account_id", re.compile(rf"/(?:api/v[12]/|web/|admin/)?accounts/{_ID}", re.IGNORECASE)),
    ("tag", re.compile(r"/(?:web/)?(?:tags|timelines/tag|api/v1/tags)/([^/?#]{1,100})", re.IGNORECASE)),
)
"""The first that fits wins; our own pages and API, and the forms other servers and older clients use for the same."""
_MEDIA = re.compile(r"(?:/media)?/+([0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{64}\.[a-z0-9]{2,4})(?![a-z0-9])", re.IGNORECASE)
_ANCHOR = re.compile(r"post-(\d{15,19})$")
FIRST_POSTS = datetime(2008, 1, 1).astimezone()
"""Imported posts keep their date, so ids may be older than the network."""


@dataclass(frozen=True, slots=True)
class Place:
    """An address under one of our hosts."""

    base: str
    """What our addresses begin with today, whatever host was written."""
    path: str
    anchor: str = ""

    def url(self) -> str:
        """The address as we would write it today."""
        return f"{self.base}{self.path}"[:1_000]


@functools.lru_cache(maxsize=16)
def hosts_of(house: House) -> tuple[str, ...]:
    """Our host names, past ones too, in letters and in punycode, longest first."""
    names = [house.domain, _host_in(house.base_url), *house.former, _host_in(house.media_url)]
    found = set()
    for name in names:
        bare = name.strip().lower().split("/")[0].rsplit("@", 1)[-1]
        bare = bare.partition(":")[0] if bare.count(":") == 1 else bare
        if bare:
            found |= {bare, ascii_host(bare), letters_host(bare)}
    return tuple(sorted(found, key=lambda host: (-len(host), host)))


def ascii_host(host: str) -> str:
    """A host name in punycode, small letters, no dot at its end; what cannot be one stays as it is."""
    host = host.strip().lower().rstrip(".")
    try:
        return host.encode("idna").decode("ascii") if not host.isascii() else host
    except (UnicodeError, ValueError):
        return host


def letters_host(host: str) -> str:
    """The same in letters."""
    try:
        return host.encode("ascii").decode("idna") if "xn--" in host else host
    except (UnicodeError, ValueError):
        return host


def place_of(url: str, house: House) -> Place | None:
    """The place an address leads to when its host is ours. Who writes `https://ours@theirs/` does not fool us."""
    rest = url.split("://", 1)[-1].lstrip("/\\")
    end = next((at for at, letter in enumerate(rest) if letter in "/?#\\"), len(rest))
    host = rest[:end].rsplit("@", 1)[-1].rsplit(":", 1)[0] if ":" in rest[:end] else rest[:end].rsplit("@", 1)[-1]
    host = ascii_host(host)
    hosts = hosts_of(house)
    if host not in hosts and host.removeprefix("www.") not in hosts:
        return None
    path, _, anchor = rest[end:].replace("\\", "/").partition("#")
    path = unquote(path.partition("?")[0])
    path = "/" + "/".join(part for part in path.split("/") if part not in ("", "."))
    media = house.media_url.rstrip("/")
    if media and host == ascii_host(_host_in(media)) and host not in hosts_of(_without_media(house)):
        return Place(media, path.removeprefix(unquote(urlsplit(media).path)), anchor)
    return Place(house.base_url.rstrip("/"), path, anchor)


def meaning_of(place: Place) -> tuple[ItemKind, str]:
    """What a place is: its kind, and the id, handle, key, tag or path that names it."""
    if (media := _MEDIA.match(place.path)) and is_key(media[1].lower()):
        return "media", media[1].lower()
    for kind, form in _FORMS:
        if (found := form.match(place.path)) is not None:
            value = found[1]
            return kind, value if kind in ("post", "account_id") else value.lower()
    if anchor := _ANCHOR.match(place.anchor):
        return "post", anchor[1]
    return "page", place.path[:300]


def is_plausible(value: str, received_at: datetime) -> bool:
    """Whether a post or account of ours could have this id: its time lies in the past."""
    number = ids.parse(value)
    if number is None:
        return False
    made = ids.time_of(number)
    return FIRST_POSTS <= made <= received_at + timedelta(days=1)


@functools.lru_cache(maxsize=16)
def _without_media(house: House) -> House:
    return House(base_url=house.base_url, domain=house.domain, former=house.former)


def _host_in(url: str) -> str:
    try:
        return urlsplit(url).netloc if "://" in url else url
    except ValueError:
        return ""
