"""A steward's word on what screening held, within the case about it: one decision, not two.

One steward alone may let go what only a machine has doubted. Where somebody objected, the jury has begun, or a life
may be at risk, the word is evidence and the case goes on; and nobody alone takes anything down for good.
docs/decisions/juries.md has the reasons.
"""

from __future__ import annotations

from folkmoot.database import Transaction
from folkmoot.errors import Conflict
from folkmoot.moderation.cases import learned_queries, queries
from folkmoot.moderation.cases.decide import check_uninvolved, conclude_pair, give_word, hide_alone
from folkmoot.moderation.cases.effects import restore_provisionally
from folkmoot.moderation.cases.inhand import CaseInHand
from folkmoot.moderation.cases.reopen import reopen
from folkmoot.moderation.cases.rules import Verdict
from folkmoot.moderation.cases.states import State, Step
from folkmoot.moderation.cases.triage import prior_of
from folkmoot.moderation.cases.verdict import decide, escalate
from folkmoot.moderation.sanctions.rules import Judges, Measure
from folkmoot.network.access.viewer import Viewer


class Judged(Conflict):
    sentence = "A jury or two stewards have decided this; from here it takes an appeal"


async def take_in_hand(tx: Transaction, case_id: int, steward: Viewer, why: str) -> CaseInHand:
    """The case, held; before its judges again when only a clock or one steward had settled it. Raises Judged, NotForYou."""
    case = await CaseInHand.lock(tx, case_id)
    await check_uninvolved(tx, case, steward)
    if case["verdict"] is None:
        return case
    words = await queries.votes(tx, case.id, case["round"])
    alone = case["decided_by"] == "stewards" and len(words) == 1 and case["ballots"] == 0
    if case.file.state not in (State.APPEALABLE, State.CLOSED) or not (alone or case["decided_by"] == "clock"):
        raise Judged
    await reopen(tx, case, why, by=steward.actor)
    return case


async def is_removed(tx: Transaction, case_id: int) -> bool:
    """Whether a verdict has taken it out of sight already, as it does with copies of what was judged."""
    case = await CaseInHand.lock(tx, case_id)
    return bool(case["verdict"] == Verdict.REMOVE.value)


async def is_kept(tx: Transaction, case_id: int) -> bool:
    """Whether a verdict has let it be seen already: then there is nothing more to say about it."""
    case = await CaseInHand.lock(tx, case_id)
    return bool(case["verdict"] == Verdict.KEEP.value)


async def let_go(tx: Transaction, case: CaseInHand, steward: Viewer, why: str) -> bool:
    """Say that it breaks no rule. Whether it may be seen now: of two stewards' case this is only one of two words."""
    await give_word(tx, case, steward, Verdict.KEEP, Measure.KEEP, None, why)
    if case.file.state is State.ESCALATED:
        return await conclude_pair(tx, case, Verdict.KEEP)
    burning = case.file.life_at_risk or case.file.frozen or case["deadline_at"] is not None
    if not burning and not await queries.is_asked_for(tx, case.id, case["round"]):
        await escalate(tx, case, why, by=steward.actor)
        await decide(
            tx, case, Verdict.KEEP, by="stewards", ballots=0, actor=steward.actor, why=why, judges=Judges.STEWARD
        )
        return True
    await _believe(tx, case)
    if case.file.hidden:
        case.take(Step.RESTORE, f"let go:{case.file.version}", by=steward.actor, why=why)
        await restore_provisionally(tx, case)
    await case.write()
    return True


async def hold_on(tx: Transaction, case: CaseInHand, steward: Viewer, why: str) -> bool:
    """Say that it breaks a rule. What screening left in sight is hidden for a day; the case decides.

    Whether it is hidden now; raises OnlyOnce when its day is over.
    """
    await give_word(tx, case, steward, Verdict.REMOVE, Measure.REMOVE, None, why)
    if case.file.state is State.ESCALATED:
        return await conclude_pair(tx, case, Verdict.REMOVE) or case.file.hidden
    await _believe(tx, case)
    if not case.file.hidden:
        await hide_alone(tx, case, steward, why)
    await case.write()
    return True


async def _believe(tx: Transaction, case: CaseInHand) -> None:
    """What stewards said so far is part of what is believed before the first ballot."""
    calibration, _, _ = await learned_queries.learned(tx)
    said = [row["verdict"] == "remove" for row in await queries.votes(tx, case.id, case["round"])]
    prior = prior_of(calibration, case["score"], await queries.reporters(tx, case.id), said)
    case.note(prior=prior, belief=case["belief"] + prior - case["prior"])
