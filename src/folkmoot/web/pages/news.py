"""What happened to the reader: notifications, alike ones put together, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from litestar import get, post

from folkmoot.ids import parse
from folkmoot.network import notifications
from folkmoot.network.accounts import AccountView
from folkmoot.network.notifications import Kind, NotificationView
from folkmoot.web.pages.cards import Card
from folkmoot.web.pages.forms import Asked
from folkmoot.web.pages.visit import Answer, ListPage, Visit

MANY = 40
_TOGETHER = (Kind.FAVOURITE, Kind.BOOST, Kind.FOLLOW)
_WITH_POST = (Kind.MENTION, Kind.POST)
_ABOUT = {
    Kind.MODERATION_WARNING: "/decisions/{id}",
    Kind.PROFILE_DECISION: "/decisions/profile/{id}",
    Kind.REPORT_OUTCOME: "/reports/{id}",
    Kind.ALARM: "/admin/cases/{id}",
    Kind.NOTICE: "/admin/notices/{id}",
}
"""News that come from nobody, and the page that says more."""


class Group(msgspec.Struct, kw_only=True):
    """One line of the page: what happened, by whom, to which post."""

    kind: str
    at: datetime
    unread: bool
    accounts: list[AccountView]
    post_id: int | None
    card: Card | None = None
    excerpt: str = ""
    url: str = ""
    about: str = ""
    """Where more is said of what comes from nobody."""

    @property
    def first(self) -> AccountView:
        return self.accounts[0]


def together(found: Sequence[NotificationView], last_read: int, people: dict[int, AccountView]) -> list[Group]:
    """Favourites and boosts of one post, and follows, side by side in one line where the newest of them stands."""
    groups: dict[tuple[str, int], Group] = {}
    for each in found:
        account = people.get(each.from_account_id)
        if account is None:
            continue
        alike = each.kind in _TOGETHER
        key = (each.kind.value, (each.post_id or 0) if alike else each.id)
        group = groups.get(key)
        if group is None:
            groups[key] = Group(
                kind=each.kind.value,
                at=each.created_at,
                unread=each.id > last_read,
                accounts=[account],
                post_id=each.post_id,
                about=_ABOUT[each.kind].format(id=each.about_id) if each.kind in _ABOUT else "",
            )
        elif account not in group.accounts:
            group.accounts.append(account)
    return list(groups.values())


@get("/notifications", include_in_schema=False)
async def show_notifications(request: Asked) -> Answer:
    """The newest notifications; having opened the page means having read them."""
    visit = await Visit.of(request)
    server, member = visit.server, visit.member
    only = "mention" if visit.query("only") == "mention" else ""
    older = parse(visit.query("older"))
    found = await notifications.listing(
        server.db, member, max_id=older, limit=MANY, kinds=[Kind.MENTION] if only else None
    )
    marker = (await notifications.markers(server.db, member, ["notifications"])).get("notifications")
    last_read = marker.last_read_id if marker else 0
    accounts = await server.shelf.accounts({each.from_account_id for each in found})
    groups = together(found, last_read, {id: kept.view for id, kept in accounts.items()})
    post_ids = list(dict.fromkeys(group.post_id for group in groups if group.post_id is not None))
    shown = {card.post.id: card for card in await visit.cards(await server.timelines.cards(visit.viewer, post_ids))}
    for group in groups:
        card = shown.get(group.post_id or 0)
        if card is None:
            continue
        if group.kind in [kind.value for kind in _WITH_POST]:
            group.card = card
        else:
            group.excerpt = card.post.warning or card.post.text[:300] or "…"
            group.url = card.url
    if found and found[0].id > last_read and not older and not only:
        await notifications.set_markers(server.db, member, {"notifications": found[0].id})
    suffix = "&only=mention" if only else ""
    next_url = f"/notifications?older={found[-1].id}{suffix}" if len(found) >= MANY else None
    return await visit.page(
        "notifications.html",
        here="notifications",
        groups=groups,
        only=only,
        page=ListPage([], next_url, is_first=not older),
    )


@post("/notifications/clear", include_in_schema=False)
async def clear(request: Asked) -> Answer:
    visit = await Visit.of(request)
    await visit.form()
    await notifications.clear(visit.server.db, visit.member)
    return visit.back("/notifications")
