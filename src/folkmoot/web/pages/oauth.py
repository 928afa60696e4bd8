"""The page on which a member lets an app in. Tokens and app registration are `web/api/apps.py`."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from litestar import Response, get, post

from folkmoot.network import access
from folkmoot.network.access import AppView, OAuthError, parse_scopes
from folkmoot.web.pages.forms import Asked
from folkmoot.web.pages.scopes import scope_words
from folkmoot.web.pages.visit import Answer, Visit, redirect

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
_NOT_LED_BACK = ("invalid_client", "invalid_redirect_uri")
"""With these nobody may be sent to the address given."""
_CARRIED = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)  # fmt: skip


class _Wish:
    """What an app asks for."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values = {name: values.get(name, "") for name in _CARRIED}
        self.client_id = self.values["client_id"]
        self.redirect_uri = self.values["redirect_uri"]
        self.scopes = parse_scopes(self.values["scope"]) or ["read"]
        self.challenge = self.values["code_challenge"] or None
        self.challenge_method = self.values["code_challenge_method"] or None

    async def check(self, visit: Visit) -> AppView:
        app = await access.check_request(
            visit.server.db,
            client_id=self.client_id,
            redirect_uri=self.redirect_uri,
            scopes=self.scopes,
            challenge=self.challenge,
            challenge_method=self.challenge_method,
        )
        if self.values["response_type"] != "code":
            raise OAuthError(
                "unsupported_response_type", "The authorization server does not support this response type."
            )
        return app

    def lead_back(self, **answer: str) -> Answer:
        """Back to the app with what came of it."""
        if self.values["state"]:
            answer["state"] = self.values["state"]
        parts = urlsplit(self.redirect_uri)
        query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *answer.items()])
        address = urlunsplit(parts._replace(query=query))
        if "?" not in address:  # urlunsplit drops the query of schemes it does not know
            address = f"{self.redirect_uri}?{query}"
        return Response(b"", status_code=302, headers={"location": address, "cache-control": "no-store"})


async def _refused(visit: Visit, wish: _Wish, error: OAuthError) -> Answer:
    if error.code in _NOT_LED_BACK or wish.redirect_uri == OUT_OF_BAND:
        raise error
    return wish.lead_back(error=error.code, error_description=error.words)


@get("/oauth/authorize", include_in_schema=False)
async def ask(request: Asked) -> Answer:
    """Whether an app may act for the member; leads through the door first."""
    visit = await Visit.of(request)
    wish = _Wish({name: visit.query(name, 2000) for name in _CARRIED})
    try:
        app = await wish.check(visit)
    except OAuthError as error:
        return await _refused(visit, wish, error)
    following = quote(f"/oauth/authorize?{urlencode(wish.values)}", safe="")
    if visit.viewer is None:
        return redirect(f"/sign-in?next={following}")
    if visit.query("force_login") in ("true", "1"):
        return redirect(f"/sign-in?again=1&next={following}")  # another account may be meant
    return await visit.page(
        "oauth/consent.html",
        app=app,
        scopes=wish.scopes,
        scope_words=scope_words,
        action="/oauth/authorize",
        hidden=list(wish.values.items()),
    )


@post("/oauth/authorize", include_in_schema=False)
async def decide(request: Asked) -> Answer:
    """The member's decision."""
    visit = await Visit.of(request)
    form = await visit.form()
    wish = _Wish({name: form.text(name)[:2000] for name in _CARRIED})
    try:
        await wish.check(visit)
        if form.text("decision") != "allow":
            raise OAuthError("access_denied", "The resource owner or authorization server denied the request.")
        code = await access.authorise(
            visit.server.db,
            visit.member,
            client_id=wish.client_id,
            redirect_uri=wish.redirect_uri,
            scopes=wish.scopes,
            challenge=wish.challenge,
            challenge_method=wish.challenge_method,
        )
    except OAuthError as error:
        return await _refused(visit, wish, error)
    if wish.redirect_uri == OUT_OF_BAND:
        return await visit.page("oauth/code.html", code=code)
    return wish.lead_back(code=code)
