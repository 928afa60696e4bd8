"""Apps: registering, letting them in, their tokens. OAuth 2 with codes and PKCE; nobody hands an app a password."""

from __future__ import annotations

import contextlib
import hmac
import secrets
from collections.abc import Sequence

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Row, Transaction
from folkmoot.errors import Missing, Unavailable, Unknown
from folkmoot.ids import new_id
from folkmoot.moderation.screening import Outcome, Words
from folkmoot.network.access import queries, rules
from folkmoot.network.access.rules import OAuthError
from folkmoot.network.access.sessions import viewer_from
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.access.views import AppView, AuthorisedApp, IssuedToken, TokenHolder
from folkmoot.network.gate import Gate

_WRONG_CLIENT = (
    "Client authentication failed due to unknown client, no client authentication included, or unsupported "
    "authentication method."
)
_WRONG_GRANT = (
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the "
    "authorization request, or was issued to another client."
)


async def register_app(
    db: Database,
    gate: Gate,
    *,
    name: str,
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
    website: str | None = None,
) -> tuple[AppView, str]:
    """Register an app: what is known of it, and its secret, shown this once.

    Its name stands beside posts, so it is screened. Raises AppRefused.
    """
    wanted = list(dict.fromkeys(scopes)) or ["read"]
    website = (website or "").strip() or None
    rules.check_app(name, redirect_uris, wanted, website)
    if (await gate.look(Words(text=name))).outcome is Outcome.HOLD:
        raise rules.AppRefused("Validation failed: Application name reads like a threat", field="name")
    secret = secrets.token_urlsafe(32)
    async with db.transaction() as tx:
        row = await queries.insert_app(
            tx,
            new_id(),
            secrets.token_urlsafe(32),
            rules.digest(secret),
            name.strip(),
            website,
            list(dict.fromkeys(redirect_uris)),
            wanted,
            clock.now(),
        )
    return _app(row), secret


async def find_app(db: Database, client_id: str) -> AppView | None:
    """The app of this client_id."""
    row = await queries.find_app(db, client_id) if rules.is_storable(client_id) else None
    return _app(row) if row is not None else None


async def get_app(db: Database, app_id: int) -> AppView:
    """The app of this id, as a token names it. Raises Missing."""
    row = await queries.get_app(db, app_id)
    if row is None:
        raise Missing
    return _app(row)


async def check_request(
    db: Database,
    *,
    client_id: str,
    redirect_uri: str,
    scopes: Sequence[str],
    challenge: str | None = None,
    challenge_method: str | None = None,
) -> AppView:
    """The app that asks to be let in. Raises OAuthError when it must not even be shown to the member.

    With invalid_client and invalid_redirect_uri nobody may be sent to the address given.
    """
    app = await find_app(db, client_id)
    if app is None:
        raise OAuthError("invalid_client", _WRONG_CLIENT)
    if redirect_uri not in app.redirect_uris:
        raise OAuthError("invalid_redirect_uri", "The requested redirect uri is malformed or doesn't match client.")
    rules.check_scopes(scopes, app.scopes)
    rules.check_challenge(challenge, challenge_method)
    return app


async def authorise(
    db: Database,
    viewer: Viewer,
    *,
    client_id: str,
    redirect_uri: str,
    scopes: Sequence[str],
    challenge: str | None = None,
    challenge_method: str | None = None,
) -> str:
    """Let an app in: the code it redeems within 10 minutes. Raises OAuthError."""
    wanted = list(dict.fromkeys(scopes))
    app = await check_request(
        db,
        client_id=client_id,
        redirect_uri=redirect_uri,
        scopes=wanted,
        challenge=challenge,
        challenge_method=challenge_method,
    )
    code = secrets.token_urlsafe(32)
    async with db.transaction() as tx:
        await queries.insert_grant(
            tx,
            rules.digest(code),
            app.id,
            viewer.account_id,
            redirect_uri,
            wanted,
            challenge,
            clock.now() + rules.GRANT_LIFE,
        )
        tx.record(Event.APP_AUTHORISED, actor=viewer.account_id, subject=viewer.account_id, app_id=str(app.id))
    return code


async def redeem(
    db: Database,
    *,
    client_id: str,
    client_secret: str | None,
    code: str,
    redirect_uri: str,
    verifier: str | None = None,
) -> IssuedToken:
    """Turn a code into a token, once; a second time takes the first token back. Raises OAuthError.

    An app that cannot keep a secret may leave it out when its request carried a challenge.
    """
    app = await _authenticate(db, client_id, client_secret, without_secret=verifier is not None)
    async with db.transaction() as tx:
        issued = await _redeem(tx, app.id, code, redirect_uri, verifier)
    if issued is None:
        raise OAuthError("invalid_grant", _WRONG_GRANT)
    return issued


async def _redeem(
    tx: Transaction, app_id: int, code: str, redirect_uri: str, verifier: str | None
) -> IssuedToken | None:
    hashed, now = rules.digest(code), clock.now()
    grant = await queries.lock_grant(tx, hashed)
    if grant is None or grant["app_id"] != app_id:
        return None
    if grant["used_at"] is not None:
        # Somebody else has the code: neither may keep what it bought.
        await queries.revoke_tokens_made_at(tx, grant["account_id"], app_id, grant["used_at"], now)
        tx.record(Event.TOKEN_REVOKED, actor=None, subject=grant["account_id"], app_id=str(app_id), why="code reused")
        tx.announce("access.changed", account_id=grant["account_id"])
        return None
    if grant["expires_at"] <= now or grant["redirect_uri"] != redirect_uri:
        return None
    if not rules.answers_challenge(verifier, grant["challenge"]):
        return None
    if grant["approved_at"] is None or grant["suspended_at"] is not None or grant["closed_at"] is not None:
        return None
    await queries.use_grant(tx, hashed, now)
    return await _issue(tx, app_id, grant["account_id"], grant["scopes"])


async def client_token(db: Database, client_id: str, client_secret: str, scopes: Sequence[str]) -> IssuedToken:
    """A token for the app itself, acting for nobody. Raises OAuthError."""
    app = await _authenticate(db, client_id, client_secret)
    wanted = list(dict.fromkeys(scopes)) or ["read"]
    rules.check_scopes(wanted, app.scopes)
    async with db.transaction() as tx:
        return await _issue(tx, app.id, None, wanted)


async def issue_token(
    db: Database, account_id: int, scopes: Sequence[str], app_name: str = "", *, app_id: int | None = None
) -> str:
    """A token without a browser: for the command line (an app of that name), or for a sign-up through `app_id`."""
    wanted = list(dict.fromkeys(scopes))
    rules.check_scopes(wanted, rules.SCOPES)
    async with db.transaction() as tx:
        if app_id is None:
            app_id = await _house_app(tx, app_name)
        return (await _issue(tx, app_id, account_id, wanted)).token


async def revoke_token(db: Database, client_id: str, client_secret: str | None, token: str) -> None:
    """Take an app's token back; one nobody knows is no error. Raises OAuthError for somebody else's."""
    app = await _authenticate(db, client_id, client_secret, without_secret=True)
    hashed = rules.digest(token)
    async with db.transaction() as tx:
        if await queries.find_token_app(tx, hashed) not in (app.id, None):
            raise OAuthError("unauthorized_client", "You are not authorized to revoke this token")
        row = await queries.revoke_token(tx, hashed, clock.now())
        if row is not None:
            account_id = row["account_id"]
            tx.record(Event.TOKEN_REVOKED, actor=account_id, subject=account_id, app_id=str(app.id))
            tx.announce("access.changed", account_id=account_id)


async def viewer_by_token(db: Database, token: str) -> TokenHolder:
    """Whose token this is. Raises Unknown for none of ours, PendingApproval and LoginDisabled."""
    row = await queries.find_token(db, rules.digest(token))
    if row is None:
        raise Unknown("The access token is invalid")
    scopes, now = frozenset(row["scopes"]), clock.now()
    viewer = None
    if row["holder_id"] is not None:
        if row["locale"] is None:
            raise Unknown("The access token is invalid")  # closed, and its credentials erased
        rules.check_standing(
            approved=row["approved_at"] is not None,
            suspended=row["suspended_at"] is not None,
            closed=row["closed_at"] is not None,
        )
        viewer = viewer_from(row, scopes=scopes, app_id=row["app_id"], token_id=row["id"])
    if row["seen_on"] != now.date():
        with contextlib.suppress(Unavailable):  # a host that only follows can answer, and takes no notes
            async with db.transaction() as tx:
                await queries.note_token_seen(tx, row["id"], now)
    return TokenHolder(app_id=row["app_id"], viewer=viewer, scopes=scopes)


async def authorised_apps(db: Database, viewer: Viewer) -> list[AuthorisedApp]:
    """The apps the viewer has let in, the newest first."""
    rows = await queries.list_authorised_apps(db, viewer.account_id)
    return [
        AuthorisedApp(app=_app(row), scopes=tuple(row["held"]), since=row["since"], seen_on=row["seen_on"])
        for row in rows
    ]


async def revoke_app(db: Database, viewer: Viewer, app_id: int) -> None:
    """Shut an app out: all its tokens for the viewer are taken. Raises Missing when it holds none."""
    async with db.transaction() as tx:
        if not await queries.revoke_tokens_of_app(tx, viewer.account_id, app_id, clock.now()):
            raise Missing
        tx.record(Event.TOKEN_REVOKED, actor=viewer.account_id, subject=viewer.account_id, app_id=str(app_id))
        tx.announce("access.changed", account_id=viewer.account_id)


async def _authenticate(
    db: Database, client_id: str, client_secret: str | None, *, without_secret: bool = False
) -> AppView:
    row = await queries.find_app(db, client_id) if rules.is_storable(client_id) else None
    if row is None or (client_secret is None and not without_secret):
        raise OAuthError("invalid_client", _WRONG_CLIENT)
    if client_secret is not None and not hmac.compare_digest(row["secret_hash"], rules.digest(client_secret)):
        raise OAuthError("invalid_client", _WRONG_CLIENT)
    return _app(row)


async def _issue(tx: Transaction, app_id: int, account_id: int | None, scopes: Sequence[str]) -> IssuedToken:
    token, now = secrets.token_urlsafe(32), clock.now()
    await queries.insert_token(tx, new_id(), rules.digest(token), app_id, account_id, scopes, now)
    tx.record(Event.TOKEN_ISSUED, actor=account_id, subject=account_id, app_id=str(app_id), scopes=list(scopes))
    return IssuedToken(token, tuple(scopes), now)


async def _house_app(tx: Transaction, name: str) -> int:
    """The app behind tokens made on this machine: no address to be sent to, and a secret nobody has."""
    shown = name.strip() or "folkmoot"
    row = await queries.insert_app(
        tx,
        new_id(),
        f"here-{rules.digest(shown).hex()[:40]}",
        secrets.token_bytes(32),
        shown[:60],
        None,
        [],
        list(rules.SCOPES),
        clock.now(),
    )
    found: int = row["id"]
    return found


def _app(row: Row) -> AppView:
    return AppView(
        id=row["id"],
        client_id=row["client_id"],
        name=row["name"],
        website=row["website"],
        redirect_uris=tuple(row["redirect_uris"]),
        scopes=tuple(row["scopes"]),
        created_at=row["created_at"],
    )
