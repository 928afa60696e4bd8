"""What a visitor is told when something cannot be done. Needs no database, since that may be what is missing."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import structlog
from litestar import Response
from litestar.exceptions import HTTPException

from folkmoot.errors import FolkmootError, Kind, Missing, TooMany, Unavailable
from folkmoot.web.errors import STATUS
from folkmoot.web.pages import render, words
from folkmoot.web.pages.forms import Asked
from folkmoot.web.pages.visit import Answer, SignInFirst, redirect
from folkmoot.web.pages.words import say
from folkmoot.web.writes import ReadOnlyNow

log = structlog.get_logger(__name__)


def on_refusal(request: Asked, error: FolkmootError) -> Answer:
    """One of our own errors: to the door when somebody must sign in first, else a page that says why."""
    if error.cause:
        log.warning("refused", path=request.url.path, error=type(error).__name__, cause=error.cause)
    _speak(request)
    if wants_json(request):
        return Response({"error": words.current().of_error(error)}, status_code=STATUS[error.kind])
    if isinstance(error, SignInFirst):
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return redirect("/sign-in" if request.method == "POST" else f"/sign-in?next={quote(path, safe='')}")
    headers = {"retry-after": str(error.retry_after)} if isinstance(error, TooMany | ReadOnlyNow) else {}
    if isinstance(error, ReadOnlyNow):
        return error_page(request, STATUS[error.kind], str(error.values["reason"]), headers, _reading_only())
    if error.kind is Kind.UNAVAILABLE:
        headers["retry-after"] = "30"
    said = "" if type(error) in (Missing, Unavailable) else words.current().of_error(error)
    return error_page(request, STATUS[error.kind], said, headers)


def on_http(request: Asked, error: HTTPException) -> Answer:
    """An error of the framework: an address or method we do not have, a body that is too large."""
    _speak(request)
    if wants_json(request):
        return Response({"error": str(error.status_code)}, status_code=error.status_code)
    return error_page(request, error.status_code, "", dict(error.headers or {}))


def on_failure(request: Asked, error: Exception) -> Answer:
    """A mistake of ours: on record in the log, and without details for the visitor."""
    if isinstance(error, HTTPException):
        return on_http(request, error)
    log.error("failed", path=request.url.path, exc_info=error)
    _speak(request)
    if wants_json(request):
        return Response({"error": say("Something broke on our side")}, status_code=500)
    return error_page(request, 500, "", {})


def wants_json(request: Asked) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _speak(request: Asked) -> None:
    settings = request.app.state.server.settings
    words.speak(
        words.choose(
            account=None,
            cookie=request.cookies.get("locale"),
            accepted=request.headers.get("accept-language", ""),
            default=settings.default_locale,
        )
    )


def _reading_only() -> tuple[str, str, str]:
    return (
        say("Reading only at the moment"),
        say(
            "Nothing can be written right now. You can read everything, object, appeal and take your data along. "
            "Going back brings your words back."
        ),
        "storm",
    )


def error_page(
    request: Asked,
    status: int,
    said: str,
    headers: dict[str, str] | None = None,
    explained: tuple[str, str, str] | None = None,
) -> Answer:
    """The page for a status, with what the error itself says."""
    settings = request.app.state.server.settings
    title, text, drawing = explained or _explain(status)
    ways: list[tuple[str, str]] = [("/", say("Go home"))]
    if status in (500, 503, 429):
        ways.insert(0, (request.url.path if request.method == "GET" else "/", say("Try again")))
    elif status == 401:
        ways.insert(0, ("/sign-in", say("Sign in")))
    elif status == 404:
        ways.append(("/search", say("Search")))
    scheme = request.cookies.get("scheme", "")
    frame = render.Frame(
        site_name=request.app.state.memory.site_name,
        domain=settings.domain,
        locale=words.current().locale,
        scheme=scheme if scheme in ("light", "dark") else "",
    )
    values: dict[str, Any] = {
        "title": title,
        "text": text,
        "words": said,
        "drawing": drawing,
        "ways": ways,
        "code": status,
    }
    return render.answer(
        request, "error.html", frame, status, {"cache-control": "no-store", **(headers or {})}, **values
    )


def _explain(status: int) -> tuple[str, str, str]:
    match status:
        case 400:
            return (
                say("We could not read that"),
                say("Something in the request was garbled. Going back and trying again usually helps."),
                "letter",
            )
        case 401:
            return say("Please sign in first"), say("This page is for members."), "key"
        case 403:
            return say("This is not for you"), say("You may not do this, or not from here."), "key"
        case 404 | 405:
            return say("There is nothing here"), say("The page is gone, never was, or is not meant for you."), "lens"
        case 409:
            return say("Somebody was faster"), say("This has changed in the meantime. Have another look."), "bench"
        case 413:
            return say("That is too large"), say("Try a smaller picture or a shorter text."), "letter"
        case 422:
            return say("Something does not fit"), say("Go back and change what is named below."), "letter"
        case 429:
            return say("One moment, please"), say("That was a lot at once. Wait a little and try again."), "bench"
        case 503:
            return (
                say("We will be right back"),
                say("The network cannot do this right now. Nothing was lost; please try again in a minute."),
                "storm",
            )
        case _:
            return say("Something broke on our side"), say("It has been noted. Trying again may help."), "storm"
