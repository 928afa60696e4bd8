"""Everything a request needs, wired once at start and handed to every endpoint and page."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from typing import Any

import structlog

from folkmoot import address
from folkmoot.bus import Bus, News
from folkmoot.bus.reader import OutboxReader
from folkmoot.database import Database
from folkmoot.errors import FolkmootError
from folkmoot.network import access
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.access.views import TokenHolder
from folkmoot.network.gate import Gate
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.shelf import Shelf
from folkmoot.network.timelines import Timelines
from folkmoot.network.visibility import Watch
from folkmoot.settings import Settings
from folkmoot.storage import Storage, open_storage
from folkmoot.vault import open_vault
from folkmoot.web.api.entities import Entities
from folkmoot.web.limits import Limits
from folkmoot.web.origin import Origin
from folkmoot.web.status import StatusBoard
from folkmoot.web.writes import Writes

SESSION_COOKIE = "folkmoot_session"
REMEMBERED_SECONDS = 5.0
"""How long a token or session is trusted without asking the database again, should news of its end be lost."""

LOADED_AFTER_SECONDS = 2
"""After the start; a post that comes sooner has it loaded at once."""
COUNTED_SECONDS = 30
"""How often a process adds what it screened to the statistics of the day."""

log = structlog.get_logger(__name__)


class Server:
    """One network as one process serves it."""

    def __init__(
        self, settings: Settings, db: Database, bus: Bus, storage: Storage, status: StatusBoard | None = None
    ) -> None:
        self.settings = settings
        self.db = db
        self.bus = bus
        self.storage = storage
        db.deliver = bus.deliver
        self.shelf = Shelf(db, bus, megabytes=max(settings.cache_mb, 1))
        self.watch = Watch(db, bus)
        self.gate = Gate(db, settings, bus)
        self.desk = Desk(db, self.shelf, self.watch, settings, self.gate)
        self.timelines = Timelines(self.desk, bus)
        self.entities = Entities(settings)
        self.limits = Limits(settings)
        self.origin = Origin(settings.trusted_proxies)
        self.writes = Writes(settings, bus)
        self.status = status or StatusBoard(settings)
        self.vapid_key = ""
        """The key apps give to their push service, once somebody has asked for it."""
        self.started_at = time.time()
        self._holders: dict[bytes, tuple[float, TokenHolder]] = {}
        self._sessions: dict[bytes, tuple[float, Viewer | None]] = {}
        self.finished: dict[bytes, tuple[int, Any]] = {}
        """Answers for anybody, by query, each with the generation of the public timeline it was made at."""
        self.documents: dict[str, tuple[int, bytes]] = {}
        """Finished instance documents by name, each with the time in ms until which it is good."""
        self._reader: asyncio.Task[None] | None = None
        self._url = settings.database_url
        self._counter: asyncio.Task[None] | None = None
        self._watcher: asyncio.Task[None] | None = None
        bus.hear("access.changed", self._access_changed)
        bus.hear("site.changed", lambda news: self.documents.clear())
        bus.on_reset(self._forget_everybody)

    @classmethod
    async def open(cls, settings: Settings, status: StatusBoard | None = None) -> Server:
        """Connect to the database (waiting for it) and storage, and begin to read the outbox."""
        url = address.changed_to(settings.data) or settings.database_url
        db = await Database.open(url, connections=settings.database_pool)
        db.seals = open_vault(settings.data)
        server = cls(settings, db, Bus(), open_storage(settings), status)
        server._read_outbox(url)
        await server.status.look(db, server.storage, server.writes)
        watching = server.status.watch(db, server.storage, server.writes, server.bus)
        server._watcher = asyncio.create_task(watching, name="status")
        server._counter = asyncio.create_task(server._screen(), name="screening")
        return server

    def _read_outbox(self, url: str) -> None:
        self._url = url
        self._reader = asyncio.create_task(OutboxReader(url, self.bus).run(), name="outbox reader")

    async def follow_database(self) -> None:
        """Go over to another database when the network has moved to one, else open what is open anew.

        Raises Unavailable when it does not answer.
        """
        url = address.changed_to(self.settings.data) or self._url
        if url == self._url:
            await self.db.renew()
        else:
            await self.db.move_to(url, connections=self.settings.database_pool)
            if self._reader:
                self._reader.cancel()
            self._read_outbox(url)

    async def close(self) -> None:
        if self._reader:
            self._reader.cancel()
        if self._watcher:
            self._watcher.cancel()
        if self._counter:
            self._counter.cancel()
            with contextlib.suppress(FolkmootError):
                await self.gate.write_counts()
        await self.db.close()

    async def _screen(self) -> None:
        """Load what screening needs before the first post asks for it, once the first pages are out; keep its statistics."""
        await asyncio.sleep(LOADED_AFTER_SECONDS)
        while True:
            try:
                await self.gate.screen()
                await asyncio.sleep(COUNTED_SECONDS)
                await self.gate.write_counts()
            except FolkmootError as error:
                log.error("screening", why=error.words)
                await asyncio.sleep(COUNTED_SECONDS)

    def keep_finished(self, query: bytes, generation: int, answer: Any) -> None:
        """Keep a finished answer of the public timeline until something public changes."""
        if len(self.finished) > 200:
            self.finished.clear()
        self.finished[query] = (generation, answer)

    async def holder_of(self, token: str) -> TokenHolder:
        """Whose API token this is. Raises Unknown for none of ours, Forbidden for a pending or disabled account."""
        key = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        known = self._holders.get(key)
        now = time.monotonic()
        if known is not None and known[0] > now:
            return known[1]
        holder = await access.viewer_by_token(self.db, token)
        self._remember(self._holders, key, (now + REMEMBERED_SECONDS, holder))
        return holder

    async def viewer_of_session(self, token: str) -> Viewer | None:
        """Whose browser session this is, or None."""
        key = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        known = self._sessions.get(key)
        now = time.monotonic()
        if known is not None and known[0] > now:
            return known[1]
        viewer = await access.viewer_by_session(self.db, token)
        self._remember(self._sessions, key, (now + REMEMBERED_SECONDS, viewer))
        return viewer

    async def viewer_of(self, request: Any) -> Viewer | None:
        """Who opened this page: `request` is anything with `cookies`."""
        token = request.cookies.get(SESSION_COOKIE)
        return await self.viewer_of_session(token) if token else None

    @staticmethod
    def _remember(into: dict[bytes, Any], key: bytes, value: Any) -> None:
        if len(into) > 20_000:
            into.clear()
        into[key] = value

    def _access_changed(self, news: News) -> None:
        account_id = news.payload["account_id"]
        for key, (_, holder) in list(self._holders.items()):
            if holder.viewer is None or holder.viewer.account_id == account_id:
                del self._holders[key]
        for key, (_, viewer) in list(self._sessions.items()):
            if viewer is None or viewer.account_id == account_id:
                del self._sessions[key]

    def _forget_everybody(self) -> None:
        self._holders.clear()
        self._sessions.clear()
