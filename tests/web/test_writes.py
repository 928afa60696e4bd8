"""Reading only: what is refused, what stays open, and that everybody is told why in a form they read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from folkmoot import clock
from folkmoot.bus import Bus
from folkmoot.database import Database
from folkmoot.errors import Forbidden, Invalid
from folkmoot.network import access, site
from folkmoot.network.posts import scheduled_queries
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.scheduled import publish_due
from folkmoot.network.site import ReadOnly
from folkmoot.settings import Settings
from folkmoot.storage import open_storage
from folkmoot.web.api.call import ENDPOINTS
from folkmoot.web.app import Application
from folkmoot.web.server import Server
from folkmoot.web.writes import SAFE, stays_open

NOW = datetime(2021, 1, 10, 20, tzinfo=UTC)
GERMAN = {"de": {"text": "Wir ziehen um."}}


@pytest.fixture
def network(db: Any, run: Callable[[Any], Any], tmp_path: Path) -> Iterator[tuple[Server, httpx.AsyncClient]]:
    app = Application(Settings(data=tmp_path, public_url="https://moot.example", rate_limits=False))

    async def open_it() -> tuple[Server, httpx.AsyncClient]:
        server = Server(app._settings, db, Bus(), open_storage(app._settings))
        await app.startup(server)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="https://moot.example")
        return server, client

    opened = run(open_it())
    yield opened
    run(opened[1].aclose())
    run(app.shutdown())


def test_it_begins_and_ends_by_itself() -> None:
    planned = ReadOnly(reason="We move.", starts_at=NOW, until=NOW + timedelta(hours=1))
    at = [timedelta(minutes=-1), timedelta(0), timedelta(minutes=59), timedelta(hours=1)]
    assert [planned.in_force(NOW + when) for when in at] == [False, True, True, False]
    assert ReadOnly(reason="We move.", starts_at=NOW).in_force(NOW + timedelta(days=400))


@pytest.mark.parametrize(
    "path",
    ["/oauth/token", "/api/v1/apps", "/sign-in", "/sign-out", "/posts/1/report", "/api/v1/reports", "/report",
     "/decisions/abc/appeal", "/jury/seats/1/remove", "/admin/read-only/off", "/admin/cases/1/hide", "/api/v1/markers",
     "/api/v1/admin/accounts/1/action", "/announcements/1/dismiss", "/settings/password", "/settings/export", "/notices",
     "/transparency/log/cosignatures"],
)  # fmt: skip
def test_what_keeps_people_safe_stays_open(path: str) -> None:
    assert stays_open(path)


@pytest.mark.parametrize(
    "path",
    ["/compose", "/posts/1/boost", "/posts/1/edit", "/sign-up", "/settings/profile", "/uploads", "/reportsomething",
     "/administration", "/accounts/1/follow"],
)  # fmt: skip
def test_all_other_writing_is_closed(path: str) -> None:
    assert not stays_open(path)


def test_every_way_of_the_api_that_publishes_or_relates_is_closed() -> None:
    unsafe = {each.path for each in ENDPOINTS if each.method not in SAFE}
    closed = {path for path in unsafe if not stays_open(path)}
    assert {"/api/v1/statuses", "/api/v1/accounts", "/api/v2/media", "/api/v1/polls/{id}/votes"} < closed
    assert not [path for path in closed if "report" in path or "/admin/" in path or "oauth" in path]


async def test_only_the_operator_may_and_only_with_a_reason(db: Database, cast: Any) -> None:
    with pytest.raises(Forbidden):
        await site.turn_on(db, cast.ada, reason="Because")
    with pytest.raises(Invalid):
        await site.turn_on(db, cast.dora, reason=" ")
    with pytest.raises(Invalid):
        await site.turn_on(db, cast.dora, reason="We move", until=clock.now() - timedelta(hours=1))
    assert await site.read_only(db) is None
    await site.turn_on(db, cast.dora, reason="We move")
    assert await site.turn_off(db, cast.dora)
    assert not await site.turn_off(db, cast.dora)
    names = [row["name"] for row in await db.fetch("SELECT name FROM events WHERE name LIKE 'site.read%' ORDER BY id")]
    assert names == ["site.read_only_begun", "site.read_only_ended"]


async def test_apps_are_refused_with_the_reason_in_their_own_form(
    network: tuple[Server, httpx.AsyncClient], db: Database, cast: Any
) -> None:
    server, client = network
    token = await access.issue_token(db, cast.ada.account_id, ("read", "write"), "A test's app")
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "de-DE,de"}
    said = {"status": "Good morning"}
    await site.turn_on(db, cast.dora, reason="We move house.", translations=GERMAN)
    refused = await client.post("/api/v1/statuses", headers=headers, json=said)
    assert refused.status_code == 503
    assert refused.json() == {"error": "The network is read-only at the moment: Wir ziehen um."}
    assert refused.headers["access-control-allow-origin"] == "*"
    assert int(refused.headers["retry-after"]) > 0
    assert (await client.get("/api/v1/timelines/public", headers=headers)).json() == []
    assert (await client.post("/api/v1/markers", headers=headers, json={})).status_code == 200
    await site.turn_off(db, cast.dora)
    assert (await client.post("/api/v1/statuses", headers=headers, json=said)).status_code == 200
    assert server.writes.known is None


async def test_pages_show_the_reason_and_refuse_a_form_with_it(
    network: tuple[Server, httpx.AsyncClient], db: Database, cast: Any
) -> None:
    _, client = network
    await site.turn_on(db, cast.dora, reason="We move <house>.", translations=GERMAN)
    page = await client.get("/local", headers={"Accept-Language": "en"})
    assert "We move &lt;house&gt;." in page.text
    assert "Wir ziehen um." in (await client.get("/local", headers={"Accept-Language": "de"})).text
    refused = await client.post("/compose", data={"text": "Good morning"})
    assert refused.status_code == 503
    assert "We move &lt;house&gt;." in refused.text
    as_json = await client.post("/compose", data={}, headers={"Accept": "application/json"})
    assert as_json.json() == {"error": "The network is read-only at the moment: We move <house>."}
    assert (await client.post("/sign-in", data={"name": "ada"})).status_code == 403  # asked, and its token is missing


async def test_scheduled_posts_wait_and_come_once_it_is_over(db: Any, desk: Desk, cast: Any) -> None:
    draft = '{"text": "Good morning"}'
    async with db.transaction() as tx:
        await scheduled_queries.insert_scheduled(tx, 7, cast.ada.account_id, NOW, draft, NOW)
    with clock.held_at(NOW):
        await site.turn_on(db, cast.dora, reason="We move", until=NOW + timedelta(hours=1))
    with clock.held_at(NOW + timedelta(minutes=30)):
        assert await publish_due(desk) == 0
    with clock.held_at(NOW + timedelta(minutes=61)):
        assert await publish_due(desk) == 1
    assert await db.fetchval("SELECT count(*) FROM posts") == 1


async def test_checking_costs_no_exchange_with_the_database(
    network: tuple[Server, httpx.AsyncClient], db: Database, cast: Any, round_trips: Any
) -> None:
    server, _ = network
    await site.turn_on(db, cast.dora, reason="We move")
    scope = {"path": "/sign-in", "method": "POST", "headers": []}
    with round_trips(db, 0):
        server.writes.check(scope)
