"""The reader of the outbox: one a process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec
import structlog

from folkmoot import clock
from folkmoot.bus import Bus, News

CHANNEL = "folkmoot_news"
JOBS_CHANNEL = "procrastinate_any_queue_v1"
WINDOW_MS = 60_000
"""How far back a late commit is still looked for; twice the longest transaction."""
BATCH_SECONDS = 0.005
POLL_SECONDS = 1.0

log = structlog.get_logger(__name__)


class OutboxReader:
    """Tails the outbox on a connection of its own and tells the bus what other processes committed.

    Ids are made before the commit, so they become visible out of order: the reader asks for everything in the last
    minute that it has not seen, rather than for everything after the newest id.
    """

    def __init__(self, url: str, bus: Bus) -> None:
        self._url = url
        self._bus = bus
        self._seen: set[int] = set()
        self._wanted = asyncio.Event()
        self._connection: asyncpg.Connection[Any] | None = None
        self._notify: asyncio.TimerHandle | None = None
        self._notify_jobs = False
        self._busy = asyncio.Lock()
        self._sending: asyncio.Task[None] | None = None
        bus.sent = self.sent

    def sent(self, news: Sequence[News]) -> Sequence[News]:
        """This process has committed `news`: wake the others within BATCH_SECONDS, and say what was not read here yet.

        The outbox may be read between a commit and its answer; then it was told already.
        """
        fresh = [item for item in news if item.id not in self._seen]
        self._seen.update(item.id for item in news)
        self._notify_jobs |= any(item.kind == "jobs.deferred" for item in news)
        if self._notify is None:
            self._notify = asyncio.get_running_loop().call_later(BATCH_SECONDS, self._send_notify)
        return fresh

    def _send_notify(self) -> None:
        self._notify = None
        if self._connection is not None and not self._connection.is_closed():
            self._sending = asyncio.ensure_future(self._notify_others(self._connection))

    async def _notify_others(self, connection: asyncpg.Connection[Any]) -> None:
        jobs, self._notify_jobs = self._notify_jobs, False
        statement = f"NOTIFY {CHANNEL}"
        if jobs:
            statement += f"""; NOTIFY {JOBS_CHANNEL}, '{{"type": "job_inserted", "job_id": 0}}'"""
        try:
            async with self._busy:
                await connection.execute(statement, timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._wanted.set()  # the others look once a second in any case

    async def run(self) -> None:
        """Read until cancelled; when the database is away, keep trying, then forget all caches.

        Also at first: something may have been cached, and changed by another process, before this reader was there.
        """
        while True:
            try:
                connection = await asyncpg.connect(
                    self._url, timeout=5, server_settings={"application_name": "folkmoot-news"}
                )
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(0.2)
                continue
            try:
                await connection.add_listener(CHANNEL, self._heard)
                self._seen.update(await self._ids_in_window(connection))
                self._bus.reset()
                self._connection = connection
                await self._tail(connection)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("news reader lost the database", error=str(error))
                self._bus.reset()
                await asyncio.sleep(0.05)
            finally:
                self._connection = None
                connection.terminate()

    def _heard(self, connection: Any, pid: int, channel: str, payload: Any) -> None:
        if pid != connection.get_server_pid():
            self._wanted.set()

    async def _ids_in_window(self, connection: asyncpg.Connection[Any]) -> list[int]:
        return [row["id"] for row in await connection.fetch("SELECT id FROM outbox WHERE id > $1", self._floor())]

    @staticmethod
    def _floor() -> int:
        return (clock.now_ms() - WINDOW_MS) << 16

    async def _tail(self, connection: asyncpg.Connection[Any]) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), POLL_SECONDS)
            self._wanted.clear()
            floor = self._floor()
            self._seen = {id for id in self._seen if id > floor}
            async with self._busy:
                rows = await connection.fetch(
                    "SELECT id, kind, payload FROM outbox WHERE id > $1 AND NOT id = ANY($2::bigint[]) ORDER BY id",
                    floor,
                    list(self._seen),
                    timeout=10,
                )
            fresh = [News(row["id"], row["kind"], msgspec.json.decode(row["payload"])) for row in rows]
            fresh = [news for news in fresh if news.id not in self._seen]
            self._seen.update(news.id for news in fresh)
            self._bus.tell(fresh)
