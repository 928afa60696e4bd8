"""Vote in a poll."""

from __future__ import annotations

from collections.abc import Sequence

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.errors import Missing
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.polls import queries, rules


async def vote(db: Database, viewer: Viewer, poll_id: int, choices: Sequence[int]) -> None:
    """Give the viewer's vote, once. Raises Missing, PollEnded, OwnPoll, NoSuchChoice, AlreadyVoted."""
    now = clock.now()
    async with db.transaction() as tx:
        poll = await queries.lock_for_vote(tx, poll_id, viewer.account_id)
        if poll is None:
            raise Missing
        ballot = rules.Ballot(
            options=poll["options"],
            multiple=poll["multiple"],
            is_own=poll["account_id"] == viewer.account_id,
            due_at=poll["due_at"],
            closed_at=poll["closed_at"],
        )
        chosen = rules.check_vote(ballot, choices, now)
        if not await queries.insert_votes(tx, poll_id, poll["account_id"], viewer.account_id, chosen, now):
            raise rules.AlreadyVoted
        tx.announce("post.changed", post_id=poll["post_id"])


async def own_votes(db: Database, viewer: Viewer, poll_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """What the viewer chose in each of these polls, where they voted."""
    return await queries.own_votes(db, viewer.account_id, poll_ids) if poll_ids else {}
