"""What members write, and the HTML readers get: text in, mentions, tags and links found, `p br span a` out.

One pass finds everything, with patterns whose every repetition is bounded or cannot overlap what follows it, so that
hostile text costs no more than its length.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from html import escape
from typing import Literal, NamedTuple
from urllib.parse import quote

LINK_LENGTH = 23
"""What a link counts, whatever its length; clients count the same."""
LONGEST_TAG = 100
"""Longer ones stay plain text."""
_SHOWN_OF_LINK = 30


class Found(NamedTuple):
    """What a text refers to, each once, in order of appearance."""

    mentions: tuple[str, ...]
    """Names of accounts here, in lower case, without the domain."""
    tags: tuple[str, ...]
    """Without the #, as first written; `normal_tag` says which are the same."""
    links: tuple[str, ...]


class _Piece(NamedTuple):
    kind: Literal["words", "link", "mention", "stranger", "tag"]
    text: str
    """As written."""
    value: str
    """What it stands for: the address, the name, the tag."""


def _marks() -> str:
    """Combining marks as a character class: Devanagari, say, writes vowels with them, and `\\w` leaves them out."""
    ranges: list[str] = []
    begin = 0
    for block in (range(0x300, 0x3100), range(0xA600, 0xAC01), range(0xFE00, 0xFE31), range(0x11000, 0x12001)):
        for point in block:
            if unicodedata.category(chr(point)) in ("Mn", "Mc"):
                begin = begin or point
            elif begin:
                ranges.append(f"{chr(begin)}-{chr(point - 1)}")
                begin = 0
    return "".join(ranges)


_IN_TAG = rf"[\w{_marks()}]"
_NOT_IN_LINK = '\\s<>"\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\u3000-\u3003\u3008-\u3011\uff01-\uff0f\uff1a-\uff20'
_DOMAIN = r"[A-Za-z0-9](?:[\w.-]{0,250}\w)?"
_NAME = re.compile(r"[A-Za-z0-9_]{1,30}")
_PIECES = re.compile(
    rf"""
      (?<![\w@\#$/]) (?P<link>
        [hH][tT][tT][pP][sS]?://
        (?: localhost | (?:[\w-]{{1,63}}\.){{1,10}} [^\W\d_][\w-]{{1,62}} ) (?![\w@-])
        (?: :\d{{1,5}} (?![\d@]) )?
        (?: [/?\#] [^{_NOT_IN_LINK}]* )?
      )
    | (?<![\w@/=]) @ (?P<someone>[\w.-]{{1,64}}) @ (?P<domain>{_DOMAIN}) (?P<port>:\d{{1,5}}(?!\d))?
    | (?<![\w@/=]) @ (?P<name>[A-Za-z0-9_]{{1,30}}) (?!\w)
    | (?<![\w/)=&\#]) [\#＃] (?P<tag> \w {_IN_TAG}* (?:[·・\u200c]{_IN_TAG}+)* )
    """,
    re.VERBOSE,
)
_ANYTHING_TO_FIND = re.compile(r"[@#＃]|://")
_UNWANTED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_INSTEAD = {"\t": " ", "\x0b": "\n", "\x0c": "\n", "\r": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n"}
_PARAGRAPHS = re.compile(r"\n(?:[ \t]*\n)+")
_NOT_IN_TAG = re.compile(rf"(?!{_IN_TAG}|[·・\u200c]).", re.DOTALL)
_LINK_START = re.compile(r"https?://(?:www\.)?", re.IGNORECASE)


def clean(text: str) -> str:
    """The text without control characters and lone surrogates; every way to break a line becomes a newline."""
    return _UNWANTED.sub(lambda found: _INSTEAD.get(found[0], ""), text.replace("\r\n", "\n"))


def find(text: str, own_domain: str = "") -> Found:
    """Everything the text refers to, in one pass."""
    mentions: dict[str, None] = {}
    tags: dict[str, str] = {}
    links: dict[str, None] = {}
    for piece in _pieces(text, own_domain):
        if piece.kind == "mention":
            mentions.setdefault(piece.value.lower())
        elif piece.kind == "tag":
            tags.setdefault(normal_tag(piece.value), piece.value)
        elif piece.kind == "link":
            links.setdefault(piece.value)
    return Found(tuple(mentions), tuple(tags.values()), tuple(links))


def find_mentions(text: str, own_domain: str = "") -> tuple[str, ...]:
    """Names of the accounts here that are addressed: `@name`, or `@name@domain` when the domain is ours."""
    return find(text, own_domain).mentions


def find_tags(text: str) -> tuple[str, ...]:
    """Hashtags without their #, as first written, each once."""
    return find(text).tags


def normal_tag(tag: str) -> str:
    """The form under which a tag is kept: two tags are the same when this is."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", tag).casefold())
    return folded if folded.isalnum() else unicodedata.normalize("NFKC", _NOT_IN_TAG.sub("", folded))


def length(text: str, own_domain: str = "") -> int:
    """Characters as writers count them: a link is 23, and of `@name@domain` only `@name` counts.

    A character is a code point after composition (NFC), so an emoji made of several counts as several.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    count = len(text)
    for piece in _pieces(text, own_domain):
        if piece.kind == "link":
            count += LINK_LENGTH - len(piece.text)
        elif piece.kind in ("mention", "stranger"):
            count += 1 + len(piece.value) - len(piece.text)
    return count


def render(text: str, *, mentions: Mapping[str, str], base_url: str, own_domain: str = "") -> str:
    """HTML for a text that went through `clean`: paragraphs, line breaks, links, hashtags and mentions, no more.

    `mentions` gives the address of each account by its name in lower case; whoever is not in it stays plain text.
    """
    text = text.strip()
    if not text:
        return ""
    shown = "".join(_shown(piece, mentions, base_url) for piece in _pieces(text, own_domain))
    paragraphs = _PARAGRAPHS.split(shown) if "\n" in shown else [shown]
    return "".join(f"<p>{paragraph.replace(chr(10), '<br />')}</p>" for paragraph in paragraphs)


def _pieces(text: str, own_domain: str) -> Iterator[_Piece]:
    done = 0
    for found in _PIECES.finditer(text) if _ANYTHING_TO_FIND.search(text) else ():
        piece = _piece(found, own_domain)
        if piece is None:
            continue
        if found.start() > done:
            yield _Piece("words", text[done : found.start()], "")
        yield piece
        done = found.start() + len(piece.text)
    if done < len(text):
        yield _Piece("words", text[done:], "")


def _piece(found: re.Match[str], own_domain: str) -> _Piece | None:
    if link := found["link"]:
        link = _without_closing_marks(link)
        return _Piece("link", link, link)
    if name := found["name"]:
        return _Piece("mention", found[0], name)
    if someone := found["someone"]:
        own = own_domain.lower()
        host, port = found["domain"], found["port"] or ""
        ours = bool(own) and _NAME.fullmatch(someone) is not None
        if ours and (host + port).lower() == own:
            return _Piece("mention", found[0], someone)
        without_port = found[0].removesuffix(port)
        return _Piece("mention" if ours and host.lower() == own else "stranger", without_port, someone)
    tag = found["tag"]
    normal = normal_tag(tag) if len(tag) <= LONGEST_TAG else ""
    if not normal or len(normal) > LONGEST_TAG or normal.isnumeric():
        return None
    return _Piece("tag", found[0], tag)


def _without_closing_marks(link: str) -> str:
    """The link without the sentence's own punctuation; a closing bracket stays when it was opened inside the link."""
    surplus = {end: link.count(end) - link.count(begin) for begin, end in ("()", "[]", "{}")}
    end = len(link)
    while (last := link[end - 1]) in ".,;:!?'*_~…»”’" or surplus.get(last, 0) > 0:
        if last in surplus:
            surplus[last] -= 1
        end -= 1
    return link[:end]


def _shown(piece: _Piece, mentions: Mapping[str, str], base_url: str) -> str:
    if piece.kind == "link":
        return _shown_link(piece.value)
    if piece.kind == "tag":
        address = f"{base_url}/tags/{quote(normal_tag(piece.value), safe='')}"
        return f'<a href="{escape(address)}" class="mention hashtag" rel="tag">#<span>{escape(piece.value)}</span></a>'
    if piece.kind == "mention" and (account := mentions.get(piece.value.lower())):
        return (
            f'<span class="h-card"><a href="{escape(account)}" class="u-url mention">'
            f"@<span>{escape(piece.value)}</span></a></span>"
        )
    return escape(piece.text)


def _shown_link(link: str) -> str:
    start = _LINK_START.match(link)
    begin = start.end() if start else 0
    end = begin + _SHOWN_OF_LINK
    cut = len(link) > end
    rest = f'<span class="invisible">{escape(link[end:])}</span>' if cut else ""
    return (
        f'<a href="{escape(link)}" rel="nofollow noopener noreferrer" target="_blank">'
        f'<span class="invisible">{escape(link[:begin])}</span>'
        f'<span class="{"ellipsis" if cut else ""}">{escape(link[begin:end])}</span>{rest}</a>'
    )
