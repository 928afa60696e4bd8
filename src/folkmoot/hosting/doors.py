"""The folder for the agent's Unix sockets: short, because a socket's path may have 107 bytes, and the same for everybody.

Its name is written down in DATA/run/doors, since whoever looks for it may run in another environment.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import stat
import struct
from pathlib import Path

from folkmoot.errors import Unavailable

AGENT = "agent"
POSTGRES = ".s.PGSQL.5432"
"""Where a standby's own database finds the database it follows; the name PostgreSQL looks for."""


def doors(data: Path) -> Path:
    """The folder, made when missing. Raises Unavailable when there is nowhere to make it."""
    note = data / "run" / "doors"
    with contextlib.suppress(OSError):
        noted = Path(note.read_text(encoding="utf-8").strip())
        if noted.is_absolute() and _is_ours(noted):
            return noted
    name = f"folkmoot-link-{hashlib.sha256(os.fsencode(os.path.realpath(data))).hexdigest()[:12]}"
    bases = ["/run", "/tmp"] if os.geteuid() == 0 else [os.environ.get("XDG_RUNTIME_DIR", ""), "/tmp"]
    for base in bases:
        folder = Path(base, name)
        if not base.startswith("/") or len(os.fsencode(folder / POSTGRES)) > 107:
            continue
        with contextlib.suppress(OSError):
            # Passing through is allowed: the database's user comes in here. Who may is asked of the kernel.
            folder.mkdir(mode=0o711, exist_ok=True)
            if _is_ours(folder):
                note.write_text(f"{folder}\n", encoding="utf-8")
                return folder
    raise Unavailable("No folder for the link's sockets: neither XDG_RUNTIME_DIR nor /tmp can be written.")


def listen(path: Path) -> socket.socket:
    """A Unix socket anybody may knock at; who is let in is asked with `caller`."""
    path.unlink(missing_ok=True)
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(path))
    path.chmod(0o666)
    door.listen(64)
    return door


def caller(sock: socket.socket) -> int:
    """The user at the other end of a Unix socket, as the kernel knows him."""
    found = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    uid: int = struct.unpack("3i", found)[1]
    return uid


def _is_ours(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022
