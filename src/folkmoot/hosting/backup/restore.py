"""Bring a network back: into an empty folder, from nothing but the repository and the recovery key."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import errno
import os
import shutil
import socket
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
import psycopg

from folkmoot import clock
from folkmoot.hosting import state as states
from folkmoot.hosting.backup import bundle, errors, media, queries
from folkmoot.hosting.backup.journal import Journal, Plan, plan
from folkmoot.hosting.backup.manifest import Manifest
from folkmoot.hosting.backup.progress import Progress, Silent
from folkmoot.hosting.backup.rebuild import Rebuilding, Target
from folkmoot.hosting.backup.repository import Local, Repository
from folkmoot.hosting.postgres import hold
from folkmoot.hosting.postgres.places import make_data_folder
from folkmoot.hosting.postgres.server import UNFINISHED_RESTORE, EmbeddedPostgres
from folkmoot.hosting.standby import certificates
from folkmoot.settings import Settings
from folkmoot.storage import open_storage, sync_disk
from folkmoot.vault import master_key_file

SPARE = 256 * 2**20
"""Bytes that must stay free beside what is restored."""


class Unfinished(msgspec.Struct):
    """What a restore is about, kept in its folder until it is done, so that the same command goes on with it."""

    repository: str
    backup: str
    at: str
    step: str = "begun"


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it."""

    backup: str
    until: datetime
    """The moment the network stands at, at the latest."""
    media: int
    lacking: list[str]
    """Media the repository lacks or holds damaged."""
    gap: str
    """The first missing segment of the journal, when later ones are there."""


def choose(repository: Repository, at: datetime | None, name: str = "") -> Manifest:
    """The backup a restore begins with: the one named, else the newest that was whole at the moment asked for."""
    names = repository.names()
    if name:
        return repository.read_manifest(name)[0]
    if not names:
        raise errors.NoBackup(place=repository.place)
    for each in reversed(names):
        found = repository.read_manifest(each)[0]
        if at is None or found.finished_at <= at:
            return found
    oldest = repository.read_manifest(names[0])[0]
    raise errors.BackupError(
        "The oldest backup in {place} was whole at {moment:%Y-%m-%d %H:%M:%S} UTC only: ask for that moment or a later one.",
        place=repository.place,
        moment=oldest.finished_at,
    )


def restore(
    repository: Repository,
    data: Path,
    *,
    at: datetime | None = None,
    name: str = "",
    progress: Progress | None = None,
    settings: Settings | None = None,
) -> Restored:
    """Restore into a new folder, up to a moment or to the last second received. Killed in the middle, the next call goes on.

    Raises NotEmpty, Lost, Damaged, NoBackup, NotUnpacked; the repository is only read.
    """
    progress = progress or Silent()
    settings = dataclasses.replace(
        settings or Settings(), data=data, database_url="", storage_url="", storage_before=""
    )
    chosen = choose(repository, at, name)
    chain = repository.chain(chosen)
    journal = Journal(repository, chosen.epoch)
    planned = plan(journal.parts(), chosen.start_lsn, chosen.stop_lsn, chosen.segment_size)
    until = max(filter(None, [journal.newest(planned), chosen.finished_at]))
    if at is not None and at > until:
        raise errors.BackupError(
            "{place} reaches until {until:%Y-%m-%d %H:%M:%S} UTC: ask for that moment or an earlier one.{gap}",
            place=repository.place,
            until=until,
            gap=f" The journal's segment {planned.gap} is missing there." if planned.gap else "",
        )
    if name and at is None:
        planned, until = Plan(), chosen.finished_at
    until = at or until
    wanted = Unfinished(repository.about.id, chosen.name, at.isoformat() if at else "")
    unfinished = _begin(data, wanted)
    with hold(data, "folkmoot backup restore"):
        _check_room(data, chain, planned)
        try:
            return _Restore(repository, settings, chain, journal, planned, unfinished, progress).run(at, until)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise errors.BackupError(
                "The disk of {folder} is full: make room and give the same command again, it goes on where it was.",
                folder=data,
            ) from error


class _Restore:
    def __init__(
        self,
        repository: Repository,
        settings: Settings,
        chain: list[Manifest],
        journal: Journal,
        planned: Plan,
        unfinished: Unfinished,
        progress: Progress,
    ) -> None:
        self._repository = repository
        self._settings = settings
        self._chain = chain
        self._journal = journal
        self._planned = planned
        self._unfinished = unfinished
        self._progress = progress
        self._rebuilding = Rebuilding(settings, repository, chain)

    @property
    def _newest(self) -> Manifest:
        return self._chain[-1]

    def run(self, at: datetime | None, until: datetime) -> Restored:
        self._write_bundle()
        if self._unfinished.step == "begun":
            if not (self._rebuilding.cluster / "PG_VERSION").exists():
                whole = self._rebuilding.unpack(self._progress)
                target = Target(at.isoformat(sep=" ") if at else "")
                self._rebuilding.place(whole, target, self._fetch_journal)
            self._note("placed")
        self._progress.begin("Bringing the database to its moment")
        if self._unfinished.step == "placed":
            self._rebuilding.recover()
            adopt(self._rebuilding.server, self._newest)
            self._note("recovered")
        else:
            self._rebuilding.server.start()
        try:
            self._begin_epoch()
            wanted = media_of(self._rebuilding.server)
            self._progress.begin("Fetching media", sum(size for _, size in wanted))
            storage = open_storage(self._settings)
            lacking, damaged = asyncio.run(media.fetch(self._repository, storage, wanted, self._progress))
            self._progress.begin("Finishing")
        finally:
            self._rebuilding.server.stop()
        self._rebuilding.finish()
        sync_disk(self._settings.data)
        (self._settings.data / UNFINISHED_RESTORE).unlink()
        return Restored(self._newest.name, until, len(wanted), lacking + damaged, self._planned.gap)

    def _fetch_journal(self, folder: Path) -> None:
        self._journal.fetch(self._planned, folder, self._newest.segment_size, self._progress)

    def _write_bundle(self) -> None:
        """Master key, settings and certificate, readable by their owner alone."""
        held = bundle.unpack(self._repository.get_whole(self._newest.bundle))
        key = master_key_file(self._settings.data)
        key.parent.mkdir(mode=0o700, exist_ok=True)
        write_private(key, held.master_key)
        for name in (certificates.CHAIN, certificates.KEY):
            if name in held.certificates:
                (self._settings.data / certificates.FOLDER).mkdir(mode=0o700, exist_ok=True)
                write_private(self._settings.data / name, held.certificates[name].encode())
        write_private(
            self._settings.data / "folkmoot.toml",
            b"# As the network had it when it was backed up. Media are in this folder now, whatever they were in before.\n"
            + b"".join(
                (b"# " if line.startswith(b"storage_") else b"") + line + b"\n"
                for line in held.settings.encode().splitlines()
            ),
        )

    def _begin_epoch(self) -> None:
        """The network lives here from now on: whoever carried it before is refused by all who know of this epoch."""
        if states.state_file(self._settings.data).exists():
            return
        held = bundle.unpack(self._repository.get_whole(self._newest.bundle))
        with psycopg.connect(self._rebuilding.server.url, autocommit=True) as connection:
            epoch = held.epoch + 1
            if connection.execute(queries.HAS_EPOCHS).fetchone() == (True,):
                last = connection.execute(queries.LAST_EPOCH).fetchone()
                epoch = max(epoch, (last[0] if last else 1) + 1)
                connection.execute(queries.BEGIN_EPOCH, (epoch, socket.gethostname()))
        Local.of(self._settings.data).restored.touch()
        states.write(
            self._settings.data,
            states.State(network=held.network, epoch=epoch, changed_at=clock.stamp(clock.now())),
        )

    def _note(self, step: str) -> None:
        self._unfinished.step = step
        write_private(self._settings.data / UNFINISHED_RESTORE, msgspec.json.encode(self._unfinished))


def adopt(server: EmbeddedPostgres, backup: Manifest) -> None:
    """Make a database that ran on the operator's own server ours: the roles, and the name and owner we know it by."""
    if (backup.database, backup.role) == ("folkmoot", "folkmoot"):
        return
    ours = server.url.replace("//folkmoot@/folkmoot", "//postgres@/postgres")
    try:
        with psycopg.connect(ours, autocommit=True) as connection:
            for statement in queries.adopt(backup.database, backup.role):
                connection.execute(statement)
        with psycopg.connect(ours.replace("/postgres?", "/folkmoot?"), autocommit=True) as connection:
            connection.execute(queries.take_over(backup.role))
    except psycopg.Error as error:
        raise errors.NotUnpacked(name=backup.name, reason=str(error).splitlines()[0].rstrip(".")) from error


def media_of(server: EmbeddedPostgres) -> list[media.Medium]:
    """The media a running database lists."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        if connection.execute(queries.HAS_OBJECTS).fetchone() != (True,):
            return []
        return [(str(key), int(size)) for key, size in connection.execute(queries.MEDIA)]


def write_private(file: Path, data: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    making = file.with_name(f".{file.name}.making")
    making.unlink(missing_ok=True)
    with open(making, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    making.replace(file)


def _begin(data: Path, wanted: Unfinished) -> Unfinished:
    """What is under way in the folder, when it is this; else a beginning. Raises NotEmpty."""
    note = data / UNFINISHED_RESTORE
    with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
        found = msgspec.json.decode(note.read_bytes(), type=Unfinished)
        if (found.repository, found.at) == (wanted.repository, wanted.at):
            if found.backup != wanted.backup:
                raise errors.BackupError(
                    "The restore in {folder} was begun from backup {found}: go on with --backup {found}, or take a new folder.",
                    folder=data,
                    found=found.backup,
                )
            return found
        raise errors.NotEmpty(folder=data)
    if data.exists() and any(data.iterdir()):
        raise errors.NotEmpty(folder=data)
    make_data_folder(data)
    write_private(note, msgspec.json.encode(wanted))
    return wanted


def _check_room(data: Path, chain: list[Manifest], planned: Plan) -> None:
    newest = chain[-1]
    needed = sum(each.size for each in chain) + newest.media_size + len(planned.files) * newest.segment_size + SPARE
    free = shutil.disk_usage(data).free
    if free < needed and not (data / "media").exists():
        raise errors.BackupError(
            "The disk of {folder} has {free} MB free, and this restore needs {needed} MB: make room or choose another.",
            folder=data,
            free=free // 2**20,
            needed=needed // 2**20,
        )
