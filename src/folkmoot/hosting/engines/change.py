"""Go to another server: look, copy, follow, hold posting for a moment, compare, switch. Called off at any time before that."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from folkmoot import address, clock
from folkmoot.barrier import State
from folkmoot.database import migrate
from folkmoot.hosting import state as states
from folkmoot.hosting import supervise
from folkmoot.hosting.backup.progress import Progress
from folkmoot.hosting.engines import carrying, queries, rules, switch
from folkmoot.hosting.engines.carrying import Ends
from folkmoot.hosting.engines.guard import complete, guard, note_file, recover, switch_over
from folkmoot.hosting.engines.queries import Connection
from folkmoot.hosting.engines.rules import BrokenOff, CannotChange
from folkmoot.hosting.export.queries import HAS_MEMBERS, HAS_TABLES, SCHEMA
from folkmoot.hosting.move import sums
from folkmoot.hosting.move.here import Here, Stopped
from folkmoot.hosting.postgres import EmbeddedPostgres
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


class Change:
    """One change of servers, from a network that may be running in other processes."""

    def __init__(self, settings: Settings, ends: Ends, written: switch.Written, progress: Progress) -> None:
        self._settings = settings
        self._ends = ends
        self._written = written
        self._progress = progress
        self._here = Here(settings)
        self.figures = Figures()
        self._origin = _origin_of(ends.old)

    def run(self) -> Figures:
        """All of it. Raises CannotChange and BrokenOff with the old database as it was, and everybody posting there."""
        try:
            if note_file(self._settings.data).exists():  # the machine itself went down in the middle of the switch
                recover(self._settings, self._ends, self._written)
                return self.figures
            follows = self._look()
            if follows:
                self._fill(follows=True)
            with guard(self._settings, self._ends, self._written):
                self._rest()
                try:
                    self._cut_at_last(follows)
                finally:
                    self._here.wake_worker()
        except psycopg.Error as error:
            raise BrokenOff(why=f"{(str(error).splitlines() or ['?'])[0].rstrip('.')}.") from error
        return self.figures

    def _cut_at_last(self, follows: bool) -> None:
        for attempt in range(1, TRIES + 1):
            self.figures.tries = attempt
            if self._cut(follows):
                return
            time.sleep(1)
        raise BrokenOff(why="there was never a moment at which everything that had begun could end.")

    # Before ------------------------------------------------------------------------------------------------------------

    def _look(self) -> bool:
        """Whether it can be done; True when the old server tells what is written meanwhile. Raises CannotChange."""
        self._progress.begin("Looking at both servers")
        state = states.read(self._settings.data)
        if state.role != "primary":
            raise CannotChange(why="this host does not carry the network.")
        if (self._settings.data / "link" / "partner.json").exists():
            raise CannotChange(why="a standby follows it, and would follow no longer: `folkmoot standby forget` first.")
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
                with _undisturbed():
                    self._switch(old, new)
                    complete(self._settings, self._here)
                self.figures.silent_ms = round((time.monotonic() - begun) * 1000)
            except (Stopped, psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                return False
            finally:
                if not note_file(self._settings.data).exists():
                    self._here.barrier.set(State.OPEN)
            self._leave_old(old, watching)
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

    def _switch(self, old: Connection, new: Connection) -> None:
        """From here on there is no way back but another change."""
        data = self._settings.data
        schema = old.execute(SCHEMA).fetchone()
        assert schema is not None
        if self._ends.embedded is not None:  # whose supervisor starts it anew
            new.execute(queries.DROP_PROGRESS)
            new.close()
            self._ends.embedded.stop()
        note_file(data).touch()
        try:
            switch_over(data, old, self._written, self._ends)
        except (OSError, psycopg.Error) as error:  # what is done last is not done: the settings say what they said
            address.forget(data)
            with contextlib.suppress(psycopg.Error):
                old.execute(queries.LEFT, (schema[0],))
            note_file(data).unlink()
            reason = error.strerror if isinstance(error, OSError) else str(error).splitlines()[0]
            raise BrokenOff(
                why=f"{self._written.file} cannot be written, or the old server does not answer: {reason}."
            ) from error
        if self._ends.embedded is not None:
            supervise.nudge(data)

    def _leave_old(self, old: Connection, watching: Connection) -> None:
        """End who still reads there, then let go; whoever waited at the lock has nothing to say any more."""
        own = [old.info.backend_pid, watching.info.backend_pid]
        until = time.monotonic() + READERS_SECONDS
        with contextlib.suppress(psycopg.Error):  # nobody needs it any more
            while _number(old, queries.BUSY, own) and time.monotonic() < until:
                time.sleep(0.05)
            old.execute(queries.END_OTHERS, (own,))
            watching.execute("ROLLBACK")
            carrying.forget(old)
        if self._ends.embedded is None:
            with contextlib.suppress(psycopg.Error), self._ends.on_new() as new:
                new.execute(queries.DROP_PROGRESS)
        note_file(self._settings.data).unlink(missing_ok=True)
        supervise.nudge(self._settings.data)


@contextlib.contextmanager
def into_embedded(settings: Settings, old: str) -> Iterator[Ends]:
    """The way back into the embedded server, which runs for this block; a cluster that was left before is put aside."""
    server = EmbeddedPostgres(dataclasses.replace(settings, database_url=""))
    if server.is_running:
        raise CannotChange(why=f"the embedded server of {settings.data} runs already.")
    server.start()
    try:
        if not _may_be_filled(server.url, old):
            server.stop()
            server.cluster.rename(server.cluster.with_name(f"{server.cluster.name}.until-{time.time_ns() // 10**9}"))
            server.start()
        yield Ends(old, server.url, server)
    finally:
        if server.process is not None:  # else it has been handed over, and one that runs now is the supervisor's
            server.stop()


def _may_be_filled(url: str, old: str) -> bool:
    """Whether a database is empty, or half filled from there."""
    with Ends(old, url).on_new() as new:
        return carrying.begun_from(new) == _origin_of(old) or not _number(new, HAS_TABLES)


def _origin_of(old: str) -> str:
    """Names the old server in the new database, without its password."""
    return hashlib.sha256(old.encode()).hexdigest()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C waits a moment: there is nothing left to call off."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _number(connection: Connection, statement: str, *values: object) -> int:
    row = connection.execute(statement, values or None).fetchone()
    return int(row[0]) if row else 0
