"""The door: sign up, sign in, sign out, and how the pages look to who has no account."""

from __future__ import annotations

from collections import defaultdict

from litestar import get, post

from folkmoot.errors import FolkmootError
from folkmoot.moderation.sanctions import Limit, StatementView, latest_statement
from folkmoot.network import access, accounts
from folkmoot.network.access import queries as access_queries
from folkmoot.network.access.rules import LoginDisabled
from folkmoot.network.accounts import SignUpRefused
from folkmoot.web.errors import STATUS
from folkmoot.web.pages import words
from folkmoot.web.pages.forms import Asked, Form
from folkmoot.web.pages.render import plain_cookie
from folkmoot.web.pages.visit import YEAR, Answer, Visit, own_address, redirect, session_cookie
from folkmoot.web.pages.words import say

_FIELDS = ("name", "email", "reason", "invitation", "operator_code", "password", "agreed")


@get("/sign-in", include_in_schema=False)
async def ask_in(request: Asked) -> Answer:
    visit = await Visit.of(request)
    following = own_address(visit.query("next", 2000))
    if visit.viewer is not None and not visit.query("again"):
        return redirect(following)
    return await visit.page("sign_in.html", name="", next=following, wrong="")


@post("/sign-in", include_in_schema=False)
async def sign_in(request: Asked) -> Answer:
    visit = await Visit.of(request)
    form = await visit.form(anybody=True)
    following = own_address(form.text("next"))
    name = form.text("name").strip()
    try:
        visit.server.limits.check_sign_in(visit.client_address)
        token, _ = await access.sign_in(
            visit.server.db,
            name_or_email=name,
            password=form.text("password"),
            address=visit.client_address,
            agent=request.headers.get("user-agent", ""),
        )
    except LoginDisabled as error:
        # The password was right, so this is for its owner's eyes.
        return await visit.page(
            "sign_in.html",
            status=STATUS[error.kind],
            name=name,
            next=following,
            wrong="",
            shut_out=await _shut_out(visit, name),
        )
    except FolkmootError as error:
        wrong = words.current().of_error(error)
        return await visit.page("sign_in.html", status=STATUS[error.kind], name=name, next=following, wrong=wrong)
    return redirect(following, [session_cookie(request, token)])


async def _shut_out(visit: Visit, name: str) -> StatementView | None:
    """The reasons for which somebody may not sign in, where a verdict is what shuts them out."""
    row = await access_queries.find_for_sign_in(visit.server.db, name.removeprefix("@"))
    found = await latest_statement(visit.server.db, row["account_id"]) if row is not None else None
    return found if found is not None and found.reasons.limit in (Limit.SUSPENDED, Limit.BANNED) else None


@post("/sign-out", include_in_schema=False)
async def sign_out(request: Asked) -> Answer:
    visit = await Visit.of(request)
    await visit.form(anybody=True)
    if visit.viewer is not None:
        await access.sign_out(visit.server.db, visit.viewer)
    return redirect("/", [session_cookie(request, "")])


@get("/sign-up", include_in_schema=False)
async def ask_up(request: Asked) -> Answer:
    visit = await Visit.of(request)
    if visit.viewer is not None:
        return redirect("/")
    given = dict.fromkeys(_FIELDS, "") | {
        "invitation": visit.query("invitation", 40),
        "operator_code": visit.query("code", 40),
    }
    return await _form(visit, given)


async def _form(visit: Visit, given: dict[str, str], error: FolkmootError | None = None) -> Answer:
    wrongs_by: dict[str, str] = defaultdict(str)
    if isinstance(error, SignUpRefused):
        said = words.current()
        for field, complaints in error.details.items():
            wrongs_by[field] = " ".join(said.gettext(sentence) for _, sentence in complaints)
    site = await visit.memory.site()
    return await visit.page(
        "sign_up.html",
        status=STATUS[error.kind] if error else 200,
        values=given,
        mode=site.registration,
        first_run=await visit.memory.is_first_run(),
        rules=await visit.memory.rules(),
        wrong="" if error is None or wrongs_by else words.current().of_error(error),
        wrongs_by={field: wrongs_by[field] for field in _FIELDS},
    )


@post("/sign-up", include_in_schema=False)
async def sign_up(request: Asked) -> Answer:
    visit = await Visit.of(request)
    form = await visit.form(anybody=True)
    server = visit.server
    try:
        server.limits.check_sign_up(visit.client_address)
        account = await accounts.sign_up(
            server.db,
            name=form.text("name").strip().removeprefix("@"),
            password=form.text("password"),
            email=form.optional("email"),
            locale=visit.locale,
            agreed=form.flag("agreed"),
            reason=form.text("reason"),
            invitation=form.optional("invitation"),
            operator_code=form.optional("operator_code"),
            settings=server.settings,
        )
    except FolkmootError as error:
        return await _form(visit, _given(form), error)
    if account.approved_at is None:
        return await visit.page("waiting.html", name=account.name)
    token, _ = await access.enter(
        server.db, account.id, address=visit.client_address, agent=request.headers.get("user-agent", "")
    )
    notice = say("Welcome! Say who you are, so that others recognise you.")
    answer = visit.back("/settings/profile", notice)
    answer.set_cookie(session_cookie(request, token))
    return answer


def _given(form: Form) -> dict[str, str]:
    """What was typed, to be shown again; never the password."""
    return {field: form.text(field) for field in _FIELDS} | {"password": ""}


@post("/look", include_in_schema=False)
async def look(request: Asked) -> Answer:
    """Another language or other colours, kept in this browser (and the language with the account)."""
    visit = await Visit.of(request)
    form = await visit.form(anybody=True)
    answer = redirect(form.text("back"))
    locale, scheme = form.text("locale"), form.text("scheme")
    if locale in words.LOCALES:
        answer.set_cookie(plain_cookie(request, "locale", locale, hidden=True, seconds=YEAR))
        if visit.viewer is not None:
            await accounts.update_preferences(visit.server.db, visit.viewer, locale=locale)
    if scheme in ("light", "dark", "auto"):
        seconds = YEAR if scheme != "auto" else 0
        answer.set_cookie(plain_cookie(request, "scheme", scheme, hidden=True, seconds=seconds))
    return answer
