"""The database's journal out of the server, as it is written, into a spool on this disk: `pg_receivewal` with a slot.

Not `archive_command`: that hands over whole segments of 16 MB only, late on a quiet network, and a command that fails
keeps all of them on the server's disk. A slot is bounded by the server itself (max_slot_wal_keep_size), and nobody who
posts waits for it.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from folkmoot.hosting import processes
from folkmoot.hosting.backup import queries
from folkmoot.hosting.backup.source import Source, reason

SLOT = "folkmoot_backup"
PARTIAL = ".partial"


class Receiver:
    """One `pg_receivewal`, kept running. `has_gap` says that the server let go of journal we had not received."""

    def __init__(self, source: Source, spool: Path) -> None:
        self._source = source
        self._spool = spool
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None
        self.has_gap = False
        self.words = ""
        """Why it does not run, when it does not."""

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def keep_running(self) -> None:
        """Start it when it does not run, with a slot that holds; a lost slot is made anew, and that is a gap."""
        if self.is_running:
            return
        self.stop()
        self._spool.mkdir(mode=0o700, exist_ok=True)
        if self._hold_slot():
            self.has_gap = True
            for file in self._spool.glob(f"*{PARTIAL}"):
                file.unlink()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the process does
        arguments = ["--directory", str(self._spool), "--slot", SLOT, "--no-loop", "--status-interval=5"]
        self._process = subprocess.Popen(
            self._source.program("pg_receivewal", *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            env=self._source.environment,
            cwd="/",
            umask=0o077,
            preexec_fn=processes.tied_to_us(signal.SIGTERM),
        )

    def stop(self) -> None:
        """End it; what it received stays in the spool."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(5)
                if self._process.poll() is None:
                    self._process.kill()
            if self._process.wait() not in (0, -signal.SIGTERM) and self._said:
                self._said.seek(0)
                self.words = reason(self._said.read())
                if "already been removed" in self.words:
                    self._forget_slot()
        if self._said is not None:
            self._said.close()
        self._process = self._said = None

    def _hold_slot(self) -> bool:
        """Whether the slot had to be made."""
        with self._source.connection(replication=True) as connection:
            found = connection.execute(queries.SLOT, (SLOT,)).fetchone()
            if found is not None and found[0] != "lost":
                return False
            if found is not None:
                connection.execute(queries.DROP_SLOT, (SLOT,))
            connection.execute(queries.MAKE_SLOT, (SLOT,))
            return True

    def _forget_slot(self) -> None:
        with self._source.connection(replication=True) as connection, contextlib.suppress(Exception):
            connection.execute(queries.DROP_SLOT, (SLOT,))
