"""Notices for those who send them: the form, and the private page on which they see how it stands."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from litestar import Response, get, post
from litestar.params import FromPath

from folkmoot import clock
from folkmoot.errors import FolkmootError, Invalid, TooMany
from folkmoot.moderation import notices
from folkmoot.moderation.notices.read import proof_of
from folkmoot.moderation.notices.submit import submit_form
from folkmoot.moderation.transparency.log.proofs import ENDING
from folkmoot.web.errors import STATUS
from folkmoot.web.pages import words
from folkmoot.web.pages.forms import Asked
from folkmoot.web.pages.notices import kind_names
from folkmoot.web.pages.visit import Answer, Visit

_FIELDS = ("kind", "addresses", "text", "deadline", "name", "organisation", "email")


@get("/notices/new", include_in_schema=False)
async def ask_for_notice(request: Asked) -> Answer:
    """The form for hosts, stores, authorities and whoever needs an answer by a certain time."""
    visit = await Visit.of(request)
    return await _form(visit, {name: visit.query(name) if name == "addresses" else "" for name in _FIELDS})


async def _form(visit: Visit, given: dict[str, str], error: FolkmootError | None = None, key: str = "") -> Answer:
    field = error.field if isinstance(error, Invalid) else ""
    said = words.current().of_error(error) if error else ""
    return await visit.page(
        "notices/new.html",
        status=STATUS[error.kind] if error else 200,
        headers={"retry-after": str(error.retry_after)} if isinstance(error, TooMany) else None,
        values=given,
        kinds=kind_names(unknown=False),
        form_key=key or secrets.token_urlsafe(16),
        wrong="" if field in given else said,
        wrongs_by={name: said if name == field else "" for name in given},
    )


@post("/notices/new", include_in_schema=False)
async def send_notice(request: Asked) -> Answer:
    visit = await Visit.of(request)
    form = await visit.form(anybody=True)
    given = {name: form.text(name).replace("\r\n", "\n").strip() for name in _FIELDS}
    key = form.text("form_key")[:100] or secrets.token_urlsafe(16)
    try:
        visit.server.limits.check_notice(visit.client_address)
        made = await submit_form(
            visit.server.db,
            visit.server.desk.gate,
            visit.server.settings,
            addresses=given["addresses"],
            text=given["text"],
            name=given["name"],
            email=given["email"],
            organisation=given["organisation"],
            kind=given["kind"],
            deadline=_deadline(given["deadline"]),
            language=visit.locale,
            form_key=key,
        )
    except FolkmootError as error:
        return await _form(visit, given, error, key)
    return visit.back(f"/notices/at/{made.token}")


def _deadline(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise Invalid("Please give a date and a time.", field="deadline") from error


@get("/notices/at/{token:str}", include_in_schema=False)
async def show_own_notice(request: Asked, token: FromPath[str]) -> Answer:
    """How a notice stands, for whoever has its private address."""
    visit = await Visit.of(request)
    found = await notices.shown(visit.server.db, token[:100])
    return await visit.page(
        "notices/at.html",
        headers={"referrer-policy": "no-referrer", "x-robots-tag": "noindex"},
        notice=found,
        token=token[:100],
        now=clock.now(),
    )


@get("/notices/at/{token:str}/proof/{number:int}", include_in_schema=False)
async def download_proof(request: Asked, token: FromPath[str], number: FromPath[int]) -> Answer:
    """The proof from the public log, as a file that can be checked without us."""
    visit = await Visit.of(request)
    name, proof = await proof_of(visit.server.db, token[:100], number)
    headers = {
        "content-disposition": f'attachment; filename="{name}{ENDING}"',
        "cache-control": "private, no-store",
        "referrer-policy": "no-referrer",
    }
    return Response(str(proof).encode(), media_type="text/plain; charset=utf-8", headers=headers)
