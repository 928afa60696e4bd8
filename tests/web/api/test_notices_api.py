"""Notices by machine: with a key, in XARF or our own JSON, once however often they are sent."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from folkmoot.bus import Bus
from folkmoot.errors import Invalid
from folkmoot.moderation.notices import Kind
from folkmoot.moderation.notices.reading.signed import CONTEXT
from folkmoot.moderation.notices.senders import add_sender, suspend_sender, warn_sender
from folkmoot.network.access.viewer import COMMAND_LINE
from folkmoot.settings import Settings
from folkmoot.storage import open_storage
from folkmoot.web.api.app import Api
from folkmoot.web.server import Server

Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, rate_limits=False, screening="off", public_url="https://folk.example")


@pytest.fixture
def ask(db: Any, settings: Settings) -> Ask:
    """Ask the API with a key, or without."""
    api = Api(Server(settings, db, Bus(), open_storage(settings)))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await api(scope, receive, send, "a-request")

    async def ask(key: str | None, method: str, path: str, **options: Any) -> httpx.Response:
        headers = ({"authorization": f"Bearer {key}"} if key else {}) | options.pop("headers", {})
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://moot.test") as client:
            return await client.request(method, path, headers=headers, **options)

    return ask


@pytest.fixture
def key(db: Any, run: Any) -> str:
    added = run(add_sender(db, COMMAND_LINE, name="A host", kind=Kind.HOST, with_key=True))
    return str(added.key)


async def test_a_notice_in_our_own_json_comes_once_and_tells_how_it_stands(
    ask: Ask, key: str, cast: Any, write: Any
) -> None:
    post = await write(cast.ada)
    notice = {"addresses": [f"https://folk.example/@ada/{post}"], "text": "Remove this", "client_token": "4711"}
    first = await ask(key, "POST", "/api/v1/notices", json=notice)
    assert first.status_code == 201, first.text
    made = first.json()
    assert (made["kind"], made["state"]) == ("host", "open")
    assert [(item["address"], item["state"]) for item in made["items"]] == [(notice["addresses"][0], "open")]  # type: ignore[index]
    assert made["page"].startswith("https://folk.example/notices/at/")
    again = await ask(key, "POST", "/api/v1/notices", json=notice | {"text": "Remove this, please"})
    assert (again.status_code, again.json()["id"]) == (200, made["id"])
    shown = await ask(key, "GET", f"/api/v1/notices/{made['id']}")
    assert shown.json()["reference"] == made["reference"]
    assert [letter["kind"] for letter in shown.json()["letters"]] == ["receipt"]


async def test_a_xarf_report_is_a_notice(ask: Ask, key: str, cast: Any, write: Any) -> None:
    address = f"https://folk.example/@ada/{await write(cast.ada)}"
    who = {"org": "A host", "contact": "abuse@host.example", "domain": "host.example"}
    report = {
        "xarf_version": "4.0.0",
        "report_id": str(uuid4()),
        "timestamp": "2021-01-09T18:01:00Z",
        "reporter": who,
        "sender": who,
        "source_identifier": "folk.example",
        "category": "content",
        "type": "violence",
        "url": address,
        "description": "A call for violence",
    }
    first = await ask(key, "POST", "/api/v1/notices", json=report)
    assert first.status_code == 201, first.text
    assert [item["address"] for item in first.json()["items"]] == [address]
    assert (await ask(key, "POST", "/api/v1/notices", json=report)).json()["id"] == first.json()["id"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"{}", 422),
        (b'{"addresses": ["https://elsewhere.example/1"]}', 422),
        (b'{"addresses": 7}', 422),
        (b'{"addresses": ["https://folk.example/@ada/1"], "kind": "king"}', 422),
        (b'{"addresses": ["https://folk.example/@ada/1"], "deadline": "2021-01-11T08:00:00"}', 422),
        (b'{"addresses": ["https://folk.example/@ada/1"], "category": "sins"}', 422),
    ],
)
async def test_what_is_no_notice_is_refused_and_changes_nothing(
    db: Any, ask: Ask, key: str, body: bytes, status: int
) -> None:
    answer = await ask(key, "POST", "/api/v1/notices", content=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]
    assert await db.fetchval("SELECT count(*) FROM notices") == 0


async def test_without_a_key_or_with_a_wrong_one_nothing_is_taken_or_shown(ask: Ask, key: str) -> None:
    for wrong in (None, "fmk_wrong", "another"):
        assert (await ask(wrong, "POST", "/api/v1/notices", json={})).status_code == 401
        assert (await ask(wrong, "GET", "/api/v1/notices/1")).status_code == 401
    assert (await ask(key, "GET", "/api/v1/notices/1")).status_code == 404


async def test_a_key_sees_its_own_notices_and_none_after_it_was_suspended(
    db: Any, ask: Ask, key: str, settings: Settings, cast: Any, write: Any
) -> None:
    notice = {"addresses": [f"https://folk.example/@ada/{await write(cast.ada)}"], "sender": {"email": "a@b.example"}}
    made = (await ask(key, "POST", "/api/v1/notices", json=notice)).json()
    other = await add_sender(db, COMMAND_LINE, name="Another", kind=Kind.HOST, with_key=True)
    assert (await ask(other.key, "GET", f"/api/v1/notices/{made['id']}")).status_code == 404
    await warn_sender(db, settings, cast.dora, int(made["id"]), "Unfounded")
    sender = await db.fetchval("SELECT sender_id FROM notices WHERE id = $1", int(made["id"]))
    await suspend_sender(db, cast.dora, sender, "Still")
    refused = await ask(key, "POST", "/api/v1/notices", json=notice | {"text": "Again"})
    assert refused.status_code == 403


async def test_a_flagger_with_a_key_of_their_own_signs_what_they_send(ask: Ask, db: Any, cast: Any, write: Any) -> None:
    own = Ed25519PrivateKey.generate()
    public = base64.b64encode(own.public_key().public_bytes_raw()).decode()
    added = await add_sender(db, COMMAND_LINE, name="A centre", kind=Kind.TRUSTED_FLAGGER, public_key=public)
    assert added.key is None
    post = await write(cast.ada)
    body = json.dumps({"addresses": [f"https://folk.example/@ada/{post}"], "text": "Remove this"}).encode()
    signature = base64.b64encode(own.sign(CONTEXT + body)).decode()
    headers = {"x-folkmoot-sender": str(added.sender.id), "x-folkmoot-signature": signature}
    taken = await ask(None, "POST", "/api/v1/notices", content=body, headers=headers)
    assert taken.status_code == 201, taken.text
    assert taken.json()["kind"] == "trusted_flagger"
    changed = await ask(None, "POST", "/api/v1/notices", content=body + b" ", headers=headers)
    assert changed.status_code == 401
    nobody = await ask(None, "POST", "/api/v1/notices", content=body, headers=headers | {"x-folkmoot-sender": "7"})
    assert nobody.status_code == 401


async def test_what_is_no_public_key_is_refused(db: Any) -> None:
    with pytest.raises(Invalid, match="32 bytes of Ed25519"):
        await add_sender(db, COMMAND_LINE, name="A centre", kind=Kind.TRUSTED_FLAGGER, public_key="c2hvcnQ=")
