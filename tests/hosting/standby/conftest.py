"""Two networks' worth of real processes on this machine: one carries, one follows. A wire between them that can be cut."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from folkmoot.errors import FolkmootError
from folkmoot.hosting.agent import Agent
from folkmoot.hosting.link import make_code
from folkmoot.hosting.link.database import connect
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.hosting.standby.join import Way
from folkmoot.hosting.standby.report import as_message
from folkmoot.hosting.standby.status import read
from folkmoot.settings import Settings

PATIENCE = 90.0
HASTY = "fsync = off\nfull_page_writes = off\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Host:
    """A data folder and what runs for it."""

    def __init__(self, data: Path, link_port: int, database_url: str = "") -> None:
        self.data, self.link_port = data, link_port
        self.settings = Settings(data=data, link_port=link_port, database_url=database_url)
        self.process: subprocess.Popen[str] | None = None
        self.said = ""
        self.prefix: tuple[str, ...] = ()
        """What its commands are run with, if not just so."""
        self.also: dict[str, str] = {}
        """Settings beside the usual ones."""

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FOLKMOOT_")}
        kept.pop("DATABASE_URL", None)
        return kept | {
            "FOLKMOOT_DATA": str(self.data),
            "FOLKMOOT_PORT": "0",
            "FOLKMOOT_LINK_HOST": "127.0.0.1",
            "FOLKMOOT_LINK_PORT": str(self.link_port),
            "FOLKMOOT_SCREENING": "rules",
            "FOLKMOOT_RATE_LIMITS": "false",
            "FOLKMOOT_SHARED_BUFFERS_MB": "16",
            **({"FOLKMOOT_DATABASE_URL": self.settings.database_url} if self.settings.database_url else {}),
            **self.also,
        }

    def command(self, *arguments: str, check: bool = True) -> str:
        """Run a command to its end; what it said."""
        done = subprocess.run(
            [*self.prefix, sys.executable, "-m", "folkmoot.cli", *arguments],
            capture_output=True, text=True, env=self.environment, timeout=120, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def begin(self, *arguments: str) -> Host:
        """Run a command that serves, until it does."""
        self.process = subprocess.Popen(
            [*self.prefix, sys.executable, "-m", "folkmoot.cli", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.environment,
        )  # fmt: skip
        self.said = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if " is at http://localhost:" in line:
                self.address = line.split(" is at ")[1].split()[0].replace("localhost", "127.0.0.1")
                threading.Thread(target=self._drain, args=(self.process,), daemon=True).start()
                return self
        self.end()
        raise AssertionError(f"it did not come up: {self.said}")

    def _drain(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with contextlib.suppress(ValueError):
            for line in process.stdout:
                self.said += line

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(PATIENCE)
            finally:
                self.process.kill()
        self.process.wait()
        time.sleep(0.05)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None

    def pid(self, name: str) -> int:
        return int((self.data / "run" / f"{name}.pid").read_text())

    def sql(self, statement: str, **values: object) -> list[dict[str, Any]]:
        """Ask this host's own database."""
        with connect(self.settings) as connection:
            done = connection.execute(statement, values or None)
            return done.fetchall() if done.description else []

    def status(self) -> dict[str, Any]:
        """How it does, as everybody is told who asks on this host."""
        return as_message(read(self.data))


class Wire:
    """A way to a port of this machine that can be cut, slowed, shaken, and mended."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.is_cut = False
        self.delay = 0.0
        """Seconds every piece is on its way; others may be on theirs meanwhile."""
        self._sockets: set[socket.socket] = set()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """From when this returns, nothing comes through."""
        self.is_cut = True
        self.shake()
        time.sleep(0.4)

    def shake(self) -> None:
        """Lose every connection there is, and what is on its way; new ones go through."""
        for sock in list(self._sockets):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self.is_cut = False

    def _take(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        far = socket.socket()
        with near, far, contextlib.suppress(OSError):
            if self.is_cut:
                return
            far.connect(("127.0.0.1", self._to))
            self._sockets |= {near, far}
            ways = [threading.Thread(target=self._pass, args=way, daemon=True) for way in ((near, far), (far, near))]
            for way in ways:
                way.start()
            for way in ways:
                way.join()
            self._sockets -= {near, far}

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        """One direction, until it ends: then the other one ends as well."""
        under_way: queue.Queue[tuple[float, bytes]] = queue.Queue(1_000)
        arriving = threading.Thread(target=self._arrive, args=(under_way, sink), daemon=True)
        arriving.start()
        with contextlib.suppress(OSError):
            while (data := source.recv(65536)) and not self.is_cut:
                under_way.put((time.monotonic() + self.delay, data))
        under_way.put((time.monotonic() + self.delay, b""))
        arriving.join()

    def _arrive(self, under_way: queue.Queue[tuple[float, bytes]], sink: socket.socket) -> None:
        while True:
            due, data = under_way.get()
            time.sleep(max(0.0, due - time.monotonic()))
            with contextlib.suppress(OSError):
                if data and not self.is_cut:
                    sink.sendall(data)
            if not data:
                with contextlib.suppress(OSError):
                    sink.shutdown(socket.SHUT_RDWR)
                return

    def close(self) -> None:
        self.is_cut = True
        self.shake()
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._thread.join()
        time.sleep(0.5)


def until(true: Callable[[], object], seconds: float = PATIENCE) -> bool:
    """Wait until it is so; a database or a host that is not there counts as not yet."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(FolkmootError, OSError, AssertionError, LookupError):
            if true():
                return True
        time.sleep(0.1)
    return False


class Pair:
    """The host that carries the network, the one that follows it, and the wire between."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.primary = Host(place / "primary", free_port())
        self.wire = Wire(self.primary.link_port)
        self.standby = Host(place / "standby", free_port())

    @staticmethod
    def code_of(host: Host) -> str:
        """A code to join this host by."""
        said = host.command("standby", "code")
        return next(line.rsplit(" ", 1)[1] for line in said.splitlines() if line.startswith("The code"))

    def join(self) -> None:
        self.standby.begin("standby", "join", f"127.0.0.1:{self.wire.port}", "--code", self.code_of(self.primary))


def silent(what: str, done: int, total: int) -> None:
    """Tell nobody how far it is."""


class Running:
    """A host whose database runs and whose agent lives in this process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.server = EmbeddedPostgres(settings)
        self.server.start()
        self.agent = Agent(settings)
        self.agent.start()

    def sql(self, statement: str) -> list[dict[str, object]]:
        with connect(self.settings) as connection:
            done = connection.execute(statement)
            return done.fetchall() if done.description else []

    def close(self) -> None:
        self.agent.close()
        self.server.stop("immediate")


def way(first: Running, **changes: object) -> Way:
    code = make_code(first.settings.data, time.time()).word
    return dataclasses.replace(Way(f"127.0.0.1:{first.settings.link_port}", code), **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """A network and its standby, following."""
    place = Path(tempfile.mkdtemp(prefix="folkmoot-pair-"))
    place.chmod(0o711)
    made = Pair(place)
    try:
        made.primary.data.mkdir(mode=0o711)
        (made.primary.data / "postgres.conf").write_text(HASTY)
        made.primary.begin("serve")
        made.primary.sql("CREATE TABLE probe (word text PRIMARY KEY)")
        made.join()
        yield made
    finally:
        made.standby.end()
        made.primary.end()
        made.wire.close()
        shutil.rmtree(place, ignore_errors=True)
