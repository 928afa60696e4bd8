"""For those who run the network: accounts, newcomers, announcements, rules, the network itself."""

from __future__ import annotations

from typing import Any, get_args

from litestar import get, post
from litestar.params import FromPath

from folkmoot import clock
from folkmoot.errors import FolkmootError, Invalid, Missing
from folkmoot.ids import parse
from folkmoot.moderation import findings
from folkmoot.network import access, accounts, site
from folkmoot.network.access import Role
from folkmoot.network.accounts.reading import Standing
from folkmoot.network.site import Registration, announcements, sending
from folkmoot.web.errors import STATUS
from folkmoot.web.pages import words
from folkmoot.web.pages.forms import Asked, Form
from folkmoot.web.pages.reading_only import moment_from
from folkmoot.web.pages.visit import Answer, Visit
from folkmoot.web.pages.words import say

MANY = 50


async def _staff(request: Asked, least: Role = Role.STEWARD) -> Visit:
    visit = await Visit.of(request)
    visit.member.check_role(least)
    return visit


async def _show(visit: Visit, template: str, error: FolkmootError | None = None, **values: Any) -> Answer:
    return await visit.page(
        f"admin/{template}.html",
        status=STATUS[error.kind] if error else 200,
        wrong=words.current().of_error(error) if error else "",
        operator=visit.member.role is Role.OPERATOR,
        **values,
    )


@get("/admin", include_in_schema=False)
async def admin(request: Asked) -> Answer:
    visit = await _staff(request)
    db = visit.server.db
    return await _show(visit, "index", waiting=await accounts.waiting(db), held=await findings.count_held(db))


@get("/admin/accounts", include_in_schema=False)
async def list_accounts(request: Asked) -> Answer:
    visit = await _staff(request)
    status, query = visit.query("status"), visit.query("q")
    if status not in get_args(Standing):
        status = ""
    found = await accounts.list_accounts(
        visit.server.db,
        visit.member,
        status=status or None,  # type: ignore[arg-type]  # one of Standing's words
        query=query,
        before=parse(visit.query("older")),
        limit=MANY,
    )
    next_url = f"/admin/accounts?status={status}&older={found[-1].account.id}" if len(found) >= MANY else None
    return await _show(visit, "accounts", accounts=found, standing=status, query=query, next_url=next_url)


@get("/admin/accounts/{id_:str}", include_in_schema=False)
async def show_account(request: Asked, id_: FromPath[str]) -> Answer:
    visit = await _staff(request)
    return await _account(visit, visit.id(id_))


async def _account(visit: Visit, id: int, error: FolkmootError | None = None) -> Answer:
    found = await accounts.find_for_staff(visit.server.db, visit.member, id)
    return await _show(visit, "account", error, found=found)


@post("/admin/accounts/{id_:str}/{deed:str}", include_in_schema=False)
async def decide(request: Asked, id_: FromPath[str], deed: FromPath[str]) -> Answer:
    """Approve, reject, suspend, restore, change the role, set a password."""
    visit = await _staff(request)
    form = await visit.form()
    db, staff, id = visit.server.db, visit.member, visit.id(id_)
    back = form.text("back") or f"/admin/accounts/{id}"
    try:
        if deed == "approve":
            await accounts.approve(db, staff, id)
            return visit.back(back, say("Approved: the account may take part."))
        if deed == "reject":
            await accounts.reject(db, staff, id, form.text("why"))
            return visit.back("/admin/accounts?status=waiting", say("Rejected: the request is deleted."))
        if deed == "suspend":
            await accounts.suspend(db, staff, id, form.text("why"))
            return visit.back(back, say("The account is suspended."))
        if deed == "restore":
            await accounts.restore(db, staff, id)
            return visit.back(back, say("The account is restored."))
        if deed == "role":
            await accounts.change_role(db, staff, id, _role(form.text("role")))
            return visit.back(back, say("The role is changed."))
        if deed == "password":
            await access.set_password(db, staff, id, form.text("password"))
            return visit.back(back, say("The password is set. Tell them, and ask them to change it."))
    except Missing:
        raise
    except FolkmootError as error:
        return await _account(visit, id, error)
    raise Missing


def _role(text: str) -> Role:
    if text not in [each.value for each in Role]:
        raise Invalid("There is no such role.", field="role")
    return Role(text)


# Announcements ----------------------------------------------------------------------------------------------


_ANNOUNCEMENT = ("text", "text_de", "starts_at")


@get("/admin/announcements", include_in_schema=False)
async def list_announcements(request: Asked) -> Answer:
    return await _announcements(await _staff(request, Role.OPERATOR), dict.fromkeys(_ANNOUNCEMENT, ""))


async def _announcements(visit: Visit, given: dict[str, str], error: FolkmootError | None = None) -> Answer:
    found = await announcements.every_announcement(visit.server.db)
    sendings = await sending.progress(visit.server.db, [each.id for each in found])
    return await _show(
        visit, "announcements", error, announcements=found, sendings=sendings, now=clock.now(), values=given
    )


def _in_german(form: Form, *parts: str) -> dict[str, dict[str, str]]:
    return {"de": {part: form.text(f"{part}_de").replace("\r\n", "\n") for part in parts}}


@post("/admin/announcements", include_in_schema=False)
async def announce(request: Asked) -> Answer:
    visit = await _staff(request, Role.OPERATOR)
    form = await visit.form()
    text = form.text("text").replace("\r\n", "\n")
    try:
        await announcements.announce(
            visit.server.db,
            visit.member,
            text=text,
            translations=_in_german(form, "text"),
            starts_at=moment_from(form, "starts_at"),
            urgent=form.flag("urgent"),
            send=form.flag("send") or form.flag("urgent"),
        )
    except FolkmootError as error:
        return await _announcements(visit, {name: form.text(name) for name in _ANNOUNCEMENT}, error)
    return visit.back("/admin/announcements", say("Announced."))


@post("/admin/announcements/{id_:str}", include_in_schema=False)
async def change_announcement(request: Asked, id_: FromPath[str]) -> Answer:
    visit = await _staff(request, Role.OPERATOR)
    form = await visit.form()
    text, translations = form.text("text").replace("\r\n", "\n"), _in_german(form, "text")
    try:
        await announcements.change(visit.server.db, visit.member, visit.id(id_), text=text, translations=translations)
    except Missing:
        raise
    except FolkmootError as error:
        return await _announcements(visit, dict.fromkeys(_ANNOUNCEMENT, ""), error)
    return visit.back("/admin/announcements", say("Saved."))


@post("/admin/announcements/{id_:str}/withdraw", include_in_schema=False)
async def withdraw_announcement(request: Asked, id_: FromPath[str]) -> Answer:
    visit = await _staff(request, Role.OPERATOR)
    await visit.form()
    await announcements.withdraw(visit.server.db, visit.member, visit.id(id_))
    return visit.back("/admin/announcements", say("Withdrawn."))


# Rules ------------------------------------------------------------------------------------------------------

_RULE = ("text", "hint", "text_de", "hint_de")


@get("/admin/rules", include_in_schema=False)
async def list_rules(request: Asked) -> Answer:
    return await _rules(await _staff(request, Role.OPERATOR), dict.fromkeys(_RULE, ""))


async def _rules(visit: Visit, given: dict[str, str], error: FolkmootError | None = None) -> Answer:
    return await _show(visit, "rules", error, rules=await site.rules(visit.server.db), values=given)


@post("/admin/rules", include_in_schema=False)
async def add_rule(request: Asked) -> Answer:
    visit = await _staff(request, Role.OPERATOR)
    form = await visit.form()
    translations = _in_german(form, "text", "hint")
    try:
        await site.add_rule(
            visit.server.db, visit.member, text=form.text("text"), hint=form.text("hint"), translations=translations
        )
    except FolkmootError as error:
        return await _rules(visit, {field: form.text(field) for field in _RULE}, error)
    return visit.back("/admin/rules", say("The rule is in force."))


@post("/admin/rules/{id_:str}", include_in_schema=False)
async def change_rule(request: Asked, id_: FromPath[str]) -> Answer:
    visit = await _staff(request, Role.OPERATOR)
    form = await visit.form()
    try:
        await site.change_rule(
            visit.server.db,
            visit.member,
            visit.id(id_),
            text=form.text("text"),
            hint=form.text("hint"),
            translations=_in_german(form, "text", "hint"),
        )
    except Missing:
        raise
    except FolkmootError as error:
        return await _rules(visit, dict.fromkeys(_RULE, ""), error)
    return visit.back("/admin/rules", say("Saved."))


@post("/admin/rules/{id_:str}/withdraw", include_in_schema=False)
async def withdraw_rule(request: Asked, id_: FromPath[str]) -> Answer:
    visit = await _staff(request, Role.OPERATOR)
    await visit.form()
    await site.withdraw_rule(visit.server.db, visit.member, visit.id(id_))
    return visit.back("/admin/rules", say("Withdrawn."))


# The network ------------------------------------------------------------------------------------------------


@get("/admin/site", include_in_schema=False)
async def show_site(request: Asked) -> Answer:
    return await _site(await _staff(request, Role.OPERATOR))


async def _site(visit: Visit, error: FolkmootError | None = None) -> Answer:
    return await _show(visit, "site", error, site=await visit.memory.site())


@post("/admin/site", include_in_schema=False)
async def change_site(request: Asked) -> Answer:
    visit = await _staff(request, Role.OPERATOR)
    form = await visit.form()
    registration = form.text("registration")
    try:
        if registration not in get_args(Registration):
            raise Invalid("Sign-up is open, by approval or by invitation.", field="registration")
        await site.change_site(
            visit.server.db,
            visit.member,
            visit.server.settings,
            name=form.text("name"),
            description=form.text("description"),
            about=form.text("about").replace("\r\n", "\n"),
            privacy=form.text("privacy").replace("\r\n", "\n"),
            translations=_in_german(form, "description", "about", "privacy"),
            registration=registration,  # type: ignore[arg-type]  # one of Registration's words
            contact_email=form.text("contact_email").strip(),
        )
    except FolkmootError as error:
        return await _site(visit, error)
    return visit.back("/admin/site", say("Saved."))
