"""Bring what is due to the push services: many at once, each with its time-out, tried again a few times."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric import ec

from folkmoot import clock
from folkmoot.database import Database, Row
from folkmoot.errors import FolkmootError, Missing
from folkmoot.mail.rules import sender
from folkmoot.network import notifications
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.notifications import Kind
from folkmoot.network.push import queries
from folkmoot.network.push import words as spoken
from folkmoot.network.push.envelope import payload, seal
from folkmoot.network.push.keys import private_key
from folkmoot.network.push.rules import FAILURES, URGENT, Policy, next_attempt
from folkmoot.network.push.subscribe import PURPOSE
from folkmoot.network.push.views import Parcel, Words
from folkmoot.network.site.announcements import find_for_all
from folkmoot.outgoing import NoAnswer, NotOutside, Outgoing
from folkmoot.settings import Settings
from folkmoot.vault import open_vault

AT_ONCE = 64
CLAIM = timedelta(minutes=2)
TYPES = {
    Kind.BOOST: "reblog",
    Kind.POST: "status",
    Kind.EDIT: "update",
    Kind.SIGN_UP: "admin.sign_up",
    Kind.PROFILE_DECISION: "moderation_warning",
}
"""Mastodon's words where they are not ours; apps know only theirs."""

log = structlog.get_logger(__name__)


async def deliver_due(db: Database, settings: Settings) -> int:
    """Deliver what is due; how many were taken. May run twice: a message is taken before it is sent."""
    now = clock.now()
    async with db.transaction() as tx:
        rows = await queries.claim(tx, now, now + CLAIM, AT_ONCE)
    if not rows:
        return 0
    ours = await private_key(db, settings)
    async with Outgoing(loopback=settings.outgoing_loopback) as outgoing, asyncio.TaskGroup() as together:
        for row in rows:
            together.create_task(_try(db, settings, outgoing, ours, row))
    return len(rows)


async def _try(
    db: Database, settings: Settings, outgoing: Outgoing, ours: ec.EllipticCurvePrivateKey, row: Row
) -> None:
    """Deliver one, whose trouble holds up no other: it is due again when its claim ends, until its attempts are over."""
    try:
        await _deliver(db, settings, outgoing, ours, row)
    except FolkmootError as error:
        log.warning("a push message waits", subscription=row["subscription_id"], cause=error.cause or error.words)


async def _deliver(
    db: Database, settings: Settings, outgoing: Outgoing, ours: ec.EllipticCurvePrivateKey, row: Row
) -> None:
    wanted = row["wanted"]
    parcel = msgspec.convert({name: value for name, value in row.items() if name != "wanted"}, Parcel)
    said = await _words(db, settings, parcel) if wanted else None
    if said is None:
        async with db.transaction() as tx:
            await queries.done(tx, parcel.subscription_id, parcel.about, parcel.about_id)
        return
    token = open_vault(settings.data).unseal(PURPOSE, parcel.sealed_token).decode() if parcel.sealed_token else ""
    body, headers = seal(
        payload(said, parcel, token), parcel, ours, f"mailto:{sender(settings)}", int(clock.now().timestamp()),
        urgent=said.urgent,
    )  # fmt: skip
    try:
        status, _ = await outgoing.post(parcel.endpoint, body, headers)
    except NotOutside:
        status = 410
    except NoAnswer as error:
        log.info("a push service did not answer", why=str(error))
        status = 503
    await _note(db, parcel, status)


async def _note(db: Database, parcel: Parcel, status: int) -> None:
    now = clock.now()
    async with db.transaction() as tx:
        if status in (404, 410):  # the device is gone (RFC 8030, 7.3)
            await queries.drop(tx, parcel.subscription_id)
            return
        later = next_attempt(parcel.attempts, now) if status == 429 or status >= 500 else None
        if later is not None:
            await queries.put_off(tx, parcel.subscription_id, parcel.about, parcel.about_id, later)
            return
        await queries.done(tx, parcel.subscription_id, parcel.about, parcel.about_id)
        if 200 <= status < 300:
            await queries.note_success(tx, parcel.subscription_id)
        else:
            log.warning("a push service refused a message", subscription=parcel.subscription_id, status=status)
            await queries.note_failure(tx, parcel.subscription_id, FAILURES)


async def _words(db: Database, settings: Settings, parcel: Parcel) -> Words | None:
    """What the device shows; None when it is gone, may not be seen any more, or is not wanted from these."""
    if parcel.about == "announcement":
        return await _of_announcement(db, settings, parcel)
    viewer = Viewer(account_id=parcel.account_id, name="")
    try:
        found = await notifications.get_notification(db, viewer, parcel.about_id)
    except Missing:
        return None
    about = await queries.contents(db, parcel.account_id, found.from_account_id, found.post_id)
    if about is None or not _passes(parcel.policy, about, found.kind):
        return None
    text = about["warning"] or about["text"] or ""
    icon = f"{settings.base_url}/media/{about['avatar_key']}" if about["avatar_key"] else ""
    return Words(
        kind=TYPES.get(found.kind, found.kind.value),
        title=spoken.title(found.kind, parcel.locale, about["display_name"] or about["name"]),
        body=spoken.body(found.kind, parcel.locale, text, found.about_id),
        icon=icon or f"{settings.base_url}/static/icon-192.png",
        url=_place(found.kind, found.post_id, about),
        urgent=found.kind in URGENT,
    )


def _passes(policy: Policy, about: Row, kind: Kind) -> bool:
    if kind in (Kind.ALARM, Kind.MODERATION_WARNING, Kind.PROFILE_DECISION, Kind.REPORT_OUTCOME, Kind.POLL):
        return True  # they come from the network itself
    return policy is Policy.ALL or bool(about.get(policy.value, False))


def _place(kind: Kind, post_id: int | None, about: Row) -> str:
    if kind is Kind.ALARM:
        return "/admin/board"
    if kind is Kind.MODERATION_WARNING:
        return "/decisions"
    if kind is Kind.REPORT_OUTCOME:
        return "/settings/reports"
    return f"/@{about['author']}/{post_id}" if post_id is not None and about["author"] else "/notifications"


async def _of_announcement(db: Database, settings: Settings, parcel: Parcel) -> Words | None:
    found = await find_for_all(db, parcel.about_id)
    if found is None:
        return None
    return Words(
        kind="announcement",
        title=spoken.title("announcement", parcel.locale),
        body=spoken.body("announcement", parcel.locale, found.in_language(parcel.locale)),
        icon=f"{settings.base_url}/static/icon-192.png",
        url="/announcements",
        urgent=found.urgent,
    )
