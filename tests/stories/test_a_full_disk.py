"""The disk under everything fills up while people post: one clear sentence, nothing acknowledged lost, and it goes on."""

from __future__ import annotations

import contextlib
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
LEFT_KB = 1_536
PASSWORD = "a kettle by the sea"


def fill(disk: Path) -> Path:
    """Leave LEFT_KB, and let what then comes use them up."""
    ballast = disk / "ballast"
    found = os.statvfs(disk)
    with ballast.open("wb") as file:
        for _ in range(found.f_bavail * found.f_frsize // 65_536 - LEFT_KB // 64):
            file.write(b"x" * 65_536)
    return ballast


def sign_up(address: str) -> tuple[int, str]:
    """As a browser does it: the page, its form, and what comes then."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    try:
        page = browser.open(f"{address}/sign-up", timeout=10).read().decode()
    except urllib.error.HTTPError as refused:  # the database may not start again before there is room
        with refused:
            return refused.code, refused.read().decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    form = hidden | {"name": "bert", "password": PASSWORD, "agreed": "1", "reason": "to see", "email": ""}
    try:
        with browser.open(f"{address}/sign-up", urllib.parse.urlencode(form).encode(), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def test_a_full_disk_is_one_clear_sentence_and_costs_no_acknowledged_post(cramped: Any) -> None:
    ballast = fill(cramped.data.parent)
    acknowledged: dict[str, str] = {}
    refusals: list[Any] = []
    until = time.monotonic() + 60
    number = 0
    while len(refusals) < 20 and time.monotonic() < until:
        number += 1
        text = f"{number} " + uuid.uuid4().hex * 20
        try:
            made = cramped.ask("POST", "/api/v1/statuses", {"status": text}, Idempotency_Key=str(uuid.uuid4()))
            acknowledged[made["id"]] = text
        except OSError:  # nobody answers for a moment, where the database had to start again
            time.sleep(0.1)
        except Exception as refused:
            refusals.append(refused)
    assert refusals, "the disk never was full"
    for refused in refusals:
        assert refused.status == 503, refused
        assert b"Nothing was lost; please try again" in refused.body
        assert refused.retry_after
    status, page = sign_up(cramped.address)
    assert status == 503
    assert page.lstrip().lower().startswith("<!doctype html")
    assert "Nothing was lost; please try again in a minute." in page
    assert "Traceback" not in page

    ballast.unlink()
    until = time.monotonic() + 60
    while True:
        with contextlib.suppress(Exception):
            after = cramped.ask("POST", "/api/v1/statuses", {"status": "There is room again"})
            break
        assert time.monotonic() < until, f"it did not recover: {cramped.errors()}"
        time.sleep(0.2)
    acknowledged[after["id"]] = "There is room again"
    held = 0  # such posts look like nothing people write, and screening may doubt one
    for id, text in acknowledged.items():
        found = cramped.ask("GET", f"/api/v1/statuses/{id}")
        assert text in found["content"]
        held += "held" in found
    counted = cramped.ask("GET", "/api/v1/accounts/verify_credentials")["statuses_count"]
    assert counted + held == len(acknowledged)
