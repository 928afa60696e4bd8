"""Our own server in a folder of its own, pinned to one core with its database, reachable from this machine only."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import asyncpg

from bench import machine
from folkmoot.hosting import processes
from folkmoot.hosting.postgres import reach
from folkmoot.settings import Settings, load

QUIET = 0.04
"""Below this share of a core the server counts as having nothing left to do."""


class Network:
    """`folkmoot serve` in `folder`; started and stopped as often as wanted."""

    def __init__(self, folder: Path, core: int, also: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.core = core
        self.also = also or {}
        """Settings beside the usual ones."""
        with socket.socket() as door:
            door.bind(("127.0.0.1", 0))
            self.port: int = door.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process all others descend from."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Begin to start; `answers` says when it is there."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FOLKMOOT_")}
        tie = processes.tied_to_us(signal.SIGTERM)

        def prepare() -> None:
            tie()
            os.sched_setaffinity(0, {self.core})

        with open(self.folder / "server.log", "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "folkmoot.cli", "serve", "--port", str(self.port), "--data", str(self._data)],
                env={**environment, "FOLKMOOT_RATE_LIMITS": "false", **self.also},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=prepare,
            )

    def stop(self) -> None:
        """Stop everything; after 30 seconds by force."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(30)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def settings(self) -> Settings:
        """The settings for our own code to work on the same database."""
        return reach(load(None, {}, {"data": self._data, "port": self.port}))

    def postmaster(self) -> int:
        return int((self._data / "run" / "postmaster.pid").read_text())

    def get(self, path: str, token: str | None = None, timeout: float = 10) -> bytes | None:
        """The body of a successful answer, or None."""
        request = urllib.request.Request(self.base + path)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                body: bytes = answer.read()
                return body
        except (OSError, urllib.error.URLError):
            return None

    def wait_for(self, path: str, token: str | None = None, seconds: float = 60) -> None:
        """Ask every 10 ms until there is a successful answer. Raises TimeoutError with the server's last words."""
        until = time.monotonic() + seconds
        while self.get(path, token, timeout=2) is None:
            if time.monotonic() > until:
                words = (self.folder / "server.log").read_text(errors="replace")[-2_000:]
                raise TimeoutError(f"{path} did not answer within {seconds:.0f} s. The server said:\n{words}")
            time.sleep(0.01)

    def statements(self) -> int:
        """Round trips to the database since the web process started."""
        for line in (self.get("/metrics") or b"").decode().splitlines():
            if line.startswith("folkmoot_database_round_trips "):
                return int(float(line.split()[1]))
        raise RuntimeError("/metrics does not count round trips to the database")

    def cpu_seconds(self) -> float:
        return machine.cpu_seconds(self.pid)

    def memory_mib(self) -> float:
        return machine.memory_mib(self.pid)

    def settle(
        self, most: float = 30, *, least: float = 1, idle: float = 0, clock: Callable[[], float] = time.monotonic
    ) -> float:
        """Wait until the server has nothing left to do, from `least` to `most` seconds; says what that cost it in CPU seconds.

        Without what it costs anyway: `idle` CPU seconds a second.
        """
        begun, spent, quiet = clock(), self.cpu_seconds(), 0
        before = spent
        while clock() - begun < least or (quiet < 2 and clock() - begun < most):
            time.sleep(0.5)
            now = self.cpu_seconds()
            quiet = quiet + 1 if now - before < QUIET / 2 else 0
            before = now
        return max(0.0, before - spent - idle * (clock() - begun))

    def tidy(self) -> None:
        """Have the database look after its tables now, as it would sooner or later: not in the middle of what is measured."""

        async def tidy() -> None:
            connection = await asyncpg.connect(self.settings().database_url, command_timeout=120)
            await connection.execute("VACUUM (ANALYZE)")
            await connection.close()

        asyncio.run(tidy())

    def idle(self, seconds: float) -> float:
        """CPU seconds a second while nobody asks anything."""
        begun, spent = time.monotonic(), self.cpu_seconds()
        time.sleep(seconds)
        return (self.cpu_seconds() - spent) / (time.monotonic() - begun)

    @property
    def _data(self) -> Path:
        return self.folder / "data"
