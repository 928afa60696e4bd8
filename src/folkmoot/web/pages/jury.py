"""For volunteers: offer oneself, practise, judge a case in seconds, stop."""

from __future__ import annotations

from litestar import get, post
from litestar.params import FromPath

from folkmoot import clock
from folkmoot.errors import Conflict, FolkmootError, Forbidden, Invalid, Missing
from folkmoot.ids import parse
from folkmoot.moderation import jurors
from folkmoot.moderation.cases import Choice, Exclusion, Severity
from folkmoot.moderation.cases.cast import cast, take_back
from folkmoot.moderation.cases.summon import next_seat, pass_on
from folkmoot.moderation.cases.views import NoSeat
from folkmoot.moderation.jurors import Feedback, JurorView, PracticeCase
from folkmoot.web.errors import STATUS
from folkmoot.web.pages import cards, words
from folkmoot.web.pages.forms import Asked, Form
from folkmoot.web.pages.reports import rules_in_force
from folkmoot.web.pages.visit import Answer, Visit
from folkmoot.web.pages.words import say


@get("/jury", include_in_schema=False)
async def jury(request: Asked) -> Answer:
    """What it means to judge, and how things stand for who does."""
    visit = await Visit.of(request)
    return await _jury(visit)


async def _jury(visit: Visit, error: FolkmootError | None = None) -> Answer:
    juror = await jurors.juror_view(visit.server.db, visit.member)
    return await visit.page(
        "jury/index.html",
        status=STATUS[error.kind] if error else 200,
        here="jury",
        juror=juror,
        wrong=words.current().of_error(error) if error else "",
        now=clock.now(),
    )


@post("/jury/volunteer", include_in_schema=False)
async def volunteer(request: Asked) -> Answer:
    """Offer oneself, come back, or change what one would rather not see."""
    visit = await Visit.of(request)
    form = await visit.form()
    wanted = {text for text in form.all("see") if text in [each.value for each in Severity]}
    try:
        juror = await jurors.volunteer(
            visit.server.db, visit.member, [each for each in Severity if each.value not in wanted]
        )
    except (Forbidden, Invalid) as error:
        return await _jury(visit, error)
    if juror.needs_practice:
        return visit.back("/jury/practise")
    return visit.back("/jury", say("Saved."))


@post("/jury/step-down", include_in_schema=False)
async def step_down(request: Asked) -> Answer:
    visit = await Visit.of(request)
    await visit.form()
    await jurors.step_down(visit.server.db, visit.member)
    return visit.back("/jury", say("You are no juror any more. Thank you for what you did."))


# Practice -----------------------------------------------------------------------------------------------------------


async def _practise(
    visit: Visit, case: PracticeCase | None, feedback: Feedback | None = None, answered: Choice | None = None
) -> Answer:
    return await visit.page(
        "jury/practise.html",
        here="jury",
        case=case,
        feedback=feedback,
        answered=answered,
        rules=await rules_in_force(visit),
        rich=cards.rich,
    )


@get("/jury/practise", include_in_schema=False)
async def practise(request: Asked) -> Answer:
    """The next case to practise on."""
    visit = await Visit.of(request)
    if await jurors.juror_view(visit.server.db, visit.member) is None:
        return visit.back("/jury")
    return await _practise(visit, await jurors.practice_case(visit.server.db, visit.member))


@post("/jury/practise", include_in_schema=False)
async def answer_practice(request: Asked) -> Answer:
    """What it was, and why."""
    visit = await Visit.of(request)
    form = await visit.form()
    case = await jurors.practice_case(visit.server.db, visit.member)
    name = form.text("name")
    choice, _ = _choice(form)
    try:
        feedback = await jurors.answer_practice(visit.server.db, visit.member, name, choice)
    except Conflict:
        return visit.back("/jury/practise")
    return await _practise(visit, case if case is not None and case.name == name else None, feedback, choice)


# Judging ------------------------------------------------------------------------------------------------------------


def _choice(form: Form) -> tuple[Choice, int | None]:
    """The button that was pressed: one of the rules, or one of the other answers."""
    if form.has("breaks"):
        return Choice.BREAKS, parse(form.text("breaks"))
    chosen = form.text("choice")
    if chosen not in [each.value for each in Choice]:
        raise Invalid("Please choose one of the answers.", field="choice")
    return Choice(chosen), None


@get("/jury/case", include_in_schema=False)
async def show_case(request: Asked) -> Answer:
    """The case before the juror, or why there is none."""
    visit = await Visit.of(request)
    juror = await jurors.juror_view(visit.server.db, visit.member)
    if juror is None or juror.stepped_down_at is not None:
        return visit.back("/jury")
    if juror.needs_practice:
        return visit.back("/jury/practise")
    seat = await next_seat(visit.server.db, visit.member)
    if isinstance(seat, NoSeat):
        return await _no_seat(visit, juror, seat)
    return await visit.page(
        "jury/case.html",
        headers={"cache-control": "private, no-store"},
        here="jury",
        seat=seat,
        juror=juror,
        rules=await rules_in_force(visit),
        undo=seat.may_take_back,
        rich=cards.rich,
        minutes_all=seat.severe_minutes_today + seat.severe_minutes_left,
    )


async def _no_seat(visit: Visit, juror: JurorView, seat: NoSeat) -> Answer:
    if seat.reason is Exclusion.NOT_QUALIFIED:
        return visit.back("/jury/practise")
    until = seat.until or (juror.break_until if seat.reason is Exclusion.ON_BREAK else None)
    return await visit.page(
        "jury/none.html",
        here="jury",
        reason=seat.reason.value if seat.reason else "",
        until=until,
        juror=juror,
        undo=parse(visit.query("last")),
    )


@post("/jury/seats/{id_:str}/{deed:str}", include_in_schema=False)
async def answer_case(request: Asked, id_: FromPath[str], deed: FromPath[str]) -> Answer:
    """Cast a ballot, pass the case on, or take the last ballot back."""
    visit = await Visit.of(request)
    form = await visit.form()
    db, member, seat_id = visit.server.db, visit.member, visit.id(id_)
    last = ""
    try:
        if deed == "cast":
            choice, rule_id = _choice(form)
            seen = form.id("seen")
            if seen is None:
                raise Invalid("Please look at the case again.", field="seen")
            made = await cast(db, member, seat_id, choice=choice, rule_id=rule_id, seen_version=seen)
            last = f"?last={seat_id}"
            notice = say("Stewards have been called. Thank you.") if made.raised else ""
        elif deed == "pass":
            await pass_on(db, member, seat_id)
            notice = say("Somebody else takes it. That is always all right.")
        elif deed == "take-back":
            await take_back(db, member, seat_id)
            notice = say("Taken back. Look at it again.")
        else:
            raise Missing
    except (Conflict, Forbidden, Invalid) as error:
        # A lapsed seat, a changed text, a decided case: nothing happened, and there is a next one.
        notice = words.current().of_error(error)
    return visit.back(f"/jury/case{last}", notice)
