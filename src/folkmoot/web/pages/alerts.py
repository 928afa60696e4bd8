"""What reaches a member who is not looking: on this device, and announcements by mail."""

from __future__ import annotations

from litestar import get, post

from folkmoot.network import accounts, push
from folkmoot.network.notifications import Kind
from folkmoot.web.api.push import vapid_key
from folkmoot.web.pages.forms import Asked
from folkmoot.web.pages.visit import Answer, Visit
from folkmoot.web.pages.words import say

WANTED = dict.fromkeys(Kind, True)


@get("/settings/notifications", include_in_schema=False)
async def show(request: Asked) -> Answer:
    visit = await Visit.of(request)
    kept = await accounts.get_preferences(visit.server.db, visit.member)
    found = await push.find(visit.server.db, visit.member)
    return await visit.page(
        "settings/notifications.html",
        preferences=kept,
        endpoint=found.endpoint if found is not None else "",
        key=await vapid_key(visit.server),
    )


@post("/settings/notifications", include_in_schema=False)
async def save(request: Asked) -> Answer:
    visit = await Visit.of(request)
    form = await visit.form()
    await accounts.update_preferences(
        visit.server.db,
        visit.member,
        announcements_by_mail=form.flag("announcements_by_mail"),
        announcements_by_push=form.flag("announcements_by_push"),
    )
    return visit.back("/settings/notifications", say("Saved."))


@post("/settings/notifications/push", include_in_schema=False)
async def subscribe(request: Asked) -> Answer:
    """This browser asks to be told while no page is open."""
    visit = await Visit.of(request)
    form = await visit.form()
    await push.subscribe(
        visit.server.db,
        visit.server.settings,
        visit.member,
        endpoint=form.text("endpoint"),
        p256dh=form.text("p256dh"),
        auth=form.text("auth"),
        standard=True,
        alerts=WANTED,
    )
    return visit.back("/settings/notifications")


@post("/settings/notifications/push/end", include_in_schema=False)
async def end(request: Asked) -> Answer:
    visit = await Visit.of(request)
    await visit.form()
    await push.end(visit.server.db, visit.member)
    return visit.back("/settings/notifications")
