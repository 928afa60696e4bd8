"""Finding addresses of ours in any form people send them.

One pass of a linear matcher (RE2) over each text, then plain string work on each hit: no input takes longer than its size.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import re2

from folkmoot.moderation.notices.reading.places import Place, hosts_of, is_plausible, meaning_of, place_of
from folkmoot.moderation.notices.reading.reading import House, Item, ItemKind, Where

MOST_ITEMS = 10_000
MOST_FOREIGN = 200
MOST_HITS = 200_000
LONGEST = 4_000
CONTEXT = 200
UNWRAPPINGS = 3

_DOT = r"(?:\.|\s?[\[({]\.[\])}]\s?|\s?[\[({](?:dot|punkt)[\])}]\s?|。)"
_SCHEME = r"h[tx][tx]ps?(?:\[?:\]?\s?//|\[://\]|:\[//\]|:\\\\)"
_REST = r"[^\s<>\"“”„‚‘`|^]*"
_CLOSERS = ".,;:!?'\"’”“»›…*_~)]}>|\\="
_DEFANGED = (
    ("[.]", "."),
    ("(.)", "."),
    ("{.}", "."),
    ("[dot]", "."),
    ("(dot)", "."),
    ("{dot}", "."),
    ("[punkt]", "."),
    ("(punkt)", "."),
    ("{punkt}", "."),
    ("。", "."),
    ("[://]", "://"),
    ("[//]", "//"),
    ("[:]", ":"),
    ("[/]", "/"),
    ("[at]", "@"),
    ("(at)", "@"),
    ("[@]", "@"),
)
_NUMBERS = r"\d{15,19}(?:\s{0,3}(?:,|;|&|and|und|or|oder)?\s{0,3}\d{15,19})*\b"
_named_numbers = re2.compile(
    r"(?i)\b(?:posts?|status(?:es)?|toots?|beitr(?:ag|ags|age|äge|ägen)|statusmeldung(?:en)?)[\s:#.\-]{0,4}"
    rf"(?:(?:ids?|nr|no|nummern?|numbers?)[\s:#.\-]{{1,4}})?({_NUMBERS})"
)
_half_addresses = re2.compile(r"(?i)@([a-z0-9_]{1,30})/(\d{15,19})\b")
_DIGITS = re2.compile(r"\d{15,19}")
_HANDLE_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_ADDRESS_LETTERS = _HANDLE_LETTERS | frozenset("-/@.%")


@dataclass
class Found:
    """What one message holds, collected from its texts one after the other."""

    items: dict[tuple[str, str], Item] = field(default_factory=dict)
    foreign: dict[str, None] = field(default_factory=dict)
    is_cut: bool = False

    def add(self, item: Item) -> None:
        """Keep an item, once; what is sure replaces what is not."""
        if item.kind == "page" and item.value == "/":
            return  # our name, and nothing under it
        key = (item.kind, item.value)
        before = self.items.get(key)
        if before is None and len(self.items) >= MOST_ITEMS:
            self.is_cut = True
        elif before is None or (item.sure and not before.sure):
            self.items[key] = item


def find_in_text(found: Found, text: str, house: House, received_at: datetime, where: Where = "text") -> None:
    """Collect every address that stands in a text."""
    for hit, match in enumerate(_addresses(hosts_of(house)).finditer(text)):
        if hit >= MOST_HITS:
            found.is_cut = True
            break
        start, end = match.start(), match.end()
        if match.group(1) is not None and not _stands_alone(text, start):
            if (handle := _handle_before(text, start)) is not None:
                url = f"{house.base_url.rstrip('/')}/@{handle}"
                _keep(
                    found, "account", handle.lower(), f"@{handle}@{text[start:end]}", url, True, where, text, start, end
                )
            continue
        _take(found, text, start, min(end, start + LONGEST), house, received_at, where)
    _find_numbers(found, text, house, received_at, where)


def find_in_links(found: Found, links: Iterable[str], house: House, received_at: datetime, where: Where) -> None:
    """Collect addresses each of which stands by itself: behind a link, in a field of a report."""
    for link in links:
        alone = link.strip()[:LONGEST]
        _take(found, alone, 0, len(alone), house, received_at, where)


@functools.lru_cache(maxsize=16)
def _addresses(hosts: tuple[str, ...]) -> Any:
    """What may be an address: anything with a scheme or www, and, as group 1, any of our hosts by itself."""
    ours = "|".join(_DOT.join(re2.escape(label) for label in host.split(".")) for host in hosts)
    return re2.compile(
        rf"(?i)(?:{_SCHEME}|\bwww{_DOT}){_REST}|((?:{ours})(?::\d{{1,5}})?(?:(?:\[?/\]?|[?#]|%2F){_REST})?)"
    )


def _take(found: Found, text: str, start: int, end: int, house: House, received_at: datetime, where: Where) -> None:
    written = text[start:end]
    tidy = _tidy(written)
    for url, is_certain in _candidates(tidy, house):
        place = place_of(url, house)
        if place is None:
            continue
        kind, value = meaning_of(place)
        if not _is_whole(kind, value, received_at):
            place, kind, value, end = _across_lines(text, start, end, url, house, received_at) or (
                place,
                kind,
                value,
                end,
            )
        sure = is_certain and (kind not in ("post", "account_id") or is_plausible(value, received_at))
        _keep(found, kind, value, text[start:end], place.url(), sure, where, text, start, end)
        return
    if "." in tidy and len(found.foreign) < MOST_FOREIGN:
        found.foreign.setdefault(tidy[:500])


def _keep(
    found: Found,
    kind: ItemKind,
    value: str,
    written: str,
    url: str,
    sure: bool,
    where: Where,
    text: str,
    start: int,
    end: int,
) -> None:
    context = "" if where == "field" else _line(text, start, end)
    found.add(
        Item(
            kind=kind,
            value=value,
            written=" ".join(written.split())[:500],
            url=url,
            sure=sure and where != "quoted",
            where=where,
            context=context,
        )
    )


def _tidy(written: str) -> str:
    """An address as its author had it before it was made harmless and before the sentence closed around it."""
    url = written
    if any(letter in url for letter in "[({。"):
        low = url.lower()
        for mark, plain in _DEFANGED:
            if mark in low:
                url = _replace(url, mark, plain)
                low = url.lower()
        url = "".join(url.split())
    url = url.replace(":\\\\", "://")
    scheme, mark, rest = url.partition("://")
    if mark and len(scheme) <= 6 and scheme.lower().strip() in ("hxxp", "hxxps", "hxtp", "hxtps", "htxp", "htxps"):
        url = ("https" if scheme.lower().endswith("s") else "http") + "://" + rest
    return url.rstrip(_CLOSERS)


def _replace(text: str, mark: str, plain: str) -> str:
    """Without regard to capitals."""
    low, out, at = text.lower(), [], 0
    if len(low) != len(text):
        return text.replace(mark, plain)
    while (hit := low.find(mark, at)) >= 0:
        out += [text[at:hit].rstrip(" "), plain]
        at = hit + len(mark)
        at += text.startswith(" ", at)
    return "".join([*out, text[at:]])


def _candidates(url: str, house: House) -> Iterator[tuple[str, bool]]:
    """The address itself, then whatever address of ours it carries: links of mail filters, search engines, archives.

    The second value says whether that is what a click leads to; an archive's copy is not ours.
    """
    yield url, True
    head, _, query = url.partition("?")
    for value in query.replace("&amp;", "&").split("&")[:50]:
        name, _, inner = value.partition("=")
        yield from ((each, True) for each in _inside(inner, house))
        if name == "u" and "-3A" in inner:  # a mail filter's own way of writing %3A and /
            yield from ((each, True) for each in _inside(inner.replace("-", "%").replace("_", "/"), house))
    yield from ((each, "/__http" in head) for each in _inside(head.partition("://")[2].replace("__", " "), house))


def _inside(text: str, house: House) -> Iterator[str]:
    for _ in range(UNWRAPPINGS):
        if "." not in text:
            return
        for match in _addresses(hosts_of(house)).finditer(text[:LONGEST]):
            if (match.start() and (match.group(1) is None or _stands_alone(text, match.start()))) or not match.start():
                yield _tidy(match.group())
            break
        plain = unquote(text)
        if plain == text:
            return
        text = plain


def _stands_alone(text: str, start: int) -> bool:
    """Whether a host begins here, rather than ending a longer one or a mail address."""
    before = text[start - 1] if start else " "
    return not (before.isalnum() or before in "@._-")


def _handle_before(text: str, start: int) -> str | None:
    """The handle in `@ada@example.org` or `acct:ada@example.org`; a plain mail address has none."""
    if not start or text[start - 1] != "@":
        return None
    at = start - 1
    while at > 0 and start - at <= 32 and text[at - 1] in _HANDLE_LETTERS:
        at -= 1
    handle = text[at : start - 1]
    if not 0 < len(handle) <= 30 or at == 0:
        return None
    if text[at - 1] == "@":
        return handle if at < 2 or not (text[at - 2].isalnum() or text[at - 2] in "._-") else None
    return handle if text[max(0, at - 5) : at].lower() == "acct:" else None


def _is_whole(kind: ItemKind, value: str, received_at: datetime) -> bool:
    return kind == "media" or (kind == "post" and is_plausible(value, received_at))


def _across_lines(
    text: str, start: int, end: int, url: str, house: House, received_at: datetime
) -> tuple[Place, ItemKind, str, int] | None:
    """The whole address when a line broke inside it, which shows by a post or medium that exists only in the joined form."""
    for _ in range(3):
        rest = text[end : end + 300]
        bare = rest.lstrip(" \t=")
        if not bare.startswith("\n"):
            return None
        following = bare[1:].lstrip(" \t>")
        length = next((at for at, letter in enumerate(following) if letter not in _ADDRESS_LETTERS), len(following))
        if not length:
            return None
        url += following[:length]
        end += len(rest) - len(bare) + 1 + (len(bare) - 1 - len(following)) + length
        place = place_of(url.rstrip(_CLOSERS), house)
        if place is None:
            return None
        kind, value = meaning_of(place)
        if _is_whole(kind, value, received_at):
            return place, kind, value, end
    return None


def _find_numbers(found: Found, text: str, house: House, received_at: datetime, where: Where) -> None:
    """Ids without an address: `post 110123456789012345`, `@ada/110123456789012345`. Never sure."""
    base = house.base_url.rstrip("/")
    for hit, match in enumerate(_half_addresses.finditer(text)):
        if hit >= MOST_HITS:
            break
        before = text[match.start() - 1] if match.start() else " "
        if before.isalnum() or before in "/@%._-":
            continue  # the end of somebody else's address
        if ("post", match.group(2)) not in found.items and is_plausible(match.group(2), received_at):
            url = f"{base}/@{match.group(1)}/{match.group(2)}"
            _keep(found, "post", match.group(2), match.group(), url, False, where, text, match.start(), match.end())
    for hit, match in enumerate(_named_numbers.finditer(text)):
        if hit >= MOST_HITS:
            break
        for number in _DIGITS.findall(match.group(1)):
            if ("post", number) not in found.items and is_plausible(number, received_at):
                url = f"{base}/posts/{number}"
                _keep(found, "post", number, match.group()[:200], url, False, where, text, match.start(), match.end())


def _line(text: str, start: int, end: int) -> str:
    """The line around a hit, so that a person sees what was said about it."""
    first = max(text.rfind("\n", max(0, start - CONTEXT), start) + 1, start - CONTEXT, 0)
    last = text.find("\n", end, end + CONTEXT)
    return " ".join(text[first : last if last >= 0 else min(len(text), end + CONTEXT)].split())[:CONTEXT]
