"""Templates to pages: who is looking, in which language and colours, and what every page shows around its matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from litestar.datastructures import Cookie
from markupsafe import Markup

from folkmoot.network.access import Viewer
from folkmoot.network.accounts.views import AccountView
from folkmoot.network.site import ReadOnly
from folkmoot.web.pages import words
from folkmoot.web.pages.assets import static
from folkmoot.web.pages.cards import rich
from folkmoot.web.pages.forms import SESSION_COOKIE, TOKEN_FIELD, VISITOR_COOKIE, Asked, fresh_visitor, token_for

_TEMPLATES = Path(__file__).parent / "templates"
_YEAR = 365 * 86_400


class Frame(msgspec.Struct, kw_only=True):
    """What every page knows, whatever it is about."""

    site_name: str
    site_description: str = ""
    contact_email: str = ""
    registration: str = "open"
    domain: str
    viewer: Viewer | None = None
    me: AccountView | None = None
    unread: int = 0
    waiting: int = 0
    """Follow requests to answer."""
    locale: str = "en"
    scheme: str = ""
    """`light` or `dark` when the reader chose one."""
    path: str = "/"
    address: str = "/"
    """Path and query: where a form leads back to."""
    post_length: int = 1000
    media_per_post: int = 4
    upload_mb: int = 16
    read_only: ReadOnly | None = None
    """Nothing is written now, or from a time that is near: said above every page."""
    reads_only: bool = False
    """Whether that is so already."""
    notice: str = ""
    """What was just done, said once on the next page."""


@cache
def environment() -> Environment:
    """The templates, with everything they may call."""
    env = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    env.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
        lambda sentence: words.current().gettext(sentence),
        lambda one, many, number: words.current().ngettext(one, many, number),
        newstyle=True,
    )
    env.filters |= {
        "ago": words.ago,
        "until": words.until,
        "ahead": words.ahead,
        "full": words.full,
        "day": words.day,
        "month": words.month,
        "number": words.number,
        "brief": words.brief,
        "day_month": words.day_month,
        "figure": words.figure,
        "hour": lambda moment: f"{moment:%H}:00",
        "share": lambda part: words.figure(part, is_share=True),
        "case_number": lambda id: f"{id % 1_000_000:06d}",
        "twentieth": lambda number: f"{number * 5}–{number * 5 + 5} %",
        "stamp": lambda moment: moment.isoformat(),
        "rich": rich,
        "avatar": lambda account: picture_url(account, account.avatar_key, "avatar.png"),
        "header": lambda account: picture_url(account, account.header_key, "header.png"),
    }
    env.globals |= {"static": static, "locales": words.LOCALES}
    return env


def picture_url(account: AccountView, key: str | None, default: str) -> str:
    """Address of a profile picture; who was suspended or left shows none."""
    gone = account.suspended_at is not None or account.closed_at is not None
    return f"/media/{key}" if key and not gone else static(default)


def write(template: str, frame: Frame, token: Callable[[], str], values: Mapping[str, object]) -> str:
    """The HTML of a template. `token` is called when there is a form on the page."""
    words.speak(frame.locale)

    def form_token() -> Markup:
        return Markup(f'<input type="hidden" name="{TOKEN_FIELD}" value="{token()}">')

    return (
        environment()
        .get_template(template)
        .render(frame=frame, viewer=frame.viewer, me=frame.me, form_token=form_token, bare_token=token, **values)
    )


def answer(
    request: Asked,
    template: str,
    frame: Frame,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> Response[bytes]:
    """A finished page for this request, with a visitor's cookie when it needs one."""
    cookies: list[Cookie] = []

    def token() -> str:
        secret = request.cookies.get(SESSION_COOKIE) or request.cookies.get(VISITOR_COOKIE)
        if not secret and cookies:
            secret = cookies[0].value
        if not secret:
            secret = fresh_visitor()
            cookies.append(plain_cookie(request, VISITOR_COOKIE, secret, hidden=True, seconds=_YEAR))
        return token_for(secret)

    html = write(template, frame, token, values)
    if frame.notice:
        cookies.append(plain_cookie(request, "notice", "", hidden=True, seconds=0))
    return Response(
        html.encode(),
        status_code=status,
        media_type="text/html; charset=utf-8",
        headers={
            "cache-control": "private, no-store" if frame.viewer else "private, no-cache",
            "vary": "cookie",
            **(headers or {}),
        },
        cookies=cookies,
    )


def plain_cookie(request: Asked, name: str, value: str, *, hidden: bool, seconds: int) -> Cookie:
    """A cookie of ours: for this site only, over TLS only where there is TLS."""
    return Cookie(
        key=name,
        value=value,
        path="/",
        max_age=seconds,
        httponly=hidden,
        secure=request.app.state.server.settings.base_url.startswith("https:"),
        samesite="lax",
    )
