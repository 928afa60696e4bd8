"""The media: what the manifest lists and this host does not hold is fetched by its name, which is the sum of its bytes.

The standby's database is read-only, so how far the manifest was gone through is noted beside it. Everything is gone
through again now and then, since a disk may lose what it had.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import structlog

from folkmoot.errors import FolkmootError, Missing, Unavailable
from folkmoot.hosting import state as states
from folkmoot.hosting.link import Link, LinkBroken
from folkmoot.hosting.link.held import Held
from folkmoot.hosting.link.stream import Message, Stream
from folkmoot.hosting.standby import queries
from folkmoot.hosting.standby.watching import Noted
from folkmoot.hosting.state import write_whole
from folkmoot.settings import Settings
from folkmoot.storage import Storage, is_key, key_of, open_storage

log = structlog.get_logger("folkmoot.standby")
T = TypeVar("T")

EVERY = 1.0
BATCH = 200
CHUNK = 1 << 20
AGAIN = 3600.0
"""Seconds after which the whole manifest is gone through again."""
LATE_SECONDS = 120.0
"""How long after its time an entry of the manifest may still appear: twice the longest transaction, and clocks."""


class Storing:
    """Storage for threads: its coroutines run on a loop of their own."""

    def __init__(self, settings: Settings) -> None:
        self.storage: Storage = open_storage(settings)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="storage", daemon=True)
        self._thread.start()

    def do(self, act: Coroutine[Any, Any, T]) -> T:
        """The outcome of one of the storage's coroutines."""
        return asyncio.run_coroutine_threadsafe(act, self._loop).result(90)

    def close(self) -> None:
        """End the loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


def serve_media(storing: Callable[[], Storing]) -> Callable[[Stream, Message], None]:
    """The channel `media` on the side that has them: names come in, bytes go out."""

    def serve(stream: Stream, hello: Message) -> None:
        store = storing()
        while True:
            stream.patience(120)
            wanted = stream.receive()
            key, start = str(wanted.get("key", "")), int(wanted.get("from", 0))
            try:
                if not is_key(key):
                    raise Missing()
                size = store.do(store.storage.size(key))
                if not 0 <= start <= size:
                    raise Missing()
            except Missing:
                stream.send({"absent": True})
                continue
            stream.send({"size": size})
            while start < size:
                part = store.do(store.storage.get(key, (start, min(size, start + CHUNK))))
                if not part:
                    raise LinkBroken(cause=f"media: {key} ended early")
                stream.write(part)
                start += len(part)

    return serve


class Fetching:
    """The standby's thread that keeps the media whole."""

    def __init__(self, link: Link, settings: Settings, noted: Noted, storing: Callable[[], Storing]) -> None:
        self._link = link
        self._settings = settings
        self._noted = noted
        self._storing = storing
        self._server = Held(settings)
        self._stream: Stream | None = None
        self._partial: tuple[str, bytearray] = ("", bytearray())
        self._mark: tuple[float, str] = (0.0, "")
        """Everything in the manifest up to here is held."""
        self._owed: dict[str, dict[str, Any]] = {}
        """Entries before the mark that could not be had yet."""
        self._seen: dict[str, float] = {}
        """Late entries after the mark that are held, by their time."""
        self._begun = 0.0

    def run(self, over: threading.Event) -> None:
        """Fetch what is missing until it is over."""
        self._mark = _read_mark(self._settings.data)
        while not over.wait(EVERY):
            if states.read(self._settings.data).role != "standby" or self._link.partner is None:
                self._server.close()
                continue
            try:
                self.look(over)
            except FolkmootError as error:
                self._hang_up()
                log.info("media_not_fetched", cause=error.cause or error.words)
            except Exception:
                self._hang_up()
                log.exception("media_not_fetched")
        self._hang_up()
        self._server.close()

    def look(self, over: threading.Event) -> None:
        """Go through the manifest from the mark on, fetching what is not held; then once more what is owed."""
        now = time.time()
        if now - self._begun > AGAIN:
            if self._begun:
                self._mark, self._seen = (0.0, ""), {}
            self._begun = now
        for entry in list(self._owed.values()):
            if self._have(entry):
                del self._owed[entry["key"]]
        after = self._mark
        while not over.is_set():
            with self._server() as connection:
                batch = queries.objects_after(connection, *after, BATCH)
            for entry in batch:
                if entry["key"] not in self._seen:
                    self._noted.media_missing = max(1, self._noted.media_missing or 0)
                    if self._have(entry):
                        self._seen[entry["key"]] = entry["created_at"]
                    else:
                        self._owed[entry["key"]] = entry
            if not batch:
                break
            after = (batch[-1]["created_at"], batch[-1]["key"])
            self._advance(after, now)
        self._count()

    def _advance(self, after: tuple[float, str], now: float) -> None:
        """Move the mark, though never so close to the present that a late entry could slip in before it."""
        if after[0] < now - LATE_SECONDS:
            self._mark = after
            self._seen = {key: at for key, at in self._seen.items() if at >= after[0]}
            write_mark(self._settings.data, after)

    def _count(self) -> None:
        with self._server() as connection:
            self._noted.media_total = int(queries.media_counts(connection, 0)["total"])
        absent = sum(1 for entry in self._owed.values() if entry.get("absent"))
        self._noted.media_absent = absent
        self._noted.media_missing = len(self._owed) - absent
        self._noted.media_missing_bytes = sum(e["size"] for e in self._owed.values() if not e.get("absent"))

    def _have(self, entry: dict[str, Any]) -> bool:
        """Whether it is held, after fetching it if need be."""
        store = self._storing()
        with contextlib.suppress(Missing):
            if store.do(store.storage.size(entry["key"])) == entry["size"]:
                return True
        try:
            data = self._fetch(entry["key"])
        except Missing:
            entry["absent"] = True  # announced before its bytes are written, or lost there too; asked again
            return False
        entry.pop("absent", None)
        if key_of(data, entry["content_type"]) != entry["key"]:
            log.error("medium_differs", name=entry["key"])
            return False
        store.do(store.storage.put(data, entry["content_type"]))
        return True

    def _fetch(self, key: str) -> bytes:
        """The bytes from the other host; a broken transfer goes on where it was. Raises Missing, LinkBroken."""
        if self._stream is None:
            self._stream = self._link.open("media")
        stream = self._stream
        stream.patience(60)
        if self._partial[0] != key:
            self._partial = (key, bytearray())
        kept = self._partial[1]
        stream.send({"key": key, "from": len(kept)})
        answer = stream.receive()
        if answer.get("absent"):
            self._partial = ("", bytearray())
            raise Missing()
        size = int(answer.get("size", 0))
        if size > self._storing().storage.largest:
            raise Unavailable(cause=f"media: {key} has {size} bytes")
        while len(kept) < size:
            begun = time.monotonic()
            part = stream.read(min(CHUNK, size - len(kept)))
            kept += part
            if self._settings.link_media_kbps:
                time.sleep(max(0.0, len(part) / 1000 / self._settings.link_media_kbps - (time.monotonic() - begun)))
        self._partial = ("", bytearray())
        return bytes(kept)

    def _hang_up(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def _mark_file(data: Path) -> Path:
    return data / "link" / "media.json"


def _read_mark(data: Path) -> tuple[float, str]:
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        found = json.loads(_mark_file(data).read_text(encoding="utf-8"))
        return float(found["at"]), str(found["key"])
    return 0.0, ""


def write_mark(data: Path, mark: tuple[float, str]) -> None:
    """Note how far the manifest is held."""
    with contextlib.suppress(OSError):
        write_whole(_mark_file(data), json.dumps({"at": mark[0], "key": mark[1]}) + "\n")
