"""Cuts the tar stream of a base backup where files begin, so that a file which did not change gives the same pieces again.

That is what makes a backup resumable: after a kill the stream is read anew from the server, and what already lies in the
repository is not sent again. The pieces put together are the stream, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

BLOCK = 512
PIECE = 4 * 2**20
"""Bytes of a piece at most."""
LARGE = 2**20
"""A file of at least this many bytes begins a piece of its own; smaller ones share."""
MANIFEST = "backup_manifest"

Read = Callable[[memoryview], int]
"""Fills what it can of a buffer and says how much; 0 at the end."""


class NotATar(ValueError):
    """The stream is not what pg_basebackup writes, or ends too early."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the stream; `at_header` when it begins with a file's header, so that unpacking may begin there."""

    data: bytearray
    at_header: bool


@dataclass(frozen=True, slots=True)
class Header:
    """What a tar header says of the file after it."""

    name: str
    size: int
    kind: str
    mode: int
    link: str


def read_header(block: bytes | bytearray | memoryview) -> Header | None:
    """The header in these 512 bytes; None for the empty block at the end. Raises NotATar."""
    raw = bytes(block)
    if not any(raw):
        return None
    try:
        written = int(_text(raw[148:156]).strip() or "x", 8)
        if sum(raw) - sum(raw[148:156]) + 8 * 32 != written:
            raise NotATar("the sum of a header is wrong")
        prefix = _text(raw[345:500]) if raw[257:262] == b"ustar" else ""
        name = _text(raw[:100])
        return Header(
            f"{prefix}/{name}" if prefix else name,
            _number(raw[124:136]),
            chr(raw[156]) if raw[156] else "0",
            _number(raw[100:108]),
            _text(raw[157:257]),
        )
    except ValueError as error:
        raise NotATar(f"a header cannot be read: {error}") from error


def padded(size: int) -> int:
    """How many bytes a file of this size takes in a tar."""
    return (size + BLOCK - 1) // BLOCK * BLOCK


class Cutter:
    """Reads a tar stream once. `manifest` holds the server's own list of files once all pieces were taken."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self.manifest = bytearray()

    def pieces(self) -> Iterator[Piece]:
        """The stream in order. Raises NotATar when it ends inside a file."""
        shared, at_header = bytearray(), True
        while True:
            block = self._take(BLOCK, may_end=True)
            if not block:
                break
            header = read_header(block)
            shared += block
            if header is None:
                continue
            if header.size >= LARGE and header.name != MANIFEST:
                yield Piece(shared, at_header)
                left = header.size
                while left:
                    data = self._take(min(left, PIECE))
                    left -= len(data)
                    yield Piece(data, False)
                shared = self._take(padded(header.size) - header.size)
                at_header = not shared
            else:
                data = self._take(padded(header.size)) if header.kind in "0\x00" else bytearray()
                if header.name == MANIFEST:
                    self.manifest = data[: header.size]
                shared += data
            if len(shared) >= PIECE:
                yield Piece(shared, at_header)
                shared, at_header = bytearray(), True
        if shared:
            yield Piece(shared, at_header)

    def _take(self, size: int, *, may_end: bool = False) -> bytearray:
        taken = bytearray(size)
        view, got = memoryview(taken), 0
        while got < size:
            read = self._read(view[got:])
            if not read:
                if may_end and got == 0:
                    return bytearray()
                raise NotATar("the stream ends inside a file")
            got += read
        return taken


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _number(raw: bytes) -> int:
    if raw[0] & 0x80:  # too large for octal digits
        return int.from_bytes(raw, "big") & ~(0x80 << 8 * (len(raw) - 1))
    return int(_text(raw).strip() or "0", 8)
