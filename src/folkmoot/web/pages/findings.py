"""For stewards: what screening held or doubted, and what its days amount to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from litestar import get, post
from litestar.params import FromPath
from markupsafe import Markup, escape

from folkmoot.errors import Conflict, Forbidden, Missing
from folkmoot.moderation import findings
from folkmoot.moderation.cases.open import open_as_steward
from folkmoot.moderation.findings.views import FindingView
from folkmoot.moderation.screening import Outcome
from folkmoot.web.pages import words
from folkmoot.web.pages.forms import Asked
from folkmoot.web.pages.visit import Answer, Visit
from folkmoot.web.pages.words import say

MANY = 20
TABS = ("hold", "case", "decided")


@get("/admin/held", include_in_schema=False)
async def list_held(request: Asked) -> Answer:
    """Held texts, doubted ones (`?show=case`) or what was decided (`?show=decided`)."""
    visit = await Visit.of_steward(request)
    show = visit.query("show") if visit.query("show") in TABS else "hold"
    db, steward = visit.server.db, visit.member
    if show == "decided":
        older = visit.query("older")
        found = await findings.list_decided(
            db, steward, before=int(older) if older.isascii() and older.isdigit() else None, limit=MANY
        )
        next_url = f"/admin/held?show=decided&older={found[-1].id}" if len(found) == MANY else None
    else:
        skip = visit.query("skip")
        skipped = min(int(skip), 100_000) if skip.isascii() and skip.isdigit() else 0
        found = await findings.list_open(db, steward, Outcome(show), skip=skipped, limit=MANY)
        next_url = f"/admin/held?show={show}&skip={skipped + MANY}" if len(found) == MANY else None
    return await visit.page("admin/held.html", found=found, show=show, next_url=next_url, marked=marked)


@post("/admin/held/{id_:str}/{deed:str}", include_in_schema=False)
async def decide_held(request: Asked, id_: FromPath[str], deed: FromPath[str]) -> Answer:
    """Release a text or uphold what screening said of it; `was` is the decision the steward had before them."""
    visit = await Visit.of_steward(request)
    form = await visit.form()
    back = form.text("back") if form.text("back").startswith("/admin/held") else "/admin/held"
    was = form.text("was") or None
    decide = {"release": findings.release, "uphold": findings.uphold}.get(deed)
    if decide is None:
        raise Missing
    try:
        done_with = await decide(visit.server.db, visit.member, visit.id(id_), was=was)
    except (Conflict, Forbidden) as error:
        return visit.back(back, words.current().of_error(error))
    if not done_with:
        return visit.back(back, say("Noted. A second steward has to agree."))
    done = (
        say("Released: everybody may see it.")
        if deed == "release"
        else say("Upheld: it stays out of sight, and a jury decides.")
    )
    return visit.back(back, done)


@post("/admin/held/{id_:str}/jury", include_in_schema=False)
async def bring_before_jury(request: Asked, id_: FromPath[str]) -> Answer:
    """Let a jury decide instead."""
    visit = await Visit.of_steward(request)
    await visit.form()
    found = await findings.get_finding(visit.server.db, visit.member, visit.id(id_))
    if found.post_id is None or found.gone:
        raise Missing
    why = say("Screening was in doubt; a steward asks the jury.")
    case_id = await open_as_steward(visit.server.desk, visit.member, found.post_id, why)
    return visit.back(f"/admin/cases/{case_id}", say("A jury decides now."))


@get("/admin/screening", include_in_schema=False)
async def show_screening(request: Asked) -> Answer:
    """Counts per day and rule, false holds, drift."""
    visit = await Visit.of_steward(request)
    overview = await findings.overview(visit.server.db, visit.member)
    screen = await visit.server.gate.screen()
    return await visit.page("admin/screening.html", overview=overview, versions=screen.versions, limits=screen.limits)


def marked(finding: FindingView) -> Markup:
    """The text as HTML, with the passages that moved the score marked."""
    passages = sorted({word for reason in finding.because for word in reason.words if word.strip()}, key=len)
    return mark(finding.text, passages[::-1])


def mark(text: str, passages: Sequence[str]) -> Markup:
    """`text` as HTML with each of the passages in a `<mark>`, the earlier-named first where they overlap.

    A passage is marked where it stands as words; within longer ones only if it stands nowhere else.
    """
    if not passages:
        return escape(text)
    pattern = re.compile("|".join(_as_words(passage, text) for passage in passages))
    parts: list[str] = []
    end = 0
    for match in pattern.finditer(text):
        parts += [escape(text[end : match.start()]), Markup("<mark>"), escape(match.group()), Markup("</mark>")]
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])


def _as_words(passage: str, text: str) -> str:
    plain = re.escape(passage)
    whole = rf"(?<!\w){plain}(?!\w)"
    return whole if re.search(whole, text) else plain
