"""Notices from outside, for stewards: what is due when, one with everything and one-click deeds, clocks, senders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from litestar import Response, get, post
from litestar.params import FromPath

from folkmoot import clock
from folkmoot.errors import FolkmootError, Invalid, Missing
from folkmoot.ids import parse
from folkmoot.moderation import notices
from folkmoot.moderation.notices import Clock, Kind, State
from folkmoot.moderation.notices.read import raw_letter
from folkmoot.moderation.notices.reading import DOUBTS
from folkmoot.moderation.notices.rules import ANY
from folkmoot.moderation.notices.senders import (
    add_sender,
    list_senders,
    readmit_sender,
    suspend_sender,
    warn_sender,
    withdraw_sender,
)
from folkmoot.network.access import Role
from folkmoot.web.errors import STATUS
from folkmoot.web.pages import words
from folkmoot.web.pages.forms import Asked, Form
from folkmoot.web.pages.visit import Answer, Visit
from folkmoot.web.pages.words import say

MANY = 40
RUNNING = (State.RECEIVED, State.OPEN, State.INTERIM)
TABS: dict[str, tuple[State, ...]] = {
    "running": RUNNING,
    "answered": (State.ANSWERED,),
    "refused": (State.REFUSED,),
    "all": (),
}
DAY = timedelta(days=1)
_FIELDS = ("kind", "due", "language", "address", "text", "final", "why")
_MOMENT = "%Y-%m-%dT%H:%M"
_OURS = {
    "too_many_addresses": "It names more addresses than we look at in one letter.",
    "order_not_confirmed": "It looks like the order of an authority, and nothing proves that it is one.",
    "another_deadline": "A later letter names another deadline.",
}


def kind_names(*, orders: bool = True, unknown: bool = True) -> list[tuple[str, str]]:
    """What a notice may be, for a choice on a form."""
    names = [
        ("host", say("Host")),
        ("store", say("App store")),
        ("authority", say("Authority")),
        ("trusted_flagger", say("Trusted flagger")),
        ("person", say("Somebody")),
    ]
    last = [("unknown", say("Unknown sender"))] if unknown else []
    # An order is never what a form proposes: it is the one kind that may be carried out without a jury.
    return names + last + ([("order", say("Removal order"))] if orders else [])


def _doubts(codes: tuple[str, ...]) -> list[str]:
    """What a steward should look at, in their language; each sentence once."""
    known = DOUBTS | _OURS
    found = [known[code] for each in codes if (code := each.partition(":")[0]) in known]
    return [words.current().gettext(sentence) for sentence in dict.fromkeys(found)]


@get("/admin/notices", include_in_schema=False)
async def show_notices(request: Asked) -> Answer:
    """Notices by where they stand; of those that wait for us, what is due first."""
    visit = await Visit.of_steward(request)
    show = visit.query("show") if visit.query("show") in TABS else "running"
    before = parse(visit.query("older"))
    found = await notices.list_notices(visit.server.db, visit.member, states=TABS[show], before=before, limit=MANY)
    more = len(found) >= MANY and show != "running"
    return await visit.page(
        "admin/notices.html",
        found=found,
        show=show,
        now=clock.now(),
        next_url=f"/admin/notices?show={show}&older={found[-1].id}" if more else None,
    )


@get("/admin/notices/{id_:str}", include_in_schema=False)
async def show_notice(request: Asked, id_: FromPath[str]) -> Answer:
    visit = await Visit.of_steward(request)
    return await _notice(visit, visit.id(id_))


async def _notice(
    visit: Visit, id: int, error: FolkmootError | None = None, form: Form | None = None, deed: str = ""
) -> Answer:
    found = await notices.get_notice(visit.server.db, visit.server.settings, visit.member, id)
    now = clock.now()
    return await visit.page(
        "admin/notice.html",
        status=STATUS[error.kind] if error else 200,
        notice=found,
        line=found.line,
        doubts=_doubts(found.line.doubts),
        kinds=kind_names(),
        due=f"{found.line.due_at:{_MOMENT}}",
        later=f"{max(found.line.due_at, now) + DAY:{_MOMENT}}",
        now=now,
        open_deed=deed,
        wrong=words.current().of_error(error) if error else "",
        values={name: form.text(name) if form else "" for name in _FIELDS},
    )


@post("/admin/notices/{id_:str}/{deed:str}", include_in_schema=False)
async def do_with_notice(request: Asked, id_: FromPath[str], deed: FromPath[str]) -> Answer:
    """Confirm, take, hide, write, ask for time, carry out, set aside; each on record."""
    visit = await Visit.of_steward(request)
    form = await visit.form()
    id = visit.id(id_)
    try:
        notice = await _do(visit, id, deed, form)
    except Missing:
        raise
    except FolkmootError as error:
        return await _notice(visit, id, error, form, deed)
    return visit.back(f"/admin/notices/{id}", notice)


async def _do(visit: Visit, id: int, deed: str, form: Form) -> str:
    db, settings, steward = visit.server.db, visit.server.settings, visit.member
    why = form.text("why").replace("\r\n", "\n").strip()
    match deed:
        case "confirm":
            if form.text("kind") not in list(Kind):
                raise Invalid("There is no such kind of notice", field="kind")
            await notices.confirm(
                db,
                settings,
                steward,
                id,
                kind=Kind(form.text("kind")),
                due_at=_moment(form.text("due"), "due_at"),
                language=form.text("language"),
                sender_is_real=form.flag("real"),
                withdrawn=form.ids("withdrawn"),
                sender_address=form.text("address") if form.has("address") else None,
            )
            return say("Confirmed.")
        case "order":
            await notices.carry_out_order(db, settings, steward, id)
            return say("Carried out.")
        case "take":
            await notices.take(db, steward, id)
            return say("You look after it.")
        case "hide":
            count = await notices.hide_all(db, settings, steward, id)
            return say("Hidden until decided: %(count)s.", count=count)
        case "name":
            count = await notices.name_more(db, visit.server.desk.gate, settings, steward, id, form.text("addresses"))
            return say("Added: %(count)s.", count=count)
        case "extend":
            until = _moment(form.text("until"), "until") if form.text("until") else None
            await notices.ask_for_time(db, settings, steward, id, until)
            return say("They were asked for more time.")
        case "reply":
            await notices.reply(db, settings, steward, id, form.text("text"), final=form.flag("final"))
            return say("Sent.")
        case "refuse":
            await notices.refuse(db, settings, steward, id, why, tell=form.flag("tell"))
            return say("Set aside.")
        case "reopen":
            await notices.reopen(db, settings, steward, id, _moment(form.text("due"), "due_at"))
            return say("A clock runs again.")
        case "warn":
            await warn_sender(db, settings, steward, id, why)
            return say("They were warned.")
        case "suspend" | "readmit":
            found = await notices.get_notice(db, settings, steward, id)
            if found.sender_id is None:
                raise Missing
            await (suspend_sender if deed == "suspend" else readmit_sender)(db, steward, found.sender_id, why)
            return say("Their notices are set aside from now on.") if deed == "suspend" else say("They are read again.")
        case _:
            raise Missing


def _moment(text: str, field: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise Invalid("Please give a date and a time.", field=field) from error


@get("/admin/notices/{id_:str}/letters/{letter_id:str}", include_in_schema=False)
async def show_letter(request: Asked, id_: FromPath[str], letter_id: FromPath[str]) -> Answer:
    """A letter as it came, to be kept or looked at with other tools."""
    visit = await Visit.of_steward(request)
    raw = await raw_letter(visit.server.db, visit.member, visit.id(id_), visit.id(letter_id))
    headers = {
        "content-disposition": f'attachment; filename="notice-{visit.id(letter_id)}.eml"',
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(raw, media_type="application/octet-stream", headers=headers)


# Clocks ---------------------------------------------------------------------------------------------------------------


@get("/admin/notices/clocks", include_in_schema=False)
async def show_clocks(request: Asked) -> Answer:
    return await _clocks(await Visit.of_steward(request))


async def _clocks(visit: Visit, error: FolkmootError | None = None, form: Form | None = None) -> Answer:
    names = ("kind", "sender", "minutes", "warnings", "why")
    return await visit.page(
        "admin/clocks.html",
        status=STATUS[error.kind] if error else 200,
        clocks=await notices.list_clocks(visit.server.db, visit.member),
        kinds=[(ANY, say("Everything else")), *kind_names()],
        operator=visit.member.role is Role.OPERATOR,
        wrong=words.current().of_error(error) if error else "",
        values={name: form.text(name) if form else "" for name in names},
    )


@post("/admin/notices/clocks", include_in_schema=False)
async def set_clock(request: Asked) -> Answer:
    """Set a row of the table."""
    visit = await Visit.of_steward(request)
    form = await visit.form()
    minutes = parse(form.text("minutes"))
    row = Clock(
        kind=form.text("kind"),
        sender=form.text("sender"),
        minutes=minutes if minutes is not None else 0,
        warnings=tuple(part.strip() for part in form.text("warnings").split(",") if part.strip()),
        why=form.text("why"),
    )
    try:
        await notices.change_clock(visit.server.db, visit.member, row)
    except FolkmootError as error:
        return await _clocks(visit, error, form)
    return visit.back("/admin/notices/clocks", say("The clock is set."))


@post("/admin/notices/clocks/remove", include_in_schema=False)
async def remove_clock(request: Asked) -> Answer:
    visit = await Visit.of_steward(request)
    form = await visit.form()
    try:
        await notices.drop_clock(visit.server.db, visit.member, form.text("kind"), form.text("sender"))
    except Missing:
        raise
    except FolkmootError as error:
        return await _clocks(visit, error, form)
    return visit.back("/admin/notices/clocks", say("Removed."))


# Senders --------------------------------------------------------------------------------------------------------------


@get("/admin/notices/senders", include_in_schema=False)
async def show_senders(request: Asked) -> Answer:
    return await _senders(await Visit.of_steward(request))


async def _senders(visit: Visit, error: FolkmootError | None = None, form: Form | None = None, key: str = "") -> Answer:
    return await visit.page(
        "admin/senders.html",
        status=STATUS[error.kind] if error else 200,
        senders=await list_senders(visit.server.db, visit.member),
        kinds=kind_names(orders=False, unknown=False),
        operator=visit.member.role is Role.OPERATOR,
        key=key,
        wrong=words.current().of_error(error) if error else "",
        values={name: form.text(name) if form else "" for name in ("name", "kind", "address", "key")},
    )


@post("/admin/notices/senders", include_in_schema=False)
async def put_on_list(request: Asked) -> Answer:
    """Put a host, a store, an authority or a flagger on the list; a key is shown once, on the answer's page."""
    visit = await Visit.of_steward(request)
    form = await visit.form()
    try:
        if form.text("kind") not in list(Kind):
            raise Invalid("There is no such kind of notice", field="kind")
        added = await add_sender(
            visit.server.db,
            visit.member,
            name=form.text("name"),
            kind=Kind(form.text("kind")),
            address=form.text("address") or None,
            with_key=form.flag("key"),
        )
    except FolkmootError as error:
        return await _senders(visit, error, form)
    return await _senders(visit, key=added.key or "")


@post("/admin/notices/senders/{id_:str}/remove", include_in_schema=False)
async def take_off_list(request: Asked, id_: FromPath[str]) -> Answer:
    visit = await Visit.of_steward(request)
    await visit.form()
    await withdraw_sender(visit.server.db, visit.member, visit.id(id_))
    return visit.back("/admin/notices/senders", say("Removed."))
