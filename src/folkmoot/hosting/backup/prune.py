"""Take away what no rule keeps: backups first, then chunks, media and journal that nothing refers to any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from folkmoot import clock
from folkmoot.hosting.backup import media, retention, standing
from folkmoot.hosting.backup.journal import Journal, number_of, position
from folkmoot.hosting.backup.locking import alone
from folkmoot.hosting.backup.manifest import Manifest, MediaList
from folkmoot.hosting.backup.progress import Progress, Silent
from folkmoot.hosting.backup.repository import Local, Repository, open_own
from folkmoot.hosting.backup.source import Source
from folkmoot.hosting.postgres import available
from folkmoot.settings import Settings

UNFINISHED = timedelta(days=2)
"""What nothing refers to may belong to a run that was interrupted and goes on: so long it stays."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was taken away."""

    backups: list[str]
    kept: list[str]
    objects: int
    size: int


def prune(settings: Settings, progress: Progress | None = None, address: str = "") -> Pruned:
    """Keep what the settings say, and always the newest backup and the newest verified one. Raises BackupError.

    Nothing is taken away while any manifest cannot be read: what it needs would be unknown.
    """
    progress = progress or Silent()
    local = Local.of(settings.data)
    with alone(local.folder, "backup prune"):
        repository = open_own(settings, address)
        repository.check_writer(local.writer)
        keep = retention.Kept(settings.backup_keep_daily, settings.backup_keep_weekly, settings.backup_keep_monthly)
        done = _prune(repository, keep, settings.backup_keep_journal, clock.now(), progress)
        with available(settings) as url:
            standing.forget_others(Source(url, settings), done.kept)
    return done


def _prune(repository: Repository, keep: retention.Kept, days: int, now: datetime, progress: Progress) -> Pruned:
    progress.begin("Reading what there is")
    manifests = {name: repository.read_manifest(name)[0] for name in repository.names()}
    standings = []
    for name, backup in manifests.items():
        tried = repository.verified(name)
        standings.append(retention.Standing(name, backup.started_at, backup.parent, tried is not None and tried.whole))
    stay = retention.stay(standings, keep)
    kept = [manifests[name] for name in manifests if name in stay]
    lists = [msgspec.msgpack.decode(repository.get_whole(backup.media), type=MediaList) for backup in kept]
    gone = [name for name in manifests if name not in stay]
    # The manifest first: whoever is killed in the middle leaves objects without a backup, never a backup without objects.
    for name in gone:
        repository.objects.delete(f"backups/{name}/manifest")
        repository.objects.delete(f"backups/{name}/verified")
    progress.begin("Taking away what nothing needs")
    window = retention.wal_from([each for each in standings if each.name in stay], days, now)
    since = manifests[window] if window else None
    needed = {repository.chunk_place(name) for backup in kept for name in backup.chunks()}
    removed = _sweep(repository, "chunks", needed, now - UNFINISHED)
    needed = {media.place_of(repository, key) for listed in lists for key, _ in listed.keys}
    # Media sent since then belong to moments between two backups.
    before = min(now - UNFINISHED, since.started_at) if since else now - UNFINISHED
    swept = _sweep(repository, "media", needed, before)
    return Pruned(
        gone,
        sorted(stay),
        removed[0] + swept[0] + _sweep_journal(repository, since),
        removed[1] + swept[1],
    )


def _sweep(repository: Repository, folder: str, needed: set[str], before: datetime) -> tuple[int, int]:
    number = size = 0
    for each in list(repository.objects.list(folder)):
        if each.name not in needed and each.changed_at < before:
            repository.objects.delete(each.name)
            number += 1
            size += each.size
    return number, size


def _sweep_journal(repository: Repository, since: Manifest | None) -> int:
    """The journal before the window's first backup, and that of earlier epochs."""
    if since is None:
        return 0
    number = 0
    for epoch in range(1, since.epoch + 1):
        journal = Journal(repository, epoch)
        for part in journal.parts():
            old = epoch < since.epoch or (
                not part.is_history
                and number_of(part.file, since.segment_size) < position(since.start_lsn) // since.segment_size
            )
            if old:
                journal.delete(part)
                number += 1
    return number
