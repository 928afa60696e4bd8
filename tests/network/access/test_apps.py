from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.bus import News
from folkmoot.database import Database
from folkmoot.errors import Missing, Unknown
from folkmoot.network import access, accounts
from folkmoot.network.access import COMMAND_LINE, AppView, IssuedToken, OAuthError, Viewer, rules
from folkmoot.network.gate import Gate
from folkmoot.settings import Settings

HOME = "https://app.example/back"
VERIFIER = "a-verifier-of-at-least-forty-three-characters"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


async def register(db: Database, name: str = "Ice Cubes") -> tuple[AppView, str]:
    return await access.register_app(
        db,
        Gate(db, Settings(screening="rules")),
        name=name,
        redirect_uris=[HOME, "icecubesapp://"],
        scopes=["read", "write"],
        website=None,
    )


async def test_a_name_that_would_be_held_as_a_post_stands_beside_none(db: Database) -> None:
    with pytest.raises(rules.AppRefused, match="reads like a threat"):
        await register(db, "I will kill you tonight, traitor")
    assert await db.fetchval("SELECT count(*) FROM apps") == 0


async def let_in(db: Database, viewer: Viewer, app: AppView, **changed: Any) -> str:
    asked: dict[str, Any] = {
        "client_id": app.client_id,
        "redirect_uri": HOME,
        "scopes": ["read", "write:statuses"],
        "challenge": CHALLENGE,
        "challenge_method": "S256",
    }
    return await access.authorise(db, viewer, **(asked | changed))


async def redeem(db: Database, app: AppView, secret: str | None, granted: str, **changed: Any) -> IssuedToken:
    asked: dict[str, Any] = {
        "client_id": app.client_id,
        "client_secret": secret,
        "code": granted,
        "redirect_uri": HOME,
        "verifier": VERIFIER,
    }
    return await access.redeem(db, **(asked | changed))


async def test_an_app_is_let_in_and_acts_for_the_member(
    db: Database, cast: Any, round_trips: Callable[..., Any]
) -> None:
    app, secret = await register(db)
    assert await access.find_app(db, app.client_id) == app
    issued = await redeem(db, app, secret, await let_in(db, cast.ada, app))
    assert issued.scopes == ("read", "write:statuses")
    holder = await access.viewer_by_token(db, issued.token)
    assert holder.viewer is not None
    assert holder.viewer.account_id == cast.ada.account_id
    assert holder.viewer.may("read:statuses")
    assert not holder.viewer.may("write:follows")
    with round_trips(db, 1):
        assert await access.viewer_by_token(db, issued.token) == holder


async def test_nothing_secret_is_stored(db: Database, cast: Any) -> None:
    app, secret = await register(db)
    code = await let_in(db, cast.ada, app)
    token = (await redeem(db, app, secret, code)).token
    for table in ("apps", "grants", "tokens", "events", "outbox"):
        rows = await db.fetch(f"SELECT row_to_json({table})::text AS row FROM {table}")
        for word in (secret, code, token):
            assert not any(word in row["row"] for row in rows)


async def test_an_app_that_keeps_no_secret_shows_its_verifier(db: Database, cast: Any) -> None:
    app, _ = await register(db)
    assert await redeem(db, app, None, await let_in(db, cast.ada, app))
    code = await let_in(db, cast.ada, app, challenge=None, challenge_method=None)
    with pytest.raises(OAuthError) as refused:
        await redeem(db, app, None, code, verifier=None)
    assert refused.value.code == "invalid_client"
    with pytest.raises(OAuthError):
        await redeem(db, app, None, code)  # a verifier for a challenge that was left out proves nothing


async def test_a_code_is_good_once_and_reuse_takes_the_token_back(db: Database, cast: Any, heard: list[News]) -> None:
    app, secret = await register(db)
    code = await let_in(db, cast.ada, app)
    other = await redeem(db, app, secret, await let_in(db, cast.ada, app))
    with clock.held_at(clock.now() + timedelta(seconds=1)):
        issued = await redeem(db, app, secret, code)
    with pytest.raises(OAuthError) as refused:
        await redeem(db, app, secret, code)
    assert refused.value.code == "invalid_grant"
    with pytest.raises(Unknown):
        await access.viewer_by_token(db, issued.token)
    await access.viewer_by_token(db, other.token)
    assert "access.changed" in [news.kind for news in heard]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"redirect_uri": "icecubesapp://"}, "invalid_grant"),
        ({"code": "guessed"}, "invalid_grant"),
        ({"code": "\ud800"}, "invalid_grant"),
        ({"verifier": "b" * 43}, "invalid_grant"),
        ({"verifier": None}, "invalid_grant"),
        ({"client_secret": "guessed"}, "invalid_client"),
        ({"client_id": "guessed\0"}, "invalid_client"),
    ],
)
async def test_whatever_does_not_fit_is_refused(db: Database, cast: Any, changed: dict[str, Any], code: str) -> None:
    app, secret = await register(db)
    granted = await let_in(db, cast.ada, app)
    with pytest.raises(OAuthError) as refused:
        await redeem(db, app, secret, granted, **changed)
    assert refused.value.code == code
    assert await redeem(db, app, secret, granted)


async def test_a_code_is_good_for_ten_minutes_and_one_app(db: Database, cast: Any) -> None:
    app, secret = await register(db)
    other, others_secret = await register(db)
    code = await let_in(db, cast.ada, app)
    with pytest.raises(OAuthError):
        await redeem(db, other, others_secret, code)
    with clock.held_at(clock.now() + timedelta(minutes=11)), pytest.raises(OAuthError):
        await redeem(db, app, secret, code)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"client_id": "nobody"}, "invalid_client"),
        ({"redirect_uri": "https://evil.example"}, "invalid_redirect_uri"),
        ({"scopes": ["admin:read"]}, "invalid_scope"),
        ({"challenge_method": "plain"}, "invalid_request"),
    ],
)
async def test_an_app_asks_only_for_what_it_registered(
    db: Database, cast: Any, changed: dict[str, Any], code: str
) -> None:
    app, _ = await register(db)
    with pytest.raises(OAuthError) as refused:
        await let_in(db, cast.ada, app, **changed)
    assert refused.value.code == code


async def test_a_suspended_members_code_buys_nothing(db: Database, cast: Any) -> None:
    app, secret = await register(db)
    code = await let_in(db, cast.ada, app)
    await accounts.suspend(db, COMMAND_LINE, cast.ada.account_id, "spam")
    with pytest.raises(OAuthError):
        await redeem(db, app, secret, code)


async def test_an_app_may_act_for_itself(db: Database) -> None:
    app, secret = await register(db)
    issued = await access.client_token(db, app.client_id, secret, ["read"])
    holder = await access.viewer_by_token(db, issued.token)
    assert holder.viewer is None
    assert holder.app_id == app.id
    with pytest.raises(OAuthError):
        await access.client_token(db, app.client_id, "guessed", ["read"])
    with pytest.raises(OAuthError):
        await access.client_token(db, app.client_id, secret, ["follow"])


async def test_an_app_gives_its_own_token_back(db: Database, cast: Any, heard: list[News]) -> None:
    app, secret = await register(db)
    other, others_secret = await register(db)
    token = (await redeem(db, app, secret, await let_in(db, cast.ada, app))).token
    with pytest.raises(OAuthError) as refused:
        await access.revoke_token(db, other.client_id, others_secret, token)
    assert refused.value.code == "unauthorized_client"
    await access.revoke_token(db, app.client_id, secret, token)
    await access.revoke_token(db, app.client_id, secret, token)
    await access.revoke_token(db, app.client_id, secret, "never heard of")
    with pytest.raises(Unknown):
        await access.viewer_by_token(db, token)
    assert heard[-1].payload == {"account_id": cast.ada.account_id}


async def test_a_member_sees_the_apps_and_shuts_one_out(db: Database, cast: Any) -> None:
    app, secret = await register(db)
    token = (await redeem(db, app, secret, await let_in(db, cast.ada, app, scopes=["read"]))).token
    await redeem(db, app, secret, await let_in(db, cast.ada, app, scopes=["write"]))
    (listed,) = await access.authorised_apps(db, cast.ada)
    assert listed.app == app
    assert listed.scopes == ("read", "write")
    assert await access.authorised_apps(db, cast.bert) == []
    with pytest.raises(Missing):
        await access.revoke_app(db, cast.bert, app.id)
    await access.revoke_app(db, cast.ada, app.id)
    with pytest.raises(Unknown):
        await access.viewer_by_token(db, token)


async def test_tokens_of_the_command_line_share_one_app(db: Database, cast: Any) -> None:
    first = await access.issue_token(db, cast.ada.account_id, ["read"], "Script")
    second = await access.issue_token(db, cast.bert.account_id, ["read", "write"], "Script")
    one, two = await access.viewer_by_token(db, first), await access.viewer_by_token(db, second)
    assert one.app_id == two.app_id
    assert (await access.get_app(db, one.app_id)).name == "Script"
    with pytest.raises(OAuthError):
        await access.issue_token(db, cast.ada.account_id, ["everything"], "Script")


async def test_a_token_of_who_waits_says_so(db: Database, enrol: Any) -> None:
    waiting = await enrol("emil", approved_at=None)
    token = await access.issue_token(db, waiting.account_id, ["read"], "Script")
    with pytest.raises(rules.PendingApproval) as refused:
        await access.viewer_by_token(db, token)
    assert refused.value.words == "Your login is currently pending approval"
