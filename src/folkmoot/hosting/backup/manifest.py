"""What a backup consists of: the sealed list that is written last, and without which nothing else counts.

It names every chunk in order with its sizes. A chunk opens under its own name only, so with the list's seal a chunk that
was changed, dropped, swapped or reordered is found.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

import msgspec

from folkmoot.hosting.backup.sealing import NotOpened, Seal, squeeze, unsqueeze

FORMAT = 2
"""1: every chunk was packed. Lists of both are read."""
Kind = Literal["full", "incremental"]
_NAME = re.compile(r"\d{8}T\d{6}Z-(full|incremental)", re.ASCII)


class Chunk(msgspec.Struct, frozen=True, array_like=True):
    """A sealed object: its name (HMAC of what is sealed), bytes before and after, whether it begins at a tar header."""

    name: str
    size: int
    sealed: int
    at_header: bool = False
    packed: bool = True
    """Whether the bytes were compressed before they were sealed."""


class TableFigures(msgspec.Struct, frozen=True, array_like=True):
    """Rows of a table, and how many the server counts as ever put in and taken out."""

    rows: int
    put_in: int
    taken_out: int


class Figures(msgspec.Struct, frozen=True):
    """What the database held at a moment, by which a restored one is judged."""

    at: datetime
    lsn: str
    tables: dict[str, TableFigures]
    log_size: int | None = None
    log_root: str = ""
    """The public log's entries and root hash, where there is one."""


class Manifest(msgspec.Struct, frozen=True):
    """One whole backup."""

    format: int
    repository: str
    name: str
    kind: Kind
    epoch: int
    parent: str
    """Name of the backup an incremental one builds on; empty for a full one."""
    started_at: datetime
    finished_at: datetime
    software: str
    schema: str
    server: int
    """server_version_num of the server."""
    system: str
    timeline: int
    segment_size: int
    start_lsn: str
    stop_lsn: str
    database: str
    role: str
    size: int
    sealed_size: int
    sent: int
    """Bytes that had to be sent: the rest lay there already."""
    stream: list[Chunk]
    server_manifest: list[Chunk]
    bundle: list[Chunk]
    """Master key and settings."""
    media: list[Chunk]
    """The list of media that belong to it."""
    media_count: int
    media_size: int
    before: Figures
    after: Figures

    def chunks(self) -> set[str]:
        """The name of every chunk it needs."""
        return {each.name for part in (self.stream, self.server_manifest, self.bundle, self.media) for each in part}


class MediaList(msgspec.Struct, frozen=True):
    """Keys and sizes of the media a backup holds, and the keys that were listed but lay nowhere when it was made."""

    keys: list[tuple[str, int]]
    absent: list[str] = []


class Verified(msgspec.Struct, frozen=True):
    """The outcome of really restoring a backup."""

    name: str
    manifest: str
    """Digest of the manifest that was verified."""
    at: datetime
    whole: bool
    words: str
    checks: list[tuple[str, str]] = []


def name_of(at: datetime, kind: Kind) -> str:
    """What a backup begun at this moment is called: `20260131T030000Z-full`."""
    return f"{at:%Y%m%dT%H%M%SZ}-{kind}"


def is_name(text: str) -> bool:
    """Whether a backup can be called that."""
    return _NAME.fullmatch(text) is not None


def place_of(name: str) -> str:
    """Where a backup's manifest lies in the repository."""
    return f"backups/{name}/manifest"


def pack(seal: Seal, manifest: Manifest) -> bytearray:
    """The manifest as it lies in the repository."""
    return seal.seal(place_of(manifest.name), squeeze(msgspec.msgpack.encode(manifest), 3))


def unpack(seal: Seal, name: str, sealed: bytes | bytearray, repository: str) -> Manifest:
    """The manifest of this name. Raises NotOpened when it is not the one that was written there."""
    try:
        found = msgspec.msgpack.decode(unsqueeze(seal.open(place_of(name), sealed)), type=Manifest)
    except msgspec.DecodeError as error:
        raise NotOpened("it was written by another version, or is no list of a backup") from error
    if found.name != name or found.repository != repository:
        raise NotOpened("it belongs to another backup")
    return found
