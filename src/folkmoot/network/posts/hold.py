"""Take a post out of everybody's sight, and bring it back. Steps of a steward's or a jury's deed; nothing is deleted."""

from __future__ import annotations

from folkmoot import clock
from folkmoot.database import Transaction
from folkmoot.network.posts import queries
from folkmoot.network.posts.spread import spread
from folkmoot.network.posts.views import PostView


async def hide(tx: Transaction, post_id: int, category: str) -> PostView | None:
    """Let nobody but its author see the post. None when it is gone; hidden already, it stays as it is."""
    post = await queries.lock(tx, post_id)
    if post is None or post.hidden_at is not None:
        return post
    await queries.set_hidden(tx, post_id, clock.now(), category)
    tx.announce("post.changed", post_id=post.id)
    tx.announce("post.hidden", post_id=post.id, account_id=post.account_id)
    return post


async def release(tx: Transaction, post_id: int) -> PostView | None:
    """Let the post be seen (again); one that never was is delivered now. None when it is gone."""
    post = await queries.lock(tx, post_id)
    if post is None or post.hidden_at is None:
        return post
    await queries.set_released(tx, post_id)
    tx.announce("post.changed", post_id=post_id, edited=True, account_id=post.account_id)
    if post.waiting:
        await spread(tx, post)
    return post
