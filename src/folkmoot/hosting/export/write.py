"""Write the whole network into a folder or a zip file that anybody can read: one moment of it, while it runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

import msgspec
import psycopg

from folkmoot import __version__, clock
from folkmoot.errors import Missing
from folkmoot.hosting import state as states
from folkmoot.hosting.backup.progress import Progress
from folkmoot.hosting.export import container, errors, queries, rules, sealing
from folkmoot.hosting.export.container import Writer
from folkmoot.hosting.export.rules import Column, Manifest, SealedFile, Table, TableFile
from folkmoot.settings import HOST_ONLY, Secret, Settings
from folkmoot.storage import content_type_of, key_of, open_storage
from folkmoot.vault import master_key_file

AT_ONCE = 4
"""Media read side by side."""
SMALL = 256 << 10
"""Bytes of rows gathered before they are written."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """To whom the secrets go; to nobody when both are empty."""

    recipient: str = ""
    passphrase: str = ""

    def __bool__(self) -> bool:
        return bool(self.recipient or self.passphrase)


@dataclass(frozen=True, slots=True)
class Written:
    """What came of it."""

    place: Path
    rows: int
    tables: int
    media: int
    lacking: int
    sealed: bool


@dataclass
class _Sums:
    files: dict[str, str] = field(default_factory=dict)
    tables: list[TableFile] = field(default_factory=list)
    sealed: SealedFile | None = None
    media: int = 0
    media_bytes: int = 0
    lacking: list[str] = field(default_factory=list)


def export_site(settings: Settings, url: str, place: Path, sealing_to: Sealing, progress: Progress) -> Written:
    """Write the network at `url` to a place that holds nothing yet.

    Raises TargetNotEmpty, DiskFull, ExportError; the network is only read.
    """
    if sealing_to.recipient:
        sealing.check_recipient(sealing_to.recipient)
    if sealing_to.passphrase:
        sealing.check_passphrase(sealing_to.passphrase)
    try:
        with psycopg.connect(url, autocommit=True, application_name="folkmoot export") as connection:
            connection.execute(queries.PLAIN_SESSION)
            return _Export(settings, connection, sealing_to, progress).run(place)
    except psycopg.Error as error:
        raise errors.ExportError(
            "The database cannot be read: {reason}.", reason=(str(error).splitlines() or ["?"])[0].rstrip(".")
        ) from error


class _Export:
    def __init__(
        self, settings: Settings, connection: queries.Connection, sealing_to: Sealing, progress: Progress
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._sealing = sealing_to
        self._progress = progress
        self._sums = _Sums()

    def run(self, place: Path) -> Written:
        connection = self._connection
        if not _value(connection, queries.SCHEMA_EXISTS):
            raise errors.ExportError("There is no network in this database yet.")
        connection.execute(queries.ONE_MOMENT)
        made_at = clock.now()
        ordered = rules.travelling(queries.tables(connection))
        media = [(str(key), int(size)) for key, size in connection.execute(queries.MEDIA).fetchall()]
        container.check_room(place, sum(size for _, size in media))
        writer = container.write_to(place)
        try:
            with container.room_on(place):
                self._progress.begin("Writing rows")
                for table in ordered:
                    self._write_table(writer, table)
                if self._sealing:
                    self._write_secrets(writer, ordered)
                self._write_media(writer, media)
                self._write_rest(writer, clock.stamp(made_at))
                writer.finish()
        except BaseException:
            writer.give_up()
            raise
        sums = self._sums
        return Written(
            place, sum(each.rows for each in sums.tables), len(sums.tables), sums.media, len(sums.lacking),
            sums.sealed is not None,
        )  # fmt: skip

    def _write_table(self, writer: Writer, table: Table) -> None:
        if table.name in rules.SECRET_TABLES:
            return
        name, columns = rules.file_of(table.name), table.open_columns
        rows = 0
        with writer.file(name) as out:
            gathered: list[bytes] = []
            size = 0
            for line in queries.lines(self._connection, table, columns):
                gathered.append(line)
                size += len(line)
                rows += 1
                if size > SMALL:
                    self._progress.advance(out.write(b"".join(gathered)))
                    gathered, size = [], 0
            self._progress.advance(out.write(b"".join(gathered)))
        self._sums.files[name] = out.sha256
        self._sums.tables.append(
            TableFile(
                table.name, name, rows, out.size, out.sha256, table.key, _described(columns),
                tuple(rules.SECRET_COLUMNS.get(table.name, {})),
            )
        )  # fmt: skip

    def _write_secrets(self, writer: Writer, ordered: Sequence[Table]) -> None:
        """Rows and columns that only travel sealed, the master key, and what of the settings is secret."""
        self._progress.begin("Writing what is sealed")
        recipient = self._sealing.recipient
        if not recipient:
            recipient, key = sealing.key_for(self._sealing.passphrase)
            self._write_small(writer, rules.SEALED_KEY, key)
        count = 0

        def lines() -> Iterator[bytes]:
            nonlocal count
            for table in ordered:
                if not table.sealed_columns:
                    continue
                for line in queries.lines(self._connection, table, table.sealed_columns):
                    count += 1
                    yield b'{"table":"%s","row":%s}' % (table.name.encode(), line.rstrip(b"\n"))
            key = master_key_file(self._settings.data)
            if key.is_file():
                yield json.dumps({"master_key": key.read_text(encoding="ascii").strip()}).encode()
            yield json.dumps({"settings": _toml(self._settings, lambda value: isinstance(value, Secret))}).encode()
            yield json.dumps({"end": count}).encode()

        with writer.file(rules.SEALED, packed=False) as out:
            sealing.seal(lines(), out, recipient)
        self._sums.files[rules.SEALED] = out.sha256
        self._sums.sealed = SealedFile(
            "recipient" if self._sealing.recipient else "passphrase", count, out.size, out.sha256
        )

    def _write_media(self, writer: Writer, media: Sequence[tuple[str, int]]) -> None:
        self._progress.begin("Writing media", sum(size for _, size in media))
        storage = open_storage(self._settings)

        async def read(key: str) -> bytes | None:
            try:
                data = await storage.get(key)
            except Missing:
                return None
            return data if key_of(data, content_type_of(key)) == key else None

        async def read_some(keys: Sequence[str]) -> list[bytes | None]:
            return await asyncio.gather(*map(read, keys))

        with asyncio.Runner() as runner:
            for start in range(0, len(media), AT_ONCE):
                some = media[start : start + AT_ONCE]
                wanted = [key for key, size in some if not writer.has(f"media/{key}", size)]
                found = dict(zip(wanted, runner.run(read_some(wanted)), strict=True)) if wanted else {}
                for key, size in some:
                    data = found.get(key, b"")
                    self._progress.advance(size)
                    if data is None:
                        self._sums.lacking.append(key)
                        continue
                    if key in found:
                        with writer.file(f"media/{key}", packed=False) as out:
                            out.write(data)
                    self._sums.media += 1
                    self._sums.media_bytes += size

    def _write_rest(self, writer: Writer, made_at: str) -> None:
        sums, state = self._sums, states.read(self._settings.data)
        self._write_small(
            writer, rules.SETTINGS, _toml(self._settings, lambda value: not isinstance(value, Secret)).encode()
        )
        if sums.lacking:
            self._write_small(writer, rules.LACKING, "".join(f"{key}\n" for key in sums.lacking).encode())
        epoch = int(_value(self._connection, queries.LAST_EPOCH))
        manifest = Manifest(
            rules.FORMAT, rules.VERSION, __version__, _value(self._connection, queries.SCHEMA), made_at, state.network,
            max(epoch, state.epoch), self._settings.site_name, self._settings.public_url,
            _value(self._connection, queries.VERSION), tuple(sums.tables), sums.media, sums.media_bytes,
            len(sums.lacking), sums.sealed,
        )  # fmt: skip
        self._write_small(writer, rules.MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
        with writer.file(rules.SUMS) as out:
            out.write(rules.sums_text(sums.files).encode())

    def _write_small(self, writer: Writer, name: str, data: bytes) -> None:
        with writer.file(name) as out:
            out.write(data)
        self._sums.files[name] = out.sha256


def _described(columns: Sequence[Column]) -> dict[str, str]:
    return {each.name: each.type for each in columns}


def _value(connection: queries.Connection, statement: str) -> str:
    row = connection.execute(statement).fetchone()
    return row[0] if row else ""


def _toml(settings: Settings, wanted: Callable[[object], bool]) -> str:
    """The settings that belong to the network and are not the default, of those that are wanted."""
    lines = []
    plain = Settings()
    for each in fields(Settings):
        value = getattr(settings, each.name)
        if each.name in HOST_ONLY or value == getattr(plain, each.name) or not wanted(value):
            continue
        value = value.reveal() if isinstance(value, Secret) else value
        lines.append(f"{each.name} = {json.dumps(value if isinstance(value, bool | int | tuple) else str(value))}\n")
    return "".join(lines)
