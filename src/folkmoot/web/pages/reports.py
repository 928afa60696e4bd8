"""Report a post or a profile, with an account or without one, and read what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import get, post
from litestar.params import FromPath

from folkmoot.errors import FolkmootError, Invalid, Missing, TooMany
from folkmoot.ids import parse
from folkmoot.moderation import appeals, reports
from folkmoot.moderation.reports import Category, ReportView
from folkmoot.network.accounts import AccountView
from folkmoot.network.site import RuleView
from folkmoot.web.errors import STATUS
from folkmoot.web.pages import words
from folkmoot.web.pages.cards import Card
from folkmoot.web.pages.forms import Asked, Form
from folkmoot.web.pages.visit import Answer, Visit
from folkmoot.web.pages.words import say

MANY = 40
_FIELDS = ("address_of_post", "reasons", "name", "email")
_TICKS = ("is_exempt", "good_faith", "life_at_risk")


async def rules_in_force(visit: Visit) -> list[RuleView]:
    """The rules one can be reported for, in their order."""
    return [rule for rule in await visit.memory.rules() if rule.withdrawn_at is None]


async def rules_by_id(visit: Visit) -> dict[int, tuple[int, RuleView]]:
    """Every rule with the number it is shown under."""
    return {rule.id: (number, rule) for number, rule in enumerate(await rules_in_force(visit), 1)}


# With an account ----------------------------------------------------------------------------------------------------


async def _about(visit: Visit, what: str, id: int) -> tuple[AccountView, Card | None]:
    """Whom it concerns, and their post unless the profile is meant. Raises Missing for what is one's own."""
    card: Card | None = None
    if what == "posts":
        shown = await visit.server.desk.shown(visit.member, id)
        found = await visit.cards(await visit.server.timelines.cards(visit.viewer, [shown.id]))
        if not found:
            raise Missing
        card = found[0]
        account: AccountView | None = card.author
    else:
        account = await visit.server.shelf.account(id)
    if account is None or not account.is_open or account.id == visit.member.account_id:
        raise Missing
    return account, card


async def _ask(
    visit: Visit, what: str, id: int, form: Form | None = None, error: FolkmootError | None = None
) -> Answer:
    account, card = await _about(visit, what, id)
    return await visit.page(
        "reports/ask.html",
        status=STATUS[error.kind] if error else 200,
        wrong=words.current().of_error(error) if error else "",
        account=account,
        card=card,
        action=f"/{what}/{id}/report",
        rules=await rules_in_force(visit),
        chosen=form.text("what") if form else "",
        comment=form.text("comment") if form else "",
        life_at_risk=bool(form and form.flag("life_at_risk")),
        back=card.url if card else f"/@{account.name}",
    )


@get("/posts/{id_:str}/report", include_in_schema=False)
async def ask_about_post(request: Asked, id_: FromPath[str]) -> Answer:
    """What is wrong with this post?"""
    visit = await Visit.of(request)
    return await _ask(visit, "posts", visit.id(id_))


@get("/accounts/{id_:str}/report", include_in_schema=False)
async def ask_about_account(request: Asked, id_: FromPath[str]) -> Answer:
    """What is wrong with this profile?"""
    visit = await Visit.of(request)
    return await _ask(visit, "accounts", visit.id(id_))


@post("/posts/{id_:str}/report", include_in_schema=False)
async def report_post(request: Asked, id_: FromPath[str]) -> Answer:
    return await _send(request, "posts", id_)


@post("/accounts/{id_:str}/report", include_in_schema=False)
async def report_account(request: Asked, id_: FromPath[str]) -> Answer:
    return await _send(request, "accounts", id_)


async def _send(request: Asked, what: str, id_: str) -> Answer:
    visit = await Visit.of(request)
    form = await visit.form()
    id = visit.id(id_)
    account, card = await _about(visit, what, id)
    try:
        category, rule_ids = _category(form.text("what"))
        made = await reports.report(
            visit.server.desk,
            visit.member,
            account_id=account.id,
            post_ids=[card.post.id] if card else [],
            category=category,
            rule_ids=rule_ids,
            comment=form.text("comment").replace("\r\n", "\n").strip(),
            life_at_risk=form.flag("life_at_risk"),
        )
    except Missing:
        raise
    except FolkmootError as error:
        return await _ask(visit, what, id, form, error)
    return visit.back(f"/reports/{made.id}")


def _category(chosen: str) -> tuple[Category, tuple[int, ...]]:
    """What was picked on the page: a rule by its number, or one of the other words."""
    if chosen.startswith("rule-") and (rule_id := parse(chosen.removeprefix("rule-"))) is not None:
        return Category.VIOLATION, (rule_id,)
    if chosen in (Category.SPAM, Category.LEGAL, Category.OTHER):
        return Category(chosen), ()
    raise Invalid("Please choose what is wrong.", field="what")


async def _described(visit: Visit, found: Sequence[ReportView]) -> list[dict[str, Any]]:
    """Reports, each with whom it is about and the rules it names."""
    accounts = await visit.server.shelf.accounts({each.account_id for each in found})
    rules = await rules_by_id(visit)
    return [
        {
            "report": each,
            "account": accounts[each.account_id].view if each.account_id in accounts else None,
            "rules": [rules[id] for id in each.rule_ids if id in rules],
        }
        for each in found
    ]


async def _own(visit: Visit, id: int) -> ReportView:
    found = await reports.own_reports(visit.server.db, visit.member, before=id + 1, limit=1)
    if not found or found[0].id != id:
        raise Missing
    return found[0]


@get("/reports/{id_:str}", include_in_schema=False)
async def show_report(request: Asked, id_: FromPath[str]) -> Answer:
    """A report of one's own: what happens now, or what came of it."""
    visit = await Visit.of(request)
    return await _report(visit, await _own(visit, visit.id(id_)))


async def _report(visit: Visit, found: ReportView, error: FolkmootError | None = None, text: str = "") -> Answer:
    described = await _described(visit, [found])
    return await visit.page(
        "reports/receipt.html",
        status=STATUS[error.kind] if error else 200,
        token="",
        action=f"/reports/{found.id}/appeal",
        may_ask_again=await _may_ask_again(visit, visit.member, found),
        asked_again=any(
            each.case_id in found.case_ids for each in await appeals.own_appeals(visit.server.db, visit.member)
        ),
        wrong=words.current().of_error(error) if error else "",
        text=text,
        **described[0],
    )


async def _may_ask_again(visit: Visit, who: Any, found: ReportView) -> bool:
    return bool(found.outcome) and any(
        [await appeals.may_appeal(visit.server.db, who, case_id) for case_id in found.case_ids]
    )


@post("/reports/{id_:str}/appeal", include_in_schema=False)
async def appeal_report(request: Asked, id_: FromPath[str]) -> Answer:
    """Ask for a second look at what was kept."""
    visit = await Visit.of(request)
    form = await visit.form()
    found = await _own(visit, visit.id(id_))
    text = form.text("text").replace("\r\n", "\n").strip()
    try:
        await _appeal(visit, visit.member, found, text)
    except Missing:
        raise
    except FolkmootError as error:
        return await _report(visit, found, error, text)
    return visit.back(f"/reports/{found.id}", say("Others will look at it again. You will be told."))


async def _appeal(visit: Visit, who: Any, found: ReportView, text: str) -> None:
    for case_id in found.case_ids:
        if await appeals.may_appeal(visit.server.db, who, case_id):
            await appeals.appeal(visit.server.db, who, case_id, text)
            return
    raise Missing


@get("/settings/reports", include_in_schema=False)
async def list_reports(request: Asked) -> Answer:
    """What one has reported, newest first."""
    visit = await Visit.of(request)
    found = await reports.own_reports(visit.server.db, visit.member, before=parse(visit.query("older")), limit=MANY)
    next_url = f"/settings/reports?older={found[-1].id}" if len(found) >= MANY else None
    return await visit.page("reports/list.html", found=await _described(visit, found), next_url=next_url)


# Without one --------------------------------------------------------------------------------------------------------


@get("/report", include_in_schema=False)
async def ask_anybody(request: Asked) -> Answer:
    """The form of Art. 16 of the Digital Services Act, for anybody."""
    visit = await Visit.of(request)
    post_id = parse(visit.query("post"))
    given = dict.fromkeys((*_FIELDS, *_TICKS), "")
    if post_id is not None:
        given["address_of_post"] = f"{visit.server.settings.base_url}/posts/{post_id}"
    return await _form(visit, given)


async def _form(visit: Visit, given: dict[str, str], error: FolkmootError | None = None) -> Answer:
    field = error.field if isinstance(error, Invalid) else ""
    said = words.current().of_error(error) if error else ""
    return await visit.page(
        "reports/form.html",
        status=STATUS[error.kind] if error else 200,
        headers={"retry-after": str(error.retry_after)} if isinstance(error, TooMany) else None,
        values=given,
        wrong="" if field in given else said,
        wrongs_by={name: said if name == field else "" for name in given},
    )


@post("/report", include_in_schema=False)
async def report_by_form(request: Asked) -> Answer:
    visit = await Visit.of(request)
    form = await visit.form(anybody=True)
    given = {name: form.text(name).replace("\r\n", "\n").strip() for name in (*_FIELDS, *_TICKS)}
    try:
        made = await reports.report_by_form(
            visit.server.desk,
            address_of_post=given["address_of_post"],
            reasons=given["reasons"],
            name=given["name"],
            email=given["email"],
            is_exempt=form.flag("is_exempt"),
            good_faith=form.flag("good_faith"),
            address=visit.client_address,
            life_at_risk=form.flag("life_at_risk"),
            locale=visit.locale,
        )
    except FolkmootError as error:
        return await _form(visit, given, error)
    return visit.back(f"/report/{made.token}")


@get("/report/{token:str}", include_in_schema=False)
async def show_receipt(request: Asked, token: FromPath[str]) -> Answer:
    """A receipt: whoever has its address sees how the report stands."""
    visit = await Visit.of(request)
    return await _receipt(visit, token[:100])


async def _receipt(visit: Visit, token: str, error: FolkmootError | None = None, text: str = "") -> Answer:
    found = await reports.receipt(visit.server.db, token)
    described = (await _described(visit, [found]))[0] | {"account": None}
    return await visit.page(
        "reports/receipt.html",
        status=STATUS[error.kind] if error else 200,
        headers={"referrer-policy": "no-referrer", "x-robots-tag": "noindex"},
        token=token,
        action=f"/report/{token}/appeal",
        may_ask_again=await _may_ask_again(visit, token, found),
        asked_again=False,
        wrong=words.current().of_error(error) if error else "",
        text=text,
        **described,
    )


@post("/report/{token:str}/appeal", include_in_schema=False)
async def appeal_receipt(request: Asked, token: FromPath[str]) -> Answer:
    visit = await Visit.of(request)
    form = await visit.form(anybody=True)
    text = form.text("text").replace("\r\n", "\n").strip()
    found = await reports.receipt(visit.server.db, token[:100])
    try:
        await _appeal(visit, token[:100], found, text)
    except Missing:
        raise
    except FolkmootError as error:
        return await _receipt(visit, token[:100], error, text)
    return visit.back(f"/report/{token[:100]}", say("Others will look at it again."))
