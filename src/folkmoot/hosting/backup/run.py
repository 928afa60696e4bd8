"""Make one backup: base copy, media, keys and settings, and last the manifest by which it counts."""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

import msgspec

from folkmoot import __version__, clock
from folkmoot.hosting import processes
from folkmoot.hosting.backup import bundle, errors, media, queries, standing
from folkmoot.hosting.backup.chunks import Sender
from folkmoot.hosting.backup.cutting import Cutter, NotATar
from folkmoot.hosting.backup.locking import alone
from folkmoot.hosting.backup.manifest import FORMAT, Chunk, Figures, Kind, Manifest, MediaList, name_of
from folkmoot.hosting.backup.progress import Progress, Silent
from folkmoot.hosting.backup.repository import Claim, Local, Repository, open_own, sizes
from folkmoot.hosting.backup.source import Server, Source, reason
from folkmoot.hosting.backup.throttle import Throttle
from folkmoot.hosting.postgres import available
from folkmoot.settings import Settings
from folkmoot.storage import open_storage
from folkmoot.vault import open_vault

LONGEST_CHAIN = 14
"""Incremental backups that may follow one full one: each makes a restore longer, and hangs on all before it."""
READ_BACK = 8
"""Chunks read back after every run, chosen by chance: a storage that drops writes seldom drops none of these."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What sort of run was asked for."""

    full: bool = False
    throttle: float = 0
    """Megabytes a second; 0 is without bound."""
    gently: bool = False
    """Whether the server may take its time to write down what is in its memory first."""


def run(settings: Settings, wanted: Wanted, progress: Progress | None = None, address: str = "") -> Manifest:
    """Make a backup of the network and say what it is. Killed in the middle, the next run sends only what is missing."""
    progress = progress or Silent()
    open_vault(settings.data)
    local = Local.of(settings.data)
    with alone(local.folder, "backup run"):
        for leftover in local.folder.glob("run-*"):  # of a run that was killed
            shutil.rmtree(leftover)
        repository = open_own(settings, address)
        claim = repository.check_writer(local.writer)
        with available(settings) as url:
            source = Source(url, settings)
            made, digest = _Run(settings, wanted, progress, local, repository, claim, source).make()
            standing.enter(source, made, digest)
    return made


class _Run:
    def __init__(
        self,
        settings: Settings,
        wanted: Wanted,
        progress: Progress,
        local: Local,
        repository: Repository,
        claim: Claim,
        source: Source,
    ) -> None:
        self._settings = settings
        self._wanted = wanted
        self._progress = progress
        self._local = local
        self._repository = repository
        self._claim = claim
        self._source = source
        self._throttle = Throttle(wanted.throttle)

    def make(self) -> tuple[Manifest, str]:
        server = self._source.describe()
        names = self._repository.names()
        started = self._begin_after(names[-1] if names else "")
        parent = self._parent(server, names, started)
        self._progress.begin("Looking at what lies there already")
        trusted = not standing.was_damaged(self._source)
        there = sizes(self._repository.objects.list("chunks")) if trusted else {}
        sender = Sender(self._repository, there, self._throttle, self._progress, self._settings.backup_level)
        media_before = self._media()
        with ThreadPoolExecutor(1, thread_name_prefix="count") as beside:
            # A moment before the copy's end and one after it: the counting itself need not be waited for.
            before = beside.submit(self._source.at_this_moment())
            try:
                stream, listed = self._copy(sender, server, parent)
            except _NoIncremental:
                parent = None
                stream, listed = self._copy(sender, server, None)
            after = beside.submit(self._source.at_this_moment())
            media_list = self._send_media(media_before | self._media(), trusted)
            self._progress.begin("Finishing")
            made = self._finish(sender, server, started, parent, stream, listed, media_list, before, after)
        self._repository.check_writer(self._local.writer)  # somebody may have claimed it meanwhile
        return made, self._repository.write_manifest(made)

    def _finish(
        self,
        sender: Sender,
        server: Server,
        started: datetime,
        parent: Manifest | None,
        stream: list[Chunk],
        listed: bytes,
        media_list: MediaList,
        before: Future[Figures],
        after: Future[Figures],
    ) -> Manifest:
        """Everything else that belongs to it sent and looked at: the list that makes it a backup."""
        start, stop, timeline = wal_range(listed)
        kind: Kind = "incremental" if parent else "full"
        extra = [
            sender.send_bytes(data)
            for data in (listed, bundle.pack(self._settings), msgspec.msgpack.encode(media_list))
        ]
        self._repository.objects.settle()
        chunks = [*stream, *(chunk for part in extra for chunk in part)]
        self._check_what_lies_there(chunks)
        return Manifest(
            format=FORMAT,
            repository=self._repository.about.id,
            name=name_of(started, kind),
            kind=kind,
            epoch=self._claim.epoch,
            parent=parent.name if parent else "",
            started_at=started,
            finished_at=clock.now(),
            software=__version__,
            schema=server.schema,
            server=server.number,
            system=server.system,
            timeline=timeline,
            segment_size=server.segment_size,
            start_lsn=start,
            stop_lsn=stop,
            database=server.database,
            role=server.role,
            size=sum(each.size for each in stream),
            sealed_size=sum(each.sealed for each in chunks),
            sent=self._throttle.sent,
            stream=stream,
            server_manifest=extra[0],
            bundle=extra[1],
            media=extra[2],
            media_count=len(media_list.keys),
            media_size=sum(size for _, size in media_list.keys),
            before=before.result(),
            after=after.result(),
        )

    def _begin_after(self, newest: str) -> datetime:
        """This moment, to the second, by which the backup is called; later than the newest backup's."""
        now = clock.now().replace(microsecond=0)
        if name_of(now, "full")[:16] == newest[:16]:
            time.sleep(1)
            now += timedelta(seconds=1)
        if name_of(now, "full")[:16] <= newest[:16]:
            raise errors.BackupError(
                "The newest backup there, {name}, is later than this machine's clock says it is: set the clock.",
                name=newest,
            )
        return now

    def _parent(self, server: Server, names: list[str], started: datetime) -> Manifest | None:
        """The backup an incremental one may build on."""
        if self._wanted.full or not server.summarizes or not names or standing.was_damaged(self._source):
            return None
        try:
            newest = self._repository.read_manifest(names[-1])[0]
            chain = self._repository.chain(newest)
        except (errors.Damaged, errors.Lost, errors.NoSuchBackup):
            return None
        same = newest.system == server.system and newest.epoch == self._claim.epoch
        oldest = started - timedelta(days=self._settings.backup_full_every)
        if not same or len(chain) > LONGEST_CHAIN or chain[0].started_at <= oldest:
            return None
        return newest

    def _copy(self, sender: Sender, server: Server, parent: Manifest | None) -> tuple[list[Chunk], bytes]:
        """The base copy as chunks, and the server's own list of its files."""
        words = "Copying what changed in the database" if parent else "Copying the database"
        self._progress.begin(words, None if parent else server.size)
        with (
            tempfile.TemporaryDirectory(prefix="run-", dir=self._local.folder) as folder,
            tempfile.TemporaryFile() as complaints,
            self._source.connection(replication=True) as session,
        ):
            # The server may write on for hours: what it wrote since the beginning must still be there at the end.
            session.execute(queries.HOLD_WAL, (f"folkmoot_backup_run_{random.getrandbits(32):08x}",))
            arguments = ["--format=tar", "--pgdata=-", "--wal-method=fetch", "--manifest-checksums=CRC32C"]
            arguments += [f"--checkpoint={'spread' if self._wanted.gently else 'fast'}", "--label=folkmoot"]
            if parent:
                file = Path(folder, "manifest")
                file.write_bytes(self._repository.get_whole(parent.server_manifest))
                arguments.append(f"--incremental={file}")
            with self._base_copy(arguments, complaints) as process:
                assert process.stdout is not None
                cutter = Cutter(process.stdout.readinto)  # type: ignore[attr-defined]  # it is raw
                try:
                    stream = sender.send(cutter.pieces())
                    cut_short = False
                except NotATar:
                    stream, cut_short = [], True
                code = process.wait()
            complaints.seek(0)
            said = complaints.read()
        if code != 0 or cut_short or not cutter.manifest:
            if parent and any(word in said for word in (b"summar", b"timeline", b"manifest")):
                raise _NoIncremental
            raise errors.BackupError("The base copy ended early: {reason}.", reason=reason(said))
        return stream, bytes(cutter.manifest)

    @contextlib.contextmanager
    def _base_copy(self, arguments: list[str], complaints: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
        process = subprocess.Popen(
            self._source.program("pg_basebackup", *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=self._source.environment,
            cwd="/",
            bufsize=0,
            pipesize=2**20,
            preexec_fn=processes.tied_to_us(signal.SIGKILL),
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()

    def _media(self) -> set[media.Medium]:
        with self._source.connection() as connection:
            if connection.execute(queries.HAS_OBJECTS).fetchone() != (True,):
                return set()
            return {(str(key), int(str(size))) for key, size in connection.execute(queries.MEDIA)}

    def _send_media(self, wanted: set[media.Medium], trusted: bool) -> MediaList:
        there = {each.name for each in self._repository.objects.list("media")} if trusted else set()
        self._progress.begin("Copying media", sum(size for _, size in wanted))
        absent = asyncio.run(
            media.send(
                self._repository,
                open_storage(self._settings),
                sorted(wanted),
                there,
                self._throttle,
                self._progress,
            )
        )
        gone = set(absent) - {key for key, _ in self._media()}  # deleted while we were at it, rightly
        kept = [medium for medium in sorted(wanted) if medium[0] not in gone | set(absent)]
        return MediaList(kept, sorted(set(absent) - gone))

    def _check_what_lies_there(self, chunks: list[Chunk]) -> None:
        """A storage may acknowledge and drop: compare its list with ours, and read some chunks back."""
        listed = sizes(self._repository.objects.list("chunks"))
        for chunk in chunks:
            if listed.get(chunk.name) != chunk.sealed:
                raise errors.Lost(place=self._repository.place, thing=self._repository.chunk_place(chunk.name))
        for chunk in random.sample(chunks, min(READ_BACK, len(chunks))):
            self._repository.get_chunk(chunk)


class _NoIncremental(Exception):
    """The server cannot say what changed since the parent: a full backup is due."""


class _Range(msgspec.Struct, rename={"timeline": "Timeline", "start": "Start-LSN", "end": "End-LSN"}):
    timeline: int
    start: str
    end: str


class _ServerManifest(msgspec.Struct, rename={"ranges": "WAL-Ranges"}):
    ranges: list[_Range]


def wal_range(listed: bytes) -> tuple[str, str, int]:
    """Where the journal of a base copy begins and ends, and on which timeline it ends."""
    ranges = msgspec.json.decode(listed, type=_ServerManifest).ranges
    return ranges[0].start, ranges[-1].end, ranges[-1].timeline
