"""What members decide about themselves: profile, preferences, password, sessions, apps, invitations, leaving."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import get, post
from litestar.params import FromPath

from folkmoot import clock
from folkmoot.errors import FolkmootError, Invalid, Missing
from folkmoot.ids import parse
from folkmoot.network import access, accounts, media, relations
from folkmoot.web.errors import STATUS
from folkmoot.web.pages import words
from folkmoot.web.pages.forms import Asked
from folkmoot.web.pages.people import PEOPLE, show_people
from folkmoot.web.pages.post import language_choices
from folkmoot.web.pages.render import plain_cookie
from folkmoot.web.pages.scopes import scope_words
from folkmoot.web.pages.visit import YEAR, Answer, Nothing, Visit, redirect, session_cookie
from folkmoot.web.pages.words import say

SCHEMES = ("light", "dark", "auto")


@get("/menu", include_in_schema=False)
async def menu(request: Asked) -> Answer:
    """On a phone: everything that has no tab of its own."""
    visit = await Visit.of(request)
    assert visit.member
    return await visit.page("menu.html", here="menu")


@get("/settings", include_in_schema=False)
async def settings(request: Asked) -> Answer:
    visit = await Visit.of(request)
    assert visit.member
    return await visit.page("settings/index.html")


async def _show(visit: Visit, template: str, error: FolkmootError | None = None, **values: Any) -> Answer:
    wrong = words.current().of_error(error) if error else ""
    return await visit.page(
        f"settings/{template}.html", status=STATUS[error.kind] if error else 200, wrong=wrong, **values
    )


@get("/settings/profile", include_in_schema=False)
async def profile(request: Asked) -> Answer:
    visit = await Visit.of(request)
    assert visit.member
    return await _show_profile(visit)


async def _show_profile(visit: Visit, error: FolkmootError | None = None) -> Answer:
    assert visit.member
    hidden = await accounts.hidden_pictures(visit.server.db, visit.member)
    return await _show(visit, "profile", error, hidden=hidden)


@post("/settings/profile", include_in_schema=False)
async def save_profile(request: Asked) -> Answer:
    visit = await Visit.of(request)
    form = await visit.form()
    server = visit.server
    lines = zip(form.all("field_name"), form.all("field_value"), strict=False)
    pictures: dict[str, Any] = {}
    try:
        for name, store in (("avatar", media.store_avatar), ("header", media.store_header)):
            if form.flag(f"drop_{name}"):
                pictures[name] = None
            for file in form.files(name)[:1]:
                pictures[name] = await store(server.db, server.storage, await file.read(), server.settings)
        await accounts.update_profile(
            server.db,
            server.gate,
            visit.member,
            display_name=form.text("display_name"),
            bio=form.text("bio").replace("\r\n", "\n"),
            fields=[(name, value) for name, value in lines if name.strip() or value.strip()],
            locked=form.flag("locked"),
            bot=form.flag("bot"),
            discoverable=form.flag("discoverable"),
            indexable=form.flag("indexable"),
            hides_relations=form.flag("hides_relations"),
            avatar_alt=form.text("avatar_alt"),
            header_alt=form.text("header_alt"),
            **pictures,
        )
    except FolkmootError as error:
        return await _show_profile(visit, error)
    return visit.back("/settings/profile", say("Saved."))


@get("/settings/preferences", include_in_schema=False)
async def preferences(request: Asked) -> Answer:
    visit = await Visit.of(request)
    kept = await accounts.get_preferences(visit.server.db, visit.member)
    return await _show(visit, "preferences", preferences=kept, languages=language_choices())


@post("/settings/preferences", include_in_schema=False)
async def save_preferences(request: Asked) -> Answer:
    visit = await Visit.of(request)
    form = await visit.form()
    try:
        kept = await accounts.update_preferences(
            visit.server.db,
            visit.member,
            locale=form.optional("locale"),
            default_visibility=form.optional("default_visibility"),
            default_sensitive=form.flag("default_sensitive"),
            default_language=form.optional("default_language"),
        )
    except FolkmootError as error:
        kept = await accounts.get_preferences(visit.server.db, visit.member)
        return await _show(visit, "preferences", error, preferences=kept, languages=language_choices())
    words.speak(kept.locale)
    answer = visit.back("/settings/preferences", say("Saved."))
    scheme = form.text("scheme")
    if scheme in SCHEMES:
        seconds = YEAR if scheme != "auto" else 0
        answer.set_cookie(plain_cookie(request, "scheme", scheme, hidden=True, seconds=seconds))
    answer.set_cookie(plain_cookie(request, "locale", kept.locale, hidden=True, seconds=YEAR))
    return answer


@get("/settings/password", include_in_schema=False)
async def password(request: Asked) -> Answer:
    visit = await Visit.of(request)
    assert visit.member
    return await _show(visit, "password")


@post("/settings/password", include_in_schema=False)
async def save_password(request: Asked) -> Answer:
    visit = await Visit.of(request)
    form = await visit.form()
    try:
        if form.text("new") != form.text("again"):
            raise Invalid("The two new passwords differ.", field="again")
        await access.change_password(visit.server.db, visit.member, form.text("old"), form.text("new"))
    except FolkmootError as error:
        return await _show(visit, "password", error)
    return visit.back("/settings", say("Your password is changed."))


@get("/settings/sessions", include_in_schema=False)
async def sessions(request: Asked) -> Answer:
    visit = await Visit.of(request)
    found = await access.sessions(visit.server.db, visit.member)
    return await _show(
        visit, "sessions", sessions=[{"view": each, "browser": browser_name(each.agent)} for each in found]
    )


def browser_name(agent: str) -> str:
    """A browser as its owner would call it, from what it says of itself."""
    browsers = (
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    )
    systems = (
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    )
    browser = next((name for sign, name in browsers if sign in agent), "")
    system = next((name for sign, name in systems if sign in agent), "")
    return " · ".join(filter(None, (browser, system))) or agent[:40] or say("A browser")


@post("/settings/sessions/{id_:str}/end", include_in_schema=False)
async def end_session(request: Asked, id_: FromPath[str]) -> Answer:
    visit = await Visit.of(request)
    await visit.form()
    ended = visit.id(id_)
    await access.revoke_session(visit.server.db, visit.member, ended)
    if ended == visit.member.session_id:
        return redirect("/", [session_cookie(request, "")])
    return visit.back("/settings/sessions", say("That browser is signed out."))


@get("/settings/apps", include_in_schema=False)
async def apps(request: Asked) -> Answer:
    visit = await Visit.of(request)
    found = await access.authorised_apps(visit.server.db, visit.member)
    return await _show(visit, "apps", apps=found, scope_words=scope_words)


@post("/settings/apps/{id_:str}/revoke", include_in_schema=False)
async def revoke_app(request: Asked, id_: FromPath[str]) -> Answer:
    visit = await Visit.of(request)
    await visit.form()
    await access.revoke_app(visit.server.db, visit.member, visit.id(id_))
    return visit.back("/settings/apps", say("The app is shut out."))


@get("/settings/blocks", include_in_schema=False)
async def blocks(request: Asked) -> Answer:
    """Whom the member blocks, or mutes."""
    visit = await Visit.of(request)
    mutes = visit.query("show") == "muted"
    read = relations.muted if mutes else relations.blocked
    rows = await read(visit.server.db, visit.member, max_id=parse(visit.query("older")), limit=PEOPLE)
    return await show_people(
        visit,
        rows,
        heading=say("Blocked and muted"),
        back="/settings",
        deeds="muted" if mutes else "blocked",
        tabs=[("/settings/blocks", say("Blocked"), not mutes), ("/settings/blocks?show=muted", say("Muted"), mutes)],
        nothing=Nothing(
            "bench",
            say("Nobody"),
            say("The menu of a post or profile has the ways to mute or block somebody."),
            (("/settings", say("Settings")),),
        ),
    )


@get("/settings/invitations", include_in_schema=False)
async def invitations(request: Asked) -> Answer:
    return await _invitations(await Visit.of(request))


async def _invitations(visit: Visit, error: FolkmootError | None = None) -> Answer:
    found = await accounts.list_invitations(visit.server.db, visit.member)
    base, now = visit.server.settings.base_url, clock.now()
    shown = [(each, f"{base}/sign-up?invitation={each.code}", each.is_usable(now)) for each in found]
    return await _show(visit, "invitations", error, invitations=shown)


@post("/settings/invitations", include_in_schema=False)
async def invite(request: Asked) -> Answer:
    visit = await Visit.of(request)
    form = await visit.form()
    days, uses = form.id("days") or 0, form.id("uses") or 0
    expires_at = clock.now() + timedelta(days=min(days, 3650)) if days else None
    try:
        await accounts.invite(visit.server.db, visit.member, uses=uses or None, expires_at=expires_at)
    except FolkmootError as error:
        return await _invitations(visit, error)
    return visit.back("/settings/invitations", say("The invitation is made: pass its link on."))


@post("/settings/invitations/{code:str}/revoke", include_in_schema=False)
async def revoke_invitation(request: Asked, code: FromPath[str]) -> Answer:
    visit = await Visit.of(request)
    await visit.form()
    await accounts.revoke_invitation(visit.server.db, visit.member, code)
    return visit.back("/settings/invitations")


@get("/settings/delete", include_in_schema=False)
async def ask_to_delete(request: Asked) -> Answer:
    visit = await Visit.of(request)
    assert visit.member
    return await _show(visit, "delete")


@post("/settings/delete", include_in_schema=False)
async def delete(request: Asked) -> Answer:
    visit = await Visit.of(request)
    form = await visit.form()
    try:
        if not form.flag("sure"):
            raise Invalid("Tick that you understand what this does.", field="sure")
        await accounts.close(visit.server.db, visit.member, form.text("password"))
    except Missing:
        raise
    except FolkmootError as error:
        return await _show(visit, "delete", error)
    answer = visit.back("/", say("Your account is deleted. Farewell."))
    answer.set_cookie(session_cookie(request, ""))
    return answer
