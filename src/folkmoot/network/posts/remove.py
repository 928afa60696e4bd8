"""Delete a post, and with it everything that hangs on it. Deletion deletes."""

from __future__ import annotations

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Transaction
from folkmoot.errors import Missing
from folkmoot.ids import new_id
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.posts import queries
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.views import PostView


async def remove(desk: Desk, viewer: Viewer, post_id: int) -> PostView:
    """Delete one's own post and answer with what it was, for those who write it anew. Raises Missing, NotYourPost."""
    post = await desk.own(viewer, post_id)
    async with desk.db.transaction() as tx:
        await erase(tx, post)
        tx.record(Event.POST_REMOVED, actor=viewer.account_id, subject=post.account_id, post_id=str(post.id))
    return post


async def remove_as_staff(desk: Desk, viewer: Viewer, post_id: int, why: str) -> PostView:
    """Delete anybody's post, on record with the reason. Raises Forbidden, Missing."""
    viewer.check_role(Role.STEWARD)
    found = (await desk.shelf.posts([post_id])).get(post_id)  # staff remove what was reported, whoever may see it
    if found is None:
        raise Missing
    post = found.view
    async with desk.db.transaction() as tx:
        await erase(tx, post, "staff")
        tx.record(
            Event.POST_REMOVED_BY_STAFF,
            actor=viewer.actor,
            subject=post.account_id,
            post_id=str(post.id),
            why=why,
            **viewer.traces,
        )
        tx.defer(
            "moderation.transparency.log.tell",
            id=new_id(),
            deed="post.removed",
            done_at=clock.now().isoformat(),
            account=post.account_id,
            steward=viewer.actor,
            post=post.id,
        )
    return post


async def erase(tx: Transaction, post: PostView, how: str = "author") -> None:
    """Take the post, its boosts and all that refers to them out of every table; a step of the caller's deed.

    What stays is a tombstone: number, time, and whether its author or staff deleted it.
    """
    removed, homes = await queries.delete(tx, post.id, how)
    if removed and post.in_reply_to_id is not None and not post.waiting:
        await queries.count(tx, "replies_count", post.in_reply_to_id, -1)
        tx.announce("post.changed", post_id=post.in_reply_to_id, counts=True)
    if removed and post.shows_id is not None:
        await queries.count(tx, "boosts_count", post.shows_id, -1)
        tx.announce("post.changed", post_id=post.shows_id, counts=True)
        tx.announce("marks.changed", account_id=post.account_id, post_id=post.shows_id)
        tx.announce("homes.changed", homes=homes)  # a later boost of the same may come to light again
    for gone in sorted(
        removed, key=lambda row: row["account_id"]
    ):  # in one order, so that deeds cannot lock each other
        if not gone["waiting"]:
            await queries.counted(tx, gone["account_id"], -1, None)
        tx.announce("account.changed", account_id=gone["account_id"])
        tx.announce("post.removed", post_id=gone["id"], account_id=gone["account_id"], shows_id=gone["shows_id"])
