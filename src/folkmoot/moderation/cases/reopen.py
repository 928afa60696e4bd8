"""Bring a decided case before a jury again: a ballot was void, or a life may be at risk. A step of the caller's deed."""

from __future__ import annotations

from datetime import timedelta

from folkmoot.database import Transaction
from folkmoot.moderation.cases import content_queries, queries, timer_queries
from folkmoot.moderation.cases.inhand import CaseInHand
from folkmoot.moderation.cases.juries import seats_wanted
from folkmoot.moderation.cases.states import Step


async def reopen(tx: Transaction, case: CaseInHand, why: str, *, by: int | None = None) -> None:
    """Bring a decided case before fresh jurors. What was done stays done until they have decided; what authors have changed since is
    what they read."""
    hidden = case["verdict"] == "remove"
    case.take(Step.REOPEN, f"{case.file.version}", by=by, why=why)
    if hidden:
        case.take(Step.HIDE, f"reopen:{case.file.version}", why="until it is decided anew")
    case.note(
        round=case["round"] + 1,
        verdict=None,
        measure=None,
        decided_by=None,
        decided_at=None,
        closed_at=None,
        seats_free=seats_wanted(case["prior"], 0, case.policy),
        target_at=case.now + timedelta(hours=case.policy.target_hours),
    )
    case.weigh(case["prior"], ())
    await timer_queries.stop_timers(tx, case.id, ["close"], case.now)
    await timer_queries.set_timer(tx, case.id, "default", case.now + timedelta(hours=case.policy.default_hours))
    await queries.reverse_reports(tx, case.id, "", case.now)
    for member in await content_queries.members(tx, case.id):
        if not member["gone"] and member["present_version"] != member["version"]:
            tx.defer("moderation.cases.text_changed", post_id=member["post_id"])
