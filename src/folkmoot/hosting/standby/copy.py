"""A whole copy of the network's database, through the link, beside whatever was there before.

`pg_basebackup` copies and checks each file's sum into a manifest; `pg_verifybackup` reads the copy against it. Only
then does the copy bear the name under which the next start of the server takes it into place.
"""

from __future__ import annotations

import contextlib
import platform
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from folkmoot.errors import Unavailable
from folkmoot.hosting import own
from folkmoot.hosting import state as states
from folkmoot.hosting.doors import doors
from folkmoot.hosting.link.stream import Message
from folkmoot.hosting.postgres import EmbeddedPostgres, NoDatabase
from folkmoot.hosting.postgres.configuration import INCLUDE
from folkmoot.hosting.postgres.following import SIGNAL, slot_of
from folkmoot.hosting.postgres.places import as_owner
from folkmoot.hosting.postgres.server import Ground, run_program, start_program
from folkmoot.settings import Settings
from folkmoot.storage import sync_disk, sync_folder

Tell = Callable[[str, int, int], None]
"""What is being done, how much of it is done and how much there is; bytes, or 0 and 0 when nobody knows."""

TRIES = 5
ROOM = 1.15
"""Free space wanted, as a multiple of what is to be copied: journal grows while it is."""
WRITE_EVERY = 0.5
"""Seconds between two times that the disk is told to write."""
LEAST_ROOM = 256 * 2**20
_PROGRESS = re.compile(r"(\d+)/(\d+) kB")


class CannotCopy(Unavailable):
    """The copy was not finished; nothing was taken away here or there."""


def check_room(folder: Path, wanted: int) -> None:
    """Raises CannotCopy when the disk of `folder` cannot take so many bytes."""
    free = shutil.disk_usage(folder).free
    if free < wanted * ROOM + LEAST_ROOM:
        raise CannotCopy(
            "The disk of {folder} has {free:.1f} GB free and the network needs {wanted:.1f} GB: make room, or give the "
            "standby another folder with --data.",
            folder=folder,
            free=free / 2**30,
            wanted=(wanted * ROOM + LEAST_ROOM) / 2**30,
        )


def check_order(prepared: Message) -> None:
    """Raises CannotCopy when this machine does not sort text like the database that is to be copied."""
    order = own.Order(**prepared["order"])
    why = own.misfit(order, _knows(order), platform.libc_ver()[1])
    if why:
        raise CannotCopy("{why}", why=why)


def _knows(order: own.Order) -> bool:
    """Whether this machine has the locale. Asked in a process of its own: a locale belongs to a whole process."""
    question = "import locale, sys; locale.setlocale(locale.LC_COLLATE, sys.argv[1]); locale.setlocale(locale.LC_CTYPE, sys.argv[2])"
    command = [sys.executable, "-c", question, order.collate, order.ctype]
    return (
        order.provider != "c" or subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0
    )


def names_of(prepared: Message) -> states.Names:
    """How the copied database and its roles are called."""
    return states.Names(**prepared["names"])


def copy_database(settings: Settings, side: str, tell: Tell, over: threading.Event | None = None) -> Path:
    """Copy the partner's database to `EmbeddedPostgres(settings).copy` and say where it lies.

    The agent's door to the partner's server must be open. Tries again when the link breaks. Raises CannotCopy.
    """
    server = EmbeddedPostgres(settings)
    ground = server.prepare()
    if server.copy.exists():
        return server.copy
    for attempt in range(1, TRIES + 1):
        making = _empty_folder(server)
        with _written_meanwhile(making):
            trouble = _base_backup(settings, ground, making, side, tell, over)
        if not trouble:
            break
        if "No space left on device" in trouble:
            shutil.rmtree(making, ignore_errors=True)
            raise CannotCopy("The disk of {folder} is full: make room and run it again.", folder=settings.data)
        if attempt == TRIES or (over is not None and over.is_set()):
            raise CannotCopy("The database could not be copied: {reason}.", reason=_reason(trouble))
        tell(f"the link broke, trying again ({attempt} of {TRIES})", 0, 0)
        time.sleep(min(15, 2**attempt))
    tell("checking the copy", 0, 0)
    with _written_meanwhile(making):
        checked = run_program(ground, ["pg_verifybackup", "--quiet", str(making)])
    if checked.returncode != 0:
        raise CannotCopy("The copy differs from what was sent: {reason}.", reason=_reason(checked.stderr))

    def mark() -> None:
        make_ours(making)
        (making / SIGNAL).touch()

    if not as_owner(ground.owner, mark):
        raise CannotCopy("The copy in {folder} could not be finished.", folder=making)
    try:
        sync_disk(making)  # all of it, before it bears the name by which it is taken for whole
        making.rename(server.copy)
        sync_folder(server.copy.parent)
    except OSError as error:
        raise _not_written(making, error) from error
    return server.copy


def make_ours(cluster: Path) -> None:
    """Have a copy of an operator's own server read our settings, and none that fit his machine only."""
    main = cluster / "postgresql.conf"
    if main.exists() and INCLUDE in main.read_text(encoding="utf-8", errors="replace"):
        return
    if main.exists():
        main.rename(cluster / "postgresql.conf.theirs")
    main.write_text(INCLUDE, encoding="utf-8")
    (cluster / "postgresql.auto.conf").write_text("", encoding="utf-8")


@contextlib.contextmanager
def _written_meanwhile(folder: Path) -> Iterator[None]:
    """While something else is done, have the disk write what was copied, so that little is left for the end.

    Raises CannotCopy afterwards when it could not: the kernel tells such an error once only.
    """
    done = threading.Event()
    failed: list[OSError] = []

    def write() -> None:
        while not done.wait(WRITE_EVERY) and not failed:
            try:
                sync_disk(folder)
            except OSError as error:
                failed.append(error)

    thread = threading.Thread(target=write, name="writing", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    if failed:
        raise _not_written(folder, failed[0])


def _not_written(folder: Path, error: OSError) -> CannotCopy:
    return CannotCopy(
        "The copy in {folder} could not be written: {reason}.", folder=folder, reason=error.strerror or error
    )


def _empty_folder(server: EmbeddedPostgres) -> Path:
    making = server.cluster.with_name(f"{server.cluster.name}.copying")
    shutil.rmtree(making, ignore_errors=True)
    owner = server.prepare().owner
    try:
        making.mkdir(mode=0o700)
        shutil.chown(making, owner.uid, owner.gid)
    except OSError as error:
        raise NoDatabase("{folder} cannot be made: {reason}.", folder=making, reason=error.strerror or error) from error
    return making


def _base_backup(
    settings: Settings, ground: Ground, making: Path, side: str, tell: Tell, over: threading.Event | None
) -> str:
    """Run pg_basebackup once; what it complained of, nothing when it is done."""
    program = start_program(
        ground,
        [
            "pg_basebackup",
            f"--pgdata={making}",
            "--wal-method=stream",
            f"--slot={slot_of(side)}",
            "--checkpoint=fast",
            "--no-sync",  # we do it, while it copies and while it is checked
            "--progress",
            "--no-password",
            f"--dbname=host={doors(settings.data)} user=folkmoot_repl application_name=copy connect_timeout=15",
        ],
    )
    assert program.stderr is not None
    said: list[str] = []
    with program:
        tell("waiting for the other host's checkpoint", 0, 0)
        for line in program.stderr:
            found = _PROGRESS.search(line)
            if found:
                tell("copying the database", int(found[1]) * 1024, int(found[2]) * 1024)
            else:
                said.append(line)
            if over is not None and over.is_set():
                program.kill()
        try:
            program.wait(60)
        except subprocess.TimeoutExpired:
            program.kill()
    return "" if program.returncode == 0 else "".join(said) or f"exit code {program.returncode}"


def _reason(trouble: str) -> str:
    lines = [line.split("error:", 1)[-1].strip() for line in trouble.splitlines() if "error:" in line]
    return (lines or trouble.strip().splitlines() or ["it said nothing"])[-1].rstrip(".")
