"""Which part a data folder plays for its network: it carries it, follows it, or has left it. DATA/hosting.json.

A folder without the file carries its network, alone and in its first epoch. A file that cannot be read stops everything:
taking a folder that has left its network for one that carries it would make two of them.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from folkmoot import clock
from folkmoot.errors import FolkmootError, Kind

Role = Literal["primary", "standby", "former"]
SyncMode = Literal["off", "on", "relaxed"]
WhenLost = Literal["hold", "relax"]


class UnreadableState(FolkmootError):
    """The file is there and cannot be understood."""

    kind = Kind.UNAVAILABLE
    sentence = (
        "{file} cannot be read ({reason}); it says whether this folder may carry the network, so nothing starts. "
        "Bring it back from a backup, or ask the other host."
    )


@dataclass(frozen=True, slots=True)
class Sync:
    """Whether an answer to a member waits for the standby, and what happens when the standby is not there."""

    mode: SyncMode = "off"
    when_lost: WhenLost = "hold"
    follower: str = ""
    """Side of the standby it waits for."""
    since: str = ""
    relaxed_lsn: str = ""
    """The place in the database's journal from which on nothing waited for the standby any more."""


@dataclass(frozen=True, slots=True)
class Names:
    """How the embedded server's database and roles are called: a copy of an operator's own server keeps the names it had."""

    database: str = "folkmoot"
    role: str = "folkmoot"
    """The network's processes come as this role."""
    superuser: str = "postgres"


@dataclass(frozen=True, slots=True)
class State:
    """What DATA/hosting.json says."""

    network: str = ""
    """Name of the network for machines: made once, the same on every host that ever carries it."""
    side: str = ""
    """Name of this folder for machines."""
    role: Role = "primary"
    epoch: int = 1
    """Raised by one whenever another folder takes the network over; the higher one is right."""
    home: str = ""
    """Where the network lives, when that is not here."""
    changed_at: str = ""
    sync: Sync = field(default_factory=Sync)
    names: Names = field(default_factory=Names)


def state_file(data: Path) -> Path:
    """Where the state of a data folder lies."""
    return data / "hosting.json"


def unfinished_import(data: Path) -> Path:
    """Lies in a data folder while a network is being brought in from an export: nobody may serve it meanwhile."""
    return data / "import.json"


def read(data: Path) -> State:
    """The state of a data folder. Raises UnreadableState when the file is damaged."""
    file = state_file(data)
    try:
        return _parse(json.loads(file.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return State()
    except OSError as error:
        raise UnreadableState(file=file, reason=error.strerror or error) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise UnreadableState(file=file, reason="it is damaged", cause=str(error)) from error


def write(data: Path, state: State) -> None:
    """Put a state in place of the one before; after a crash the file is the old or the new one, and whole."""
    write_whole(state_file(data), json.dumps(dataclasses.asdict(state), indent=1) + "\n")


def change(data: Path, **fields: Any) -> State:
    """Change some of a state, one process after the other; the new state."""
    with _one_at_a_time(data):
        changed = dataclasses.replace(read(data), changed_at=clock.stamp(clock.now()), **fields)
        write(data, changed)
        return changed


def named(data: Path) -> State:
    """The state, given a name for this folder, and one for its network when it carries one, if they are missing."""
    with _one_at_a_time(data):
        found = read(data)
        side = found.side or secrets.token_hex(6)
        network = found.network or (secrets.token_hex(12) if found.role == "primary" else "")
        if (side, network) != (found.side, found.network):
            found = dataclasses.replace(found, side=side, network=network, changed_at=clock.stamp(clock.now()))
            write(data, found)
        return found


def write_whole(file: Path, text: str, mode: int = 0o600) -> None:
    """Write a small file so that it is never seen half: beside its place, to the disk, then renamed."""
    beside = file.with_name(f".{file.name}-{os.getpid()}-{secrets.token_hex(4)}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _parse(found: dict[str, Any]) -> State:
    known = {each.name for each in dataclasses.fields(State)}
    values = {name: value for name, value in found.items() if name in known}
    values["sync"] = Sync(**values.get("sync", {}))
    values["names"] = Names(**values.get("names", {}))
    state = State(**values)
    if state.role not in get_args(Role) or not isinstance(state.epoch, int) or state.epoch < 1:
        raise ValueError(f"role {state.role!r}, epoch {state.epoch!r}")
    return state


@contextlib.contextmanager
def _one_at_a_time(data: Path) -> Iterator[None]:
    with open(data / "run" / "state.lock", "a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
