"""A network of its own for the browser tests: `folkmoot serve` in a new folder, with the village settled in it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright

HERE = Path(__file__).parent
CHROMIUM = next(
    filter(None, (os.environ.get("CHROMIUM"), shutil.which("chromium"), shutil.which("google-chrome"))), None
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@contextlib.contextmanager
def running(*, village: bool = True) -> Iterator[tuple[str, Path]]:
    """The address and the data folder of a network that runs as long as the block does."""
    place = Path(tempfile.mkdtemp(prefix="folkmoot-browser-"))
    place.chmod(0o711)
    data, port = place / "data", free_port()
    environment = {**os.environ, "FOLKMOOT_RATE_LIMITS": "false", "PYTHONPATH": str(HERE.parents[1] / "src")}
    with (place / "log").open("wb") as log:
        command = [sys.executable, "-m", "folkmoot.cli", "serve", "--data", str(data), "--port", str(port)]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=place)
        try:
            _wait(f"http://127.0.0.1:{port}/about", process, place / "log")
            if village:
                subprocess.run([sys.executable, str(HERE / "village.py"), str(data)], check=True, env=environment)
            yield f"http://localhost:{port}", data
        finally:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
            process.kill()
            process.wait()
            shutil.rmtree(place, ignore_errors=True)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError, urllib.error.URLError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise AssertionError(f"The network did not come up:\n{log.read_text()[-3000:]}")


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


def sign_in(page: Page, url: str, name: str, password: str) -> None:
    """Through the door, as anybody."""
    page.goto(f"{url}/sign-in")
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", password)
    page.click("main button.main")
    page.wait_for_url(f"{url}/")
