"""Follow hashtags."""

from __future__ import annotations

from collections.abc import Sequence

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.ids import new_id
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.relations.rules import LONGEST_PAGE, check_tag
from folkmoot.network.relations.tags import queries
from folkmoot.network.relations.views import FollowedTag


async def follow_tag(db: Database, viewer: Viewer, name: str) -> FollowedTag:
    """Follow a hashtag, known or not; nothing happens when it is so already. Raises NoTag."""
    tag, shown_as = check_tag(name)
    async with db.transaction() as tx:
        await queries.keep_tag(tx, tag, shown_as, clock.now())
        await queries.insert_follow(tx, viewer.account_id, tag, new_id())
        tx.announce("tag_follows.changed", account_id=viewer.account_id)
        return await queries.get_followed(tx, viewer.account_id, tag)


async def unfollow_tag(db: Database, viewer: Viewer, name: str) -> None:
    """Stop following a hashtag."""
    tag, _ = check_tag(name)
    async with db.transaction() as tx:
        await queries.delete_follow(tx, viewer.account_id, tag)
        tx.announce("tag_follows.changed", account_id=viewer.account_id)


async def followed_tags(
    db: Database,
    viewer: Viewer,
    *,
    max_id: int | None = None,
    since_id: int | None = None,
    min_id: int | None = None,
    limit: int = 100,
) -> list[FollowedTag]:
    """The hashtags the viewer follows, newest first."""
    limit = max(1, min(limit, 2 * LONGEST_PAGE + 40))
    return await queries.followed(db, viewer.account_id, max_id=max_id, since_id=since_id, min_id=min_id, limit=limit)


async def follows_tags(db: Database, viewer: Viewer, names: Sequence[str]) -> set[str]:
    """Which of these hashtags (in normal form) the viewer follows."""
    return await queries.which_followed(db, viewer.account_id, names) if names else set()
