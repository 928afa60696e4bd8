"""A whole network in processes of its own, as an operator starts it and a client meets it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from folkmoot.hosting import processes

PATIENCE = 60.0
DISK_MB = 240
"""Of a small disk. The database asks for 128 free ones at its start."""


class Refused(Exception):
    """The network answered with something else than success."""

    def __init__(self, status: int, body: bytes, retry_after: str | None) -> None:
        super().__init__(f"{status}: {body[:300]!r}")
        self.status, self.body, self.retry_after = status, body, retry_after


class Network:
    """`folkmoot serve` on a folder; started and killed as often as the story wants."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = "0"
        self.address = ""
        self.said = ""
        self.token = ""
        self.process: subprocess.Popen[str] | None = None
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("FOLKMOOT_")}
        self._environment.pop("DATABASE_URL", None)
        self._environment["FOLKMOOT_RATE_LIMITS"] = "false"

    def command(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "folkmoot.cli", *arguments, "--data", str(self.data)],
            capture_output=True,
            text=True,
            check=False,
            env=self._environment,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self) -> None:
        """Come up, on the same port as before."""
        errors = (self.data.parent / "errors.log").open("a")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "folkmoot.cli", "serve", "--data", str(self.data), "--port", self.port],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=self._environment,
            start_new_session=True,
        )
        errors.close()
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if " is at http://localhost:" in line:
                self.address = line.split(" is at ")[1].split()[0].replace("localhost", "127.0.0.1")
                self.port = self.address.rsplit(":", 1)[1]
                return
        raise AssertionError(f"it did not come up: {self.said}\n{self.errors()}")

    def errors(self) -> str:
        return (self.data.parent / "errors.log").read_text()[-3_000:]

    def pids(self) -> dict[str, int]:
        """The processes that wrote down their number."""
        found = {}
        for path in (self.data / "run").glob("*.pid"):
            with contextlib.suppress(OSError, ValueError, IndexError):  # one that is being written
                found[path.stem] = int(path.read_text().split()[0])
        return found

    def kill_everything(self) -> int:
        """kill -9 for every process of the network and all in their groups; says how many there were."""
        groups = set()
        for pid in self.pids().values():
            with contextlib.suppress(ProcessLookupError):
                groups.add(os.getpgid(pid))
        groups.discard(os.getpgid(0))
        victims = {pid for group in groups for pid in processes.group_members(group)}
        for pid in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._reap()
        return len(victims)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(PATIENCE)
        self.kill_everything()

    def _reap(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(PATIENCE)
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None

    def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, timeout: float = 30, **headers: str
    ) -> Any:
        """One call of the API as its member. Raises Refused, or OSError when nobody answers."""
        request = urllib.request.Request(
            self.address + path,
            json.dumps(body).encode() if body is not None else None,
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
            | {name.replace("_", "-"): value for name, value in headers.items()},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(error.code, error.read(), error.headers["Retry-After"]) from None


def until(happened: Any, seconds: float = PATIENCE) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


@pytest.fixture
def network() -> Iterator[Network]:
    """A network that is up, with a member called ada whose token it holds."""
    place = Path(tempfile.mkdtemp(prefix="folkmoot-story-"))
    place.chmod(0o711)
    made = Network(place / "data")
    try:
        made.start()
        made.token = made.command("account", "create", "ada", "--token")
        yield made
    finally:
        made.stop()
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def cramped() -> Iterator[Network]:
    """A network, its logs included, on a small disk of its own."""
    place = Path(tempfile.mkdtemp(prefix="folkmoot-disk-"))
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=711", "tmpfs", str(place)]
    try:
        mounted = subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        shutil.rmtree(place)
        pytest.skip("a small disk can only be had as root, where mounting is allowed")
    made = Network(place / "data")
    try:
        made.start()
        made.token = made.command("account", "create", "ada", "--token")
        yield made
    finally:
        made.stop()
        subprocess.run(["umount", "-l", str(place)], timeout=20, check=True)
        shutil.rmtree(place, ignore_errors=True)
