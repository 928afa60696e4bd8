"""How the network is doing, looked at every few seconds and remembered, so that it can be told when the database is away.

What people must know (the last announcement, reading only and why) also lies in DATA/status.json, for a process that starts
while there is no database. Nothing here is secret: anybody may read the status page.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import structlog

from folkmoot import clock
from folkmoot.bus import Bus, News
from folkmoot.database import Database
from folkmoot.errors import FolkmootError
from folkmoot.network.site.views import ReadOnly, Translations
from folkmoot.settings import Settings
from folkmoot.storage import Storage
from folkmoot.web import queries
from folkmoot.web.writes import Writes

LOOK_SECONDS = 5
PATIENCE_SECONDS = 3
"""How long a part may take to answer before it counts as down."""
STORAGE_SECONDS = 60
WORKER_SILENT = timedelta(seconds=45)
"""A living worker gives a sign every ten seconds."""
LEAST_FREE = 16 * 1024**2
_PROBE = f"00/00/{'0' * 64}.bin"
"""An object nobody has: asking for it shows that the place answers."""

log = structlog.get_logger(__name__)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a part of the network works, and since when it is so."""

    up: bool
    since: datetime


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The last announcement."""

    text: str
    translations: Translations = {}
    published_at: datetime

    def in_language(self, locale: str) -> str:
        """Its text in a language, or as first written."""
        return self.translations.get(locale, {}).get("text") or self.text


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """The last time a move to another host was tried out."""

    at: datetime
    well: bool
    held_ms: float | None = None
    """How long members waited for it."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is worth knowing without a database; the form of DATA/status.json."""

    name: str
    announcement: Told | None = None
    read_only: ReadOnly | None = None
    rehearsal: Rehearsal | None = None


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """All that the status page says."""

    name: str
    url: str
    looked_at: datetime
    web: Part
    """This process; it answers."""
    database: Part
    worker: Part
    storage: Part
    read_only: ReadOnly | None
    """In force now."""
    planned: ReadOnly | None
    """Maintenance that was announced: reading only from then on."""
    announcement: Told | None
    rehearsal: Rehearsal | None

    @property
    def is_well(self) -> bool:
        return self.database.up and self.worker.up and self.storage.up


class StatusBoard:
    """What this process last saw. `look` never raises; `status` never waits."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._file = settings.data / "status.json"
        now = clock.now()
        self.kept = _read(self._file) or Kept(name=settings.site_name)
        self._looked_at = now
        self._web = Part(up=True, since=now)
        self._parts = {part: Part(up=False, since=now) for part in ("database", "worker", "storage")}
        self._storage_looked = 0.0
        self._wake = asyncio.Event()

    def status(self) -> Status:
        """How it stands, out of memory."""
        now = clock.now()
        known = self.kept.read_only
        return Status(
            name=self.kept.name,
            url=self._settings.base_url,
            looked_at=self._looked_at,
            web=self._web,
            read_only=known if known is not None and known.in_force(now) else None,
            planned=known if known is not None and known.starts_at > now else None,
            announcement=self.kept.announcement,
            rehearsal=self.kept.rehearsal,
            **self._parts,
        )

    async def watch(self, db: Database, storage: Storage, writes: Writes, bus: Bus) -> None:
        """Look again and again, at once when the operator has changed something."""
        bus.hear("site.changed", self._hurry)
        bus.hear("site.read_only", self._hurry)
        while True:
            self._wake.clear()
            await self.look(db, storage, writes)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_SECONDS)

    async def look(self, db: Database, storage: Storage, writes: Writes) -> None:
        """Look once at database, worker and storage; what was read goes to `writes` and to the file."""
        now = clock.now()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                found = await queries.look(db, now)
        except (FolkmootError, TimeoutError):
            self._note("database", False, now)  # of the worker nothing is known: it is left as it was
        else:
            self._note("database", True, now)
            seen = found["worker_seen_at"]
            self._note("worker", seen is not None and now - seen < WORKER_SILENT, now)
            kept = Kept(
                name=msgspec.json.decode(found["name"]) if found["name"] else self._settings.site_name,
                announcement=_decoded(found["announcement"], Told),
                read_only=_decoded(found["read_only"], ReadOnly),
                rehearsal=_decoded(found["rehearsal"], Rehearsal),
            )
            writes.known = kept.read_only
            if kept != self.kept or not self._file.exists():
                self.kept = kept
                await asyncio.to_thread(_write, self._file, kept)
        loop_time = asyncio.get_running_loop().time()
        if loop_time - self._storage_looked >= STORAGE_SECONDS or not self._parts["storage"].up:
            self._storage_looked = loop_time
            self._note("storage", await self._storage_answers(storage), now)
        self._looked_at = clock.now()

    async def _storage_answers(self, storage: Storage) -> bool:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await storage.exists(_PROBE)
                if not self._settings.storage_url:
                    return (await asyncio.to_thread(shutil.disk_usage, self._settings.data)).free > LEAST_FREE
        except (FolkmootError, OSError, TimeoutError):
            return False
        return True

    def _note(self, part: str, up: bool, now: datetime) -> None:
        if self._parts[part].up != up:
            self._parts[part] = Part(up=up, since=now)

    def _hurry(self, news: News) -> None:
        self._wake.set()


def _decoded(value: str | None, to: type[Any]) -> Any:
    return msgspec.json.decode(value, type=to) if value is not None else None


def _read(file: Path) -> Kept | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Kept)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _write(file: Path, kept: Kept) -> None:
    making = file.with_name(f".status-{os.getpid()}.json")
    try:
        making.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=2))
        making.replace(file)
    except OSError as error:
        log.warning("the status cannot be kept", file=str(file), why=error.strerror)
