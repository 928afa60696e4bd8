"""Really restore a backup for trial: into a folder that is thrown away, with a server that is started and asked."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg

from folkmoot import clock
from folkmoot.hosting.backup import bundle, errors, media, queries, standing
from folkmoot.hosting.backup.journal import Journal, plan
from folkmoot.hosting.backup.locking import beside_readers
from folkmoot.hosting.backup.manifest import Figures, Manifest, MediaList, TableFigures, Verified, place_of
from folkmoot.hosting.backup.progress import Progress, Silent
from folkmoot.hosting.backup.rebuild import Rebuilding, Target
from folkmoot.hosting.backup.repository import Local, Repository, open_own
from folkmoot.hosting.backup.restore import SPARE, adopt
from folkmoot.hosting.backup.source import ProgramFailed, Source, owner_program, program, run_program
from folkmoot.hosting.backup.tree import root_of
from folkmoot.hosting.postgres import EmbeddedPostgres, available, hold
from folkmoot.settings import Settings
from folkmoot.vault import master_key_file

SAMPLE = 200
"""Media read unless all are asked for."""
DEEP_BELOW = 4 * 2**30
"""Bytes of a database up to which every index entry is looked up, too."""


def verify(
    settings: Settings,
    name: str = "",
    *,
    all_media: bool = False,
    scratch: Path | None = None,
    progress: Progress | None = None,
    address: str = "",
) -> Verified:
    """Restore a backup for trial, the newest unless named, and record what came of it.

    Raises Untrustworthy with what was found wrong, after recording it.
    """
    progress = progress or Silent()
    local = Local.of(settings.data)
    with beside_readers(local.folder, "backup verify"), available(settings) as url:
        source = Source(url, settings)
        repository = open_own(settings, address)
        names = repository.names()
        entered = standing.digests(source)
        if not names and not entered:
            raise errors.NoBackup(place=repository.place)
        name = name or max([*names, *entered])
        trial = _Trial(repository, settings, scratch or settings.data / "trial", all_media, progress)
        digest = ""
        try:
            check_nothing_forgotten(repository, entered)
            if name not in names and name in entered:
                raise errors.Lost(place=repository.place, thing=place_of(name))
            backup, digest = repository.read_manifest(name)
            checks = trial.run(backup)
        except errors.Untrustworthy as error:
            outcome = Verified(name, digest, clock.now(), False, error.words, trial.checks)
            _record(repository, source, outcome)
            raise
        words = f"Restored and found whole: {', '.join(what for what, _ in checks)}."
        outcome = Verified(name, digest, clock.now(), True, words, checks)
        _record(repository, source, outcome)
        return outcome


def check_nothing_forgotten(repository: Repository, entered: dict[str, str]) -> None:
    """What the database remembers of its backups is still there, and as it was written. Raises Lost, Damaged."""
    for name, digest in entered.items():
        try:
            found = repository.read_manifest(name)[1]
        except errors.NoSuchBackup as error:
            raise errors.Lost(place=repository.place, thing=place_of(name)) from error
        if found != digest:
            raise errors.Damaged(place=repository.place, thing=place_of(name), how="it is another one than was written")


class _Trial:
    def __init__(
        self, repository: Repository, settings: Settings, folder: Path, all_media: bool, progress: Progress
    ) -> None:
        self._repository = repository
        self._settings = settings
        self._folder = folder
        self._all_media = all_media
        self._progress = progress
        self.checks: list[tuple[str, str]] = []

    def run(self, backup: Manifest) -> list[tuple[str, str]]:
        """Everything there is to check. Raises the first BackupError."""
        chain = self._repository.chain(backup)
        self._keys(backup)
        self._journal(backup)
        self._media(backup)
        with self._scratch(sum(each.size for each in chain)) as settings:
            rebuilding = Rebuilding(settings, self._repository, chain, for_trial=True)
            whole = rebuilding.unpack(self._progress)
            self._found("seals", f"{sum(len(each.stream) for each in chain)} chunks open and unpack to what went in")
            self._files(whole, backup)
            rebuilding.place(whole, Target(), lambda folder: None)
            self._progress.begin("Starting a database from it")
            try:
                rebuilding.recover()
                adopt(rebuilding.server, backup)
                self._counts(rebuilding.server, backup)
                self._log(rebuilding.server, backup)
                self._tables(rebuilding.server, backup)
            finally:
                rebuilding.server.stop()
            self._pages(rebuilding, backup)
        return self.checks

    def _found(self, what: str, words: str) -> None:
        self.checks.append((what, words))

    @contextlib.contextmanager
    def _scratch(self, size: int) -> Iterator[Settings]:
        settings = dataclasses.replace(
            self._settings, data=self._folder, database_url="", storage_url="", storage_before="", shared_buffers_mb=64
        )
        _throw_away(settings)
        self._folder.mkdir(mode=0o711, parents=True)
        try:
            free = shutil.disk_usage(self._folder).free
            if free < size + SPARE:
                raise errors.BackupError(
                    "A trial restore needs {needed} MB in {folder}, and {free} MB are free there: make room, or name "
                    "another folder with --scratch.",
                    needed=(size + SPARE) // 2**20,
                    folder=self._folder,
                    free=free // 2**20,
                )
            with hold(self._folder, "folkmoot backup verify"):
                yield settings
        finally:
            _throw_away(settings)

    def _keys(self, backup: Manifest) -> None:
        held = bundle.unpack(self._repository.get_whole(backup.bundle))
        if held.master_key != master_key_file(self._settings.data).read_bytes():
            raise errors.Untrustworthy("The master key in backup {name} is not this network's.", name=backup.name)
        self._found("keys", "master key and settings are inside")

    def _journal(self, backup: Manifest) -> None:
        """Every part that follows the backup is there without a gap and opens."""
        journal = Journal(self._repository, backup.epoch)
        planned = plan(journal.parts(), backup.start_lsn, backup.stop_lsn, backup.segment_size)
        self._progress.begin("Reading the journal", len(planned.files) * backup.segment_size)
        newest = backup.finished_at
        for parts in planned.files.values():
            for part in parts:
                newest = max(newest, journal.read(part)[0])
            self._progress.advance(backup.segment_size)
        if planned.gap:
            raise errors.Lost(place=self._repository.place, thing=f"{journal.folder}/…{planned.gap}")
        self._found("journal", f"{len(planned.files)} segments follow it, until {newest:%Y-%m-%d %H:%M:%S} UTC")

    def _media(self, backup: Manifest) -> None:
        listed = msgspec.msgpack.decode(self._repository.get_whole(backup.media), type=MediaList)
        chosen = listed.keys if self._all_media else random.sample(listed.keys, min(SAMPLE, len(listed.keys)))
        there = {each.name for each in self._repository.objects.list("media")}
        self._progress.begin("Reading media", sum(size for _, size in chosen))
        for key, _ in listed.keys:
            place = media.place_of(self._repository, key)
            if place not in there:
                raise errors.Lost(place=self._repository.place, thing=f"{place} (the medium {key})")
        lacking, damaged = asyncio.run(media.check(self._repository, chosen, self._progress))
        for key in lacking:
            raise errors.Lost(place=self._repository.place, thing=media.place_of(self._repository, key))
        for key in damaged:
            raise errors.Damaged(
                place=self._repository.place, thing=media.place_of(self._repository, key), how="its seal is broken"
            )
        self._found("media", f"{len(listed.keys)} are there, {len(chosen)} of them read and compared")

    def _files(self, whole: Path, backup: Manifest) -> None:
        """The sums the server took of its own files."""
        self._progress.begin("Checking the sums of the files")
        command = [str(program("pg_verifybackup")), "--no-parse-wal", "--quiet", str(whole)]
        try:
            run_program(command)
        except ProgramFailed as error:
            raise errors.NotUnpacked(name=backup.name, reason=error) from error
        self._found("files", "every file has the sum the server took of it")

    def _counts(self, server: EmbeddedPostgres, backup: Manifest) -> None:
        """Rows of every table, against those counted before and after the base copy."""
        self._progress.begin("Counting what is in it")
        with psycopg.connect(server.url, autocommit=True) as connection:
            rows = 0
            for table in backup.after.tables:
                try:
                    found = connection.execute(queries.count(table)).fetchone()
                except psycopg.errors.UndefinedTable:
                    found = None
                counted = int(found[0]) if found else 0
                least, most = between(backup.before, backup.after, table)
                if not least <= counted <= most:
                    raise errors.Untrustworthy(
                        "The table {table} restored from backup {name} has {found} rows, and had {least} to {most} when "
                        "it was made: do not rely on this backup.",
                        table=table,
                        name=backup.name,
                        found=counted,
                        least=least,
                        most=most,
                    )
                rows += counted
        self._found("counts", f"{rows} rows in {len(backup.after.tables)} tables, as many as were counted")

    def _log(self, server: EmbeddedPostgres, backup: Manifest) -> None:
        """The public log as it was signed before the copy began: its root, computed anew from the restored entries."""
        size = backup.before.log_size
        if size is None:
            return
        self._progress.begin("Computing the root of the public log")
        with psycopg.connect(server.url) as connection, connection.cursor("entries") as cursor:
            cursor.execute(queries.LOG_ENTRIES, (size,))
            found = root_of(bytes(body) for (body,) in cursor)
        if found.hex() != backup.before.log_root:
            raise errors.Untrustworthy(
                "The public log restored from backup {name} does not lead to the checkpoint it had at {size} entries: do "
                "not rely on this backup.",
                name=backup.name,
                size=size,
            )
        self._found("log", f"its {size} entries lead to the checkpoint that was signed")

    def _tables(self, server: EmbeddedPostgres, backup: Manifest) -> None:
        """Every heap and index, by PostgreSQL's own examiner."""
        deep = sum(each.size for each in self._repository.chain(backup)) <= DEEP_BELOW
        self._progress.begin("Examining tables and indexes")
        running = server.find_postmaster()
        assert running is not None
        command = [
            str(program("pg_amcheck")),
            "--host",
            str(running.sockets),
            "--username",
            "postgres",
            "--no-password",
        ]
        command += ["--install-missing", *(["--heapallindexed"] if deep else []), "folkmoot"]
        try:
            run_program(command)
        except ProgramFailed as error:
            raise errors.NotUnpacked(name=backup.name, reason=error) from error
        self._found("tables", "heaps and indexes hold together" + (", every row is in its indexes" if deep else ""))

    def _pages(self, rebuilding: Rebuilding, backup: Manifest) -> None:
        """The sum of every page."""
        self._progress.begin("Checking the sums of the pages")
        command = [str(owner_program("pg_checksums")), "--check", "--pgdata", str(rebuilding.cluster)]
        try:
            run_program(command)
        except ProgramFailed as error:
            if "not enabled" in str(error):
                return
            raise errors.NotUnpacked(name=backup.name, reason=error) from error
        self._found("pages", "every page has its sum")


def between(before: Figures, after: Figures, table: str) -> tuple[int, int]:
    """How many rows a table can have had at the moment of a base copy, from counts before and after it.

    Exactly as many when nothing was written meanwhile; else what came and went in between is the leeway.
    """
    nothing = TableFigures(0, 0, 0)
    first, last = before.tables.get(table, nothing), after.tables.get(table, nothing)
    come = max(0, last.put_in - first.put_in, last.rows - first.rows)
    gone = max(0, last.taken_out - first.taken_out, first.rows - last.rows)
    return max(0, min(first.rows, last.rows) - gone), max(first.rows, last.rows) + come


def _record(repository: Repository, source: Source, outcome: Verified) -> None:
    with contextlib.suppress(errors.BackupError):
        standing.enter_verified(source, outcome)
    if outcome.manifest:
        repository.record_verified(outcome)


def _throw_away(settings: Settings) -> None:
    """The scratch folder and what a killed trial left of it."""
    if not settings.data.exists():
        return
    server = EmbeddedPostgres(settings)
    server.stop("immediate")
    for folder in (server.cluster, server.cluster.with_name(f"{server.cluster.name}.restoring"), settings.data):
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(folder)
    if os.path.lexists(settings.data):
        shutil.rmtree(settings.data, ignore_errors=True)
