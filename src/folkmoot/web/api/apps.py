"""Apps and their tokens. The page on which a member lets an app in is `web/pages`."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from folkmoot.errors import Missing
from folkmoot.network import access
from folkmoot.network.access import IssuedToken, OAuthError, parse_scopes
from folkmoot.network.access.views import AppView
from folkmoot.web.api.call import Answer, Call, endpoint
from folkmoot.web.api.push import vapid_key

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


class AppParameters(msgspec.Struct, frozen=True):
    client_name: str = ""
    redirect_uris: list[str] = []
    scopes: str = "read"
    website: str | None = None


class TokenParameters(msgspec.Struct, frozen=True):
    grant_type: str = ""
    client_id: str = ""
    client_secret: str | None = None
    redirect_uri: str = ""
    code: str = ""
    code_verifier: str | None = None
    scope: str = ""


class RevokeParameters(msgspec.Struct, frozen=True):
    client_id: str = ""
    client_secret: str | None = None
    token: str = ""


async def _app(call: Call, app: AppView) -> dict[str, Any]:
    return {
        "id": str(app.id),
        "name": app.name,
        "website": app.website,
        "scopes": list(app.scopes),
        "redirect_uri": "\n".join(app.redirect_uris),
        "redirect_uris": list(app.redirect_uris),
        "vapid_key": await vapid_key(call.server),
    }


@endpoint("POST", "/api/v1/apps", who="anyone")
async def register(call: Call, given: AppParameters) -> Any:
    """Register an app."""
    addresses = [line.strip() for text in given.redirect_uris for line in text.split("\n") if line.strip()]
    app, secret = await access.register_app(
        call.server.db,
        call.server.gate,
        name=given.client_name,
        redirect_uris=addresses,
        scopes=parse_scopes(given.scopes),
        website=given.website,
    )
    return {**await _app(call, app), "client_id": app.client_id, "client_secret": secret, "client_secret_expires_at": 0}


@endpoint("GET", "/api/v1/apps/verify_credentials", who="app")
async def verify(call: Call) -> Any:
    """Which app one is."""
    if call.app_id is None:
        raise Missing
    return await _app(call, await access.get_app(call.server.db, call.app_id))


def _credentials(call: Call, client_id: str, client_secret: str | None) -> tuple[str, str | None]:
    """The app's id and secret from the parameters or, as RFC 6749 prefers, from HTTP Basic."""
    kind, _, packed = call.header(b"authorization").partition(" ")
    if kind.lower() != "basic":
        return client_id, client_secret
    try:
        id, _, secret = base64.b64decode(packed, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise OAuthError("invalid_client", "The credentials could not be read") from error
    return unquote_plus(id), unquote_plus(secret)


@endpoint("POST", "/oauth/token", who="anyone")
async def token(call: Call, given: TokenParameters) -> Answer:
    """Turn a code, or an app's own credentials, into a token."""
    client_id, secret = _credentials(call, given.client_id, given.client_secret)
    if given.grant_type == "authorization_code":
        issued = await access.redeem(
            call.server.db,
            client_id=client_id,
            client_secret=secret,
            code=given.code,
            redirect_uri=given.redirect_uri,
            verifier=given.code_verifier,
        )
    elif given.grant_type == "client_credentials":
        issued = await access.client_token(call.server.db, client_id, secret or "", parse_scopes(given.scope))
    else:
        raise OAuthError("unsupported_grant_type", "The authorization grant type is not supported by the server.")
    return _token(issued)


def _token(issued: IssuedToken) -> Answer:
    body = {
        "access_token": issued.token,
        "token_type": "Bearer",
        "scope": " ".join(issued.scopes),
        "created_at": int(issued.created_at.timestamp()),
    }
    return Answer(msgspec.json.encode(body), headers=[(b"cache-control", b"no-store")])


@endpoint("POST", "/oauth/revoke", who="anyone")
async def revoke(call: Call, given: RevokeParameters) -> Any:
    """Give a token back."""
    client_id, secret = _credentials(call, given.client_id, given.client_secret)
    await access.revoke_token(call.server.db, client_id, secret, given.token)
    return {}


@endpoint("GET", "/oauth/userinfo", scope="profile")
async def userinfo(call: Call) -> Any:
    """Who one is, in the words of OpenID Connect."""
    account = await call.server.shelf.account(call.member.account_id)
    if account is None:
        raise Missing
    base = call.server.settings.base_url
    return {
        "iss": base + "/",
        "sub": f"{base}/@{account.name}",
        "name": account.shown_name,
        "preferred_username": account.name,
        "profile": f"{base}/@{account.name}",
        "picture": call.server.entities.picture(account.avatar_key, "avatar.png"),
    }


@endpoint("GET", "/.well-known/oauth-authorization-server", who="anyone")
async def metadata(call: Call) -> Any:
    """What sign-in can do (RFC 8414)."""
    base = call.server.settings.base_url
    return {
        "issuer": base + "/",
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "userinfo_endpoint": f"{base}/oauth/userinfo",
        "app_registration_endpoint": f"{base}/api/v1/apps",
        "scopes_supported": sorted(access.SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "service_documentation": f"{base}/about",
    }
