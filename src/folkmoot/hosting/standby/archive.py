"""The journal as the backups hold it, for a standby that was away longer than the first host kept it.

The standby has the keys, so it opens the repository itself: at its own address where it can reach that, else object by
object through the link, sealed as they lie there. Either way what comes is checked here.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from folkmoot.errors import FolkmootError, Missing, Unavailable
from folkmoot.hosting.backup.repository import ABOUT, Local, Repository, objects_at, open_own, open_with_vault
from folkmoot.hosting.backup.sealing import LARGEST_PLAIN
from folkmoot.hosting.link import Link, LinkBroken, Stream
from folkmoot.hosting.link.link import raise_refusal
from folkmoot.hosting.link.stream import Message
from folkmoot.settings import Settings
from folkmoot.storage import Named, NamedObjects
from folkmoot.vault import open_vault

CHANNEL = "archive"
NAMES_AT_ONCE = 2000
ANSWER_SECONDS = 120.0
LARGEST = LARGEST_PLAIN + 4096
"""Bytes no object is announced with: what we seal is smaller."""


class Archive(msgspec.Struct, frozen=True):
    """What the first host says of its backups, and of the journal it has itself."""

    repository: str
    """Id of the repository; empty where there are no backups."""
    epoch: int
    """Of the repository: whose journal the first host writes now."""
    kept_from: int
    """The byte of the journal from which on the first host's own server keeps it for the standby."""
    timeline: int
    segment_size: int


def held_archive(settings: Settings) -> tuple[str, int]:
    """On the first host: the id of its repository and the epoch it writes in; nothing where it makes no backups.

    Raises BackupError when the repository cannot be read, or somebody else writes there.
    """
    if not settings.backup_url:
        return "", 0
    repository = open_own(settings)
    return repository.about.id, repository.check_writer(Local.of(settings.data).writer).epoch


@contextlib.contextmanager
def open_archive(settings: Settings, link: Link, wanted: str) -> Iterator[Repository]:
    """On the standby: the repository of this id, at its own address or through the link.

    Raises BackupError, LinkBroken, Unavailable.
    """
    found = _open_there(settings, wanted)
    if found is not None:
        yield found
        return
    linked = LinkedObjects(link)
    try:
        yield open_with_vault(linked, open_vault(settings.data))
    finally:
        linked.close()


def _open_there(settings: Settings, wanted: str) -> Repository | None:
    address = settings.backup_url
    if "://" in address or (address and Path(address, ABOUT).is_file()):
        with contextlib.suppress(FolkmootError):  # no way there, or other credentials
            found = open_own(settings)
            if found.about.id == wanted:
                return found
    return None


def serve_archive(settings: Settings) -> Callable[[Stream, Message], None]:
    """The channel on the side that reaches the repository: names come in, sealed bytes go out. Nothing can be changed."""

    def serve(stream: Stream, hello: Message) -> None:
        objects = objects_at(settings)
        while True:
            stream.patience(ANSWER_SECONDS)
            wanted = stream.receive()
            try:
                if "list" in wanted:
                    _send_names(stream, objects.list(str(wanted["list"])))
                    continue
                data = objects.get(str(wanted.get("get", "")))
            except Missing:
                stream.send({"ok": {"absent": True}})
            except LinkBroken:
                raise
            except FolkmootError as error:
                stream.send({"error": error.words, "kind": error.kind.value})
            else:
                stream.send({"ok": {"size": len(data)}})
                stream.write(data)

    return serve


def _send_names(stream: Stream, listed: Iterator[Named]) -> None:
    batch: list[tuple[str, int, float]] = []
    for each in listed:
        batch.append((each.name, each.size, each.changed_at.timestamp()))
        if len(batch) == NAMES_AT_ONCE:
            stream.send({"ok": {"names": batch}})
            batch = []
    stream.send({"ok": {"names": batch, "end": True}})


class LinkedObjects(NamedObjects):
    """The objects of the partner's repository, to be read. A few threads may read side by side, each on a stream."""

    place = "The backup, read through the other host,"

    def __init__(self, link: Link) -> None:
        self._link = link
        self._idle: list[Stream] = []
        self._lock = threading.Lock()

    def get(self, name: str) -> bytes:
        with self._stream() as stream:
            stream.send({"get": name})
            answer = raise_refusal(stream.receive())
            if answer.get("absent"):
                raise Missing(cause=f"{self.place} has no {name}")
            size = int(answer.get("size", -1))
            if not 0 <= size <= LARGEST:
                raise Unavailable(cause=f"archive: {name} has {size} bytes")
            return stream.read(size)

    def list(self, prefix: str = "") -> Iterator[Named]:
        found: list[Named] = []
        with self._stream() as stream:
            stream.send({"list": prefix})
            while True:
                answer = raise_refusal(stream.receive())
                found += [
                    Named(str(name), int(size), datetime.fromtimestamp(float(at), UTC))
                    for name, size, at in answer.get("names", ())
                ]
                if answer.get("end"):
                    break
        return iter(found)

    @contextlib.contextmanager
    def _stream(self) -> Iterator[Stream]:
        """A stream of one's own, kept for the next one unless it broke."""
        with self._lock:
            stream = self._idle.pop() if self._idle else None
        stream = stream or self._link.open(CHANNEL)
        stream.patience(ANSWER_SECONDS)
        try:
            yield stream
        except Missing:
            self._keep(stream)
            raise
        except BaseException:
            stream.close()
            raise
        self._keep(stream)

    def _keep(self, stream: Stream) -> None:
        with self._lock:
            self._idle.append(stream)

    def close(self) -> None:
        """End the streams."""
        with self._lock:
            idle, self._idle = self._idle, []
        for stream in idle:
            stream.close()
