"""Deletion deletes, wherever the post had got to."""

from __future__ import annotations

from typing import Any

from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.remove import remove
from folkmoot.network.posts.rules import Draft
from folkmoot.network.relations import follow, follow_tag


async def test_a_removed_post_leaves_every_home_it_was_delivered_to(db: Any, cast: Any, desk: Any) -> None:
    await follow(db, cast.ada, cast.bert.account_id)
    await follow_tag(db, cast.dora, "bees")
    post = await publish(desk, cast.bert, Draft(text="About #bees"))
    assert await db.fetchval("SELECT count(*) FROM home_entries WHERE post_id = $1", post.id) == 3
    await remove(desk, cast.bert, post.id)
    assert await db.fetchval("SELECT count(*) FROM home_entries WHERE post_id = $1", post.id) == 0
