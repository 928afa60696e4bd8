"""One network with the village in it and one browser for all tests of this folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))

from village import PASSWORD

from network import launch, running, sign_in

Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    with running() as (url, _):
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    """Open a page as somebody (a handle of the village) or as a visitor; complaints of the console fail the test."""
    contexts = []
    complaints: list[str] = []

    def open_page(path: str = "/", who: str = "", **options: Any) -> Page:
        options.setdefault("viewport", {"width": 1280, "height": 900})
        options = {"locale": "en-GB", "service_workers": "block", **options}
        context = browser.new_context(base_url=address, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if who:
            sign_in(page, address, who, PASSWORD)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    # A browser reports each answer of 400 and above; tests of refusals ask for those.
    assert [each for each in complaints if "the server responded with a status of" not in each] == []
