"""The one door to PostgreSQL. SQL is written as SQL, in each feature's `queries.py` (docs/decisions/database.md).

`Database` is for reading and for opening a `Transaction`; a `Transaction` holds a deed and all its consequences: rows,
jobs (`defer`), news for streams and caches (`announce`), the audit line (`record`). Nothing leaves before the commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Protocol, TypeAlias

import asyncpg
import msgspec

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.bus import News
from folkmoot.errors import Unavailable
from folkmoot.ids import new_id

Row: TypeAlias = asyncpg.Record
Deliver = Callable[[Sequence[News]], None]

STATEMENT_SECONDS = 15
TRANSACTION_SECONDS = 30
"""No transaction lives longer, so a reader of the outbox knows how far back late commits can lie."""

_OUT_OF_REACH = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,  # disk full, out of memory, too many connections
    asyncpg.OperatorInterventionError,  # the server is going down, or the statement took too long
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server died in the middle of a word
    asyncpg.PostgresIOError,
    asyncpg.TransactionRollbackError,  # two deeds were in each other's way, and this one gave in
)


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg is untyped
    """A pooled connection. We use no session state, so handing it back needs no RESET round trip."""

    unreplicated = False

    def get_reset_query(self) -> str:
        return ""

    def _process_log_message(self, fields: dict[str, str], last_query: str) -> None:
        # "canceling wait for synchronous replication": the commit is not on the standby and must not be answered as
        # done. asyncpg drops registered log listeners whenever a connection goes back to the pool, hence this override.
        if fields.get("C") == "01000" and "synchronous replication" in fields.get("M", ""):
            self.unreplicated = True
        super()._process_log_message(fields, last_query)


def _unreachable(error: BaseException) -> Unavailable:
    return Unavailable(cause=f"database: {type(error).__name__}: {error}")


class Seals(Protocol):
    """What can make bytes unreadable and readable again: the vault (`folkmoot.vault`)."""

    def seal(self, purpose: str, plain: bytes) -> bytes: ...

    def unseal(self, purpose: str, sealed: bytes) -> bytes: ...


async def _end(pool: asyncpg.Pool[Row]) -> None:
    try:
        await asyncio.wait_for(pool.close(), 5)
    except TimeoutError:
        pool.terminate()


class Database:
    """A pool of connections and what follows a commit.

    `deliver` is called with the news of each committed transaction, in this process, before the caller goes on.
    `round_trips` counts every exchange with the server, for tests and metrics.
    """

    def __init__(self, pool: asyncpg.Pool[Row], deliver: Deliver = lambda news: None) -> None:
        self.pool = pool
        self.deliver = deliver
        self.round_trips = 0
        self._ending: asyncio.Task[None] | None = None
        self.seals: Seals | None = None
        """The vault of this network; set where a process is wired."""

    @classmethod
    async def open(cls, url: str, *, connections: int = 8, wait: float = 60) -> Database:
        """Connect, waiting up to `wait` seconds for a server that is still starting. Raises Unavailable."""
        deadline = asyncio.get_running_loop().time() + wait
        while True:
            try:
                pool = await asyncpg.create_pool(
                    url,
                    min_size=1,
                    max_size=connections,
                    connection_class=_Connection,
                    command_timeout=STATEMENT_SECONDS + 5,
                    max_inactive_connection_lifetime=300,
                    server_settings={
                        "application_name": "folkmoot",
                        "jit": "off",
                        "statement_timeout": str(STATEMENT_SECONDS * 1000),
                        "idle_in_transaction_session_timeout": str(TRANSACTION_SECONDS * 1000),
                        "timezone": "UTC",
                    },
                )
                return cls(pool)
            except _OUT_OF_REACH as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise _unreachable(error) from error
                await asyncio.sleep(0.01)

    @property
    def vault(self) -> Seals:
        """What seals and opens. Raises Unavailable in a process that was given none."""
        if self.seals is None:
            raise Unavailable(cause="database: this process was given no vault")
        return self.seals

    async def close(self) -> None:
        await _end(self.pool)

    async def move_to(self, url: str, *, connections: int) -> None:
        """From now on use the database at another address; what is being read from the old one is read to its end.

        Raises Unavailable, and then nothing has changed.
        """
        fresh = await Database.open(url, connections=connections, wait=10)
        old, self.pool = self.pool, fresh.pool
        self._ending = asyncio.create_task(_end(old), name="old database")

    async def renew(self) -> None:
        """Have every connection opened anew before its next use: a session keeps the defaults it began with, and whether
        it may write is one of them (hosting/own)."""
        await self.pool.expire_connections()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection[Row]]:
        try:
            async with self.pool.acquire(timeout=STATEMENT_SECONDS) as connection:
                yield connection
        except _OUT_OF_REACH as error:
            raise _unreachable(error) from error

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        """All rows of one reading statement."""
        self.round_trips += 1
        async with self._connection() as connection:
            rows: list[Row] = await connection.fetch(sql, *values)
            return rows

    async def fetchrow(self, sql: str, *values: object) -> Row | None:
        """The first row, or None."""
        self.round_trips += 1
        async with self._connection() as connection:
            return await connection.fetchrow(sql, *values)

    async def fetchval(self, sql: str, *values: object) -> Any:
        """The first column of the first row, or None."""
        self.round_trips += 1
        async with self._connection() as connection:
            return await connection.fetchval(sql, *values)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A deed: everything inside is committed together on leaving, or nothing is."""
        async with self._connection() as connection:
            tx = Transaction(self, connection)
            self.round_trips += 2
            async with asyncio.timeout(TRANSACTION_SECONDS), connection.transaction():
                yield tx
                await tx.write_consequences()
            if getattr(connection, "unreplicated", False):
                connection.unreplicated = False
                raise Unavailable(cause="commit was not confirmed by the synchronous standby")
        if tx.news:
            self.deliver(tx.news)
        for act in tx.afterwards:
            act()


class Transaction:
    """The caller's open transaction. Verbs named with `tx` are steps inside it."""

    def __init__(self, database: Database, connection: asyncpg.Connection[Row]) -> None:
        self._database = database
        self._connection = connection
        self._jobs: list[tuple[str, str, str | None, datetime | None]] = []
        self._events: list[tuple[int, str, int | None, int | None, str, datetime]] = []
        self.news: list[News] = []
        self.afterwards: list[Callable[[], None]] = []

    @property
    def vault(self) -> Seals:
        """What seals and opens. Raises Unavailable in a process that was given none."""
        return self._database.vault

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        """All rows of one statement."""
        self._database.round_trips += 1
        rows: list[Row] = await self._connection.fetch(sql, *values)
        return rows

    async def fetchrow(self, sql: str, *values: object) -> Row | None:
        """The first row, or None."""
        self._database.round_trips += 1
        return await self._connection.fetchrow(sql, *values)

    async def fetchval(self, sql: str, *values: object) -> Any:
        """The first column of the first row, or None."""
        self._database.round_trips += 1
        return await self._connection.fetchval(sql, *values)

    async def execute(self, sql: str, *values: object) -> int:
        """Run one statement and say how many rows it touched."""
        self._database.round_trips += 1
        tag: str = await self._connection.execute(sql, *values)
        last = tag.rsplit(" ", 1)[-1]
        return int(last) if last.isdigit() else 0

    def announce(self, kind: str, /, **payload: object) -> None:
        """Tell streams and caches of every process, once this transaction is committed."""
        self.news.append(News(new_id(), kind, payload))

    def defer(self, job: str, /, *, at: datetime | None = None, once: str | None = None, **arguments: object) -> None:
        """Have a worker run `job` after the commit, or not before `at`.

        Arguments are ids and other plain values. `once` names a queueing lock: while a job with that name waits,
        another is not added.
        """
        self._jobs.append((job, msgspec.json.encode(arguments).decode(), once, at))

    def record(self, event: Event, /, *, actor: int | None, subject: int | None = None, **detail: object) -> None:
        """Write the audit line of this deed: who did what to whom."""
        self._events.append((new_id(), event.value, actor, subject, msgspec.json.encode(detail).decode(), clock.now()))

    def after_commit(self, act: Callable[[], None]) -> None:
        """Call `act` in this process once the commit is through."""
        self.afterwards.append(act)

    async def write_consequences(self) -> None:
        """Write what was deferred, announced and recorded; called once, just before the commit."""
        if self._jobs:
            await self.execute(
                """INSERT INTO procrastinate_jobs (task_name, args, queueing_lock, scheduled_at, queue_name)
                   SELECT name, args::jsonb, once, at, 'default'
                   FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) AS job (name, args, once, at)
                   ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING""",
                *map(list, zip(*self._jobs, strict=True)),
            )
            self.news.append(News(new_id(), "jobs.deferred", {}))
        if self._events:
            await self.execute(
                """INSERT INTO events (id, name, actor_id, subject_id, detail, at)
                   SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::jsonb[], $6::timestamptz[])""",
                *map(list, zip(*self._events, strict=True)),
            )
        if self.news:
            await self.execute(
                "INSERT INTO outbox (id, kind, payload) SELECT * FROM unnest($1::bigint[], $2::text[], $3::jsonb[])",
                [news.id for news in self.news],
                [news.kind for news in self.news],
                [msgspec.json.encode(news.payload).decode() for news in self.news],
            )
