"""Where the network's database is, when that has changed while processes run: a small file in DATA/run.

Whoever starts after the change reads it from here, whoever runs already is told through the barrier to look. The settings
say the same from the next start on, and the supervisor then takes the file away.
"""

from __future__ import annotations

import os
from pathlib import Path


def file_of(data: Path) -> Path:
    """Where the address lies; it may hold a password, so only its owner reads it."""
    return data / "run" / "database-address"


def changed_to(data: Path) -> str:
    """The address the database has moved to since the network was started; empty when it has not."""
    try:
        return file_of(data).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def change(data: Path, url: str) -> None:
    """From now on the database is there."""
    file = file_of(data)
    beside = file.with_name(f".{file.name}-{os.getpid()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(url + "\n")
        out.flush()
        os.fsync(out.fileno())
    beside.replace(file)


def forget(data: Path) -> None:
    """The settings are right again."""
    file_of(data).unlink(missing_ok=True)
