from __future__ import annotations

import importlib
from datetime import timedelta
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.bus import News
from folkmoot.database import Database
from folkmoot.errors import Forbidden, Missing
from folkmoot.network import access, accounts, site
from folkmoot.network.access import COMMAND_LINE, Role
from folkmoot.network.accounts import AccountView, SignUpRefused
from folkmoot.network.accounts.rules import AlreadyDecided
from folkmoot.settings import Settings

PASSWORD = "correct horse battery"
OPEN, APPROVAL, INVITATION = (Settings(registration=mode) for mode in ("open", "approval", "invitation"))


async def join(db: Database, name: str = "emil", settings: Settings = OPEN, **given: Any) -> AccountView:
    asked: dict[str, Any] = {"name": name, "password": PASSWORD, "agreed": True, "settings": settings}
    return await accounts.sign_up(db, **(asked | given))


def codes(refused: pytest.ExceptionInfo[SignUpRefused]) -> dict[str, list[str]]:
    return {field: [code for code, _ in complaints] for field, complaints in refused.value.details.items()}


async def test_the_first_to_come_needs_the_terminals_code_and_runs_the_network(db: Database) -> None:
    code = await accounts.operator_code(db)
    assert code is not None
    assert await accounts.operator_code(db) == code
    for given, complaint in ((None, "ERR_BLANK"), ("GUES-SEDX-CODE", "ERR_INVALID")):
        with pytest.raises(SignUpRefused) as refused:
            await join(db, operator_code=given)
        assert codes(refused) == {"operator_code": [complaint]}
    first = await join(db, settings=INVITATION, operator_code=code.lower())
    assert first.role == "operator"
    assert first.is_open
    assert await accounts.operator_code(db) is None
    second = await join(db, "frieda", operator_code=code)
    assert second.role == "member"


async def test_without_a_code_made_nobody_is_first(db: Database) -> None:
    with pytest.raises(SignUpRefused):
        await join(db, operator_code="")
    assert await db.fetchval("SELECT count(*) FROM accounts") == 0


async def test_joining_an_open_network(db: Database, cast: Any, heard: list[News]) -> None:
    made = await join(db, email="Emil@example.org", locale="de-CH")
    assert made.is_open
    assert await accounts.find_account(db, made.id) == made
    assert await accounts.find_by_name(db, "EMIL") == made
    assert ("account.changed", {"account_id": made.id}) in [(news.kind, news.payload) for news in heard]
    token, viewer = await access.enter(db, made.id, address="203.0.113.7", agent="")
    assert viewer.locale == "de"
    assert await access.viewer_by_session(db, token) == viewer
    await access.sign_in(db, name_or_email="emil@EXAMPLE.org", password=PASSWORD, address="", agent="")


async def test_a_name_or_address_that_is_taken(db: Database, cast: Any) -> None:
    with pytest.raises(SignUpRefused) as refused:
        await join(db, "ADA", email="Bert@example.org")
    assert codes(refused) == {"name": ["ERR_TAKEN"], "email": ["ERR_TAKEN"]}


async def test_who_was_quicker_by_a_moment_wins(db: Database, cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def meanwhile(password: str) -> str:
        await db.fetch("INSERT INTO accounts (id, name, created_at, active_at) VALUES (1, 'Emil', now(), now())")
        return "!"

    monkeypatch.setattr(importlib.import_module(accounts.sign_up.__module__), "hash_password", meanwhile)
    with pytest.raises(SignUpRefused) as refused:
        await join(db)
    assert codes(refused) == {"name": ["ERR_TAKEN"]}


async def test_by_approval_one_waits(db: Database, cast: Any) -> None:
    made = await join(db, settings=APPROVAL, reason="I bake bread")
    assert not made.is_open
    assert await accounts.waiting(db) == 1
    (listed,) = await accounts.list_accounts(db, cast.dora, status="waiting")
    assert listed.reason == "I bake bread"
    with pytest.raises(Forbidden):
        await access.enter(db, made.id, address="", agent="")
    with pytest.raises(Forbidden):
        await accounts.approve(db, cast.ada, made.id)
    assert (await accounts.approve(db, cast.dora, made.id)).is_open
    with pytest.raises(AlreadyDecided):
        await accounts.approve(db, cast.dora, made.id)
    with pytest.raises(AlreadyDecided):
        await accounts.reject(db, cast.dora, made.id)


async def test_who_is_turned_down_leaves_the_name_free(db: Database, cast: Any) -> None:
    made = await join(db, settings=APPROVAL)
    await access.issue_token(db, made.id, ["read"], "Test")
    await accounts.reject(db, cast.dora, made.id, "no reason given")
    assert await accounts.find_account(db, made.id) is None
    assert (await join(db)).is_open


async def test_by_invitation_each_code_lets_so_many_in(db: Database, cast: Any) -> None:
    soon = clock.now() + timedelta(days=7)
    invitation = await accounts.invite(db, cast.ada, uses=1, expires_at=soon)
    with pytest.raises(SignUpRefused) as refused:
        await join(db, settings=INVITATION)
    assert codes(refused) == {"invitation": ["ERR_BLANK"]}
    assert (await join(db, settings=INVITATION, invitation=invitation.code.lower())).is_open
    with pytest.raises(SignUpRefused) as refused:
        await join(db, "frieda", settings=INVITATION, invitation=invitation.code)
    assert codes(refused) == {"invitation": ["ERR_INVALID"]}
    (listed,) = await accounts.list_invitations(db, cast.ada)
    assert (listed.used, listed.uses_left) == (1, 0)


async def test_an_invitation_ends_by_time_by_hand_and_with_its_giver(db: Database, cast: Any) -> None:
    soon = clock.now() + timedelta(days=7)
    by_ada = await accounts.invite(db, cast.ada, uses=3, expires_at=soon)
    by_bert = await accounts.invite(db, cast.bert, uses=3, expires_at=soon)
    assert await accounts.find_invitation(db, by_ada.code) == by_ada
    with clock.held_at(soon), pytest.raises(SignUpRefused):
        await join(db, settings=INVITATION, invitation=by_ada.code)
    with pytest.raises(Missing):
        await accounts.revoke_invitation(db, cast.bert, by_ada.code)
    await accounts.revoke_invitation(db, cast.dora, by_ada.code)
    assert await accounts.find_invitation(db, by_ada.code) is None
    await accounts.suspend(db, cast.dora, cast.bert.account_id, "spam")
    for code in (by_ada.code, by_bert.code, "\0", "nonsense"):
        with pytest.raises(SignUpRefused):
            await join(db, settings=INVITATION, invitation=code)


async def test_an_invitation_spares_the_wait(db: Database, cast: Any) -> None:
    invitation = await accounts.invite(db, cast.dora, uses=None)
    assert (await join(db, settings=APPROVAL, invitation=invitation.code)).is_open


async def test_the_operator_decides_who_may_join(db: Database, cast: Any) -> None:
    await site.change_site(db, cast.dora, OPEN, registration="approval")
    assert not (await join(db)).is_open


async def test_hostile_input_makes_no_account(db: Database, cast: Any) -> None:
    for given in (
        {"name": "a\0b"},
        {"name": "\ud800"},
        {"email": "a\0@b"},
        {"password": "correct horse\0"},
        {"agreed": False},
    ):
        with pytest.raises(SignUpRefused):
            await join(db, **given)
    assert await db.fetchval("SELECT count(*) FROM accounts") == 4
    assert (await join(db, reason="bell \a and \0 nothing", locale="\0")).is_open


async def test_the_command_line_makes_accounts_of_any_role(db: Database) -> None:
    made = await accounts.create_account(db, COMMAND_LINE, name="admin", password=PASSWORD, role=Role.OPERATOR)
    assert made.role == "operator"
    assert await accounts.operator_code(db) is None
    row = await db.fetchrow("SELECT actor_id, subject_id, detail FROM events")
    assert row is not None
    assert (row["actor_id"], row["subject_id"]) == (None, made.id)
    with pytest.raises(SignUpRefused):
        await accounts.create_account(db, COMMAND_LINE, name="Admin", password=PASSWORD)
