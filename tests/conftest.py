"""What every test may ask for: a real database undone after each test, a small cast, an ear for news, a query counter.

Coroutine tests run on one event loop for the whole session. No test reaches beyond this machine.
"""

from __future__ import annotations

import asyncio
import inspect
import ipaddress
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import hypothesis
import pytest

from folkmoot import clock
from folkmoot.bus import Bus, News
from folkmoot.database import Database, Row, migrate
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.ids import new_id
from folkmoot.network.access import passwords
from folkmoot.network.access.viewer import COMMAND_LINE, Role, Viewer
from folkmoot.network.accounts import create_account
from folkmoot.network.gate import Gate
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.shelf import Shelf
from folkmoot.network.timelines import Timelines
from folkmoot.network.visibility import Watch
from folkmoot.settings import Settings
from folkmoot.vault import Vault

# No test checks the clock: a busy machine may take its time.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")

# Coroutine tests ------------------------------------------------------------------------------------------------

_runner: asyncio.Runner | None = None


def _run(awaited: Awaitable[Any]) -> Any:
    global _runner
    if _runner is None:
        _runner = asyncio.Runner()

    async def wait() -> Any:
        return await awaited

    return _runner.run(wait())


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Close the event loop the tests shared."""
    global _runner
    if _runner is not None:
        _runner.close()
        _runner = None


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test written as a coroutine, also under hypothesis."""
    given = getattr(pyfuncitem.obj, "hypothesis", None)
    if given is not None and inspect.iscoroutinefunction(given.inner_test):
        given.inner_test = _as_plain(given.inner_test)
        return None
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    _run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


def _as_plain(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    @wraps(test)
    def plain(*args: object, **kwargs: object) -> None:
        _run(test(*args, **kwargs))

    return plain


@pytest.fixture(scope="session")
def run() -> Callable[[Any], Any]:
    """Run a coroutine on the tests' event loop, for fixtures that are no coroutines themselves."""
    return _run


# The way out is closed ----------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True, scope="session")
def no_way_out() -> Iterator[None]:
    """Sockets reach this machine only: what a test needs from outside is faked."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def check(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0]).split("%")[0]
            try:
                is_here = ipaddress.ip_address(host).is_loopback
            except ValueError:
                is_here = host == "localhost"
            if not is_here:
                self.close()
                raise AssertionError(f"A test wanted to reach {address}: fake what lies outside.")

    def guarded(self: socket.socket, address: Any) -> None:
        check(self, address)
        connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        check(self, address)
        return connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        patch.setattr(socket.socket, "connect_ex", guarded_ex)
        yield


# The database ------------------------------------------------------------------------------------------------


class UndoneDatabase(Database):
    """A Database on one connection, inside one transaction that is never committed.

    Each use is a savepoint, so a statement that fails spoils nothing. Tasks wait for one another; the same task may
    come in again (reading through `db` while it holds a transaction).
    """

    def __init__(self, connection: asyncpg.Connection[Row]) -> None:
        nothing: Any = None  # never asked: `_connection` is the only way in
        super().__init__(nothing)
        self.connection = connection
        self.seals = Vault(b"the tests' master key, 32 bytes.")
        self._turn = asyncio.Lock()
        self._holder: asyncio.Task[Any] | None = None

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection[Row]]:
        me = asyncio.current_task()
        if self._holder is me:
            yield self.connection
            return
        async with asyncio.timeout(20):  # a transaction that waits for another task's statement would wait for ever
            await self._turn.acquire()
        self._holder = me
        try:
            async with self.connection.transaction():
                yield self.connection
        finally:
            self._holder = None
            self._turn.release()

    async def close(self) -> None:
        """The connection outlives the test."""

    @asynccontextmanager
    async def undone(self) -> AsyncIterator[None]:
        """Undo what happens inside; for one example of a property test after the other."""
        savepoint = self.connection.transaction()
        await savepoint.start()
        try:
            yield
        finally:
            await savepoint.rollback()


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """The address of a migrated, empty PostgreSQL of this test process's own."""
    # In /tmp and open for passing through: run as root, the server is another user and must reach its folder.
    place = Path(tempfile.mkdtemp(prefix="folkmoot-tests-"))
    place.chmod(0o711)
    data = place / "data"
    data.mkdir(mode=0o711)
    (data / "postgres.conf").write_text("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n")
    server = EmbeddedPostgres(Settings(data=data))
    try:
        server.start()
        migrate.upgrade(server.url)
        yield server.url
    finally:
        server.stop("immediate")
        shutil.rmtree(server.prepare().sockets, ignore_errors=True)
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="session")
def open_database(database_url: str) -> Iterator[Database]:
    """A Database whose transactions are committed. Most tests want `db`; one that needs this cleans up after itself."""
    database = _run(Database.open(database_url, connections=6))
    database.seals = Vault(b"the tests' master key, 32 bytes.")
    yield database
    _run(database.close())


@pytest.fixture(scope="session")
def _lasting_connection(database_url: str) -> Iterator[asyncpg.Connection[Row]]:
    # No idle limit: somebody looking for a mistake may take more than half a minute over one test.
    connection = _run(asyncpg.connect(database_url, server_settings={"jit": "off", "timezone": "UTC"}))
    yield connection
    _run(connection.close())


@pytest.fixture
def db(_lasting_connection: asyncpg.Connection[Row]) -> Iterator[UndoneDatabase]:
    """The database, as empty as after a migration; whatever the test does to it is undone afterwards."""
    everything = _lasting_connection.transaction()
    _run(everything.start())
    yield UndoneDatabase(_lasting_connection)
    _run(everything.rollback())


@pytest.fixture
def heard(db: UndoneDatabase) -> list[News]:
    """The news that committed transactions announced, in order."""
    news: list[News] = []
    db.deliver = news.extend
    return news


@dataclass
class Count:
    """How many exchanges with the server there were."""

    made: int = 0


@contextmanager
def round_trips(db: Database, exactly: int | None = None, *, at_most: int | None = None) -> Iterator[Count]:
    """Count the exchanges with the database inside the block, and insist on a number when one is given."""
    count = Count()
    before = db.round_trips
    yield count
    count.made = db.round_trips - before
    if exactly is not None:
        assert count.made == exactly, f"{count.made} round trips instead of {exactly}"
    if at_most is not None:
        assert count.made <= at_most, f"{count.made} round trips, more than {at_most}"


@pytest.fixture(name="round_trips")
def _round_trips() -> Callable[..., Any]:
    """`with round_trips(db, 1): ...` for tests that do not import from conftest."""
    return round_trips


# People and posts ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cast:
    """Ada and Bert are members, Cleo's account is locked, Dora runs the network. Nobody follows anybody."""

    ada: Viewer
    bert: Viewer
    cleo: Viewer
    dora: Viewer

    def __iter__(self) -> Iterator[Viewer]:
        return iter((self.ada, self.bert, self.cleo, self.dora))


class Enrol(Protocol):
    """Makes a member; further columns of `accounts` by keyword."""

    async def __call__(self, name: str, role: Role = Role.MEMBER, **columns: object) -> Viewer: ...


class Write(Protocol):
    """Puts a post into the database by itself: no deliveries, no notifications. Further columns by keyword."""

    async def __call__(self, author: Viewer, text: str = "Good morning", **columns: object) -> int: ...


PASSWORD = "the gate is never locked"
"""Everybody's. Hashed once a session, because hashing is slow on purpose."""


@pytest.fixture(scope="session")
def _password_hash() -> str:
    hashed: str = _run(passwords.hash_password(PASSWORD))
    return hashed


@pytest.fixture
def enrol(db: UndoneDatabase, _password_hash: str) -> Enrol:
    """Make further members. What that announces is not heard."""

    async def enrol(name: str, role: Role = Role.MEMBER, **columns: object) -> Viewer:
        async def hashed(password: str) -> str:
            return _password_hash

        deliver, db.deliver = db.deliver, lambda news: None
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys.modules[create_account.__module__], "hash_password", hashed)
            made = await create_account(
                db, COMMAND_LINE, name=name, password=PASSWORD, email=f"{name}@example.org", role=role
            )
        columns = {"display_name": name.capitalize()} | columns
        places = ", ".join(f"{column} = ${number}" for number, column in enumerate(columns, 2))
        await db.fetch(f"UPDATE accounts SET {places} WHERE id = $1", made.id, *columns.values())
        db.deliver = deliver
        return Viewer(account_id=made.id, name=name, role=role)

    return enrol


@pytest.fixture
def gate(db: UndoneDatabase) -> Gate:
    """Screening as a network has it whose operator changed nothing."""
    return Gate(db, Settings(), Bus())


@pytest.fixture
def cast(db: UndoneDatabase, enrol: Enrol) -> Cast:
    """The people most tests need."""

    async def make() -> Cast:
        return Cast(
            ada=await enrol("ada"),
            bert=await enrol("bert"),
            cleo=await enrol("cleo", locked=True),
            dora=await enrol("dora", Role.OPERATOR),
        )

    made: Cast = _run(make())
    return made


@pytest.fixture
def write(db: UndoneDatabase) -> Write:
    """Put bare posts into the database, for tests of what is not publishing."""

    async def write(author: Viewer, text: str = "Good morning", **columns: object) -> int:
        id = new_id()
        row = {
            "id": id,
            "account_id": author.account_id,
            "thread_id": id,
            "visibility": "public",
            "text": text,
            "created_at": clock.now(),
        } | columns
        await _insert(db, "posts", row)
        return int(str(row["id"]))

    return write


async def _insert(db: Database, table: str, row: dict[str, object]) -> None:
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    await db.fetch(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", *row.values())


# What a process remembers ---------------------------------------------------------------------------------------------


class Process:
    """What one web process keeps in memory of a database."""

    def __init__(self, db: Any) -> None:
        self.bus = Bus()
        self.desk = Desk(db, Shelf(db, self.bus), Watch(db, self.bus), Settings(), Gate(db, Settings(), self.bus))
        self.timelines = Timelines(self.desk, self.bus)


@pytest.fixture
def process(db: Any) -> Process:
    """A process that hears of everything the test commits."""
    made = Process(db)
    db.deliver = made.bus.deliver
    return made


@pytest.fixture
def new_process(db: Any) -> Callable[[], Process]:
    """Makes processes that remember nothing."""
    return lambda: Process(db)


@pytest.fixture
def desk(process: Process) -> Desk:
    return process.desk


@pytest.fixture
def timelines(process: Process) -> Timelines:
    return process.timelines


@pytest.fixture
def upload(db: Any) -> Any:
    """Puts a picture that is in no post yet into the database; says its id."""

    async def upload(owner: Viewer) -> int:
        id = new_id()
        key = f"{id:064x}"
        now = clock.now()
        await db.fetch(
            "INSERT INTO objects (key, size, content_type, created_at) VALUES ($1, 1, 'image/png', $2)", key, now
        )
        await db.fetch(
            """INSERT INTO media (id, account_id, kind, object_key, preview_key, content_type, width, height,
               preview_width, preview_height, created_at) VALUES ($1, $2, 'image', $3, $3, 'image/png', 4, 3, 4, 3, $4)""",
            id,
            owner.account_id,
            key,
            now,
        )
        return id

    return upload
