"""Release what screening held, or uphold it: a word within the case about it. Each can be taken back by the other."""

from __future__ import annotations

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Row, Transaction
from folkmoot.errors import Conflict, Missing
from folkmoot.moderation.cases.decide import NotForYou
from folkmoot.moderation.cases.let_go import hold_on, is_removed, let_go, take_in_hand
from folkmoot.moderation.cases.open import take_up_found
from folkmoot.moderation.findings import queries
from folkmoot.moderation.transparency.log import Deed, enter
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.accounts import hide_pictures, show_pictures
from folkmoot.network.posts.hold import hide
from folkmoot.network.posts.hold import release as release_post

RELEASED = "Screening held it; a steward sees nothing in it"
UPHELD = "Screening found it; a steward thinks so, too"


class DecidedAlready(Conflict):
    sentence = "Somebody else has decided this"


async def release(db: Database, steward: Viewer, id: int, *, was: str | None = None) -> bool:
    """Let the text be seen; near copies of it are no longer held.

    A case that nobody asked for ends with it, any other goes on in the open, and of a case before two stewards this is
    one of their words: then it answers False. `was` is the decision the steward saw. Raises Forbidden (also for the
    author), Missing, Judged after a jury's verdict, and DecidedAlready when `was` is another by now.
    """
    steward.check_role(Role.STEWARD)
    async with db.transaction() as tx:
        finding = await _looked_at(tx, steward, id, was)
        if finding["case_id"] is not None:
            case = await take_in_hand(tx, finding["case_id"], steward, RELEASED)
            if not await let_go(tx, case, steward, RELEASED):
                return False
        finding = await _decided(tx, steward, finding, "released")
        await _remember(tx, finding, "kept")
        if finding["post_id"] is not None:
            await release_post(tx, finding["post_id"])
        elif finding["pictures"]:
            await show_pictures(tx, finding["account_id"], finding["pictures"])
        await _record(tx, Event.FINDING_RELEASED, steward, finding)
    return True


async def uphold(db: Database, steward: Viewer, id: int, *, was: str | None = None) -> bool:
    """Keep, or take, the post out of sight until its case is decided; near copies of it are held.

    Answers False when another steward has to agree first. `was` is the decision the steward saw. Raises as `release`
    does, and OnlyOnce when a steward alone has hidden it for a day before.
    """
    steward.check_role(Role.STEWARD)
    async with db.transaction() as tx:
        finding = await _looked_at(tx, steward, id, was)
        case_id = finding["case_id"] if finding["case_id"] is not None else await take_up_found(tx, finding)
        if case_id is not None and not await is_removed(tx, case_id):
            case = await take_in_hand(tx, case_id, steward, UPHELD)
            if not await hold_on(tx, case, steward, UPHELD):
                return False
        finding = await _decided(tx, steward, finding, "upheld")
        await _remember(tx, finding, "removed")
        if finding["post_id"] is not None:
            await hide(tx, finding["post_id"], finding["category"])
        elif finding["pictures"]:
            await hide_pictures(tx, finding["account_id"], finding["pictures"])
        if finding["pictures"]:
            tx.defer("moderation.findings.remember_crops", finding_id=finding["id"])
        await _record(tx, Event.FINDING_UPHELD, steward, finding)
    return True


async def _looked_at(tx: Transaction, steward: Viewer, id: int, was: str | None) -> Row:
    """The finding as the steward saw it. Its case is held before it is written: verdicts take them in that order, too."""
    finding = await queries.read(tx, id)
    if finding is None:
        raise Missing
    if finding["decision"] != was:
        raise DecidedAlready
    if finding["account_id"] == steward.account_id:
        raise NotForYou
    return finding


async def _decided(tx: Transaction, steward: Viewer, finding: Row, decision: str) -> Row:
    was = (finding["decision"], decision)  # its case may just have decided it, too
    written = await queries.decide(tx, finding["id"], decision, was, steward.actor, clock.now())
    if written is None:
        raise DecidedAlready
    return written


async def _remember(tx: Transaction, finding: Row, verdict: str) -> None:
    now = clock.now()
    await queries.keep_judgement(tx, finding, verdict, now)
    await queries.keep_pictures(tx, finding, verdict, now)
    tx.announce("screening.changed")


async def _record(tx: Transaction, event: Event, steward: Viewer, finding: Row) -> None:
    await enter(
        tx,
        Deed.FINDING_DECIDED,
        case=finding["case_id"],
        account=finding["account_id"],
        post=finding["post_id"],
        steward=steward.actor,
        decision=finding["decision"],
        category=finding["category"],
    )
    tx.record(
        event,
        actor=steward.actor,
        subject=finding["account_id"],
        finding_id=str(finding["id"]),
        post_id=str(finding["post_id"]) if finding["post_id"] else None,
        **steward.traces,
    )
