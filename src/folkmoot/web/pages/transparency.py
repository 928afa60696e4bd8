"""What anybody may see of the moderation, and what stewards send to whoever doubts."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta

import msgspec
from litestar import Response, get
from litestar.datastructures import State

from folkmoot import clock
from folkmoot.errors import FolkmootError, Invalid
from folkmoot.moderation.transparency.figures import Figures, Month, figures, months
from folkmoot.moderation.transparency.report import as_html, as_pdf, document, status_report
from folkmoot.moderation.transparency.report.html import CONTENT_SECURITY_POLICY
from folkmoot.network.site import Readiness, readiness
from folkmoot.web.errors import STATUS
from folkmoot.web.pages import words
from folkmoot.web.pages.forms import Asked
from folkmoot.web.pages.visit import Answer, Visit

SHOWN = timedelta(days=90)
KEPT_SECONDS = 300.0
"""How long the public figures are good: counting them costs more than a page."""


class Public(msgspec.Struct, frozen=True):
    """The figures of the last quarter, twelve months for the charts, and how ready the network is to go on elsewhere."""

    figures: Figures
    months: tuple[Month, ...]
    readiness: Readiness


async def _public(visit: Visit) -> Public:
    state: State = visit.request.app.state
    kept: tuple[float, Public] | None = state.get("transparency")
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    db = visit.server.db
    made = Public(await figures(db, clock.now() - SHOWN), tuple(await months(db)), await readiness(db))
    state.transparency = (time.monotonic() + KEPT_SECONDS, made)
    return made


@get("/transparency", include_in_schema=False)
async def show_transparency(request: Asked) -> Answer:
    """What was reported, decided, reversed and demanded, with charts."""
    visit = await Visit.of(request)
    found = await _public(visit)
    return await visit.page(
        "transparency.html",
        here="about",
        figures=found.figures,
        months=found.months,
        readiness=found.readiness,
        now=clock.now(),
    )


@get("/transparency.json", include_in_schema=False)
async def transparency_json(request: Asked) -> Response[bytes]:
    """The same figures for programs."""
    found = await _public(await Visit.of(request))
    return Response(
        msgspec.json.format(msgspec.json.encode(found)),
        media_type="application/json",
        headers={"cache-control": "max-age=300", "access-control-allow-origin": "*"},
    )


@get("/admin/status-report", include_in_schema=False)
async def ask_for_report(request: Asked) -> Answer:
    """For whom, since when, in which language and form."""
    visit = await Visit.of_steward(request)
    return await _form(visit)


async def _form(visit: Visit, error: FolkmootError | None = None) -> Answer:
    since = visit.query("since") or f"{clock.now() - SHOWN:%Y-%m-%d}"
    return await visit.page(
        "admin/status_report.html",
        status=STATUS[error.kind] if error else 200,
        sender=visit.query("for", 320),
        since=since,
        plan=visit.query("plan", 4_000),
        language=visit.query("language") or visit.locale,
        wrong=words.current().of_error(error) if error else "",
    )


@get("/admin/status-report/make", include_in_schema=False)
async def make_report(request: Asked) -> Answer:
    """The report itself: to read, or as a file to send."""
    visit = await Visit.of_steward(request)
    form = visit.query("form") or "html"
    try:
        report = await status_report(
            visit.server.db,
            visit.member,
            visit.server.settings,
            since=_day(visit.query("since")),
            sender=visit.query("for", 400),
            plan=visit.query("plan", 5_000),
        )
    except Invalid as error:
        return await _form(visit, error)
    drawn = document(report, visit.query("language") or visit.locale)
    name = f"status-{re.sub(r'[^a-z0-9.-]+', '-', (report.sender or visit.server.settings.domain).lower())}-{report.made_at:%Y-%m-%d}"
    if form == "pdf":
        return _file(await asyncio.to_thread(as_pdf, drawn), "application/pdf", f"{name}.pdf")
    if form == "json":
        return _file(msgspec.json.format(msgspec.json.encode(report)), "application/json", f"{name}.json")
    headers = {"content-security-policy": CONTENT_SECURITY_POLICY, "cache-control": "no-store"}
    return Response(as_html(drawn).encode(), media_type="text/html; charset=utf-8", headers=headers)


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Invalid("Give the day as YYYY-MM-DD.", field="since") from None


def _file(content: bytes, kind: str, name: str) -> Answer:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type=kind, headers=headers)
