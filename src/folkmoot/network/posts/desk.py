"""What verbs about posts need at hand, and the two questions each of them asks first."""

from __future__ import annotations

import msgspec

from folkmoot.database import Database
from folkmoot.errors import Missing
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.gate import Gate
from folkmoot.network.posts.rules import NotYourPost
from folkmoot.network.posts.shelf import Shelf
from folkmoot.network.posts.views import PostView
from folkmoot.network.visibility import Watch, may_see
from folkmoot.settings import Settings


class Desk(msgspec.Struct, frozen=True):
    """The database, what is remembered of it, the settings, and the gate every text goes through."""

    db: Database
    shelf: Shelf
    watch: Watch
    settings: Settings
    gate: Gate

    async def find(self, viewer: Viewer | None, id: int) -> PostView | None:
        """The post, if it exists and this viewer may see it."""
        shelved = (await self.shelf.posts([id])).get(id)
        author = await self.shelf.account(shelved.view.account_id) if shelved else None
        if shelved is None or author is None:
            return None
        eyes = await self.watch.eyes(viewer.account_id if viewer else None)
        return shelved.view if may_see(shelved.view, author, eyes) else None

    async def get(self, viewer: Viewer | None, id: int) -> PostView:
        """The post. Raises Missing when there is none this viewer may see."""
        found = await self.find(viewer, id)
        if found is None:
            raise Missing
        return found

    async def shown(self, viewer: Viewer | None, id: int) -> PostView:
        """The post, or for a boost the post it shows. Raises Missing."""
        post = await self.get(viewer, id)
        return post if post.shows_id is None else await self.get(viewer, post.shows_id)

    async def own(self, viewer: Viewer, id: int) -> PostView:
        """The viewer's own post. Raises Missing, and NotYourPost for somebody else's."""
        post = await self.get(viewer, id)
        if post.account_id != viewer.account_id:
            raise NotYourPost
        return post
