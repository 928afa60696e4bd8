"""A post that leaves its case takes along what is open about it: findings, reports, what notices want of it and by when. Steps of
`open`, and of notices that let a case go."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from folkmoot.database import Transaction
from folkmoot.moderation.cases import learned_queries, queries, timer_queries
from folkmoot.moderation.cases.decide import deadline
from folkmoot.moderation.cases.effects import restore_provisionally
from folkmoot.moderation.cases.inhand import CaseInHand
from folkmoot.moderation.cases.rules import should_hide
from folkmoot.moderation.cases.states import Step


async def take_along(tx: Transaction, post_id: int, old: CaseInHand, new_id: int) -> bool:
    """Move what is open about a post that has left the one case to the other; whether anybody had reported it."""
    await queries.move_findings(tx, post_id, old.id, new_id)
    due_at = await queries.move_notices(tx, post_id, old.id, new_id)
    if due_at is not None:
        await hurry(tx, await CaseInHand.lock(tx, new_id), due_at)
        if old["deadline_at"] == due_at:  # a steward's own is not of the notice
            await let_wait(tx, old)
    return await queries.move_reports(tx, post_id, old.id, new_id)


async def hurry(tx: Transaction, case: CaseInHand, due_at: datetime) -> None:
    """Put a notice's clock on a case; an earlier one stays."""
    if case.is_undecided and (case["deadline_at"] is None or due_at < case["deadline_at"]):
        await deadline(tx, case, due_at)


async def let_wait(tx: Transaction, case: CaseInHand) -> None:
    """Let a case run by the earliest clock that is left. Without any, what only a deadline hid is seen again."""
    if not case.is_undecided:
        return
    left = await queries.earliest_due(tx, case.id)
    if left is not None:
        if case["deadline_at"] is None or left > case["deadline_at"]:
            await deadline(tx, case, left)
        return
    await timer_queries.stop_timers(tx, case.id, ["override"], case.now)
    case.note(deadline_at=None)
    if case.file.hidden and case.file.overridden and not case.file.life_at_risk:
        steps = [Step(row["step"]) for row in await queries.events(tx, case.id)]
        _, _, wait = await learned_queries.learned(tx)
        if hidden_by_deadline_alone(steps) and not should_hide(case["belief"], case.policy, wait, hidden=False):
            case.take(Step.RESTORE, f"let_go:{case.file.version}", why="the deadline is void")
            await restore_provisionally(tx, case)
    await case.write()


def hidden_by_deadline_alone(steps: Iterable[Step]) -> bool:
    """Whether a deadline took it out of sight, and nothing else had or has since."""
    hidden = alone = False
    for step in steps:
        if step is Step.OVERRIDE:
            alone = alone or not hidden
            hidden = True
        elif step is Step.HIDE:
            hidden, alone = True, False
        elif step in (Step.RESTORE, Step.DECIDE):
            hidden = alone = False
    return alone
