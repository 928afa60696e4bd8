"""Notifications, each in one entry; grouping is for a later version of the API than we claim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from folkmoot.clock import stamp
from folkmoot.errors import Missing
from folkmoot.moderation import findings
from folkmoot.moderation.sanctions import Measure, get_statement
from folkmoot.network import notifications
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.notifications import Kind, NotificationView
from folkmoot.web.api.call import Answer, Call, endpoint
from folkmoot.web.server import Server

TYPES = {
    Kind.MENTION: "mention",
    Kind.BOOST: "reblog",
    Kind.FAVOURITE: "favourite",
    Kind.FOLLOW: "follow",
    Kind.FOLLOW_REQUEST: "follow_request",
    Kind.POLL: "poll",
    Kind.POST: "status",
    Kind.EDIT: "update",
    Kind.SIGN_UP: "admin.sign_up",
    Kind.MODERATION_WARNING: "moderation_warning",
    Kind.PROFILE_DECISION: "moderation_warning",
}
"""Two of our kinds may be one of theirs."""
OURS = [kind for kind in Kind if kind not in TYPES]
"""What Mastodon's clients have no type for, and their list of types is closed: pages alone show it."""
ACTIONS = {
    Measure.REMOVE: "delete_statuses",
    Measure.WARN: "mark_statuses_as_sensitive",
    Measure.LABEL: "none",
    Measure.KEEP: "none",
}
LONGEST_PAGE = 80


class NotificationParameters(msgspec.Struct, frozen=True):
    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None
    limit: int = 40
    types: list[str] | None = None
    exclude_types: list[str] | None = None
    account_id: int | None = None


class DismissParameters(msgspec.Struct, frozen=True):
    id: int


async def notification_json(server: Server, viewer: Viewer, views: Sequence[NotificationView]) -> list[bytes]:
    """Notifications, finished; those about posts the reader may no longer see are left out."""
    accounts = await server.shelf.accounts({view.from_account_id for view in views})
    posts = list(dict.fromkeys(view.post_id for view in views if view.post_id is not None))
    cards = {card.entry.view.id: card for card in await server.timelines.cards(viewer, posts)} if posts else {}
    rendered = []
    for view in views:
        account = accounts.get(view.from_account_id)
        card = cards.get(view.post_id) if view.post_id is not None else None
        if (
            view.kind in OURS
            or account is None
            or not account.view.is_open
            or (view.post_id is not None and card is None)
        ):
            continue
        head = (
            f'{{"id":"{view.id}","type":"{TYPES[view.kind]}","created_at":"{stamp(view.created_at)}",'
            f'"group_key":"ungrouped-{view.id}","account":'
        )
        parts = [head.encode(), server.entities.account(account)]
        if TYPES[view.kind] == "moderation_warning":
            warning = await _warning(server, viewer, view)
            if warning is None:
                continue
            parts += [b',"moderation_warning":', warning[:-1], b',"target_account":', parts[1], b"}"]
        if card is not None:
            parts += [b',"status":', server.entities.card(card, signed_in=True)]
        rendered.append(b"".join([*parts, b"}"]))
    return rendered


async def _warning(server: Server, viewer: Viewer, view: NotificationView) -> bytes | None:
    """AccountWarning without its account: what was decided about the viewer or their profile, in words."""
    action, post_id = "none", None
    try:
        if view.kind is Kind.PROFILE_DECISION:
            found = await findings.own_profile_decision(server.db, viewer, view.about_id)
            id, at, text = found.id, view.created_at, "\n\n".join(findings.tell(found, viewer.locale))
        else:
            statement = await get_statement(server.db, viewer, view.about_id)
            id, at, text, post_id = statement.id, statement.created_at, statement.text, statement.post_id
            suspended = statement.reasons.limit.value in ("suspended", "banned")
            action = "suspend" if suspended else ACTIONS[statement.reasons.measure]
    except Missing:
        return None
    body = {
        "id": str(id),
        "action": action,
        "text": text,
        "status_ids": [str(post_id)] if post_id is not None else [],
        "created_at": stamp(at),
        "appeal": None,
    }
    return msgspec.json.encode(body)


def _kinds(types: list[str] | None) -> list[Kind] | None:
    """The kinds of these types; unknown types are passed over."""
    return None if types is None else [kind for kind, name in TYPES.items() if name in types]


@endpoint("GET", "/api/v1/notifications", scope="read:notifications")
async def listing(call: Call, given: NotificationParameters) -> Answer:
    """What happened to one."""
    limit = max(1, min(given.limit, LONGEST_PAGE - 1))
    views = await notifications.listing(
        call.server.db,
        call.member,
        max_id=given.max_id,
        since_id=given.since_id,
        min_id=given.min_id,
        limit=limit + 1,
        kinds=_kinds(given.types),
        exclude=[*(_kinds(given.exclude_types) or ()), *OURS],
        account_id=given.account_id,
        unchecked=True,  # notification_json asks, out of memory
    )
    surplus = len(views) > limit
    page = views[-limit:] if given.min_id is not None else views[:limit]
    older = page and (surplus or given.min_id is not None)
    return Answer(
        b"[" + b",".join(await notification_json(call.server, call.member, page)) + b"]",
        headers=call.link(page[-1].id if older else None, page[0].id if page else None),
    )


@endpoint("GET", "/api/v1/notifications/unread_count", scope="read:notifications")
async def unread_count(call: Call, given: NotificationParameters) -> Any:
    """How many one has not seen."""
    count = await notifications.unread_count(
        call.server.db,
        call.member,
        kinds=_kinds(given.types),
        exclude=[*(_kinds(given.exclude_types) or ()), *OURS],
        limit=max(1, min(given.limit, 1000)) if b"limit" in call.query else 100,
    )
    return {"count": count}


@endpoint("GET", "/api/v1/notifications/{id}", scope="read:notifications")
async def show(call: Call) -> bytes:
    """One notification."""
    view = await notifications.get_notification(call.server.db, call.member, call.id())
    if view.kind in OURS:
        raise Missing
    rendered = await notification_json(call.server, call.member, [view])
    return rendered[0] if rendered else b"{}"


@endpoint("POST", "/api/v1/notifications/clear", scope="write:notifications")
async def clear(call: Call) -> Any:
    """Throw them all away."""
    await notifications.clear(call.server.db, call.member)
    return {}


@endpoint("POST", "/api/v1/notifications/dismiss", scope="write:notifications")
async def dismiss_by_parameter(call: Call, given: DismissParameters) -> Any:
    """Throw one away, as older clients do."""
    await notifications.dismiss(call.server.db, call.member, given.id)
    return {}


@endpoint("POST", "/api/v1/notifications/{id}/dismiss", scope="write:notifications")
async def dismiss(call: Call) -> Any:
    """Throw one away."""
    await notifications.dismiss(call.server.db, call.member, call.id())
    return {}
