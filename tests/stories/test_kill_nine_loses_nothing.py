"""Whatever is killed and whenever: an answered post is there, once, and the service comes back."""

from __future__ import annotations

import http.client
import os
import random
import signal
import threading
import time
import uuid
from typing import Any

import pytest

pytestmark = pytest.mark.slow
DEATHS = 5


class Writer(threading.Thread):
    """Posts without a pause. What got no answer is sent again under the same key, as a client does."""

    def __init__(self, network: Any) -> None:
        super().__init__(daemon=True)
        self.network = network
        self.acknowledged: dict[str, str] = {}
        self.odd: list[str] = []
        self.ended = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.ended.is_set():
            number += 1
            text, key = f"post number {number}", str(uuid.uuid4())
            while True:
                try:
                    made = self.network.ask("POST", "/api/v1/statuses", {"status": text}, Idempotency_Key=key)
                except (OSError, http.client.HTTPException):
                    time.sleep(0.05)
                except Exception as refused:
                    if refused.status not in (409, 503):  # type: ignore[attr-defined]  # Refused
                        self.odd.append(str(refused))
                        return
                    time.sleep(0.05)
                else:
                    self.acknowledged[text] = made["id"]
                    break


def everything_of(network: Any) -> list[tuple[str, str]]:
    me = network.ask("GET", "/api/v1/accounts/verify_credentials")["id"]
    found: list[tuple[str, str]] = []
    at = ""
    while page := network.ask("GET", f"/api/v1/accounts/{me}/statuses?limit=40{at}"):
        found += [(post["content"].removeprefix("<p>").removesuffix("</p>"), post["id"]) for post in page]
        at = f"&max_id={page[-1]['id']}"
    return found


def test_after_killing_everything_again_and_again_each_answered_post_is_there_once(network: Any) -> None:
    dice = random.Random()
    writer = Writer(network)
    writer.start()
    try:
        for _ in range(DEATHS):
            before = len(writer.acknowledged)
            until = time.monotonic() + 30
            while len(writer.acknowledged) < before + 5 and time.monotonic() < until and writer.is_alive():
                time.sleep(0.01)
            time.sleep(dice.uniform(0, 0.7))
            assert network.kill_everything() >= 4
            network.start()
    finally:
        answered = len(writer.acknowledged)
        while writer.is_alive() and len(writer.acknowledged) == answered and not writer.odd:
            time.sleep(0.05)  # the last one gets its answer
        writer.ended.set()
        writer.join(30)
    assert writer.odd == []
    assert len(writer.acknowledged) >= 5 * DEATHS
    there = everything_of(network)
    assert len(there) == len({text for text, _ in there}), "a post is there twice"
    assert dict(there) == writer.acknowledged
    home = network.ask("GET", "/api/v1/timelines/home?limit=5")
    assert [post["id"] for post in home] == [id for _, id in there[:5]]
    assert network.ask("GET", "/api/v1/accounts/verify_credentials")["statuses_count"] == len(there)


@pytest.mark.parametrize("victim", ["web-0", "worker", "postmaster"])
def test_the_service_returns_by_itself_when_one_process_is_killed(network: Any, victim: str) -> None:
    kept = network.ask("POST", "/api/v1/statuses", {"status": "before"})["id"]
    before = network.pids()[victim]
    os.kill(before, signal.SIGKILL)
    key, answers = str(uuid.uuid4()), []
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            after = network.ask("POST", "/api/v1/statuses", {"status": "after"}, Idempotency_Key=key)["id"]
            break
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
        except Exception as refused:
            answers.append(refused)
            time.sleep(0.05)
    else:
        raise AssertionError(f"it did not return: {network.errors()}")
    for refused in answers:
        assert refused.status == 503  # type: ignore[attr-defined]  # Refused
        assert refused.retry_after  # type: ignore[attr-defined]
        assert b"Traceback" not in refused.body  # type: ignore[attr-defined]
    assert [post["id"] for post in network.ask("GET", "/api/v1/timelines/home")] == [after, kept]
    while network.pids().get(victim, before) == before:
        assert time.monotonic() < until, "it was not started again"
        time.sleep(0.05)
