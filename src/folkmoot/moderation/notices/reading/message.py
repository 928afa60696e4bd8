"""A mail taken apart: headers, readable parts, files. Linear in its size, bounded in everything, and nothing it meets is an error.

The standard library's parser costs parts times depth and recurses; this splits at boundaries once, to a fixed depth.
"""

from __future__ import annotations

import binascii
import hashlib
import itertools
import quopri
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from folkmoot.moderation.notices.reading.reading import Evidence

MOST_BYTES = 32_000_000
MOST_HEADERS = 65_536
MOST_HEADER = 8_192
MOST_PARTS = 200
MOST_DEPTH = 8
MOST_FILES = 20
MOST_FILE = 5_000_000
MOST_FILES_TOGETHER = 20_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of a mail, decoded."""

    content_type: str
    data: bytes
    charset: str = ""
    name: str = ""
    is_file: bool = False
    depth: int = 0

    def text(self) -> str:
        """The bytes as text: the charset it names, else UTF-8, else Windows-1252, in which everything is something."""
        return decoded(self.data, self.charset)


@dataclass
class Opened:
    """A mail taken apart."""

    headers: Message
    parts: list[Part] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def header(self, name: str) -> str:
        """A header as one line of text, decoded (RFC 2047), or empty."""
        return next((readable(value) for value in self.as_they_came(name)), "")

    def all(self, name: str) -> list[str]:
        """Every header of this name, topmost first, each one line."""
        return [readable(value) for value in self.as_they_came(name)[:50]]

    def as_they_came(self, name: str) -> list[str]:
        """Its values undecoded; `get` would turn letters nobody declared (RFC 6532, or a careless sender) into question marks."""
        return [str(value) for each, value in self.headers.raw_items() if each.lower() == name.lower()]

    def doubt(self, code: str) -> None:
        """Note what a steward should know."""
        if code not in self.doubts:
            self.doubts.append(code)


def open_mail(raw: bytes) -> Opened:
    """A mail taken apart; what is broken is noted among its doubts."""
    whole = raw[:MOST_BYTES]
    head, body = split_head(whole)
    opened = Opened(headers_of(head))
    if len(raw) > MOST_BYTES:
        opened.doubt("message_too_large")
    if not opened.headers.keys():
        opened.doubt("no_headers")
        body = whole
    opened.parts = list(itertools.islice(_leaves(opened, opened.headers, body, 0), MOST_PARTS + 1))
    if len(opened.parts) > MOST_PARTS:
        opened.parts.pop()
        opened.doubt("too_many_parts")
    return opened


def split_head(raw: bytes) -> tuple[bytes, bytes]:
    """Headers and body, at the first empty line."""
    raw = raw.lstrip(b"\r\n") if raw[:1] in b"\r\n" and raw else raw
    if raw.startswith(b"From ") and b"\n" in raw[:1000]:  # a line of an mbox
        raw = raw.split(b"\n", 1)[1]
    ends = [(at, len(mark)) for mark in (b"\r\n\r\n", b"\n\n", b"\r\r") if (at := raw.find(mark)) >= 0]
    if not ends:
        return raw[:MOST_HEADERS], b""
    at, width = min(ends)
    if at > MOST_HEADERS:
        return raw[:MOST_HEADERS], raw[at + width :]
    return raw[:at], raw[at + width :]


def headers_of(head: bytes) -> Message:
    """The headers; values over a bound are cut, since parsing parameters is not linear."""
    lines = head.replace(b"\0", b"").splitlines()
    message = message_from_bytes(b"\n".join(lines[:2_000]) + b"\n\n")
    for name, value in message.items():
        if len(str(value)) > MOST_HEADER:
            message.replace_header(name, str(value)[:MOST_HEADER])
    return message


def readable(value: object) -> str:
    """A header's value decoded, on one line, without control characters."""
    if value is None:
        return ""
    text = str(value)[:MOST_HEADER]
    if "=?" in text:
        try:
            text = "".join(
                piece if isinstance(piece, str) else decoded(piece, charset or "")
                for piece, charset in decode_header(text)
            )
        except (ValueError, LookupError, binascii.Error, AttributeError, TypeError):
            pass
        except Exception as error:  # HeaderParseError and what else the library invents
            if type(error).__module__.partition(".")[0] != "email":
                raise
    if any("\udc80" <= letter <= "\udcff" for letter in text):
        text = decoded(
            text.encode("ascii", "surrogateescape") if text.isascii() else text.encode("utf-8", "surrogateescape"), ""
        )
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def decoded(data: bytes, charset: str) -> str:
    """Bytes as text whatever they are; surrogates and NULs never come out."""
    for name in (charset.strip().strip("\"'").lower(), "utf-8"):
        if (
            not name
            or len(name) > 40
            or name in ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined")
        ):
            continue
        try:
            text = data.decode(name)
        except (LookupError, ValueError, TypeError, AssertionError, RuntimeError):
            continue
        if isinstance(text, str):
            return _clean(text)
    return _clean(data.decode("cp1252", "replace"))


def _clean(text: str) -> str:
    text = text.encode("utf-8", "replace").decode("utf-8", "replace")
    return text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")


def _leaves(opened: Opened, headers: Message, body: bytes, depth: int) -> Iterator[Part]:
    content_type = _content_type(headers)
    if content_type.startswith("multipart/"):
        boundary = _parameter(headers, "boundary")
        pieces = _split(body, boundary.encode("utf-8", "surrogateescape")[:200]) if boundary else []
        if not boundary or not pieces:
            opened.doubt("broken_parts")
            yield Part("text/plain", body, depth=depth)
        elif depth >= MOST_DEPTH:
            opened.doubt("nested_too_deep")
            yield Part("text/plain", body, depth=depth)
        else:
            for piece in pieces:
                head, inner = split_head(piece) if piece[:1] not in b"\r\n" else (b"", piece.lstrip(b"\r\n"))
                yield from _leaves(opened, headers_of(head), inner, depth + 1)
        return
    data = _without_transfer(headers, body, opened)
    if content_type == "message/rfc822" and depth < MOST_DEPTH:
        head, inner = split_head(data)
        yield Part("text/rfc822-headers", head, depth=depth + 1)
        yield from _leaves(opened, headers_of(head), inner, depth + 1)
        return
    name = readable(headers.get_filename() if _is_simple(headers) else "")[:200]
    disposition = str(headers.get("Content-Disposition") or "").strip().lower()
    is_file = disposition.startswith("attachment") or (
        bool(name) and not disposition.startswith("inline") and not content_type.startswith("text/")
    )
    charset = _parameter(headers, "charset")
    is_file = is_file or not content_type.startswith(("text/", "message/"))
    yield Part(content_type, data, charset[:60], name, is_file, depth)


def _is_simple(headers: Message) -> bool:
    return len(str(headers.get("Content-Disposition") or "")) + len(str(headers.get("Content-Type") or "")) < 4_000


def _content_type(headers: Message) -> str:
    if not _is_simple(headers):
        return "text/plain"
    try:
        return headers.get_content_type()[:100]
    except Exception:  # a parameter no parser understands
        return "text/plain"


def _parameter(headers: Message, name: str) -> str:
    if not _is_simple(headers):
        return ""
    try:
        found = headers.get_param(name)
    except Exception:  # likewise
        return ""
    if isinstance(found, tuple):
        found = found[2]
    return str(found or "").strip()


def _split(body: bytes, boundary: bytes) -> list[bytes]:
    """The pieces between lines that begin with --boundary; what comes before the first and after the last is left out."""
    mark = b"--" + boundary
    pieces: list[bytes] = []
    start = -1
    at = 0 if body.startswith(mark) else _next_mark(body, mark, 0)
    while at >= 0 and len(pieces) < MOST_PARTS:
        if start >= 0:
            pieces.append(_without_last_break(body[start:at]))
        end = body.find(b"\n", at)
        if body[at + len(mark) : at + len(mark) + 2] == b"--" or end < 0:
            return pieces
        start = end + 1
        if body.startswith(mark, start):
            at = start
        else:
            at = _next_mark(body, mark, start)
    if start >= 0:
        pieces.append(body[start:])
    return pieces


def _next_mark(body: bytes, mark: bytes, start: int) -> int:
    at = body.find(b"\n" + mark, max(0, start - 1))
    return at + 1 if at >= 0 else -1


def _without_last_break(piece: bytes) -> bytes:
    return piece[:-2] if piece.endswith(b"\r\n") else piece.removesuffix(b"\n")


def _without_transfer(headers: Message, body: bytes, opened: Opened) -> bytes:
    encoding = str(headers.get("Content-Transfer-Encoding") or "").strip().lower()[:40]
    if encoding == "quoted-printable":
        return quopri.decodestring(body)
    if encoding == "base64":
        letters = body.translate(None, delete=_NOT_BASE64)
        try:
            return binascii.a2b_base64(letters[: len(letters) // 4 * 4])
        except (binascii.Error, ValueError):
            opened.doubt("broken_base64")
            return _as_far_as_it_goes(letters)
    return body


_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))


def _as_far_as_it_goes(letters: bytes) -> bytes:
    letters = letters.rstrip(b"=").split(b"=", 1)[0]
    try:
        return binascii.a2b_base64(letters[: len(letters) // 4 * 4])
    except (binascii.Error, ValueError):
        return b""


def files_of(parts: list[Part]) -> tuple[list[Evidence], bool]:
    """The files that came along, as far as we keep them, and whether some were left out or too large."""
    kept: list[Evidence] = []
    room = MOST_FILES_TOGETHER
    cut = False
    for part in parts:
        if not part.is_file:
            continue
        if len(kept) >= MOST_FILES:
            return kept, True
        fits = len(part.data) <= min(MOST_FILE, room)
        cut = cut or not fits
        room -= len(part.data) if fits else 0
        kept.append(
            Evidence(
                name=part.name,
                content_type=part.content_type,
                size=len(part.data),
                digest=hashlib.sha256(part.data).hexdigest(),
                data=part.data if fits else b"",
            )
        )
    return kept, cut


def people(opened: Opened, name: str) -> list[tuple[str, str]]:
    """Names and addresses in a header such as From."""
    found = []
    for value in opened.as_they_came(name):
        text = value[:2_000]
        try:
            found += getaddresses([text])
        except (ValueError, IndexError, AttributeError, TypeError, RecursionError):
            continue
    return [(readable(who)[:200], readable(address).lower()[:320]) for who, address in found if "@" in address][:20]


def date_of(opened: Opened, received_at: datetime) -> tuple[datetime | None, int | None]:
    """The moment the sender says, when it is sane (a week old at most, five minutes ahead at most), and the zone's offset
    in minutes when one is written."""
    try:
        written = parsedate_to_datetime(opened.header("Date")[:200])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None, None
    offset = written.utcoffset()
    if offset is None:  # "-0000": in UTC, from nobody knows where
        return (_sane(written.replace(tzinfo=UTC), received_at), None)
    minutes = int(offset.total_seconds() // 60)
    return _sane(written, received_at), minutes if abs(minutes) <= 14 * 60 else None


def _sane(written: datetime, received_at: datetime) -> datetime | None:
    try:
        moment = written.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return moment if received_at - timedelta(days=7) <= moment <= received_at + timedelta(minutes=5) else None
