"""An account's page, the people around it, and how the reader stands to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import get, post
from litestar.params import FromPath

from folkmoot.errors import Missing
from folkmoot.ids import parse
from folkmoot.network import relations
from folkmoot.network.accounts import AccountView
from folkmoot.network.relations import RelationView
from folkmoot.web.pages.forms import Asked
from folkmoot.web.pages.people import PEOPLE, show_people
from folkmoot.web.pages.post import show_post
from folkmoot.web.pages.visit import Answer, Nothing, Visit
from folkmoot.web.pages.words import say

DURATIONS = (1800, 3600, 21_600, 86_400, 259_200, 604_800)


async def _by_handle(visit: Visit, handle: str) -> AccountView:
    if not handle.startswith("@"):
        raise Missing
    name, _, domain = handle[1:].partition("@")
    if domain and domain.lower() != visit.server.settings.domain.lower():
        raise Missing
    found = await visit.server.shelf.account_by_name(name)
    if found is None or found.view.approved_at is None:
        raise Missing
    return found.view


async def _relation(visit: Visit, account_id: int) -> RelationView | None:
    if visit.viewer is None:
        return None
    found = await relations.relations(visit.server.db, visit.viewer, [account_id])
    return found[0] if found else None


@get("/{handle:str}", include_in_schema=False)
async def profile(request: Asked, handle: FromPath[str]) -> Answer:
    visit = await Visit.of(request)
    return await _show(visit, await _by_handle(visit, handle), "posts")


@get("/{handle:str}/{tab:str}", include_in_schema=False)
async def profile_tab(request: Asked, handle: FromPath[str], tab: FromPath[str]) -> Answer:
    """A part of somebody's page, or one of their posts."""
    visit = await Visit.of(request)
    account = await _by_handle(visit, handle)
    if (post_id := parse(tab)) is not None:
        return await show_post(visit, post_id, account)
    if tab in ("replies", "media"):
        return await _show(visit, account, tab)
    if tab in ("followers", "following"):
        return await _people_of(visit, account, tab)
    raise Missing


async def _show(visit: Visit, account: AccountView, tab: str) -> Answer:
    server, viewer = visit.server, visit.viewer
    relation = await _relation(visit, account.id)
    closed = ""
    if account.closed_at is not None:
        closed = say("This account was deleted")
    elif account.suspended_at is not None:
        closed = say("This account is suspended")
    elif relation is not None and relation.blocked_by:
        closed = say("You cannot read this account")
    found = await server.timelines.account(
        viewer,
        account.id,
        visit.span,
        only_media=tab == "media",
        without_replies=tab == "posts",
        without_boosts=tab == "media",
    )
    page = await visit.list_page(found)
    if visit.wants_part:
        return await visit.page("parts/posts.html", page=page)
    pins = []
    if tab == "posts" and not visit.query("older") and not closed:
        pins = await visit.cards((await server.timelines.pinned(viewer, account.id)).cards)
    is_own = viewer is not None and viewer.account_id == account.id
    return await visit.page(
        "account.html",
        here="me" if is_own else "account",
        account=account,
        relation=relation if not is_own else None,
        closed=closed,
        tab=tab,
        page=page,
        pins=pins,
    )


async def _people_of(visit: Visit, account: AccountView, which: str) -> Answer:
    read = relations.followers if which == "followers" else relations.following
    rows = await read(visit.server.db, visit.viewer, account.id, max_id=parse(visit.query("older")), limit=PEOPLE)
    base = f"/@{account.name}"
    tabs = [
        (f"{base}/following", say("Following"), which == "following"),
        (f"{base}/followers", say("Followers"), which == "followers"),
    ]
    hidden = account.hides_relations and not (visit.viewer and visit.viewer.account_id == account.id)
    return await show_people(
        visit,
        rows,
        heading=account.shown_name,
        back=base,
        tabs=tabs,
        nothing=Nothing(
            "bench",
            say("This account keeps it to itself") if hidden else say("Nobody yet"),
            say("Whom it follows and who follows it is not shown.") if hidden else say("This list is still empty."),
            ((base, say("See the profile")),),
        ),
    )


@get("/requests", include_in_schema=False)
async def requests(request: Asked) -> Answer:
    visit = await Visit.of(request)
    rows = await relations.follow_requests(
        visit.server.db, visit.member, max_id=parse(visit.query("older")), limit=PEOPLE
    )
    return await show_people(
        visit,
        rows,
        heading=say("Follow requests"),
        back="/menu",
        deeds="request",
        nothing=Nothing(
            "letter", say("No requests"), say("Whoever asks to follow you is listed here."), (("/", say("Go home")),)
        ),
    )


Relate = Callable[..., Awaitable[RelationView]]
_SIMPLE: dict[str, Relate] = {
    "unfollow": relations.unfollow,
    "unmute": relations.unmute,
    "block": relations.block,
    "unblock": relations.unblock,
    "accept": relations.accept,
    "reject": relations.reject,
    "remove-follower": relations.remove_follower,
}


@post("/accounts/{id_:str}/{deed:str}", include_in_schema=False)
async def relate(request: Asked, id_: FromPath[str], deed: FromPath[str]) -> Answer:
    """Follow, mute, block and the ways back."""
    visit = await Visit.of(request)
    form = await visit.form()
    db, member, target = visit.server.db, visit.member, visit.id(id_)
    account = await visit.server.shelf.account(target)
    if account is None:
        raise Missing
    if deed == "follow":
        relation = await relations.follow(
            db,
            member,
            target,
            shows_boosts=form.flag("shows_boosts") if form.has("shows_boosts") else None,
            notifies=form.flag("notifies") if form.has("notifies") else None,
        )
    elif deed == "mute":
        seconds = form.id("seconds") or 0
        relation = await relations.mute(
            db,
            member,
            target,
            hides_notifications=form.flag("hides_notifications"),
            seconds=seconds if seconds in DURATIONS else None,
        )
    elif deed in _SIMPLE:
        relation = await _SIMPLE[deed](db, member, target)
    else:
        raise Missing
    data = {"following": relation.following, "requested": relation.requested, "blocking": relation.blocking}
    return visit.back(form.text("back") or f"/@{account.name}", data=data)


@get("/accounts/{id_:str}/{deed:str}", include_in_schema=False)
async def ask_before(request: Asked, id_: FromPath[str], deed: FromPath[str]) -> Answer:
    """Ask before muting or blocking somebody."""
    visit = await Visit.of(request)
    account = await visit.server.shelf.account(visit.id(id_))
    if account is None or deed not in ("mute", "block") or account.id == visit.member.account_id:
        raise Missing
    values: dict[str, Any] = {
        "action": f"/accounts/{account.id}/{deed}",
        "back": f"/@{account.name}",
        "here": "account",
    }
    if deed == "mute":
        values |= {
            "heading": say("Mute %(name)s?", name=f"@{account.name}"),
            "meaning": say("You no longer see their posts and boosts. They are not told and can still read you."),
            "yes": say("Mute"),
            "durations": [("0", say("Until I say otherwise")), *((str(each), _long(each)) for each in DURATIONS)],
        }
    else:
        values |= {
            "heading": say("Block %(name)s?", name=f"@{account.name}"),
            "meaning": say(
                "Neither of you follows, reads or answers the other any more. They are not told, but may notice."
            ),
            "yes": say("Block"),
            "dangerous": True,
        }
    return await visit.page("question.html", **values)


def _long(seconds: int) -> str:
    return {
        1800: say("30 minutes"),
        3600: say("1 hour"),
        21_600: say("6 hours"),
        86_400: say("1 day"),
        259_200: say("3 days"),
        604_800: say("7 days"),
    }[seconds]
