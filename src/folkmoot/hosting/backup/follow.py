"""`folkmoot backup follow`: the journal and new media go out every few seconds, backups are made, tried and thinned out
when they are due. A process of its own: whatever happens to the storage, nobody who posts waits for it."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import structlog

from folkmoot import clock
from folkmoot.errors import FolkmootError
from folkmoot.hosting import state as states
from folkmoot.hosting.backup import errors, media, queries
from folkmoot.hosting.backup.journal import Journal, position
from folkmoot.hosting.backup.locking import receiving
from folkmoot.hosting.backup.progress import Silent
from folkmoot.hosting.backup.prune import prune
from folkmoot.hosting.backup.receiving import Receiver
from folkmoot.hosting.backup.repository import Claim, Local, Repository, open_own
from folkmoot.hosting.backup.run import Wanted, run
from folkmoot.hosting.backup.shipping import Shipper, spooled
from folkmoot.hosting.backup.source import Source
from folkmoot.hosting.backup.throttle import Throttle
from folkmoot.hosting.backup.verify import verify
from folkmoot.hosting.postgres import reach
from folkmoot.settings import Settings
from folkmoot.storage import open_storage
from folkmoot.vault import open_vault

log = structlog.get_logger(__name__)

AGAIN_AFTER = 15.0
"""Seconds until the next try when the storage or the server is away."""
LOOK_EVERY = 0.25
CHORES_EVERY = 60.0
CHORES_AGAIN_AFTER = 900.0
NO_BASE = (
    "The journal goes out, and the backup it is to follow is not made yet: until then nothing newer can be restored."
)
LATE = timedelta(minutes=10)
"""Media are listed before their bytes are there; so far back we look again."""


class Status(msgspec.Struct):
    """What is shown of it, and what would be lost if this machine were gone now."""

    at: datetime
    complete_at: datetime | None = None
    """Everything up to this moment is in the repository."""
    behind: int = 0
    """Bytes of journal that are not."""
    spooled: int = 0
    words: str = ""
    """What is wrong, if anything is."""


class Due(msgspec.Struct, frozen=True):
    """What chores are due."""

    backup: bool = False
    verify: bool = False


def due(settings: Settings, now: datetime, newest: datetime | None, verified: datetime | None, *, has_gap: bool) -> Due:
    """What is to be done now, from when the newest backup was made and the newest one was found whole."""
    backup = newest is None or has_gap
    if settings.backup_every and newest is not None:
        backup = backup or now - newest >= timedelta(hours=settings.backup_every)
    every = timedelta(days=settings.backup_verify_every)
    tried = verified is not None and now - verified < every
    return Due(backup and (settings.backup_every > 0 or has_gap or newest is None), bool(every) and not tried)


def follow(settings: Settings, stop: threading.Event) -> None:
    """Work until told to stop. Raises BackupError when it cannot begin at all."""
    local = Local.of(settings.data)
    open_vault(settings.data)
    with receiving(local.folder):
        chores = threading.Thread(target=_do_chores, args=(settings, local, stop), name="chores", daemon=True)
        chores.start()
        status = Status(clock.now())
        while not stop.is_set():
            try:
                _receive(settings, local, Source(reach(settings).database_url, settings), status, stop)
            except FolkmootError as error:
                _say(local, status, error.words)
            except Exception as error:  # whatever it was, the next try may go well
                log.exception("the journal was not received")
                _say(local, status, f"{type(error).__name__}: {error}")
            stop.wait(AGAIN_AFTER)


def read_status(data: Path) -> Status | None:
    """What a following process last said of itself."""
    try:
        return msgspec.json.decode((data / "backup" / "status.json").read_bytes(), type=Status)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def claimed(settings: Settings, local: Local, repository: Repository) -> Claim:
    """Our claim; taken over by itself after the network moved here, never after a restore. Raises OtherWriter."""
    last = repository.claims()[-1]
    hosting = states.read(settings.data).epoch
    if last.writer != local.writer and hosting > last.hosting and not local.restored.exists():
        return repository.claim(local.writer, hosting)
    return repository.check_writer(local.writer)


def _receive(settings: Settings, local: Local, source: Source, status: Status, stop: threading.Event) -> None:
    """Until something is in the way: receive, and ship what was received."""
    receiver = Receiver(source, local.spool)
    shipper: Shipper | None = None
    seen: set[str] = set()
    since = clock.now() - LATE
    looked = 0.0
    base_is_missing = False
    try:
        while not stop.is_set():
            full = spooled(local.spool) > settings.backup_spool_mb * 10**6
            if full:
                receiver.stop()  # from here the server keeps the journal, and it has a bound of its own
            else:
                receiver.keep_running()
            if receiver.has_gap:
                (local.folder / "gap").touch()
                receiver.has_gap = False
            try:
                if shipper is None or time.monotonic() > looked + CHORES_EVERY:
                    looked = time.monotonic()
                    repository = open_own(settings)
                    claim = claimed(settings, local, repository)
                    server = source.describe()
                    journal = Journal(repository, claim.epoch)
                    shipper = shipper or Shipper(journal, local.spool, server.segment_size)
                    names = repository.names()
                    base_is_missing = (
                        not names
                        or repository.read_manifest(names[-1])[0].epoch != claim.epoch
                        or (local.folder / "gap").exists()
                    )
                now, written = clock.now(), _written(source)
                shipper.ship(now, written)
                _ship_media(settings, source, repository, since, seen)
                since = now - LATE
                status.complete_at = shipper.complete_at or status.complete_at
                status.behind = max(0, written - shipper.reached)
                _say(local, status, NO_BASE if base_is_missing else "" if receiver.is_running else receiver.words)
            except FolkmootError as error:
                shipper = None
                words = error.words
                if full:
                    words += " The spool on this disk is full; the database keeps its journal within its own bound."
                _say(local, status, words)
                _pause(stop, AGAIN_AFTER, settings, local, receiver)
            _pause(stop, settings.backup_journal_every, settings, local, receiver)
    finally:
        receiver.stop()


def _pause(stop: threading.Event, seconds: float, settings: Settings, local: Local, receiver: Receiver) -> None:
    """Wait, with an eye on the spool: a burst of writing must not fill the disk meanwhile."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and not stop.wait(min(LOOK_EVERY, left)):
        if receiver.is_running and spooled(local.spool) > settings.backup_spool_mb * 10**6:
            receiver.stop()


def _written(source: Source) -> int:
    with source.connection() as connection:
        row = connection.execute(queries.WRITTEN).fetchone()
    return position(str(row[0])) if row else 0


def _ship_media(settings: Settings, source: Source, repository: Repository, since: datetime, seen: set[str]) -> None:
    with source.connection() as connection:
        if connection.execute(queries.HAS_OBJECTS).fetchone() != (True,):
            return
        found = [(str(key), int(str(size))) for key, size in connection.execute(queries.MEDIA_SINCE, (since,))]
    new = [medium for medium in found if medium[0] not in seen]
    if new:
        throttle = Throttle(settings.backup_throttle)
        absent = asyncio.run(media.send(repository, open_storage(settings), new, set(), throttle, Silent()))
        repository.objects.settle()
        seen.intersection_update(key for key, _ in found)
        seen.update(key for key, _ in new if key not in absent)


def _do_chores(settings: Settings, local: Local, stop: threading.Event) -> None:
    while not stop.is_set():
        wait = CHORES_EVERY
        try:
            repository = open_own(settings)
            claim = claimed(settings, local, repository)
            names = repository.names()
            newest = repository.read_manifest(names[-1])[0] if names else None
            tried = [outcome for name in names if (outcome := repository.verified(name)) is not None]
            gap = local.folder / "gap"
            todo = due(
                settings,
                clock.now(),
                newest.started_at if newest else None,
                max((outcome.at for outcome in tried), default=None),
                # What another machine made, this one's journal does not follow.
                has_gap=gap.exists() or (newest is not None and newest.epoch != claim.epoch),
            )
            if todo.backup:
                run(settings, Wanted(throttle=settings.backup_throttle, gently=bool(names)))
                gap.unlink(missing_ok=True)
                prune(settings)
            if todo.verify:
                verify(settings)
        except errors.Busy:
            pass  # somebody does it by hand
        except errors.OtherWriter as error:
            log.warning("backup", words=error.words)
        except FolkmootError as error:
            log.warning("backup", words=error.words, cause=error.cause)
            wait = CHORES_AGAIN_AFTER
        except Exception:
            log.exception("backup failed")
            wait = CHORES_AGAIN_AFTER
        stop.wait(wait)


def _say(local: Local, status: Status, words: str) -> None:
    if words and words != status.words:
        log.warning("backup", words=words)
    status.at, status.words, status.spooled = clock.now(), words, spooled(local.spool)
    making = local.status.with_suffix(".making")
    making.write_bytes(msgspec.json.encode(status))
    making.replace(local.status)
