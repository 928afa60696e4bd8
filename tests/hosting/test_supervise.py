"""`folkmoot serve` as its operator meets it: real processes, real kills."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from folkmoot.hosting import processes
from folkmoot.settings import Settings

pytestmark = pytest.mark.slow
PATIENCE = 90.0


class Network:
    """A network run by `folkmoot serve` in a process of its own."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FOLKMOOT_")}
        environment.pop("DATABASE_URL", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "folkmoot.cli", "serve", "--data", str(data), "--port", "0", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
        assert self.process.stdout is not None
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if " is at http://localhost:" in line:
                self.address = line.split(" is at ")[1].split()[0].replace("localhost", "127.0.0.1")
                break
        else:
            self.close()
            raise AssertionError(f"it did not come up: {self.said}")

    def pid(self, name: str) -> int:
        return int((self.data / "run" / f"{name}.pid").read_text())

    def pids(self) -> dict[str, int]:
        return {name: self.pid(name) for name in ("supervisor", "postmaster", "web-0", "worker")}

    def answers(self) -> bool:
        """Whether a page comes, whatever it says; waits while a process comes back."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.address}/about", timeout=PATIENCE) as answer:
                    return bool(answer.status == 200)
            except urllib.error.HTTPError as error:
                error.close()
                time.sleep(0.1)
            except OSError:
                time.sleep(0.1)
        return False

    def changed(self, name: str, before: int) -> bool:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with contextlib.suppress(OSError, ValueError):
                if self.pid(name) != before:
                    return True
            time.sleep(0.02)
        return False

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            finally:
                self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextlib.contextmanager
def running(settings: Settings, *options: str) -> Iterator[Network]:
    network = Network(settings.data, *options)
    try:
        yield network
    finally:
        network.close()


@pytest.mark.parametrize("victim", ["web-0", "worker", "postmaster"])
def test_a_killed_process_comes_back(settings: Settings, victim: str) -> None:
    with running(settings) as network:
        assert network.answers()
        before = network.pid(victim)
        os.kill(before, signal.SIGKILL)
        assert network.changed(victim, before)
        assert network.answers()


def test_when_everything_is_killed_the_next_start_recovers(settings: Settings) -> None:
    with running(settings) as network:
        assert network.answers()
        for pid in network.pids().values():
            os.kill(pid, signal.SIGKILL)
    with running(settings) as network:
        assert network.answers()


def test_a_killed_supervisor_leaves_nothing_behind(settings: Settings) -> None:
    with running(settings) as network:
        assert network.answers()
        pids = network.pids()
        os.kill(pids["supervisor"], signal.SIGKILL)
        network.process.wait()
        assert all(processes.wait_for_end(pid, 20) for pid in pids.values())
    with running(settings) as network:
        assert network.answers()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_stops_everything_in_order(settings: Settings, how: signal.Signals) -> None:
    with running(settings) as network:
        assert network.answers()
        pids = network.pids()
        network.process.send_signal(how)
        assert network.process.wait(PATIENCE) == 0
        assert not any(processes.is_alive(pid) for pid in pids.values())
    assert list((settings.data / "run").glob("*.pid")) == []
    assert not (settings.data / "postgres" / "postmaster.pid").exists()


def test_a_second_one_on_the_same_folder_is_refused(settings: Settings) -> None:
    with running(settings) as network:
        second = subprocess.run(
            [sys.executable, "-m", "folkmoot.cli", "serve", "--data", str(settings.data), "--port", "0"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 1
        assert f"in use by folkmoot serve (process {network.process.pid})" in second.stderr
        assert network.answers()


def test_a_taken_port_is_refused_before_anything_starts(settings: Settings) -> None:
    with running(settings) as network:
        port = network.address.rsplit(":", 1)[1]
        other = settings.data.with_name("other")
        second = subprocess.run(
            [sys.executable, "-m", "folkmoot.cli", "serve", "--data", str(other), "--port", port],
            capture_output=True,
            text=True,
            check=False,
        )
    assert second.returncode == 1
    assert f"Port {port} is in use" in second.stderr
    assert not (other / "postgres").exists()


def test_several_web_processes_share_the_door(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    (settings.data / "moot.toml").write_text(f'web_processes = 2\ndata = "{settings.data}"\n')
    with running(settings, "--config", str(settings.data / "moot.toml")) as network:
        assert network.answers()
        first, second = network.pid("web-0"), network.pid("web-1")
        os.kill(first, signal.SIGKILL)
        assert network.answers()
        assert processes.is_alive(second)
