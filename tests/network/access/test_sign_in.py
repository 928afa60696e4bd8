from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from folkmoot import clock
from folkmoot.bus import News
from folkmoot.database import Database
from folkmoot.errors import Invalid, Missing, TooMany, Unknown
from folkmoot.network import access, accounts
from folkmoot.network.access import COMMAND_LINE, Viewer, passwords, rules
from folkmoot.network.access.sessions import forget_old_sessions

PASSWORD = "correct horse battery"


async def enter(db: Database, name: str = "ada", password: str = PASSWORD) -> tuple[str, Viewer]:
    return await access.sign_in(db, name_or_email=name, password=password, address="203.0.113.7", agent="Firefox")


async def make(db: Database, name: str = "ada", email: str | None = "ada@example.org") -> int:
    made = await accounts.create_account(db, COMMAND_LINE, name=name, password=PASSWORD, email=email)
    return made.id


@pytest.mark.parametrize("name", ["ada", "ADA", "@ada", " ada ", "ada@example.org", "Ada@Example.org"])
async def test_signing_in_by_name_or_address(db: Database, name: str) -> None:
    account_id = await make(db)
    token, viewer = await enter(db, name)
    assert viewer.account_id == account_id
    found = await access.viewer_by_session(db, token)
    assert found == viewer
    assert found.scopes is None


@pytest.mark.parametrize(
    ("name", "password"),
    [("ada", "wrong"), ("nobody", PASSWORD), ("ada\0", PASSWORD), ("ada", ""), ("ada", PASSWORD + "\ud800"), ("", "")],
)
async def test_a_wrong_name_and_a_wrong_password_are_answered_alike(db: Database, name: str, password: str) -> None:
    await make(db)
    with pytest.raises(rules.WrongSignIn):
        await enter(db, name, password)


async def test_a_password_longer_than_any_is_wrong(db: Database) -> None:
    await make(db)
    with pytest.raises(rules.WrongSignIn):
        await enter(db, password=PASSWORD + "x" * 100_000)


@pytest.mark.parametrize("name", ["ada", "nobody"])
async def test_ten_failures_from_one_place_are_enough(db: Database, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def wrong(stored: str | None, password: str) -> bool:
        return False

    await make(db)
    with monkeypatch.context() as patch:
        patch.setattr(passwords, "is_password", wrong)
        for _ in range(10):
            with pytest.raises(rules.WrongSignIn):
                await enter(db, name, "wrong")
    with pytest.raises(TooMany):
        await enter(db, name)
    with clock.held_at(clock.now() + timedelta(minutes=16)):
        if name == "ada":
            await enter(db, name)


async def test_failures_elsewhere_shut_nobody_out(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async def wrong(stored: str | None, password: str) -> bool:
        return False

    await make(db)
    with monkeypatch.context() as patch:
        patch.setattr(passwords, "is_password", wrong)
        for _ in range(10):
            with pytest.raises(rules.WrongSignIn):
                await access.sign_in(db, name_or_email="ada", password="x", address="198.51.100.1", agent="")
    await enter(db)


async def test_an_address_cannot_be_read_in_the_record(db: Database) -> None:
    await make(db)
    with pytest.raises(rules.WrongSignIn):
        await enter(db, password="wrong one")
    details = await db.fetch("SELECT detail FROM events WHERE name = 'access.sign_in_failed'")
    assert len(details) == 1
    assert "203.0.113.7" not in details[0]["detail"]


async def test_a_session_seen_is_remembered_by_the_hour(db: Database) -> None:
    await make(db)
    token, viewer = await enter(db)
    later = clock.now() + timedelta(hours=2)
    with clock.held_at(later):
        assert await access.viewer_by_session(db, token) == viewer
    (session,) = await access.sessions(db, viewer)
    assert session.seen_at == later
    assert session.is_current
    assert session.agent == "Firefox"
    with clock.held_at(later + timedelta(days=91)):
        assert await access.viewer_by_session(db, token) is None
        await forget_old_sessions(db)
    assert await db.fetchval("SELECT count(*) FROM sessions") == 0


async def test_ending_one_of_several_sessions(db: Database, heard: list[News]) -> None:
    await make(db)
    phone, on_phone = await enter(db)
    desk, at_desk = await enter(db)
    assert on_phone.session_id is not None
    await access.revoke_session(db, at_desk, on_phone.session_id)
    assert ("access.changed", {"account_id": at_desk.account_id}) in [(news.kind, news.payload) for news in heard]
    assert await access.viewer_by_session(db, phone) is None
    assert await access.viewer_by_session(db, desk) == at_desk
    with pytest.raises(Missing):
        await access.revoke_session(db, at_desk, on_phone.session_id)
    await access.sign_out(db, at_desk)
    await access.sign_out(db, at_desk)
    assert await access.viewer_by_session(db, desk) is None


async def test_nobody_ends_anothers_session(db: Database) -> None:
    await make(db)
    await make(db, "bert", None)
    token, ada = await enter(db)
    _, bert = await enter(db, "bert")
    assert ada.session_id is not None
    with pytest.raises(Missing):
        await access.revoke_session(db, bert, ada.session_id)
    assert await access.viewer_by_session(db, token) == ada


async def test_a_new_password_ends_everything_else(db: Database) -> None:
    account_id = await make(db)
    token = await access.issue_token(db, account_id, ["read"], "Test")
    other, _ = await enter(db)
    mine, viewer = await enter(db)
    with pytest.raises(rules.WrongPassword):
        await access.change_password(db, viewer, "wrong", "another good one")
    with pytest.raises(Invalid):
        await access.change_password(db, viewer, PASSWORD, "short")
    await access.change_password(db, viewer, PASSWORD, "another good one")
    assert await access.viewer_by_session(db, mine) == viewer
    assert await access.viewer_by_session(db, other) is None
    with pytest.raises(Unknown):
        await access.viewer_by_token(db, token)
    await enter(db, password="another good one")
    with pytest.raises(rules.WrongSignIn):
        await enter(db)


async def test_an_operator_sets_a_forgotten_password(db: Database) -> None:
    account_id = await make(db)
    token, _ = await enter(db)
    await access.set_password(db, COMMAND_LINE, account_id, "another good one")
    assert await access.viewer_by_session(db, token) is None
    row = await db.fetchrow("SELECT actor_id, detail FROM events WHERE name = 'access.password_set_by_operator'")
    assert row is not None
    assert row["actor_id"] is None
    assert "command line" in row["detail"]


async def test_who_is_suspended_or_waits_stays_outside(db: Database) -> None:
    account_id = await make(db)
    token, viewer = await enter(db)
    await accounts.suspend(db, COMMAND_LINE, account_id, "spam")
    assert await access.viewer_by_session(db, token) is None
    with pytest.raises(rules.LoginDisabled):
        await enter(db)
    await accounts.restore(db, COMMAND_LINE, account_id)
    assert await access.viewer_by_session(db, token) == viewer
    await db.fetch("UPDATE accounts SET approved_at = NULL WHERE id = $1", account_id)
    with pytest.raises(rules.PendingApproval):
        await enter(db)


async def test_composed_and_decomposed_letters_are_the_same_password() -> None:
    stored = await passwords.hash_password("schl\u00fcssel")
    assert await passwords.is_password(stored, "schlu\u0308ssel")
    assert not await passwords.is_password(stored, "schlussel")
    assert not passwords.needs_rehash(stored)
    assert not passwords.needs_rehash(passwords.NOBODYS)


async def test_too_many_at_once_are_asked_to_come_back() -> None:
    outcomes = await asyncio.gather(*(passwords.is_password(None, "x") for _ in range(40)), return_exceptions=True)
    assert sum(isinstance(outcome, TooMany) for outcome in outcomes) == 8
    assert outcomes.count(False) == 32
    assert not await passwords.is_password(None, "x")
