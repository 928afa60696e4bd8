"""One run of a foreign suite beside a fresh network: both in the process group, and mostly in the network, of this one.

Run by `foreign.py` with a plan; without one it only says whether a loopback device can be had.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

START_SECONDS = 60
STOP_SECONDS = 20
SET_FLAGS, UP = 0x8914, 0x1  # linux/sockios.h, linux/if.h


def raise_loopback() -> None:
    """Switch on the loopback device, which a new network has switched off."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sH14s", b"lo", UP, b""))


def main(plan: dict[str, Any], alone: bool) -> None:
    """Serve, prepare, test, stop."""
    if alone:
        raise_loopback()
    place = Path(plan["place"])
    data = place / "data"
    data.mkdir(mode=0o711)
    (data / "postgres.conf").write_text("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n")
    here = str(Path(__file__).parent)
    with _server(plan, data):
        for command in plan["prepare"]:
            filled = [part.format(data=data, here=here) for part in command]
            subprocess.run([sys.executable, *filled], check=True, timeout=60)
        # pytest's output is what the caller shows when there are no results.
        subprocess.run(
            [
                *plan["pytest"],
                "-q",
                f"--junitxml={place / 'results.xml'}",
                "--disable-warnings",
                f"@{place / 'tests.txt'}",
            ],
            cwd=plan["source"],
            timeout=plan["seconds"],
            check=False,
        )


@contextlib.contextmanager
def _server(plan: dict[str, Any], data: Path) -> Iterator[None]:
    address = f"http://localhost:{plan['port']}"
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", plan["port"]), timeout=2):
        raise SystemExit(f"Something answers on port {plan['port']} already; the suite needs it.")
    environment = os.environ | {"FOLKMOOT_RATE_LIMITS": "false", "FOLKMOOT_PUBLIC_URL": address}
    command = [sys.executable, "-m", "folkmoot.cli", "serve", "--port", str(plan["port"]), "--data", str(data)]
    server = subprocess.Popen(command, env=environment)
    try:
        _await(address, server)
        yield
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()


def _await(address: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"{address}/health/ready", timeout=5).close()
            return
        time.sleep(0.1)
    raise SystemExit("The server did not start.")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2] == "alone")
    else:
        raise_loopback()
