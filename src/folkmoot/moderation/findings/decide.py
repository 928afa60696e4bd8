"""Release what screening held, or uphold it. Each can be taken back by the other."""

from __future__ import annotations

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Row, Transaction
from folkmoot.errors import Conflict, Missing
from folkmoot.moderation.findings import queries
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.posts.hold import hide
from folkmoot.network.posts.hold import release as release_post


class DecidedAlready(Conflict):
    sentence = "Somebody else has decided this"


async def release(db: Database, steward: Viewer, id: int, *, was: str | None = None) -> None:
    """Let the text be seen; near copies of it are no longer held.

    `was` is the decision the steward saw. Raises Forbidden, Missing, and DecidedAlready when it is another by now.
    """
    steward.check_role(Role.STEWARD)
    async with db.transaction() as tx:
        finding = await _decided(tx, steward, id, "released", was)
        await _remember(tx, finding, "kept")
        if finding["post_id"] is not None:
            await release_post(tx, finding["post_id"])
        _record(tx, Event.FINDING_RELEASED, steward, finding)


async def uphold(db: Database, steward: Viewer, id: int, *, was: str | None = None) -> None:
    """Keep, or take, the post out of sight; near copies of it are held.

    `was` is the decision the steward saw. Raises Forbidden, Missing, and DecidedAlready when it is another by now.
    """
    steward.check_role(Role.STEWARD)
    async with db.transaction() as tx:
        finding = await _decided(tx, steward, id, "upheld", was)
        await _remember(tx, finding, "removed")
        if finding["post_id"] is not None:
            await hide(tx, finding["post_id"], finding["category"])
        if finding["pictures"]:
            tx.defer("moderation.findings.remember_crops", finding_id=finding["id"])
        _record(tx, Event.FINDING_UPHELD, steward, finding)


async def _decided(tx: Transaction, steward: Viewer, id: int, decision: str, was: str | None) -> Row:
    finding = await queries.decide(tx, id, decision, was, steward.actor, clock.now())
    if finding is None:
        raise Missing if await queries.find(tx, id) is None else DecidedAlready
    return finding


async def _remember(tx: Transaction, finding: Row, verdict: str) -> None:
    now = clock.now()
    await queries.keep_judgement(tx, finding, verdict, now)
    await queries.keep_pictures(tx, finding, verdict, now)
    tx.announce("screening.changed")


def _record(tx: Transaction, event: Event, steward: Viewer, finding: Row) -> None:
    tx.record(
        event,
        actor=steward.actor,
        subject=finding["account_id"],
        finding_id=str(finding["id"]),
        post_id=str(finding["post_id"]) if finding["post_id"] else None,
        **steward.traces,
    )
