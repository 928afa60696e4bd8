"""Go to another server: look, copy, follow, hold posting for a moment, compare, switch. Called off at any time before that."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from folkmoot import address, clock
from folkmoot.barrier import State
from folkmoot.database import migrate
from folkmoot.hosting import state as states
from folkmoot.hosting import supervise
from folkmoot.hosting.backup.progress import Progress
from folkmoot.hosting.engines import carrying, queries, rules, switch
from folkmoot.hosting.engines.carrying import Ends
from folkmoot.hosting.engines.queries import Connection
from folkmoot.hosting.engines.rules import BrokenOff, CannotChange
from folkmoot.hosting.export.queries import HAS_MEMBERS, SCHEMA
from folkmoot.hosting.move import sums
from folkmoot.hosting.move.here import Here, Stopped
from folkmoot.settings import Settings

NEAR_SECONDS, NEAR_CHANGES = 0.3, 500
"""As near as the new server must be before posting is held."""
TRIES = 5
LOCK_SECONDS = 2
READERS_SECONDS = 3
"""How long a page that is being read from the old server may take to end."""


@dataclass
class Figures:
    """How it went."""

    copied_seconds: float = 0.0
    carried: int = 0
    silent_ms: int = 0
    """How long nobody could post."""
    compared: int = 0
    tries: int = 0


def note_file(data: Path) -> Path:
    """How far a change has come."""
    return data / "run" / "database-change.json"


class Change:
    """One change of servers, from a network that may be running in other processes."""

    def __init__(self, settings: Settings, ends: Ends, url: str, written: switch.Written, progress: Progress) -> None:
        self._settings = settings
        self._ends = ends
        self._url = url
        """Where the network finds its new database, from its settings."""
        self._written = written
        self._progress = progress
        self._here = Here(settings)
        self.figures = Figures()
        self._origin = hashlib.sha256(ends.old.encode()).hexdigest()

    def run(self) -> Figures:
        """All of it. Raises CannotChange and BrokenOff with the old database as it was, and everybody posting there."""
        try:
            follows = self._look()
            if follows:
                self._fill(follows=True)
            self._rest()
            try:
                for attempt in range(1, TRIES + 1):
                    self.figures.tries = attempt
                    if self._cut(follows):
                        break
                else:
                    raise BrokenOff(why="there was never a moment at which everything that had begun could end.")
            finally:
                self._here.wake_worker()
        except psycopg.Error as error:
            raise BrokenOff(why=f"{(str(error).splitlines() or ['?'])[0].rstrip('.')}.") from error
        return self.figures

    # Before ------------------------------------------------------------------------------------------------------------

    def _look(self) -> bool:
        """Whether it can be done; True when the old server tells what is written meanwhile. Raises CannotChange."""
        self._progress.begin("Looking at both servers")
        state = states.read(self._settings.data)
        if state.role != "primary":
            raise CannotChange(why="this host does not carry the network.")
        if (self._settings.data / "link" / "partner.json").exists():
            raise CannotChange(why="a standby follows it, and would follow no longer: `folkmoot standby leave` first.")
        with self._ends.on_old() as old, self._connect_new() as new:
            ours, theirs = queries.describe(old), queries.describe(new)
            needed = (self._settings.web_processes + 2) * self._settings.database_pool + 10
            found = rules.complaints(theirs, ours, needed)
            if theirs.tables and theirs.schema == "ours" and carrying.begun_from(new) not in ("", self._origin):
                found.append("its database is being filled from another network.")
            if found:
                raise CannotChange(why=" ".join(f"On the new server {each}" for each in found))
            size = old.execute("SELECT pg_database_size(current_database())").fetchone()
        follows = rules.can_follow(ours)
        if not follows:
            seconds = (int(size[0]) if size else 0) / 20e6 + 2
            self._progress.begin(
                f"The old server does not tell what is written meanwhile: nobody can post for about {seconds:.0f} s"
            )
        return follows

    @contextlib.contextmanager
    def _connect_new(self) -> Iterator[Connection]:
        try:
            connection = self._ends.on_new()
        except psycopg.Error as error:
            reason = (str(error).splitlines() or ["?"])[-1].strip()
            raise CannotChange(why=f"the new server cannot be reached: {reason}.") from error
        with connection:
            yield connection

    def _fill(self, follows: bool) -> None:
        """Tables, then rows. What an earlier attempt copied stays, when the old server still knows what came after it."""
        begun = time.monotonic()
        with self._ends.on_old() as old, self._ends.on_new() as new:
            is_begun = carrying.begun_from(new) == self._origin
            known = old.execute(queries.SLOT_STATE, (queries.SLOT,)).fetchone()
            if is_begun and follows and known and known[0] != "lost":
                return
            schema = old.execute(SCHEMA).fetchone()
            if is_begun:
                new.execute(queries.DROP_PROGRESS)
            assert schema is not None
        migrate.upgrade(self._ends.new, str(schema[0]))
        with self._ends.on_new() as new:
            has_members = new.execute(HAS_MEMBERS).fetchone()
            if has_members and has_members[0] and not is_begun:
                raise CannotChange(why="the new database holds a network already.")
        carrying.copy_all(self._ends, self._origin, follows, self._progress)
        self.figures.copied_seconds = time.monotonic() - begun

    def _rest(self) -> None:
        if supervise.nudge(self._settings.data):
            self._progress.begin("Letting the worker finish")
            self._here.rest_worker(30)

    # The cut -----------------------------------------------------------------------------------------------------------

    def _cut(self, follows: bool) -> bool:
        """Hold posting, bring the difference to zero, compare, switch. False when it was called off and may be tried again."""
        self._progress.begin("Catching up")
        with contextlib.ExitStack() as stack:
            old, new = stack.enter_context(self._ends.on_old()), stack.enter_context(self._ends.on_new())
            watching = stack.enter_context(self._ends.on_old())
            if follows:
                queries.switch_triggers(new, on=False)
                carrying.catch_up(old, new, lambda done, took: done < NEAR_CHANGES and took < NEAR_SECONDS, 600)
            self._progress.begin("Switching")
            with guard(self._settings, self._ends, self._url, self._written):
                begun = time.monotonic()
                try:
                    self._here.hold_writes(3)
                    self._lock(watching)
                    if follows:
                        self._carry_rest(old, new)
                    else:
                        self._fill(follows=False)
                    self._compare(old, new)
                    self._finish_new(old, new)
                    self._switch(old)
                    complete(self._settings, self._here)
                    self.figures.silent_ms = round((time.monotonic() - begun) * 1000)
                except (Stopped, psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                    return False
                finally:
                    if not note_file(self._settings.data).exists():
                        self._here.barrier.set(State.OPEN)
                self._leave_old(old, new, watching)
        return True

    def _lock(self, connection: Connection) -> None:
        """Nobody writes to the old database from now on, not even who passed no barrier; reading goes on."""
        tables = carrying.tables_of(connection)
        connection.execute("BEGIN")
        connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        connection.execute(queries.lock(tables))

    def _carry_rest(self, old: Connection, new: Connection) -> None:
        """Everything that was committed before the lock."""
        target = _number(old, queries.CURRENT)
        until = time.monotonic() + 20
        while _number(old, queries.FLUSHED) < target:
            if time.monotonic() > until:
                raise BrokenOff(why="the old server does not write its journal down.")
            time.sleep(0.005)
        while (done := carrying.carry(old, new)) or carrying.carry(old, new):
            self.figures.carried += done
            if time.monotonic() > until:
                raise BrokenOff(why="the new server does not catch up.")

    def _compare(self, old: Connection, new: Connection) -> None:
        pieces = [
            piece
            for piece in sums.new_rows(old, clock.now_ms())
            if piece[0] not in (*rules.NOT_COPIED, queries.PROGRESS)
        ]
        different = sums.differences(sums.sums(old, pieces), sums.sums(new, pieces))
        self.figures.compared = len(pieces)
        if different:
            raise CannotChange(why=f"the copy differs: {'; '.join(different[:3])}.")

    def _finish_new(self, old: Connection, new: Connection) -> None:
        with new.transaction():
            queries.copy_sequences(old, new)
            queries.switch_triggers(new, on=True)

    def _switch(self, old: Connection) -> None:
        """From here on there is no way back but another change."""
        data = self._settings.data
        schema = old.execute(SCHEMA).fetchone()
        assert schema is not None
        note_file(data).write_text('{"step": "switching"}')
        try:
            switch_over(data, old, self._written, self._url)
        except OSError as error:  # the settings could not be written, so they say what they said
            address.forget(data)
            old.execute(queries.LEFT, (schema[0],))
            note_file(data).unlink()
            raise BrokenOff(why=f"{self._written.file} cannot be written: {error.strerror}.") from error

    def _leave_old(self, old: Connection, new: Connection, watching: Connection) -> None:
        """End who still reads there, then let go; whoever waited at the lock has nothing to say any more."""
        own = [old.info.backend_pid, watching.info.backend_pid]
        until = time.monotonic() + READERS_SECONDS
        busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND pid <> ALL(%s)"
        while _number(old, busy, own) and time.monotonic() < until:
            time.sleep(0.05)
        old.execute(queries.END_OTHERS, (own,))
        watching.execute("ROLLBACK")
        carrying.forget(old)
        new.execute(queries.DROP_PROGRESS)
        supervise.nudge(self._settings.data)
        note_file(self._settings.data).unlink(missing_ok=True)


def switch_over(data: Path, old: Connection, written: switch.Written, url: str) -> None:
    """Mark the old database as left, and name the new one; may be done twice."""
    old.execute(queries.LEFT, (f"left {clock.now():%Y-%m-%d %H:%M:%S}",))
    address.change(data, url)
    written.say(url)


def complete(settings: Settings, here: Here) -> None:
    """Let the web processes go over to the new database, and everybody post again; may be done twice."""
    try:
        here.freshen_webs(15)
    except Stopped:
        for note in (settings.data / "run").glob(
            "web-*.pid"
        ):  # one that does not listen is started anew, on the new one
            with contextlib.suppress(OSError, ValueError):
                os.kill(int(note.read_text()), signal.SIGKILL)
    here.barrier.set(State.OPEN)


@contextlib.contextmanager
def guard(settings: Settings, ends: Ends, url: str, written: switch.Written) -> Iterator[None]:
    """While posting is held, another process watches over us: should we be killed, it opens again or completes the switch."""
    note_file(settings.data).unlink(missing_ok=True)
    watched, alive = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os.setsid()
            os.closerange(3, watched)
            os.closerange(watched + 1, 4096)
            if os.read(watched, 1) == b"":
                recover(settings, ends, url, written)
        os._exit(0)
    os.close(watched)
    try:
        yield
    finally:
        os.write(alive, b"1")
        os.close(alive)
        os.waitpid(child, 0)


def recover(settings: Settings, ends: Ends, url: str, written: switch.Written) -> None:
    """After a kill in the cut: forward when everything had been compared, else back, as if nothing had been."""
    here = Here(settings)
    if note_file(settings.data).exists():
        with ends.on_old() as old:
            switch_over(settings.data, old, written, url)
            complete(settings, here)
            old.execute(queries.END_OTHERS, ([old.info.backend_pid],))
            carrying.forget(old)
        with ends.on_new() as new:
            new.execute(queries.DROP_PROGRESS)
        note_file(settings.data).unlink(missing_ok=True)
    else:
        here.barrier.set(State.OPEN)
    here.wake_worker()


def give_up(ends: Ends) -> None:
    """Take away what an attempt left on both servers; the new database is emptied of its tables by whoever looks after it."""
    with ends.on_old() as old:
        carrying.forget(old)


def _number(connection: Connection, statement: str, *values: object) -> int:
    row = connection.execute(statement, values or None).fetchone()
    return int(row[0]) if row else 0
