"""What tests of pages work with: the real pages, asked as somebody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from folkmoot.bus import Bus
from folkmoot.network.access import Viewer
from folkmoot.network.access.sessions import open_session
from folkmoot.settings import Settings
from folkmoot.storage import Storage, open_storage
from folkmoot.web.pages import create_pages
from folkmoot.web.pages.forms import SESSION_COOKIE, TOKEN_FIELD, VISITOR_COOKIE, token_for
from folkmoot.web.server import Server

Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, rate_limits=False, screening="off", public_url="http://moot.test")


@pytest.fixture
def storage(settings: Settings) -> Storage:
    return open_storage(settings)


@pytest.fixture
def ask(db: Any, settings: Settings, storage: Storage) -> Ask:
    """Ask for a page, or send its form, as somebody or as a visitor."""
    pages: Any = create_pages(Server(settings, db, Bus(), storage))

    async def signed_in(who: Viewer) -> str:
        async with db.transaction() as tx:
            return (await open_session(tx, who, address="127.0.0.1", agent="tests"))[0]

    async def ask(who: Viewer | None, method: str, path: str, **form: str) -> httpx.Response:
        secret = await signed_in(who) if who else "a visitor"
        cookies = {SESSION_COOKIE if who else VISITOR_COOKIE: secret}
        data = form | {TOKEN_FIELD: token_for(secret)} if method == "POST" else None
        transport = httpx.ASGITransport(pages)
        async with httpx.AsyncClient(transport=transport, base_url="http://moot.test", cookies=cookies) as client:
            return await client.request(method, path, data=data)

    return ask
