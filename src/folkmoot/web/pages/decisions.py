"""What was decided about somebody: the reasons in plain words, the facts, and how to ask again."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from folkmoot.errors import FolkmootError, Missing
from folkmoot.ids import parse
from folkmoot.moderation import appeals, findings, sanctions
from folkmoot.moderation.sanctions import StatementView
from folkmoot.moderation.transparency import log
from folkmoot.moderation.transparency.log.entry import Subjects
from folkmoot.moderation.transparency.log.read import meanings
from folkmoot.network.access import Viewer
from folkmoot.web.errors import STATUS
from folkmoot.web.pages import words
from folkmoot.web.pages.forms import Asked
from folkmoot.web.pages.public_log import proof_file
from folkmoot.web.pages.reports import rules_by_id
from folkmoot.web.pages.visit import Answer, Visit
from folkmoot.web.pages.words import say

MANY = 40


@get("/decisions", include_in_schema=False)
async def list_decisions(request: Asked) -> Answer:
    """What was decided about the reader, newest first; `?post=` leads to the reasons for one post."""
    visit = await Visit.of(request)
    post_id = parse(visit.query("post"))
    found = await sanctions.own_statements(
        visit.server.db, visit.member, before=parse(visit.query("older")), limit=MANY
    )
    if post_id is not None:
        mine = next((each for each in found if each.post_id == post_id), None)
        if mine is not None:
            return visit.back(f"/decisions/{mine.id}")
    next_url = f"/decisions?older={found[-1].id}" if len(found) >= MANY else None
    return await visit.page(
        "decisions/list.html",
        found=found,
        next_url=next_url,
        waiting=post_id is not None,
        rules=await rules_by_id(visit),
    )


@get("/decisions/profile/{finding:str}", include_in_schema=False)
async def show_profile_decision(request: Asked, finding: FromPath[str]) -> Answer:
    """What stewards decided about the reader's profile, and why."""
    visit = await Visit.of(request)
    found = await findings.own_profile_decision(visit.server.db, visit.member, parse(finding))
    return await visit.page("decisions/profile.html", found=found, sentences=findings.tell(found, visit.locale))


def _who(visit: Visit, ref: str) -> tuple[Viewer | str, int | None]:
    """By number for who is signed in, by token for anybody who has it."""
    id = parse(ref)
    return (visit.member, id) if id is not None else (ref[:100], None)


@get("/decisions/{ref:str}", include_in_schema=False)
async def show_decision(request: Asked, ref: FromPath[str]) -> Answer:
    """A statement of reasons, with the appeal."""
    visit = await Visit.of(request)
    return await _show(visit, ref)


async def _show(visit: Visit, ref: str, error: FolkmootError | None = None, text: str = "") -> Answer:
    who, id = _who(visit, ref)
    found = await sanctions.get_statement(visit.server.db, who, id)
    rules = await rules_by_id(visit)
    own = isinstance(who, str) or found.account_id == visit.member.account_id
    asker: Viewer | str = who if isinstance(who, str) else visit.member
    logged = await log.decision_about(visit.server.db, found.case_id, found.created_at)
    return await visit.page(
        "decisions/show.html",
        status=STATUS[error.kind] if error else 200,
        headers={"referrer-policy": "no-referrer", "x-robots-tag": "noindex"},
        statement=found,
        rule=rules.get(found.reasons.rule),
        paragraphs=[part for part in found.text.split("\n\n") if part.strip()],
        ref=ref[:100],
        may_appeal=own and await appeals.may_appeal(visit.server.db, asker, found.case_id),
        appeal=await _appeal_of(visit, asker, found),
        logged=logged,
        meanings=await meanings(visit.server.db, logged, _subjects(found)) if logged is not None and own else {},
        wrong=words.current().of_error(error) if error else "",
        text=text,
    )


def _subjects(found: StatementView) -> Subjects:
    """Whom a statement's entry in the public log may be about, as far as its reader knows already."""
    return Subjects(case=found.case_id, account=found.account_id)


@get("/decisions/{ref:str}/proof", include_in_schema=False)
async def download_proof(request: Asked, ref: FromPath[str]) -> Response[bytes]:
    """The proof that the decision is in the public log, with what its pseudonyms stand for."""
    visit = await Visit.of(request)
    who, id = _who(visit, ref)
    found = await sanctions.get_statement(visit.server.db, who, id)
    entry = await log.decision_about(visit.server.db, found.case_id, found.created_at)
    if entry is None or entry.place is None:
        raise Missing
    own = isinstance(who, str) or found.account_id == visit.member.account_id
    proof = await log.prove(visit.server.db, entry.place, tells=_subjects(found) if own else None)
    headers = {"referrer-policy": "no-referrer", "cache-control": "no-store"}
    return proof_file(str(proof), f"decision-{entry.place}", **headers)


async def _appeal_of(visit: Visit, who: Viewer | str, found: StatementView) -> appeals.AppealView | None:
    """The appeal that was lodged, for who is signed in."""
    if isinstance(who, str) or found.account_id != who.account_id:
        return None
    mine = await appeals.own_appeals(visit.server.db, who)
    return next((each for each in mine if each.case_id == found.case_id), None)


@post("/decisions/{ref:str}/appeal", include_in_schema=False)
async def send_appeal(request: Asked, ref: FromPath[str]) -> Answer:
    """Ask that others look at it again."""
    visit = await Visit.of(request)
    form = await visit.form(anybody=True)
    who, id = _who(visit, ref)
    found = await sanctions.get_statement(visit.server.db, who, id)
    text = form.text("text").replace("\r\n", "\n").strip()
    try:
        await appeals.appeal(visit.server.db, who, found.case_id, text)
    except Missing:
        raise
    except FolkmootError as error:
        return await _show(visit, ref, error, text)
    return visit.back(f"/decisions/{ref[:100]}", say("Your appeal is in. Others will judge it, and you will be told."))
