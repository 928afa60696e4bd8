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
from folkmoot.moderation.findings import Followed
from folkmoot.moderation.findings.views import FindingView
from folkmoot.moderation.screening import Outcome
from folkmoot.moderation.screening.finding import CLAIMED
from folkmoot.moderation.screening.shipped import ModelUnusable
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
        followed = await decide(visit.server.db, visit.member, visit.id(id_), was=was)
    except (Conflict, Forbidden) as error:
        return visit.back(back, words.current().of_error(error))
    return visit.back(back, _told(followed))


def _told(followed: Followed | None) -> str:
    """What came of a decision."""
    match followed:
        case None:
            return say("Noted. A second steward has to agree.")
        case Followed.SEEN:
            return say("Released: everybody may see it.")
        case Followed.MAY_SAVE:
            return say("Released: nothing was changed, but these words can be saved from now on. The member is told.")
        case Followed.STILL_LISTED:
            return say("Released, but a list of known pictures has it: it is refused until it is off that list.")
        case Followed.LOOKED_AT_ANEW:
            return say("Released: nothing was changed. Whoever saves it again has it looked at anew.")
        case Followed.HIDDEN:
            return say("Upheld: it stays out of sight, and a jury decides.")
        case Followed.PICTURES_HIDDEN:
            return say("Upheld: the picture stays off the profile.")
        case Followed.STAYS_REFUSED:
            return say("Upheld: it was never on the profile, and copies of it are refused.")
        case Followed.BLANKED:
            return say("Upheld: the words were taken off the profile, and the member is told why.")
        case Followed.NOTHING_TO_BLANK:
            return say(
                "Upheld, but nothing was taken off the profile: the words are gone, or cannot be told from others."
            )


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
    screen, unusable = None, ""
    if visit.server.settings.screening != "off":
        try:
            screen = await visit.server.gate.screen()
        except ModelUnusable as error:
            unusable = words.current().of_error(error)
    return await visit.page(
        "admin/screening.html", overview=overview, screen=screen, unusable=unusable, claimed=CLAIMED
    )


def marked(finding: FindingView) -> Markup:
    """The text as HTML, with the passages that moved the score marked."""
    passages = sorted({word for reason in finding.because for word in reason.words if word.strip()}, key=len)
    return mark(finding.text.strip(), passages[::-1])


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
