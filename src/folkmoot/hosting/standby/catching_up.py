"""On the standby: what the first host no longer has of the journal is read from the backups, instead of copying all anew.

The server asks for its journal in a folder first (`restore_command`, postgres/following.py). Here that folder is filled,
a few segments ahead of what is replayed, up to where the first host has the journal itself; from there the server streams.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec
import structlog

from folkmoot.errors import FolkmootError, Unavailable
from folkmoot.hosting import state as states
from folkmoot.hosting.backup.errors import Damaged
from folkmoot.hosting.backup.journal import Journal, Part, number_of
from folkmoot.hosting.link import Link, LinkBroken
from folkmoot.hosting.link.held import Held
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.hosting.postgres.following import archived
from folkmoot.hosting.postgres.places import get_owner
from folkmoot.hosting.postgres.server import run_program
from folkmoot.hosting.standby import queries
from folkmoot.hosting.standby.archive import Archive, open_archive
from folkmoot.hosting.standby.report import lsn
from folkmoot.hosting.standby.rules import Needed, needed
from folkmoot.hosting.standby.watching import Noted
from folkmoot.settings import Settings

log = structlog.get_logger("folkmoot.standby")

AT_ONCE = 16
"""Segments that lie there before the server has replayed them: 256 MB of this disk at most."""
READ_AHEAD = 3
"""Segments read while one is written."""
LATE_SECONDS = 60.0
"""How long the newest segments may be on their way into the archive: a first host sends them every few seconds."""
STALLED_SECONDS = 300.0
"""How long the server may make nothing of what lies there before a fresh copy is the better way."""
STREAM_SECONDS = 30.0
"""How long it may take to begin to stream, once it has everything."""
GLANCE = 0.1


class CatchingUp:
    """The way through the archive. One thread uses it."""

    def __init__(self, link: Link, settings: Settings, noted: Noted) -> None:
        self._link = link
        self._settings = settings
        self._noted = noted
        self._server = Held(settings)

    def catch_up(self, over: threading.Event) -> bool:
        """Bring the server to where it can stream again; False when the archive does not lead there.

        Raises LinkBroken when the other host cannot be asked, Unavailable when this disk is full: then later.
        """
        try:
            return self._catch_up(over)
        except (LinkBroken, _DiskFull):
            raise
        except FolkmootError as error:
            log.warning("archive_cannot_be_read", why=error.words, cause=error.cause)
            return False
        finally:
            self._noted.from_archive = None
            self.clear()
            self._server.close()

    def _catch_up(self, over: threading.Event) -> bool:
        side = states.named(self._settings.data).side
        said = msgspec.convert(self._link.ask("standby.archive", timeout=60, side=side), Archive, strict=False)
        if not said.repository:
            return False
        begun, timeline = self._place()
        if timeline != said.timeline:
            return False
        with open_archive(self._settings, self._link, said.repository) as repository:
            journal = Journal(repository, said.epoch)
            wanted = self._find(journal, said, begun, over)
            if wanted.missing or not wanted.files:
                log.warning("archive_has_a_gap", missing=wanted.missing, needed=len(wanted.files))
                return False
            log.warning("catching_up_from_the_archive", segments=len(wanted.files))
            self._feed(journal, wanted.files, said.segment_size, over)
        return self._place()[0] > begun

    def _find(self, journal: Journal, said: Archive, begun: int, over: threading.Event) -> Needed:
        """What is needed, once all of it is there; the newest may still be on their way."""
        until = time.monotonic() + LATE_SECONDS
        while True:
            wanted = needed(journal.parts(), said.timeline, begun, said.kept_from, said.segment_size)
            if not wanted.missing or wanted.is_gap or time.monotonic() > until or over.wait(2):
                return wanted

    def _feed(self, journal: Journal, files: tuple[str, ...], size: int, over: threading.Event) -> None:
        folder = self._make_folder()
        lying: deque[str] = deque()
        progress = _Progress()
        for number, (file, data) in enumerate(_read_ahead(journal, files)):
            if len(data) != size:
                raise Damaged(thing=file, place=journal.folder, how="it is no whole segment")
            _write(folder, file, data)
            lying.append(file)
            self._noted.from_archive = (len(files) - number, len(files))
            while len(lying) >= AT_ONCE and not self._is_over(over):
                self._take_away(folder, lying, size)
                progress.check(self._replayed(), STALLED_SECONDS)
                time.sleep(GLANCE)
            if self._is_over(over):
                return
        end = (number_of(files[-1], size) + 1) * size
        while self._replayed() < end and not self._is_over(over):
            time.sleep(GLANCE)
            self._take_away(folder, lying, size)
            self._noted.from_archive = (len(lying), len(files))
            # The last record may end in the segment the first host has: then the server waits for that one.
            is_last = self._replayed() >= end - size
            if progress.stands_still(self._replayed(), STREAM_SECONDS if is_last else STALLED_SECONDS):
                return

    def _is_over(self, over: threading.Event) -> bool:
        """Whether there is nothing to catch up for any more: we end, or this host took the network over meanwhile."""
        return over.is_set() or states.read(self._settings.data).role != "standby"

    def _take_away(self, folder: Path, lying: deque[str], size: int) -> None:
        """What is replayed was kept by the server where it keeps its journal."""
        replayed = self._replayed()
        while lying and (number_of(lying[0], size) + 1) * size <= replayed:
            (folder / lying.popleft()).unlink(missing_ok=True)

    def _replayed(self) -> int:
        """The byte up to which the server has replayed its journal; 0 while it does not answer."""
        try:
            with self._server() as connection:
                return lsn(queries.following_side(connection, "")["replayed"])
        except Unavailable:
            return 0

    def _place(self) -> tuple[int, int]:
        """Where the server stands and on which timeline; from its files when it does not answer. Raises Unavailable."""
        try:
            with self._server() as connection:
                found = queries.following_side(connection, "")
                return lsn(found["replayed"]), int(found["timeline"])
        except Unavailable:
            server = EmbeddedPostgres(self._settings)
            said = run_program(server.prepare(), ["pg_controldata", "-D", str(server.cluster)]).stdout
            redo = re.search(r"^Latest checkpoint's REDO location:\s+(\S+)$", said, re.MULTILINE)
            timeline = re.search(r"^Latest checkpoint's TimeLineID:\s+(\d+)$", said, re.MULTILINE)
            if redo is None or timeline is None:
                raise
            return lsn(redo[1]), int(timeline[1])

    def _make_folder(self) -> Path:
        """Ours to write, the server's to read."""
        folder = archived(self._settings.data)
        self.clear()
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(folder, 0, get_owner().gid)
            folder.chmod(0o750)
        return folder

    def clear(self) -> None:
        """Take away what lies there."""
        shutil.rmtree(archived(self._settings.data), ignore_errors=True)


class _DiskFull(Unavailable):
    sentence = "The disk of {folder} is full: make room, and the standby goes on catching up."


class _Stalled(Unavailable):
    sentence = "The database makes nothing of the journal that lies there."


class _Progress:
    """Notices when a place does not change any more."""

    def __init__(self) -> None:
        self._place = -1
        self._since = time.monotonic()

    def stands_still(self, place: int, seconds: float) -> bool:
        """Whether it is where it was so long ago."""
        if place != self._place:
            self._place, self._since = place, time.monotonic()
        return time.monotonic() > self._since + seconds

    def check(self, place: int, seconds: float) -> None:
        """Raises _Stalled when it is."""
        if self.stands_still(place, seconds):
            raise _Stalled


def _read_ahead(journal: Journal, files: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """The segments in order, a few read at once. Raises Lost and Damaged."""
    with ThreadPoolExecutor(READ_AHEAD, thread_name_prefix="archive") as pool:
        coming: deque[tuple[str, Future[bytes]]] = deque()
        try:
            for file in files:
                coming.append((file, pool.submit(lambda part: journal.read(part)[1], Part(file))))
                if len(coming) > READ_AHEAD:
                    name, future = coming.popleft()
                    yield name, future.result()
            while coming:
                name, future = coming.popleft()
                yield name, future.result()
        finally:
            for _, future in coming:
                future.cancel()


def _write(folder: Path, name: str, data: bytes) -> None:
    """A file the server sees whole or not at all. Raises _DiskFull."""
    making = folder / f".{name}"
    try:
        with open(making, "xb", opener=lambda path, flags: os.open(path, flags | os.O_NOFOLLOW, 0o640)) as out:
            out.write(data)
        if os.geteuid() == 0:
            os.chown(making, 0, get_owner().gid)
        making.rename(folder / name)
    except OSError as error:
        making.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _DiskFull(folder=folder) from error
        raise
