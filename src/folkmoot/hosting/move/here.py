"""What a move does to the host it runs on: the barrier, the worker, the database, the folder's role. Each may be done twice."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from folkmoot.barrier import Barrier, State
from folkmoot.errors import FolkmootError, Unavailable
from folkmoot.hosting import processes, supervise
from folkmoot.hosting import state as states
from folkmoot.hosting.move import queries
from folkmoot.hosting.own import queries as own_queries
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.hosting.postgres.binaries import programs
from folkmoot.hosting.postgres.places import as_owner, get_owner
from folkmoot.settings import Settings

SIGNAL = "standby.signal"
"""PostgreSQL's own bar: a server started where this file lies takes no writes from anybody, superusers included."""
GLANCE = 0.002


class Stopped(Unavailable):
    """Whoever waited was told to stop waiting, or waited long enough."""

    sentence = "{what} took longer than {seconds:.0f} s."


class Here:
    """This host, as a move handles it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.data = settings.data
        self.barrier = Barrier(self.data)

    @property
    def has_own_server(self) -> bool:
        """Whether the database lies on a server of the operator's own, which we can neither stop nor make follow."""
        return bool(self.settings.database_url)

    def state(self) -> states.State:
        """What hosting.json says."""
        return states.read(self.data)

    def connected(self) -> contextlib.AbstractContextManager[queries.Connection]:
        """A connection to this folder's server: as its administrator, or as the role of the address. Raises Unavailable."""
        return queries.connected(self.settings.database_url or EmbeddedPostgres(self.settings).admin_url)

    # Worker --------------------------------------------------------------------------------------------------------

    def rest_worker(self, seconds: float) -> None:
        """Have the worker finish and go. Raises Stopped."""
        supervise.resting_file(self.data).parent.mkdir(mode=0o700, exist_ok=True)
        supervise.resting_file(self.data).touch()
        supervise.nudge(self.data)
        self.wait(lambda: not self._lives("worker"), seconds, "The worker")

    def wake_worker(self) -> None:
        """Let the supervisor start it again, where the folder's role wants one."""
        supervise.resting_file(self.data).unlink(missing_ok=True)
        supervise.nudge(self.data)

    # Requests ------------------------------------------------------------------------------------------------------

    def hold_writes(self, seconds: float) -> None:
        """From now on writes wait; returns when none is under way any more. Raises Stopped."""
        self.barrier.set(State.HELD)
        self.wait(lambda: self.barrier.under_way()[0] == 0, seconds, "Answering what had begun")

    def send_readers_away(self, seconds: float) -> None:
        """From now on the other side answers readers; returns when we answer nobody any more. Raises Stopped."""
        self.barrier.set(State.AWAY)
        self.wait(lambda: self.barrier.under_way()[1] == 0, seconds, "Answering the last readers")

    def freshen_webs(self, seconds: float) -> int:
        """Have every web process forget what it remembers; how many there are. Raises Stopped."""
        self.barrier.set(self.barrier.state)
        self.wait(self.barrier.is_noted, seconds, "Waking the web processes")
        return self.barrier.processes()

    # Database ------------------------------------------------------------------------------------------------------

    def stop_database(self, seconds: float) -> int:
        """Give up the first place and stop the server in order; how far its journal is written. Raises Stopped.

        A server of the operator's own goes on, and takes nothing more from the network's role.
        """
        states.change(self.data, role="former")
        supervise.nudge(self.data)
        if self.has_own_server:
            self.bar()
            return self.last_place()
        server = EmbeddedPostgres(self.settings)
        self.wait(lambda: server.find_postmaster() is None, seconds, "Stopping the database")
        found = self.control_data()
        if found.get("Database cluster state") != "shut down":
            raise Unavailable(
                "The database did not stop in order (it says: {how}).", how=found.get("Database cluster state")
            )
        return self.last_place()

    def last_place(self) -> int:
        """The place in the journal that a follower must have come past: of a stopped server, or of one that is barred."""
        if self.has_own_server:
            with self.connected() as connection:
                return own_queries.place(connection) - 1
        return queries.lsn(self.control_data()["Latest checkpoint location"])

    def start_database(self, seconds: float) -> None:
        """Take the first place back and wait until the server answers. Raises Stopped."""
        if self.has_own_server:
            with self.connected() as connection:
                self.lift_bar(connection)
        if self.state().role == "former":
            states.change(self.data, role="primary")
        supervise.nudge(self.data)
        if self.has_own_server:
            return
        self.wait(lambda: EmbeddedPostgres(self.settings).is_running, seconds, "Starting the database again")

    def control_data(self) -> dict[str, str]:
        """What pg_controldata says of the cluster."""
        done = subprocess.run(
            [programs(os.geteuid() == 0) / "pg_controldata", "-D", EmbeddedPostgres(self.settings).cluster],
            capture_output=True, text=True, check=False, timeout=20, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        if done.returncode != 0:
            raise Unavailable(cause=f"pg_controldata: {done.stderr.strip()}")
        return dict(re.findall(r"^([^:\n]+):\s+(.*)$", done.stdout, re.MULTILINE))

    # The bar -------------------------------------------------------------------------------------------------------

    def fence(self, epoch: int, home: str) -> None:
        """Never take a write again, whoever starts what here, until the bar is lifted or this folder follows."""
        states.change(self.data, role="former", epoch=epoch, home=home)
        self.bar()

    def bar(self) -> None:
        """Have a server started here take no writes from anybody; one of the operator's own none from the network's role."""
        if self.has_own_server:
            with self.connected() as connection:
                own_queries.bar(connection)
        else:
            self._signal(present=True)

    def lift_bar(self, connection: queries.Connection) -> None:
        """Have the database take writes, if it was one of the operator's own, or follows one, that was barred in a move.

        The bar is written in the database itself, so it comes along to whoever follows it.
        """
        if own_queries.lift(connection):
            with contextlib.suppress(Stopped):  # what they have open learnt of the bar when it was opened
                self.freshen_webs(2.0)

    def unfence(self, epoch: int) -> None:
        """Lift the bar of an order that was never followed."""
        if not self.has_own_server:  # whose bar is lifted when the first place is taken back
            self._signal(present=False)
        states.change(self.data, role="former", epoch=epoch, home="")

    def _signal(self, present: bool) -> None:
        file = EmbeddedPostgres(self.settings).cluster / SIGNAL

        def act() -> None:
            if present:
                file.touch(mode=0o600)
            else:
                file.unlink(missing_ok=True)
            folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

        if not as_owner(get_owner(), act):
            raise Unavailable(cause=f"{file} cannot be {'made' if present else 'removed'}")

    def release_waiting(self) -> None:
        """An operator's own server that carries the network no longer waits for no standby of ours any more."""
        if self.state().sync.mode != "off":
            with contextlib.suppress(FolkmootError), self.connected() as connection:
                own_queries.wait_for(connection, "")
            states.change(self.data, sync=states.Sync())

    # Waiting -------------------------------------------------------------------------------------------------------

    def wait(self, is_so: Callable[[], bool], seconds: float, what: str) -> None:
        """Look again and again; raises Stopped when it is not so after `seconds`."""
        until = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > until:
                raise Stopped(what=what, seconds=seconds)
            time.sleep(GLANCE)

    def _lives(self, name: str) -> bool:
        with contextlib.suppress(OSError, ValueError):
            return processes.is_alive(int(Path(self.data, "run", f"{name}.pid").read_text()))
        return False
