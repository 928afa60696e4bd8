"""Where a cluster and its socket live, and as whom the server runs."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from folkmoot.hosting.postgres.binaries import state_folder
from folkmoot.hosting.postgres.errors import NoDatabase, about_folder

SYSTEM_USER = "folkmoot"
LONGEST_SOCKET = 107
"""Bytes the kernel keeps for the path of a Unix socket."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The operating system's user the server runs as."""

    name: str
    uid: int
    gid: int


def find_owner() -> Owner | None:
    """The user a server on this machine runs as; None when we are root and that user is yet to be made."""
    uid = os.geteuid()
    try:
        entry = pwd.getpwnam(SYSTEM_USER) if uid == 0 else pwd.getpwuid(uid)
    except KeyError:
        if uid == 0:
            return None
        raise NoDatabase(
            "User number {uid} has no entry in /etc/passwd and PostgreSQL insists on one: "
            "add one, run as another user, or set DATABASE_URL to a server of yours.",
            uid=uid,
        ) from None
    return Owner(entry.pw_name, entry.pw_uid, entry.pw_gid)


def get_owner() -> Owner:
    """The user the server runs as, made when we are root and it is missing."""
    found = find_owner()
    if found is not None:
        return found
    ways = (
        f"useradd --system --user-group --no-create-home --home /nonexistent --shell /usr/sbin/nologin {SYSTEM_USER}",
        f"adduser --system --group --no-create-home --home /nonexistent {SYSTEM_USER}",
        f"adduser -S -D -H {SYSTEM_USER}",
    )
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    for way in ways:
        name, *arguments = way.split()
        program = shutil.which(name, path=path)
        if program is not None:
            subprocess.run([program, *arguments], capture_output=True, check=False)
            found = find_owner()
            if found is not None:
                return found
    raise NoDatabase(
        "PostgreSQL refuses to run as root and the system user {name} could not be made: "
        "make it yourself (useradd --system {name}) or run as a normal user.",
        name=SYSTEM_USER,
    )


def find_cluster(data: Path) -> Path:
    """The folder PostgreSQL keeps its files in, for this data folder; a link leads there when it lies elsewhere."""
    return Path(os.path.realpath(data / "postgres"))


def get_cluster(data: Path, owner: Owner) -> Path:
    """The same, chosen so that its owner can reach it. No folder's permissions are loosened for that.

    A data folder under /root, say, is closed to the database's user: its cluster then lives in /var/lib/folkmoot, and
    the data folder holds a link to it.
    """
    link = data / "postgres"
    if not link.is_symlink() and not link.exists() and os.geteuid() == 0 and not _may_enter(data, owner):
        elsewhere = state_folder() / _digest(os.path.realpath(data))
        elsewhere.mkdir(mode=0o711, exist_ok=True)
        link.symlink_to(elsewhere / "postgres")
    cluster = find_cluster(data)
    if os.geteuid() == 0 and not _may_enter(cluster.parent, owner):
        raise NoDatabase(
            "The database user {name} cannot reach {folder}: give it the right to pass through the folders above "
            "(chmod o+x), or move {folder} to where it can and leave a link.",
            name=owner.name,
            folder=cluster,
        )
    return cluster


def get_socket_folder(cluster: Path, owner: Owner, environ: Mapping[str, str] = os.environ) -> Path:
    """A short folder for the server's socket that only its owner may enter, made when missing."""
    name = f"folkmoot-{_digest(str(cluster))}"
    if os.geteuid() == 0:
        candidates = ["/run", "/tmp"]
    else:
        candidates = [environ.get("RUNTIME_DIRECTORY", ""), environ.get("XDG_RUNTIME_DIR", ""), "/tmp"]
    refused = ""
    for base in candidates:
        folder = Path(base, name)
        if not base.startswith("/") or len(os.fsencode(folder / ".s.PGSQL.5432")) > LONGEST_SOCKET:
            continue
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
            if os.geteuid() == 0 and found.st_uid == 0 and stat.S_ISDIR(found.st_mode):
                os.chown(folder, owner.uid, owner.gid)
                found = folder.lstat()
        except OSError:
            continue
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner.uid:
            refused = str(folder)
            continue
        if stat.S_IMODE(found.st_mode) != 0o700:
            folder.chmod(0o700)
        return folder
    if refused:
        raise NoDatabase(
            "{folder} belongs to somebody else, and the database's socket cannot go there: remove it.", folder=refused
        )
    raise NoDatabase("No folder for the database's socket: neither XDG_RUNTIME_DIR nor /tmp can be written.")


def make_data_folder(data: Path) -> None:
    """The data folder and its small parts, made when missing; one clear sentence when that is impossible."""
    try:
        # Passing through is allowed so that the database's user reaches its own part; looking around is not.
        data.mkdir(mode=0o711, parents=True, exist_ok=True)
        for part in ("run", "log"):
            (data / part).mkdir(mode=0o700, exist_ok=True)
        probe = data / "run" / f".probe-{os.getpid()}"
        probe.write_bytes(b"Folkmoot" * 512)
        probe.unlink()
    except OSError as error:
        raise about_folder(data, error) from error


def as_owner(owner: Owner, deed: Callable[[], object]) -> bool:
    """Do something in a child process with the owner's rights, or right here when we are the owner.

    False when the operating system refused.
    """
    if os.geteuid() == owner.uid:
        try:
            deed()
        except OSError:
            return False
        return True
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setgid(owner.gid)
            os.setuid(owner.uid)
            deed()
            status = 0
        except OSError:
            pass
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _may_enter(folder: Path, owner: Owner) -> bool:
    """Whether the user can pass through the folder and all above it: asked of the kernel, so that ACLs count too."""
    return as_owner(owner, lambda: os.stat(folder / "."))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
