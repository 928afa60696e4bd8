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
from folkmoot.ids import LARGEST

CHANNEL = "folkmoot_news"
JOBS_CHANNEL = "procrastinate_any_queue_v1"
WINDOW_MS = 60_000
"""How far back a late commit is still looked for; twice the longest transaction."""
RECENT_MS = 5_000
"""How far back a look without being woken goes, but for one in FAR_SECONDS, which goes back the whole window."""
BATCH_SECONDS = 0.005
POLL_SECONDS = 1.0
FAR_SECONDS = 10.0

# With an upper bound, too, PostgreSQL keeps one plan that walks the index; without it, it plans anew each time.
_IDS = f"SELECT id FROM outbox WHERE id > $1 AND id < {LARGEST} ORDER BY id"

_FOLLOWS = "SELECT pg_is_in_recovery()"

log = structlog.get_logger(__name__)


class OutboxReader:
    """Tails the outbox on a connection of its own and tells the bus what other processes committed.

    Ids are made before the commit, so they become visible out of order: whoever wakes the others names the oldest id it
    committed, and they look from there on. Nobody can count on being woken, so every second the last seconds are looked
    through, too, and every ten the last minute; what is known already is not read again. A process in which nobody
    hears anything (the worker) only wakes the others.
    """

    def __init__(self, url: str, bus: Bus) -> None:
        self._url = url
        self._bus = bus
        self._seen: set[int] = set()
        self._wanted = asyncio.Event()
        self._wanted_from = LARGEST
        self._committed_from = LARGEST
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
        self._committed_from = min([self._committed_from, *(item.id for item in news)])
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
        oldest, self._committed_from = self._committed_from, LARGEST
        statement = f"NOTIFY {CHANNEL}, '{oldest}'"
        if jobs:
            statement += f"""; NOTIFY {JOBS_CHANNEL}, '{{"type": "job_inserted", "job_id": 0}}'"""
        # If it fails, the others look once a second in any case.
        with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            async with self._busy:
                await connection.execute(statement, timeout=5)

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
                follows: bool = await connection.fetchval(_FOLLOWS)
                if self._bus.is_heard:
                    if not follows:  # a standby's server wakes nobody: there, looking once a second must do
                        await connection.add_listener(CHANNEL, self._heard)
                    self._seen.update(row["id"] for row in await connection.fetch(_IDS, _made(WINDOW_MS)))
                self._bus.reset()
                self._connection = connection
                await (self._tail(connection, follows) if self._bus.is_heard else self._stand_by(connection))
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("news reader lost the database", error=str(error))
                self._bus.reset()
                await asyncio.sleep(0.05)
            finally:
                self._connection = None
                connection.terminate()

    def _heard(self, connection: Any, pid: int, channel: str, oldest: str) -> None:
        if pid != connection.get_server_pid():
            self._wanted_from = min(self._wanted_from, int(oldest) - 1 if oldest.isdecimal() else _made(RECENT_MS))
            self._wanted.set()

    async def _stand_by(self, connection: asyncpg.Connection[Any]) -> None:
        """Nobody here to tell: the connection is for waking the others."""
        while not connection.is_closed():
            await asyncio.sleep(POLL_SECONDS)
            self._seen.clear()
        raise asyncpg.InterfaceError("the connection was closed")

    async def _tail(self, connection: asyncpg.Connection[Any], follows: bool) -> None:
        now = asyncio.get_running_loop().time
        looked = looked_far = now()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(looked + POLL_SECONDS):
                    await self._wanted.wait()
            self._wanted.clear()
            after, self._wanted_from = self._wanted_from, LARGEST
            begun = now()
            if begun - looked >= POLL_SECONDS:  # a process that was held up looks back further by as much
                after = min(after, _made(RECENT_MS + round((begun - looked) * 1_000)))
                looked = begun
                if begun - looked_far >= FAR_SECONDS:
                    floor = _made(WINDOW_MS + round((begun - looked_far) * 1_000))
                    after, looked_far = min(after, floor), begun
                    self._seen = {id for id in self._seen if id > floor}
            if follows and not await connection.fetchval(_FOLLOWS):
                return  # it was promoted: come again, and listen
            await self._read(connection, after)

    async def _read(self, connection: asyncpg.Connection[Any], after: int) -> None:
        """Tell what was committed elsewhere with an id greater than `after`, once."""
        async with self._busy:
            found = await connection.fetch(_IDS, after, timeout=10)
            absent = [row["id"] for row in found if row["id"] not in self._seen]
            if not absent:
                return
            rows = await connection.fetch(
                "SELECT id, kind, payload FROM outbox WHERE id = ANY($1::bigint[]) ORDER BY id", absent, timeout=10
            )
        fresh = [News(row["id"], row["kind"], msgspec.json.decode(row["payload"])) for row in rows]
        fresh = [news for news in fresh if news.id not in self._seen]  # one of our own, committed while we were reading
        self._seen.update(news.id for news in fresh)
        self._bus.tell(fresh)


def _made(ago_ms: int) -> int:
    """Smaller than every id made since then."""
    return (clock.now_ms() - ago_ms) << 16
