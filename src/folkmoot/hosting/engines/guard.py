"""The switch itself, and who completes or undoes it when the process that does it is killed while nobody may post."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg

from folkmoot import address, clock
from folkmoot.barrier import State
from folkmoot.hosting import supervise
from folkmoot.hosting.engines import carrying, queries, switch
from folkmoot.hosting.engines.carrying import Ends
from folkmoot.hosting.engines.queries import Connection
from folkmoot.hosting.move.here import Here, Stopped
from folkmoot.settings import Settings

NOTED_SECONDS = 15
"""How long a web process may take to go over; longer than the embedded server takes to come up."""


def note_file(data: Path) -> Path:
    """Lies there from the moment on at which everything has been compared and there is no way but forward."""
    return data / "run" / "database-change"


def switch_over(data: Path, old: Connection, written: switch.Written, ends: Ends) -> None:
    """Mark the old database as left, and name the new one; may be done twice."""
    old.execute(queries.LEFT, (f"left {clock.now():%Y-%m-%d %H:%M:%S}",))
    address.change(data, ends.new)
    written.say("" if ends.embedded is not None else ends.new)


def complete(settings: Settings, here: Here) -> None:
    """Let the web processes go over to the new database, and everybody post again; may be done twice."""
    try:
        here.freshen_webs(NOTED_SECONDS)
    except Stopped:
        _end_webs(settings.data)  # one that does not listen is started anew, on the new one
    here.barrier.set(State.OPEN)


def _end_webs(data: Path) -> None:
    for note in (data / "run").glob("web-*.pid"):
        with contextlib.suppress(OSError, ValueError):
            os.kill(int(note.read_text()), signal.SIGKILL)


@contextlib.contextmanager
def guard(settings: Settings, ends: Ends, written: switch.Written) -> Iterator[None]:
    """For as long as the block runs another process watches over us: should we be killed, it recovers."""
    watched, alive = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os.setsid()
            os.closerange(3, watched)
            os.closerange(watched + 1, 4096)
            if os.read(watched, 1) == b"":
                recover(settings, ends, written)
        os._exit(0)
    os.close(watched)
    try:
        yield
    finally:
        os.write(alive, b"1")
        os.close(alive)
        os.waitpid(child, 0)


def recover(settings: Settings, ends: Ends, written: switch.Written) -> None:
    """After a kill: forward when everything had been compared, else back, as if nothing had been."""
    here = Here(settings)
    if note_file(settings.data).exists():
        with ends.on_old() as old:
            switch_over(settings.data, old, written, ends)
            if ends.embedded is not None:
                supervise.nudge(settings.data)  # the new server ended with whoever started it
            complete(settings, here)
            with contextlib.suppress(psycopg.Error):
                old.execute(queries.END_OTHERS, ([old.info.backend_pid],))
                carrying.forget(old)
        with contextlib.suppress(psycopg.Error), ends.on_new() as new:
            new.execute(queries.DROP_PROGRESS)
        note_file(settings.data).unlink(missing_ok=True)
    else:
        here.barrier.set(State.OPEN)
    here.wake_worker()
