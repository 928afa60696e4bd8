"""Take a notice's clock off a case: it was forged, unfounded, or did not mean this. The jury goes on."""

from __future__ import annotations

from collections.abc import Iterable

from folkmoot.database import Transaction
from folkmoot.moderation.cases import learned_queries, timer_queries
from folkmoot.moderation.cases import queries as cases
from folkmoot.moderation.cases.decide import deadline
from folkmoot.moderation.cases.effects import restore_provisionally
from folkmoot.moderation.cases.inhand import CaseInHand
from folkmoot.moderation.cases.rules import should_hide
from folkmoot.moderation.cases.states import Step
from folkmoot.moderation.notices import queries


async def let_go(tx: Transaction, case_id: int) -> None:
    """Let a case run by the earliest clock that is left. Without any, what only a deadline hid is seen again."""
    case = await CaseInHand.lock(tx, case_id)
    if not case.is_undecided:
        return
    left = await queries.earliest_due(tx, case_id)
    if left is not None:
        if case["deadline_at"] is None or left > case["deadline_at"]:
            await deadline(tx, case, left)
        return
    await timer_queries.stop_timers(tx, case_id, ["override"], case.now)
    case.note(deadline_at=None)
    if case.file.hidden and case.file.overridden and not case.file.life_at_risk:
        steps = [Step(row["step"]) for row in await cases.events(tx, case_id)]
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
