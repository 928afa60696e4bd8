"""Reports and the work of stewards, as apps ask for them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from folkmoot.bus import Bus
from folkmoot.moderation import findings
from folkmoot.moderation.cases import Verdict
from folkmoot.moderation.cases.decide import decide_as_steward, escalate
from folkmoot.moderation.cases.read import list_cases
from folkmoot.moderation.screening import Outcome
from folkmoot.network import access, site
from folkmoot.network.access import Role, Viewer
from folkmoot.settings import Settings
from folkmoot.storage import open_storage
from folkmoot.web.api.app import Api
from folkmoot.web.server import Server

Ask = Callable[..., Awaitable[httpx.Response]]
WORDS = "The allotments by the river will be sold, and nobody on the council has said a word about it"
STEWARDS = "read write admin:read admin:write"


@pytest.fixture
def ask(db: Any, tmp_path: Path) -> Ask:
    """Ask the API as somebody, with these scopes."""
    settings = Settings(data=tmp_path, rate_limits=False)
    api = Api(Server(settings, db, Bus(), open_storage(settings)))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await api(scope, receive, send, "a-request")

    async def ask(who: Viewer, method: str, path: str, scopes: str = "read write", **options: Any) -> httpx.Response:
        token = await access.issue_token(db, who.account_id, access.parse_scopes(scopes), "tests")
        headers = {"authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://moot.test") as client:
            return await client.request(method, path, headers=headers, **options)

    return ask


async def test_an_app_reports_a_post_under_a_rule(db: Any, ask: Ask, cast: Any, write: Any) -> None:
    rule = await site.add_rule(db, cast.dora, text="No threats", hint="", translations={})
    post = await write(cast.ada, WORDS)
    told = {"account_id": str(cast.ada.account_id), "status_ids[]": str(post), "rule_ids[]": str(rule.id)}
    answer = await ask(cast.bert, "POST", "/api/v1/reports", params=told | {"comment": "He means it"})
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert made["category"] == "violation"
    assert made["rule_ids"] == [str(rule.id)]
    assert made["status_ids"] == [str(post)]
    assert made["target_account"]["username"] == "ada"
    assert made["action_taken"] is False
    assert made["action_taken_at"] is None
    assert made["forwarded"] is False
    again = await ask(
        cast.bert, "POST", "/api/v1/reports/", json={"account_id": str(cast.ada.account_id), "status_ids": [str(post)]}
    )
    assert again.json()["id"] == made["id"]


async def test_an_app_is_told_that_a_held_post_copies_what_was_removed(db: Any, ask: Ask, cast: Any) -> None:
    threat = "I will find you tonight and I will kill you, you traitor"
    held = (await ask(cast.ada, "POST", "/api/v1/statuses", json={"status": threat})).json()["held"]
    assert held["reason"].startswith("It reads like a")
    (finding,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    await findings.uphold(db, cast.dora, finding.id)
    copied = (await ask(cast.bert, "POST", "/api/v1/statuses", json={"status": f"{threat}!"})).json()["held"]
    assert (copied["reason"], copied["category"]) == (
        "It is a copy of a text that was removed before.",
        held["category"],
    )


async def test_a_profile_is_reported_without_posts(ask: Ask, cast: Any) -> None:
    answer = await ask(
        cast.bert, "POST", "/api/v1/reports", json={"account_id": cast.ada.account_id, "category": "spam"}
    )
    assert answer.json()["category"] == "spam"
    assert answer.json()["status_ids"] == []


async def test_what_cannot_be_reported_is_refused(ask: Ask, cast: Any, write: Any) -> None:
    post = await write(cast.ada, WORDS)
    whole = {"account_id": cast.ada.account_id, "status_ids": [post]}
    assert (await ask(cast.bert, "POST", "/api/v1/reports", json=whole | {"category": "rude"})).status_code == 422
    assert (await ask(cast.bert, "POST", "/api/v1/reports", json=whole | {"comment": "x" * 1_001})).status_code == 422
    assert (await ask(cast.bert, "POST", "/api/v1/reports", json={"account_id": 5})).status_code == 404
    assert (await ask(cast.bert, "POST", "/api/v1/reports", json=whole | {"status_ids": [7]})).status_code == 404
    assert (await ask(cast.bert, "POST", "/api/v1/reports", "read", json=whole)).status_code == 403


async def test_stewards_read_reports_and_verdicts_answer_them(
    db: Any, ask: Ask, cast: Any, write: Any, enrol: Any
) -> None:
    post = await write(cast.ada, WORDS)
    told = {"account_id": cast.ada.account_id, "status_ids": [post], "comment": "Look at this"}
    made = (await ask(cast.bert, "POST", "/api/v1/reports", json=told)).json()
    eve, finn = await enrol("eve", Role.STEWARD), await enrol("finn", Role.STEWARD)

    found = (await ask(eve, "GET", "/api/v1/admin/reports", STEWARDS)).json()
    assert [each["id"] for each in found] == [made["id"]]
    assert found[0]["account"]["username"] == "bert"
    assert found[0]["target_account"]["account"]["username"] == "ada"
    assert found[0]["statuses"][0]["id"] == str(post)
    assert found[0]["comment"] == "Look at this"
    address = f"/api/v1/admin/reports/{made['id']}"
    assert (await ask(eve, "POST", f"{address}/assign_to_self", STEWARDS)).json()["assigned_account"] is None
    assert (await ask(eve, "POST", f"{address}/resolve", STEWARDS)).status_code == 409

    case_id = (await list_cases(db, eve, post_id=post))[0].id
    await escalate(db, eve, case_id, "A test of both of us")
    await decide_as_steward(db, eve, case_id, Verdict.KEEP, "An opinion")
    assert await decide_as_steward(db, finn, case_id, Verdict.KEEP, "An opinion, yes")
    assert (await ask(eve, "GET", "/api/v1/admin/reports", STEWARDS)).json() == []
    answered = (await ask(eve, "GET", "/api/v1/admin/reports?resolved=true", STEWARDS)).json()
    assert answered[0]["action_taken"] is True
    assert (await ask(eve, "POST", f"{address}/resolve", STEWARDS)).status_code == 200
    assert (await ask(eve, "POST", f"{address}/reopen", STEWARDS)).status_code == 409


async def test_stewards_see_and_suspend_accounts(ask: Ask, cast: Any) -> None:
    one = f"/api/v1/admin/accounts/{cast.ada.account_id}"
    seen = (await ask(cast.dora, "GET", one, "admin:read:accounts")).json()
    assert seen["username"] == "ada"
    assert seen["email"] == "ada@example.org"
    assert seen["suspended"] is seen["silenced"] is False
    for address in ("/api/v1/admin/accounts?username=ada", "/api/v2/admin/accounts?status=active&username=ada"):
        assert [each["username"] for each in (await ask(cast.dora, "GET", address, STEWARDS)).json()] == ["ada"]
    staff = (await ask(cast.dora, "GET", "/api/v2/admin/accounts?permissions=staff", STEWARDS)).json()
    assert [each["username"] for each in staff] == ["dora"]
    assert (await ask(cast.dora, "GET", "/api/v1/admin/accounts?remote=true", STEWARDS)).json() == []

    assert (await ask(cast.dora, "POST", f"{one}/action", STEWARDS, json={"type": "silence"})).status_code == 422
    done = await ask(cast.dora, "POST", f"{one}/action", STEWARDS, json={"type": "suspend", "text": "Sells followers"})
    assert done.status_code == 200, done.text
    suspended = (await ask(cast.dora, "GET", "/api/v1/admin/accounts?suspended=1", STEWARDS)).json()
    assert [each["id"] for each in suspended] == [str(cast.ada.account_id)]
    assert (await ask(cast.dora, "POST", f"{one}/unsuspend", STEWARDS)).json()["suspended"] is False


@pytest.mark.parametrize("path", ["accounts", "reports", "accounts/1", "reports/1"])
async def test_neither_scopes_nor_a_role_alone_open_the_admin_api(ask: Ask, cast: Any, path: str) -> None:
    assert (await ask(cast.bert, "GET", f"/api/v1/admin/{path}", STEWARDS)).status_code == 403
    assert (await ask(cast.dora, "GET", f"/api/v1/admin/{path}", "read write")).status_code == 403
