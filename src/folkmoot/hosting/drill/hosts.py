"""Hosts as a drill has them: a folder, real processes, a wire between two of them that can be cut, and death without warning."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from folkmoot.barrier import Barrier
from folkmoot.errors import FolkmootError
from folkmoot.hosting import processes
from folkmoot.hosting import state as states
from folkmoot.hosting.move import queries
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.settings import Settings

COMES_UP = 90.0
COMMAND_SECONDS = 180.0
READY_SECONDS = 60.0
PASS_AT_ONCE = 64 * 1024


class DrillFailed(FolkmootError):
    """The drill itself could not go on; what it found so far stands."""

    sentence = "The drill could not go on: {why}"


class Host:
    """One host: its folder, its ports, its processes."""

    def __init__(self, folder: Path, name: str, public_url: str = "") -> None:
        self.name = name
        self.data = folder / name
        self.port, self.link_port = free_port(), free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._log = folder / f"{name}.log"
        self._said_before = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.environment = {
            **{name: value for name, value in os.environ.items() if not _is_ours(name)},
            "FOLKMOOT_DATA": str(self.data),
            "FOLKMOOT_PORT": str(self.port),
            "FOLKMOOT_PUBLIC_URL": public_url or self.address,
            "FOLKMOOT_LINK_HOST": "127.0.0.1",
            "FOLKMOOT_LINK_PORT": str(self.link_port),
            "FOLKMOOT_SCREENING": "rules",
            "FOLKMOOT_RATE_LIMITS": "false",
            "FOLKMOOT_LOG_FORMAT": "json",
        }

    def serve(self, *command: str) -> None:
        """Start it (or the command given instead, which ends in serving) and wait until it says where it is."""
        with self._log.open("ab") as log:
            self._said_before = log.tell()
            self._process = subprocess.Popen(
                self.command(*(command or ("serve",))),
                env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=processes.tied_to_us(signal.SIGTERM),
            )  # fmt: skip
        until = time.monotonic() + COMES_UP
        while " is at http" not in self.said():
            if self._process.poll() is not None or time.monotonic() > until:
                raise DrillFailed(why=f"{self.name} does not come up: {self.said()[-600:]}")
            time.sleep(0.05)

    def said(self) -> str:
        """What its processes wrote since it was started last."""
        with self._log.open("rb") as log:
            log.seek(self._said_before)
            return log.read().decode(errors="replace")

    def command(self, *arguments: str) -> list[str]:
        """How a command of ours is started for this folder."""
        return [sys.executable, "-m", "folkmoot.cli", *arguments]

    def run(self, *arguments: str, check: bool = True) -> str:
        """Run a command of ours for this folder; its output. Raises DrillFailed when it fails."""
        done = subprocess.run(
            self.command(*arguments),
            env=self.environment, capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS,
        )  # fmt: skip
        if check and done.returncode != 0:
            raise DrillFailed(why=f"{' '.join(arguments[:2])} on {self.name}: {done.stderr.strip()[-400:]}")
        return done.stdout

    def asked(self, *arguments: str, check: bool = True) -> Mapping[str, Any]:
        """The same, of a command that answers in JSON."""
        said = self.run(*arguments, check=check)
        try:
            return dict(json.loads(said))
        except ValueError as error:
            raise DrillFailed(why=f"{' '.join(arguments[:2])} on {self.name} said no JSON: {said[-200:]}") from error

    def kill(self) -> None:
        """Power off: every process at once, without warning."""
        pids = [self._process.pid] if self._process else []
        for note in (self.data / "run").glob("*.pid"):
            with contextlib.suppress(OSError, ValueError):
                pids.append(int(note.read_text()))
        groups = {pid for pid in pids if processes.is_alive(pid)}
        for pid in sorted(groups, key=lambda pid: pid != pids[0]):
            for member in [pid, *processes.group_members(pid)]:
                with contextlib.suppress(OSError):
                    os.kill(member, signal.SIGKILL)
        if self._process:
            self._process.wait()
        cluster = EmbeddedPostgres(self.settings).cluster
        until = time.monotonic() + 10
        while processes.anyone_in(cluster) and time.monotonic() < until:
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop it in order."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(40)
            except subprocess.TimeoutExpired:
                self.kill()

    @property
    def settings(self) -> Settings:
        """Its settings, as far as its folder is concerned."""
        return Settings(data=self.data)

    @property
    def state(self) -> states.State:
        """What it is to its network."""
        return states.read(self.data)

    @property
    def barrier(self) -> str:
        """What happens to requests there."""
        barrier = Barrier(self.data)
        try:
            return barrier.state.name
        finally:
            barrier.close()

    def connected(self) -> contextlib.AbstractContextManager[queries.Connection]:
        """A connection to its database."""
        return queries.connected(EmbeddedPostgres(self.settings).admin_url)

    def end_at(self, moment: str) -> None:
        """Have its agent die right after it wrote this line of its journal: `giver:stop:begun`."""
        (self.data / "run" / "end-at").write_text(moment)


class Wire:
    """What lies between two hosts: passes bytes on, or nothing, or nothing and nobody notices."""

    def __init__(self, to_port: int) -> None:
        self._to = to_port
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self._open = threading.Event()
        self._open.set()
        self._cut = False
        self._sockets: set[socket.socket] = set()
        threading.Thread(target=self._take, daemon=True).start()

    def cut(self) -> None:
        """Tear it: connections end, new ones are refused."""
        self._cut = True
        for sock in list(self._sockets):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def freeze(self) -> None:
        """Pass nothing on, and say nothing: what a lost route looks like."""
        self._open.clear()

    def mend(self) -> None:
        """Pass everything on again."""
        self._cut = False
        self._open.set()

    def close(self) -> None:
        """Take it away."""
        self.cut()
        self._open.set()
        self._door.close()

    def _take(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            if self._cut:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._to), timeout=5)
            except OSError:
                near.close()
                continue
            threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        """Both ways until both have ended."""
        far.settimeout(None)
        with near, far:
            for sock in (near, far):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._sockets.add(sock)
            back = threading.Thread(target=self._pass, args=(far, near), daemon=True)
            back.start()
            self._pass(near, far)
            back.join()
            self._sockets -= {near, far}

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(PASS_AT_ONCE):
                self._open.wait()
                if self._cut:
                    break
                sink.sendall(data)
        for sock in (source, sink):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


class Pair:
    """A network on one host, another host that follows it, and the wire between them."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.first = Host(folder, "first")
        self.second = Host(folder, "second", public_url=self.first.address)
        self.wire = Wire(self.first.link_port)
        self._say = say

    def come_up(self, accounts: int, jurors: Sequence[str], password: str) -> tuple[list[str], str]:
        """Start the one, have the other join; API tokens of as many members, and the key of a trusted flagger.

        Jurors have this password. Members are made while the copy is.
        """
        self._say("making a network")
        self.first.serve()
        with ThreadPoolExecutor(2) as pool:
            names = [f"drill{number}" for number in range(accounts)]
            tokens = [pool.submit(self.first.run, "account", "create", name, "--token") for name in names]
            key = pool.submit(self.first.run, "notice", "flagger", "add", "A flagger of the drill")
            made = [pool.submit(self.first.run, "account", "create", name, "--password", password) for name in jurors]
            code = re.search(r"--code (\S+)", self.first.run("standby", "code"))
            if code is None:
                raise DrillFailed(why="no code was shown")
            _wait_for_door(self.first.link_port)
            self._say("making a standby")
            self.second.serve("standby", "join", f"127.0.0.1:{self.wire.port}", "--code", code[1])
            for each in made:
                each.result()
        self.wait_ready()
        return [token.result().strip() for token in tokens], key.result().strip()

    def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Until a move would work. Raises DrillFailed with what hinders it."""
        until = time.monotonic() + seconds
        status: Mapping[str, Any] = {}
        while time.monotonic() < until:
            status = self.carrier.asked("standby", "status", "--json")
            if status.get("ready"):
                return
            time.sleep(0.3)
        hindrances = [check["sentence"] for check in status.get("checks", ()) if check["well"] is False]
        raise DrillFailed(why=f"the standby does not become ready: {status.get('following')}; {' '.join(hindrances)}")

    @property
    def carrier(self) -> Host:
        """Whichever host is the first now."""
        return max((self.first, self.second), key=lambda host: (host.state.role == "primary", host.state.epoch))

    @property
    def other(self) -> Host:
        """And the other one."""
        return self.second if self.carrier is self.first else self.first

    def close(self) -> None:
        """Stop everything."""
        for host in (self.second, self.first):
            with contextlib.suppress(FolkmootError, OSError):
                host.stop()
        self.wire.close()


def _wait_for_door(port: int) -> None:
    """Until somebody listens there: the agent starts when there is a code."""
    until = time.monotonic() + COMES_UP
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise DrillFailed(why="nobody answers at the port of the link.")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_ours(name: str) -> bool:
    return name.startswith("FOLKMOOT_") or name == "DATABASE_URL"
