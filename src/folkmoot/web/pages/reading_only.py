"""The operator stops all writing, or plans to, and says why; and lets it go on."""

from __future__ import annotations

from datetime import UTC, datetime

from litestar import get, post

from folkmoot.errors import FolkmootError, Invalid
from folkmoot.network import site
from folkmoot.network.access import Role
from folkmoot.web.errors import STATUS
from folkmoot.web.pages import words
from folkmoot.web.pages.forms import Asked, Form
from folkmoot.web.pages.visit import Answer, Visit
from folkmoot.web.pages.words import say

_FIELDS = ("reason", "reason_de", "starts_at", "until")


@get("/admin/read-only", include_in_schema=False)
async def show(request: Asked) -> Answer:
    return await _show(await _operator(request), dict.fromkeys(_FIELDS, ""))


@post("/admin/read-only", include_in_schema=False)
async def turn_on(request: Asked) -> Answer:
    visit = await _operator(request)
    form = await visit.form()
    try:
        wanted = await site.turn_on(
            visit.server.db,
            visit.member,
            reason=form.text("reason"),
            translations={"de": {"text": form.text("reason_de")}},
            starts_at=moment_from(form, "starts_at"),
            until=moment_from(form, "until"),
        )
    except FolkmootError as error:
        return await _show(visit, {field: form.text(field) for field in _FIELDS}, error)
    is_now = visit.server.writes.read_only is not None
    said = (
        say("The network is read-only now.")
        if is_now
        else say("Planned: from %(when)s.", when=words.full(wanted.starts_at))
    )
    return visit.back("/admin/read-only", said)


@post("/admin/read-only/off", include_in_schema=False)
async def turn_off(request: Asked) -> Answer:
    visit = await _operator(request)
    await visit.form()
    await site.turn_off(visit.server.db, visit.member)
    return visit.back("/admin/read-only", say("Everybody may write again."))


def moment_from(form: Form, name: str) -> datetime | None:
    """Date and time in UTC as a browser sends them, None for an empty field. Raises Invalid."""
    text = form.text(name).strip()
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid("This is not a date and time.", field=name) from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


async def _operator(request: Asked) -> Visit:
    visit = await Visit.of(request)
    visit.member.check_role(Role.OPERATOR)
    return visit


async def _show(visit: Visit, given: dict[str, str], error: FolkmootError | None = None) -> Answer:
    return await visit.page(
        "admin/read_only.html",
        status=STATUS[error.kind] if error else 200,
        wrong=words.current().of_error(error) if error else "",
        operator=True,
        known=await site.read_only(visit.server.db),
        is_now=visit.server.writes.read_only is not None,
        values=given,
    )
