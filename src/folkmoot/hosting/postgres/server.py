"""One PostgreSQL server for one data folder: made, started, found, stopped. A socket, peer authentication, no TCP."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal
from urllib.parse import quote

from folkmoot.hosting import processes
from folkmoot.hosting import state as states
from folkmoot.hosting.postgres import configuration, following, places
from folkmoot.hosting.postgres.binaries import MAJOR, programs
from folkmoot.hosting.postgres.errors import NoDatabase, about_folder
from folkmoot.settings import Settings

Mode = Literal["fast", "immediate"]

START_LIMIT = 60.0
"""Seconds a server may take to come up: recovery after a crash on a slow disk."""
LEAST_FREE = 128 * 2**20
"""Bytes a new cluster needs; a running one that has less is told by PostgreSQL itself."""
LOG_KEPT = 8 * 2**20
UNFINISHED_RESTORE = "restore.json"
"""Lies in a data folder while a backup is restored into it: no empty database must be made there meanwhile."""


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What postmaster.pid says of a running server; it names the folder of its socket a moment after itself."""

    pid: int
    sockets: Path | None
    is_ready: bool


@dataclass(frozen=True, slots=True)
class Ground:
    """What a start stands on: the user, the cluster, the socket's folder, the programs."""

    owner: places.Owner
    cluster: Path
    sockets: Path
    programs: Path


class EmbeddedPostgres:
    """The server that belongs to a data folder. Making this object touches nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ground: Ground | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """postgresql://… for asyncpg and psycopg alike; known as soon as the server is prepared or found running."""
        names = states.read(self._settings.data).names
        return self._address(names.role, names.database)

    @property
    def admin_url(self) -> str:
        """The same as the server's superuser: whoever runs Folkmoot is its administrator."""
        names = states.read(self._settings.data).names
        return self._address(names.superuser, names.database)

    def _address(self, role: str, database: str) -> str:
        running = None if self._ground else self.find_postmaster()
        sockets = (running and running.sockets) or self.prepare().sockets
        return f"postgresql://{quote(role, '')}@/{quote(database, '')}?host={quote(str(sockets))}"

    @property
    def cluster(self) -> Path:
        """The folder PostgreSQL keeps its files in."""
        return places.find_cluster(self._settings.data)

    @property
    def log(self) -> Path:
        """Where the server writes what troubles it."""
        return self._settings.data / "log" / "postgres.log"

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The postmaster, when it is our child."""
        return self._process

    @property
    def is_running(self) -> bool:
        """Whether a server of this folder takes connections."""
        found = self.find_postmaster()
        return found is not None and found.is_ready

    def find_postmaster(self) -> Postmaster | None:
        """The living server of this folder, whoever started it."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise about_folder(self.cluster, error) from error
        if len(lines) < 5 or not lines[0].strip().isdigit():
            return None
        pid = int(lines[0])
        if processes.working_folder(pid) != self.cluster:
            return None
        return Postmaster(pid, Path(lines[4]) if lines[4] else None, len(lines) > 7 and lines[7].strip() == "ready")

    def prepare(self) -> Ground:
        """Make all a start needs short of the cluster: folders, user, programs. Milliseconds once they are there."""
        if self._ground is None:
            data = self._settings.data
            places.make_data_folder(data)
            owner = places.get_owner()
            cluster = places.get_cluster(data, owner)
            self._ground = Ground(
                owner, cluster, places.get_socket_folder(cluster, owner), programs(as_root=os.geteuid() == 0)
            )
        return self._ground

    def start(self, limit: float = START_LIMIT) -> None:
        """Bring the server up, making its cluster first when there is none; returns when it takes connections.

        `limit` bounds in seconds how long it may take; one that is restored from a backup reads its journal first.

        The caller holds the data folder (see access.py), so a server found here is what a killed owner left: it is
        stopped first.
        """
        ground = self.prepare()
        try:
            self._clear(ground)
            state = states.read(self._settings.data)
            if state.role == "standby":
                self._take_copy(ground)
            if not (ground.cluster / "PG_VERSION").exists():
                if state.role != "primary":
                    raise NoDatabase(
                        "The copy of the network in {folder} is not complete: run `folkmoot standby join` again for "
                        "this folder, and it goes on.",
                        folder=self._settings.data,
                    )
                self._make_cluster(ground)
            self._check_version(ground)
            if state.role == "standby":
                places.as_owner(ground.owner, (ground.cluster / following.SIGNAL).touch)
            self.configure()
            self._launch(ground, limit)
        except OSError as error:
            raise about_folder(error.filename or self._settings.data, error) from error

    def configure(self) -> None:
        """Write the server's settings as the folder's role wants them; a running server reads them when told to."""
        ground = self.prepare()
        state = states.read(self._settings.data)
        least = {}
        if state.role == "standby":
            control = run_program(ground, ["pg_controldata", "-D", str(ground.cluster)])
            least = following.least_settings(control.stdout)
        configuration.write_configuration(
            ground.cluster,
            self._settings,
            ground.sockets,
            getpass.getuser(),
            ground.owner,
            role=following.role_settings(self._settings.data, state),
            least=least,
        )

    @property
    def copy(self) -> Path:
        """Where a whole copy of another cluster waits to take the place of ours at the next start."""
        return self.cluster.with_name(f"{self.cluster.name}.copied")

    def stop(self, mode: Mode = "fast", seconds: float = 30.0) -> None:
        """Stop the server; "fast" ends sessions and writes all down, "immediate" leaves that to the next start."""
        if self._process is not None:
            if self._process.poll() is None:
                self._end(self._process.pid, mode, seconds)
            self._process.wait()
            self._process = None
        elif found := self.find_postmaster():
            self._end(found.pid, mode, seconds)
        if self._ground is not None:
            shutil.rmtree(self._ground.sockets, ignore_errors=True)
            self._ground = None

    def ask_to_end(self) -> None:
        """Have the running server end, whoever's child it is; whoever supervises it starts it again."""
        if found := self.find_postmaster():
            with contextlib.suppress(ProcessLookupError):
                os.kill(found.pid, signal.SIGINT)

    def _end(self, pid: int, mode: Mode, seconds: float) -> None:
        with contextlib.suppress(ProcessLookupError):
            if mode == "fast":
                os.kill(pid, signal.SIGINT)
                if processes.wait_for_end(pid, seconds):
                    return
            os.kill(pid, signal.SIGQUIT)
            if not processes.wait_for_end(pid, 5):
                os.kill(pid, signal.SIGKILL)
                processes.wait_for_end(pid, 5)

    def _clear(self, ground: Ground) -> None:
        """Stop a postmaster nobody supervises any more, and remove the note of one that is gone.

        The number in the note (there is one beside the socket, too) may belong to somebody else by now, or to a
        process nobody has buried yet, and PostgreSQL would believe itself running. So the notes go, once no process
        stands in the cluster.
        """
        found = self.find_postmaster()
        if found is not None:
            self._end(found.pid, "fast", 20)
        notes = [ground.cluster / "postmaster.pid", *ground.sockets.glob(".s.PGSQL.*")]
        if any(note.exists() for note in notes):
            until = time.monotonic() + 10
            while processes.anyone_in(ground.cluster):  # children of a killed postmaster go a moment after it
                if time.monotonic() > until:
                    return
                time.sleep(0.01)
            for note in notes:
                note.unlink(missing_ok=True)

    def _take_copy(self, ground: Ground) -> None:
        """Put a copy that is complete in place of the cluster; the old one is kept beside, under the time it ended."""
        if self.copy.exists():
            if (ground.cluster / "PG_VERSION").exists():
                ground.cluster.rename(
                    ground.cluster.with_name(f"{ground.cluster.name}.until-{time.time_ns() // 10**9}")
                )
            elif ground.cluster.exists():
                ground.cluster.rmdir()
            self.copy.rename(ground.cluster)

    def _make_cluster(self, ground: Ground) -> None:
        """initdb into a folder beside the final one, so that a half-made cluster is never taken for a whole one."""
        if ground.cluster.exists() and any(ground.cluster.iterdir()):
            raise NoDatabase(
                "{folder} is not empty and holds no database: move its contents away and start again.",
                folder=ground.cluster,
            )
        if (self._settings.data / UNFINISHED_RESTORE).exists():
            raise NoDatabase(
                "A restore into {folder} is not finished: give the same `folkmoot backup restore` again, it goes on "
                "where it was.",
                folder=self._settings.data,
            )
        if shutil.disk_usage(ground.cluster.parent).free < LEAST_FREE:
            raise NoDatabase(
                "The disk of {folder} has less than {least} MB free: make room and start again.",
                folder=self._settings.data,
                least=LEAST_FREE // 2**20,
            )
        making = ground.cluster.with_name(f"{ground.cluster.name}.making")
        if making.exists():
            shutil.rmtree(making)
        making.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(making, ground.owner.uid, ground.owner.gid)
        self._run(ground, ["initdb", *configuration.INITDB, "-D", str(making)])

        def include() -> None:
            with (making / "postgresql.conf").open("a", encoding="utf-8") as file:
                file.write(configuration.INCLUDE)

        if not places.as_owner(ground.owner, include):
            raise NoDatabase("The new database in {folder} could not be finished.", folder=making)
        statements = "".join(f"{statement};\n" for statement in configuration.FIRST_STATEMENTS)
        alone = ["postgres", "--single", "-D", str(making), "-c", "exit_on_error=true", "postgres"]
        self._run(ground, alone, statements)
        if ground.cluster.exists():
            ground.cluster.rmdir()
        if states.read(self._settings.data).names != states.Names():  # of one that lay here before
            states.change(self._settings.data, names=states.Names())
        making.rename(ground.cluster)

    def _check_version(self, ground: Ground) -> None:
        found = (ground.cluster / "PG_VERSION").read_text().strip()
        if found != str(MAJOR):
            raise NoDatabase(
                "The database in {folder} was made by PostgreSQL {found}, and this Folkmoot brings {ours}: "
                "start it with the Folkmoot that made it.",
                folder=ground.cluster,
                found=found,
                ours=MAJOR,
            )

    def _launch(self, ground: Ground, limit: float) -> None:
        begun_at = time.monotonic()
        while True:
            with self._open_log() as log:
                begun = log.tell()
                self._process = self._spawn(ground, log)
            while self._process.poll() is None:
                found = self.find_postmaster()
                if found is not None and found.pid == self._process.pid and found.is_ready:
                    return
                if time.monotonic() > begun_at + limit:
                    self._end(self._process.pid, "fast", 5)
                    raise NoDatabase(
                        "The database did not come up within {seconds:.0f} s; {log} says why.",
                        seconds=limit,
                        log=self.log,
                    )
                time.sleep(0.002)
            reason = self._last_words(begun)
            # Children of a killed postmaster go a moment after it and hold its shared memory until then.
            if "still in use" not in reason or time.monotonic() > begun_at + 10:
                raise self._why(reason)
            time.sleep(0.05)

    def _spawn(self, ground: Ground, log: IO[bytes]) -> subprocess.Popen[bytes]:
        as_root = os.geteuid() == 0
        return subprocess.Popen(
            [ground.programs / "postgres", "-D", ground.cluster],
            cwd="/",
            env=_clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=processes.tied_to_us(signal.SIGINT),
            umask=0o077,
            user=ground.owner.uid if as_root else None,
            group=ground.owner.gid if as_root else None,
            extra_groups=[] if as_root else None,
        )

    def _run(self, ground: Ground, command: list[str], words: str | None = None) -> None:
        done = run_program(ground, command, words)
        if done.returncode != 0:
            raise self._why(f"{done.stdout}\n{done.stderr}")

    def _open_log(self) -> IO[bytes]:
        if self.log.exists() and self.log.stat().st_size > LOG_KEPT:
            self.log.replace(self.log.with_suffix(".log.1"))
        log = self.log.open("ab")
        log.seek(0, os.SEEK_END)
        return log

    def _last_words(self, begun: int) -> str:
        with self.log.open("rb") as log:
            log.seek(begun)
            return log.read().decode(errors="replace")

    def _why(self, output: str) -> NoDatabase:
        if "No space left on device" in output:
            return NoDatabase(
                "The disk of {folder} is full: free some space and start again.", folder=self._settings.data
            )
        marks = ("FATAL:", "PANIC:", "error:", "ERROR:", "LOG:")
        lines = [line for mark in marks for line in output.splitlines() if mark in line]
        reason = lines[0].split(": ", 1)[-1].strip() if lines else "it said nothing"
        return NoDatabase("The database cannot be started: {reason} ({log}).", reason=reason, log=self.log)


def run_program(ground: Ground, command: list[str], words: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs as the server's user, to its end."""
    program = start_program(ground, command)
    with program:
        out, err = program.communicate(words)
    return subprocess.CompletedProcess(command, program.returncode, out, err)


def start_program(ground: Ground, command: list[str]) -> subprocess.Popen[str]:
    """Start one of PostgreSQL's programs as the server's user; it ends with us."""
    as_root = os.geteuid() == 0
    return subprocess.Popen(
        [ground.programs / command[0], *command[1:]],
        cwd="/",
        env=_clean_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=processes.tied_to_us(signal.SIGKILL),
        umask=0o077,
        user=ground.owner.uid if as_root else None,
        group=ground.owner.gid if as_root else None,
        extra_groups=[] if as_root else None,
    )


def _clean_environment() -> dict[str, str]:
    """Nothing of the caller's PGHOST, PGDATA or locale reaches the server."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
