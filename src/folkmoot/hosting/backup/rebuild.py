"""A database out of a backup: unpacked, put together, brought to a moment, running. For restoring and for trying."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from folkmoot.hosting.backup import errors, unpack
from folkmoot.hosting.backup.manifest import Manifest
from folkmoot.hosting.backup.progress import Progress
from folkmoot.hosting.backup.repository import Repository
from folkmoot.hosting.backup.source import ProgramFailed, program, run_program
from folkmoot.hosting.postgres import EmbeddedPostgres, NoDatabase
from folkmoot.hosting.postgres.places import Owner, get_cluster, get_owner, make_data_folder
from folkmoot.settings import Settings
from folkmoot.storage import sync_disk

JOURNAL = "folkmoot_journal"
"""Folder in the cluster the recovery reads its journal from."""
RECOVERY_SECONDS = 24 * 3600.0
TOO_EARLY = "recovery ended before configured recovery target was reached"


@dataclass(frozen=True, slots=True)
class Target:
    """The moment to stop at, as PostgreSQL writes it; empty for the end of the journal."""

    time: str = ""


class Rebuilding:
    """The cluster of one data folder, on its way. Every step may be done again after a kill."""

    def __init__(
        self, settings: Settings, repository: Repository, chain: Sequence[Manifest], *, for_trial: bool = False
    ) -> None:
        self._settings = settings
        self._for_trial = for_trial
        self._repository = repository
        self._chain = chain
        make_data_folder(settings.data)
        self.owner: Owner = get_owner()
        self.cluster: Path = get_cluster(settings.data, self.owner)
        self.work: Path = self.cluster.with_name(f"{self.cluster.name}.restoring")
        self.server = EmbeddedPostgres(settings)

    @property
    def newest(self) -> Manifest:
        return self._chain[-1]

    def unpack(self, progress: Progress) -> Path:
        """All files of the chain, each in a folder of its own, then put together; says where."""
        self._make_work()
        whole = self.work / "whole"
        if whole.exists():
            return whole
        progress.begin("Unpacking the database", sum(each.size for each in self._chain))
        folders = [self.work / each.name for each in self._chain]
        for backup, folder in zip(self._chain, folders, strict=True):
            note = self.work / f"{backup.name}.done"
            unpack.unpack(self._repository, backup, folder, self.owner, note, progress)
        if len(folders) == 1:
            folders[0].rename(whole)
            return whole
        progress.begin("Putting full and incremental copies together")
        making = self.work / "making"
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(making)
        command = [str(program("pg_combinebackup")), "--link", "--no-sync", "--output", str(making)]
        try:
            run_program([*command, *map(str, folders)])
        except ProgramFailed as error:
            raise errors.NotUnpacked(name=self.newest.name, reason=error) from error
        unpack.give(making, self.owner)
        self._make_safe()
        making.rename(whole)
        for folder in folders:
            shutil.rmtree(folder)
        return whole

    def place(self, whole: Path, target: Target, journal: Callable[[Path], None]) -> None:
        """Put the files where the server looks for them, ready to recover. `journal` fills a folder with what follows."""
        folder = whole / JOURNAL
        folder.mkdir(mode=0o700, exist_ok=True)
        journal(folder)
        unpack.give(folder, self.owner)
        self._write(whole, "recovery.signal", "")
        self._write(whole, "postgresql.auto.conf", _recovery(target, self._for_trial))
        configuration = whole / "postgresql.conf"
        if not configuration.exists() or "folkmoot.conf" not in configuration.read_text(errors="replace"):
            self._write(whole, "postgresql.conf", "include_if_exists 'folkmoot.conf'\n")
        for name in ("standby.signal", "postmaster.pid", "postmaster.opts"):
            (whole / name).unlink(missing_ok=True)
        if self.cluster.exists():
            self.cluster.rmdir()
        whole.rename(self.cluster)

    def recover(self) -> None:
        """Start the server, which reads its journal up to the target and then goes on by itself, on a timeline of its own.

        Raises NoDatabase; NotUnpacked when the files do not make a database.
        """
        try:
            self.server.start(limit=RECOVERY_SECONDS)
        except NoDatabase as error:
            if TOO_EARLY not in error.words:
                raise errors.NotUnpacked(name=self.newest.name, reason=error.words.rstrip(".")) from error
            # Nothing happened between the last deed and the moment asked for: the end of the journal is that moment.
            self._write(self.cluster, "postgresql.auto.conf", _recovery(Target(), self._for_trial))
            self.server.start(limit=RECOVERY_SECONDS)

    def finish(self) -> None:
        """Take away what only the recovery needed; the server is stopped."""
        self._write(self.cluster, "postgresql.auto.conf", "")
        for leftover in (self.cluster / JOURNAL, self.work):
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(leftover)

    def _make_safe(self) -> None:
        if not self._for_trial:
            sync_disk(self.work)

    def _make_work(self) -> None:
        self.work.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(self.work, self.owner.uid, self.owner.gid)

    def _write(self, folder: Path, name: str, text: str) -> None:
        file = folder / name
        file.unlink(missing_ok=True)
        with open(file, "x", encoding="utf-8", opener=unpack.private) as out:
            out.write(text)
        if os.geteuid() == 0:
            os.chown(file, self.owner.uid, self.owner.gid)


def _recovery(target: Target, for_trial: bool) -> str:
    lines = ["fsync = 'off'", "full_page_writes = 'off'"] if for_trial else []
    lines += [
        "recovery_init_sync_method = 'syncfs'",
        f'restore_command = \'cp "{JOURNAL}/%f" "%p"\'',
        "hot_standby = 'off'",
        "recovery_target_timeline = 'latest'",
    ]
    if target.time:
        lines += [f"recovery_target_time = '{target.time}'", "recovery_target_action = 'promote'"]
    return "".join(f"{line}\n" for line in lines)
