"""What of a case is for everybody to know: its steps, as the public log tells them. In the transaction that took them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from folkmoot.moderation.cases.rules import chance
from folkmoot.moderation.cases.states import Event, Step
from folkmoot.moderation.transparency.log import Deed, enter

if TYPE_CHECKING:
    from folkmoot.moderation.cases.inhand import CaseInHand

DEEDS = {
    Step.HIDE: Deed.CASE_HIDDEN,
    Step.RESTORE: Deed.CASE_RESTORED,
    Step.OVERRIDE: Deed.CASE_OVERRIDDEN,
    Step.RAISE: Deed.ALARM_RAISED,
    Step.ESCALATE: Deed.CASE_ESCALATED,
    Step.VOID: Deed.BALLOT_VOIDED,
    Step.DECIDE: Deed.CASE_DECIDED,
    Step.APPEAL: Deed.APPEAL_MADE,
    Step.UPHOLD: Deed.APPEAL_UPHELD,
    Step.REVERSE: Deed.APPEAL_REVERSED,
    Step.REOPEN: Deed.CASE_REOPENED,
    Step.FREEZE: Deed.HOLD_BEGUN,
    Step.THAW: Deed.HOLD_ENDED,
}
"""Every other step is between the case and its jurors."""
_BY_OFFICE = {Step.DECIDE, Step.RESTORE, Step.ESCALATE, Step.FREEZE, Step.THAW}
_ALONE = "interim"
_HOW = {
    _ALONE: "steward",
    "alarm": "alarm",
    "let go": "steward",
    "first": "screening",
    "prior": "reports",
    "edit": "screening",
    "reopen": "reopened",
}
"""Why something was hidden or seen again, by how the step's key begins; else the ballots made it so."""


async def publish_steps(case: CaseInHand, events: Iterable[Event]) -> None:
    """Enter those of these steps that are public; the case is as it is after all of them."""
    for event in events:
        deed = DEEDS.get(event.step)
        if deed is None:
            continue
        key = event.key.partition(":")[2].partition(":")[0]
        hides = event.step in (Step.HIDE, Step.RESTORE)
        by_office = event.step in _BY_OFFICE or (event.step is Step.HIDE and key == _ALONE)
        decided = event.step in (Step.DECIDE, Step.REVERSE, Step.UPHOLD)
        await enter(
            case.tx,
            deed,
            case=case.id,
            account=case["account_id"],
            steward=event.by if by_office else None,
            at=event.at,
            hashed={"text": case["text_hash"]} if decided and case["text_hash"] else None,
            round=case["round"],
            how=_HOW.get(key, "ballots") if hides else None,
            **(_decision(case) if decided else {}),
        )


def _decision(case: CaseInHand) -> dict[str, Any]:
    """What was decided, by whom, how sure, and how it began."""
    return {
        "verdict": case["verdict"],
        "measure": case["measure"],
        "by": case["decided_by"],
        "rule": case["rule_id"],
        "ballots": case["ballots"],
        "sure": round(chance(case["belief"]), 3),
        "severity": case["severity"],
        "category": case["category"],
        "source": case["source"],
        "reports": case.file.reports,
        "minutes": round((case.now - case["opened_at"]).total_seconds() / 60),
    }
