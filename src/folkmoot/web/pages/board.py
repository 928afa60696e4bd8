"""For stewards: what burns, what is due, every case, and what only two of them together may decide."""

from __future__ import annotations

from datetime import UTC, datetime

from litestar import get, post
from litestar.params import FromPath

from folkmoot import clock
from folkmoot.errors import FolkmootError, Invalid, Missing
from folkmoot.ids import parse
from folkmoot.moderation import notices, reports
from folkmoot.moderation.cases import Severity, State, Verdict
from folkmoot.moderation.cases.decide import (
    answer_alarm,
    decide_as_steward,
    escalate,
    freeze,
    hide_for_now,
    raise_threat,
    set_deadline,
)
from folkmoot.moderation.cases.read import board, get_case, list_cases
from folkmoot.moderation.cases.review import doubted, void_ballot
from folkmoot.moderation.sanctions import Measure
from folkmoot.web.errors import STATUS
from folkmoot.web.pages import words
from folkmoot.web.pages.forms import Asked, Form
from folkmoot.web.pages.reports import rules_by_id, rules_in_force
from folkmoot.web.pages.visit import Answer, Visit, own_address
from folkmoot.web.pages.words import say

MANY = 40
OPEN = (State.RECEIVED, State.OPEN, State.TRIAGED, State.EMPANELLED, State.VOTING)
TABS: dict[str, tuple[State, ...]] = {
    "open": OPEN,
    "escalated": (State.ESCALATED,),
    "appealed": (State.APPEALED,),
    "decided": (State.DECIDED, State.ENFORCED, State.APPEALABLE, State.UPHELD, State.REVERSED, State.CLOSED),
    "doubted": (),
    "all": (),
}


@get("/admin/board", include_in_schema=False)
async def show_board(request: Asked) -> Answer:
    """The stewards' board. A script asks for it again and again; it reads as well without."""
    visit = await Visit.of_steward(request)
    found = await board(visit.server.db, visit.member)
    waiting = await notices.on_board(visit.server.db, visit.member)
    return await visit.page(
        "admin/board.html", board=found, notices=waiting, now=clock.now(), rules=await rules_by_id(visit)
    )


@get("/admin/cases", include_in_schema=False)
async def show_cases(request: Asked) -> Answer:
    """Cases by where they stand."""
    visit = await Visit.of_steward(request)
    show = visit.query("show") if visit.query("show") in TABS else "open"
    severity = visit.query("severity") if visit.query("severity") in [each.value for each in Severity] else ""
    account_id, post_id = parse(visit.query("account")), parse(visit.query("post"))
    flips = await doubted(visit.server.db, visit.member) if show == "doubted" else None
    found = await list_cases(
        visit.server.db,
        visit.member,
        states=TABS[show],
        severity=Severity(severity) if severity else None,
        account_id=account_id,
        post_id=post_id,
        ids=None if flips is None else [flip.case for flip in flips],
        before=parse(visit.query("older")),
        limit=MANY,
    )
    kept = (
        f"show={show}"
        + (f"&severity={severity}" if severity else "")
        + (f"&account={account_id}" if account_id else "")
    )
    next_url = f"/admin/cases?{kept}&older={found[-1].id}" if len(found) >= MANY else None
    return await visit.page(
        "admin/cases.html",
        found=found,
        show=show,
        severity=severity,
        next_url=next_url,
        rules=await rules_by_id(visit),
        now=clock.now(),
    )


@get("/admin/cases/{id_:str}", include_in_schema=False)
async def show_case(request: Asked, id_: FromPath[str]) -> Answer:
    visit = await Visit.of_steward(request)
    return await _case(visit, visit.id(id_))


async def _case(visit: Visit, id: int, error: FolkmootError | None = None, form: Form | None = None) -> Answer:
    case = await get_case(visit.server.db, visit.member, id)
    said = await reports.find_reports(visit.server.db, visit.member, case_id=id, limit=MANY)
    reporters = await visit.server.shelf.accounts({each.reporter_id for each in said if each.reporter_id is not None})
    linked = any(ballot.linked and not ballot.voided_why for ballot in case.ballots)
    flips = await doubted(visit.server.db, visit.member) if linked else []
    return await visit.page(
        "admin/case.html",
        status=STATUS[error.kind] if error else 200,
        case=case,
        line=case.line,
        reports=said,
        reporters={id: kept.view for id, kept in reporters.items()},
        rules=await rules_by_id(visit),
        rules_in_force=await rules_in_force(visit),
        undecided=case.line.verdict is None and case.line.state in (*OPEN, State.ESCALATED),
        votable=case.line.state in (State.ESCALATED, State.APPEALED),
        flip=next((flip for flip in flips if flip.case == id), None),
        mine=next((each for each in case.votes if each.steward_id == visit.member.account_id), None),
        now=clock.now(),
        wrong=words.current().of_error(error) if error else "",
        values={name: form.text(name) if form else "" for name in ("why", "verdict", "rule", "measure")},
    )


@post("/admin/cases/{id_:str}/{deed:str}", include_in_schema=False)
async def do_with_case(request: Asked, id_: FromPath[str], deed: FromPath[str]) -> Answer:
    """Decide, hide for now, hand to two stewards, raise, freeze; each with a reason that others read."""
    visit = await Visit.of_steward(request)
    form = await visit.form()
    id = visit.id(id_)
    try:
        notice = await _do(visit, id, deed, form)
    except Missing:
        raise
    except FolkmootError as error:
        return await _case(visit, id, error, form)
    return visit.back(f"/admin/cases/{id}", notice)


async def _do(visit: Visit, id: int, deed: str, form: Form) -> str:
    db, steward = visit.server.db, visit.member
    why = form.text("why").replace("\r\n", "\n").strip()
    match deed:
        case "decide":
            verdict, measure = form.text("verdict"), form.text("measure") or Measure.REMOVE.value
            if verdict not in [each.value for each in Verdict] or measure not in [each.value for each in Measure]:
                raise Invalid("Please choose a verdict.", field="verdict")
            decided = await decide_as_steward(
                db,
                steward,
                id,
                Verdict(verdict),
                why,
                rule_id=form.id("rule"),
                measure=Measure(measure) if verdict == Verdict.REMOVE.value else Measure.KEEP,
                seen=form.id("seen"),
            )
            return say("Decided.") if decided else say("Noted. A second steward has to agree.")
        case "hide":
            await hide_for_now(db, steward, id, why)
            return say("Hidden, for 24 hours at most.")
        case "escalate":
            await escalate(db, steward, id, why)
            return say("Two stewards decide now.")
        case "raise":
            await raise_threat(db, steward, id, why)
            return say("Every steward has been called.")
        case "freeze" | "thaw":
            await freeze(db, steward, id, why, frozen=deed == "freeze")
            return say("The evidence is kept.") if deed == "freeze" else say("The legal hold is over.")
        case "void":
            reopened = await void_ballot(db, steward, id, form.id("juror") or 0, why)
            return say("It goes before fresh jurors.") if reopened else say("The ballot counts no longer.")
        case "deadline":
            await set_deadline(db, steward, id, _moment(form.text("deadline")), why)
            return say("The deadline is set.")
        case _:
            raise Missing


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise Invalid("Please give a date and a time.", field="deadline") from error


@post("/admin/alarms/{id_:str}/answer", include_in_schema=False)
async def say_what_was_done(request: Asked, id_: FromPath[str]) -> Answer:
    """What was done about an alarm."""
    visit = await Visit.of_steward(request)
    form = await visit.form()
    back = own_address(form.text("back"), "/admin/board")
    try:
        await answer_alarm(visit.server.db, visit.member, visit.id(id_), form.text("answer").strip())
    except Invalid as error:
        return visit.back(back, words.current().of_error(error))
    return visit.back(back, say("Answered."))
