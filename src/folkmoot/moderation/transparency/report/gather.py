"""Gathers what a status report says."""

from __future__ import annotations

from datetime import datetime

import msgspec

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.errors import Invalid
from folkmoot.moderation.cases.learned_queries import learned
from folkmoot.moderation.transparency.figures import figures, months
from folkmoot.moderation.transparency.log.read import newest_checkpoint
from folkmoot.moderation.transparency.report import queries
from folkmoot.moderation.transparency.report.views import Deadline, Demand, Seal, StatusReport, Theirs
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.site import readiness, site_values
from folkmoot.settings import Settings

PLAN_MOST = 4_000
SENDER_MOST = 320
OUT_OF_SIGHT = ("removed", "hidden", "gone", "ordered")


async def status_report(
    db: Database, steward: Viewer, settings: Settings, *, since: datetime, sender: str = "", plan: str = ""
) -> StatusReport:
    """How the moderation stands, and, where a sender is named, what became of what they sent.

    `sender` is a mail address, a domain, an organisation or a name stewards gave. Raises Forbidden, Invalid.
    """
    steward.check_role(Role.STEWARD)
    now = clock.now()
    if since >= now:
        raise Invalid("A report begins in the past.", field="since")
    sender, plan = sender.strip(), plan.strip()
    if len(sender) > SENDER_MOST or len(plan) > PLAN_MOST:
        raise Invalid("That is too long.", field="sender" if len(sender) > SENDER_MOST else "plan")
    site = await site_values(db, settings)
    _, _, wait = await learned(db)
    return StatusReport(
        network=site.name,
        address=settings.base_url,
        contact=site.contact_email,
        made_at=now,
        sender=sender,
        figures=await figures(db, since, now),
        months=tuple(await months(db)),
        theirs=await _theirs(db, sender.lower(), since, now) if sender else None,
        deadlines=tuple(Deadline(**dict(row)) for row in await queries.deadlines(db)),
        wait_minutes=wait,
        readiness=await readiness(db),
        plan=plan,
        seal=await _seal(db),
    )


async def _theirs(db: Database, sender: str, since: datetime, now: datetime) -> Theirs:
    demands = tuple(
        Demand(
            reference=row["reference"],
            received_at=row["received_at"],
            due_at=row["due_at"],
            met_at=row["met_at"],
            answered_at=row["answered_at"],
            items=msgspec.json.decode(row["items"]),
        )
        for row in await queries.notices(db, sender, since)
    )
    by_state: dict[str, int] = {}
    for demand in demands:
        for state, many in demand.items.items():
            by_state[state] = by_state.get(state, 0) + many
    items = sum(by_state.values())
    speed = await queries.items(db, sender, since)
    return Theirs(
        notices=demands,
        items=items,
        by_state=by_state,
        settled=items - sum(by_state.get(state, 0) for state in ("waiting", "open", "hidden")),
        out_of_sight=sum(by_state.get(state, 0) for state in OUT_OF_SIGHT),
        in_time=sum(each.met_at is not None and each.met_at <= each.due_at for each in demands),
        late=sum((each.met_at or now) > each.due_at for each in demands),
        **dict(speed),
    )


async def _seal(db: Database) -> Seal | None:
    head = await newest_checkpoint(db)
    if head is None:
        return None
    return Seal(
        origin=head.checkpoint.origin,
        entries=head.checkpoint.size,
        root=head.checkpoint.root.hex(),
        signed_at=head.signed_at,
        note=str(head.note),
    )
