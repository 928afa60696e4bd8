"""Make a network again out of an export: a new folder, an empty database, checked to the last row before it counts."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from folkmoot import clock
from folkmoot.database import migrate
from folkmoot.hosting import state as states
from folkmoot.hosting.backup.progress import Progress
from folkmoot.hosting.export import container, errors, queries, rules
from folkmoot.hosting.export.check import LARGEST_MEDIUM, Checked, Opening, check, unseal
from folkmoot.hosting.export.container import Reader
from folkmoot.hosting.export.rules import Table
from folkmoot.hosting.postgres import EmbeddedPostgres, hold
from folkmoot.hosting.postgres.check import check_server
from folkmoot.hosting.postgres.places import make_data_folder
from folkmoot.settings import Settings
from folkmoot.storage import content_type_of, open_storage
from folkmoot.vault import master_key_file

BATCH_ROWS, BATCH_BYTES = 2_000, 1 << 20
MAY_BE_THERE = {"folkmoot.toml", "postgres.conf"}
"""What an operator may have put into the new folder beforehand."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it."""

    rows: int
    media: int
    lacking: int
    sealed: bool
    """Whether passwords, sessions and keys came along."""
    site_name: str


def import_site(settings: Settings, place: Path, opening: Opening, progress: Progress) -> Imported:
    """Bring the network in an export into the settings' new data folder, and into their database when they name one.

    Raises DamagedExport, NewerExport, WrongSecret before anything is touched, TargetNotEmpty, DiskFull. Broken off, the
    same call goes on.
    """
    with contextlib.closing(container.read_from(place)) as reader:
        checked = check(reader, opening, progress)
        _begin(settings.data, checked.digest)
        with hold(settings.data, "folkmoot import site"), container.room_on(settings.data), _server(settings) as url:
            _Import(settings, reader, checked, progress).run(url)
            states.unfinished_import(settings.data).unlink()
    manifest = checked.manifest
    return Imported(
        sum(each.rows for each in manifest.tables), len(checked.media) - len(checked.lacking), len(checked.lacking),
        bool(checked.private_key), manifest.site_name,
    )  # fmt: skip


class _Import:
    def __init__(self, settings: Settings, reader: Reader, checked: Checked, progress: Progress) -> None:
        self._settings = settings
        self._reader = reader
        self._checked = checked
        self._manifest = checked.manifest
        self._progress = progress

    def run(self, url: str) -> None:
        try:
            with _session(url) as connection:
                is_in = self._is_in(connection, url)
            if not is_in:
                migrate.upgrade(url, self._manifest.schema)
                with _session(url) as connection, connection.transaction():
                    self._load(connection)
            migrate.upgrade(url)
            with _session(url) as connection:
                connection.execute("ANALYZE")
        except psycopg.Error as error:
            reason = (str(error).splitlines() or ["?"])[0].rstrip(".")
            if isinstance(error, psycopg.errors.DiskFull):
                raise errors.DiskFull(place=self._settings.data) from error
            raise errors.ExportError("The database does not take it: {reason}.", reason=reason) from error
        self._bring_media()
        self._write_files()

    def _is_in(self, connection: queries.Connection, url: str) -> bool:
        """Whether an earlier attempt got as far as the commit. Raises TargetNotEmpty."""
        mark = states.unfinished_import(self._settings.data)
        begun, database = json.loads(mark.read_text()), hashlib.sha256(url.encode()).hexdigest()
        if not _value(connection, queries.HAS_TABLES):
            states.write_whole(mark, json.dumps({**begun, "database": database}) + "\n")
            return False
        if begun.get("database") != database:
            raise errors.TargetNotEmpty(place="The database", advice="name an empty one, or drop what is in it")
        return bool(_value(connection, queries.SCHEMA_EXISTS) and _value(connection, queries.HAS_MEMBERS))

    def _load(self, connection: queries.Connection) -> None:
        """Everything in one transaction: all of it is there afterwards, or nothing."""
        ordered = rules.travelling(queries.tables(connection))
        by_name = {each.name: each for each in self._manifest.tables}
        if by_name.keys() != {each.name for each in ordered} - rules.SECRET_TABLES:
            raise errors.DamagedExport(place=self._reader.place, what="its tables are not those of its schema")
        queries.empty(connection, ordered)
        indexes = queries.take_indexes_away(connection)
        self._progress.begin("Bringing rows in", sum(each.bytes for each in self._manifest.tables))
        for table in ordered:
            if table.name in by_name:
                for batch in _batches(self._reader.lines(by_name[table.name].file)):
                    queries.insert(connection, table, table.open_columns, batch)
                    self._progress.advance(sum(map(len, batch)) + len(batch))
        if self._checked.private_key:
            self._load_secrets(connection, {each.name: each for each in ordered})
        self._progress.begin("Making indexes")
        for statement in indexes:
            connection.execute(statement)
        self._progress.begin("Comparing rows", sum(each.bytes for each in self._manifest.tables))
        for table in ordered:
            if table.name in by_name:
                self._compare(connection, table, by_name[table.name].sha256)
        queries.raise_sequences(connection)
        epoch = self._manifest.epoch + 1
        connection.execute(queries.BEGIN_EPOCH, (epoch, socket.gethostname(), "import"))

    def _load_secrets(self, connection: queries.Connection, tables: dict[str, Table]) -> None:
        waiting: list[bytes] = []
        of, size = "", 0

        def put() -> None:
            if waiting:
                table = tables[of]
                act = queries.insert if of in rules.SECRET_TABLES else queries.complete
                if act(connection, table, table.sealed_columns, waiting) != len(waiting):
                    raise errors.DamagedExport(place=self._reader.place, what=f"{of} lacks rows that have secrets")
                waiting.clear()

        def take(line: bytes) -> None:
            nonlocal of, size
            name = json.loads(line).get("table")
            if name is None:
                return
            if name != of or len(waiting) >= BATCH_ROWS or size >= BATCH_BYTES:
                put()
                of, size = name, 0
            waiting.append(line.partition(b'"row":')[2][:-1])
            size += len(line)

        unseal(self._reader, self._checked.private_key, take)
        put()

    def _compare(self, connection: queries.Connection, table: Table, expected: str) -> None:
        found = hashlib.sha256()
        for line in queries.lines(connection, table, table.open_columns):
            found.update(line)
            self._progress.advance(len(line))
        if found.hexdigest() != expected:
            raise errors.ExportError(
                "The table {table} did not come out as it went in; nothing was imported.", table=table.name
            )

    def _bring_media(self) -> None:
        self._progress.begin("Bringing media", self._manifest.media_bytes)
        storage = open_storage(self._settings)
        with asyncio.Runner() as runner:
            for key, size in self._checked.media:
                if key not in self._checked.lacking and not runner.run(storage.exists(key)):
                    data = self._reader.text(f"media/{key}", LARGEST_MEDIUM)
                    runner.run(storage.put(data, content_type_of(key)))
                self._progress.advance(size)

    def _write_files(self) -> None:
        """Settings and master key, readable by their owner alone, and what this folder is from now on."""
        data, found = self._settings.data, {"settings": "", "master_key": ""}

        def take(line: bytes) -> None:
            told = json.loads(line)
            found.update({name: told[name] for name in found if name in told})

        if self._checked.private_key:
            unseal(self._reader, self._checked.private_key, take)
        if found["master_key"]:
            key = master_key_file(data)
            key.parent.mkdir(mode=0o700, exist_ok=True)
            states.write_whole(key, found["master_key"] + "\n")
        travelled = self._reader.text(rules.SETTINGS).decode() + found["settings"]
        states.write_whole(data / "network.toml", f"# From the export {self._reader.place.name}.\n{travelled}")
        states.write(
            data,
            states.State(
                network=self._manifest.network, epoch=self._manifest.epoch + 1, changed_at=clock.stamp(clock.now())
            ),
        )


def _begin(data: Path, digest: str) -> None:
    """Make the folder ours, or go on with it. Raises TargetNotEmpty."""
    mark = states.unfinished_import(data)
    if mark.exists():
        if json.loads(mark.read_text()).get("export") != digest:
            raise errors.TargetNotEmpty(place=data, advice="another import into it was broken off; name a new folder")
        return
    if data.exists() and {each.name for each in data.iterdir()} - MAY_BE_THERE:
        raise errors.TargetNotEmpty(place=data, advice="name a new folder with --data")
    make_data_folder(data)
    states.write_whole(mark, json.dumps({"export": digest}) + "\n")


@contextlib.contextmanager
def _server(settings: Settings) -> Iterator[str]:
    """The database the network goes into, for as long as this takes."""
    if settings.database_url:
        asyncio.run(check_server(settings.database_url))
        yield settings.database_url
        return
    server = EmbeddedPostgres(settings)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


@contextlib.contextmanager
def _session(url: str) -> Iterator[queries.Connection]:
    with psycopg.connect(url, autocommit=True, connect_timeout=15, application_name="folkmoot import") as connection:
        connection.execute(queries.PLAIN_SESSION)
        yield connection


def _batches(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line)
        if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _value(connection: queries.Connection, statement: str) -> object:
    row = connection.execute(statement).fetchone()
    return row[0] if row else None
