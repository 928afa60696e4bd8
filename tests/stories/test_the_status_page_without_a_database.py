"""At midnight the database is gone, and everybody can still read what the founder said."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def read(network: Any, path: str) -> str:
    request = urllib.request.Request(network.address + path, headers={"Accept-Language": "de"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(answer.read().decode())


def status(network: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read(network, "/status.json"))
    return found


def test_it_answers_with_the_last_announcement_while_the_database_is_killed(network: Any) -> None:
    network.command("site", "announce", "We move tonight.", "--de", "Wir ziehen heute Nacht um.")
    network.command("site", "read-only", "on", "--reason", "We move.", "--de", "Wir ziehen um.")
    until(lambda: status(network)["announcement"] is not None and status(network)["read_only"] is not None)
    assert status(network)["read_only"]["reason"] == "We move."
    with pytest.raises(Exception, match="We move") as refused:
        network.ask("POST", "/api/v1/statuses", {"status": "Good evening"})
    assert refused.value.status == 503  # type: ignore[attr-defined]  # Refused
    assert network.ask("GET", "/api/v1/timelines/home") == []

    supervisor = network.pids()["supervisor"]
    os.kill(supervisor, signal.SIGSTOP)  # or it would be back at once
    try:
        os.kill(network.pids()["postmaster"], signal.SIGKILL)
        until(lambda: not status(network)["parts"]["database"]["up"])
        page = read(network, "/status")
        assert "Die Datenbank antwortet nicht" in page
        assert "Wir ziehen heute Nacht um." in page
        assert "Wir ziehen um." in page
        assert "postgres" not in page.lower()
        # A web process that starts now knows it, too, out of the data folder.
        web = network.pids()["web-0"]
        os.kill(web, signal.SIGKILL)
    finally:
        os.kill(supervisor, signal.SIGCONT)
    until(lambda: _well(network))
    assert status(network)["announcement"]["translations"] == {"de": {"text": "Wir ziehen heute Nacht um."}}
    assert (network.data / "status.json").exists()
    network.command("site", "read-only", "off")
    until(lambda: status(network)["read_only"] is None)
    assert network.ask("POST", "/api/v1/statuses", {"status": "Good evening"})["id"]


def until(happened: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def _well(network: Any) -> bool:
    try:
        return bool(status(network)["well"])
    except (OSError, urllib.error.URLError):
        time.sleep(0.1)
        return False
