"""The timelines by name. Each answers a Page for a reader (None: anybody)."""

from __future__ import annotations

from collections.abc import Sequence

from folkmoot import clock
from folkmoot.bus import Bus, News
from folkmoot.errors import Missing, Unavailable
from folkmoot.markup import normal_tag
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.accounts import note_activity
from folkmoot.network.posts import queries as post_queries
from folkmoot.network.posts import reaction_queries
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.views import PostView
from folkmoot.network.timelines import queries
from folkmoot.network.timelines.cards import Card, cards
from folkmoot.network.timelines.homes import Homes
from folkmoot.network.timelines.idle import wake
from folkmoot.network.timelines.pages import Page, Span, Taken

ANCESTORS, DESCENDANTS = 4_000, 4_000
ANCESTORS_FOR_ANYBODY, DESCENDANTS_FOR_ANYBODY = 40, 60


class Timelines:
    """Reads timelines and keeps in memory what many read: homes, and the newest public posts."""

    def __init__(self, desk: Desk, bus: Bus) -> None:
        self._desk = desk
        self._homes = Homes(desk.db, bus)
        self._public = queries.PublicPosts(desk.db, bus)
        self._read_until: dict[int, int] = {}
        self.public_generation = 0
        """Changes whenever what anybody sees in public may have changed; finished answers are kept under it."""
        for kind in (
            "post.published",
            "post.changed",
            "post.removed",
            "account.changed",
            "access.changed",
            "site.changed",
        ):
            bus.hear(kind, self._public_changed)
        bus.on_reset(lambda: self._public_changed(None))

    def _public_changed(self, news: News | None) -> None:
        self.public_generation += 1

    async def home(self, viewer: Viewer, span: Span) -> Page:
        """Posts of the viewer and of those they follow."""
        await self._note_reading(viewer.account_id)
        taken = Taken(await self._homes.entries(viewer.account_id, span), span, lambda entry: entry.post_id)
        found = await self._desk.shelf.posts([entry.post_id for entry in taken.rows])
        if len(found) < len(taken.rows):
            self._homes.forget(viewer.account_id, {entry.post_id for entry in taken.rows if entry.post_id not in found})
        shown = await cards(self._desk, viewer.account_id, [entry.post_id for entry in taken.rows])
        return Page(shown, taken.next_id, taken.prev_id)

    async def _note_reading(self, account_id: int) -> None:
        """Once an hour: remember that somebody reads here, and build the home of one who was long away."""
        now_ms = clock.now_ms()
        if now_ms < self._read_until.get(account_id, 0):
            return
        if len(self._read_until) > 50_000:
            self._read_until.clear()
        self._read_until[account_id] = now_ms + 3_600_000
        try:
            await note_activity(self._desk.db, account_id)
            await wake(self._desk.db, account_id)
        except Unavailable:  # a host that only follows can show the home, and takes no notes
            self._read_until[account_id] = now_ms + 60_000

    async def public(self, viewer: Viewer | None, span: Span, *, only_media: bool = False) -> Page:
        """Everybody's public posts and conversations with oneself, without replies to others and boosts."""
        ids = await self._public.ids(span, only_media=only_media)
        return await self._page(viewer, ids, span)

    async def tag(
        self,
        viewer: Viewer | None,
        tag: str,
        span: Span,
        *,
        any_of: Sequence[str] = (),
        all_of: Sequence[str] = (),
        none_of: Sequence[str] = (),
        only_media: bool = False,
    ) -> Page:
        """Public posts with the hashtag (or one of `any_of`), with all of `all_of` and none of `none_of`."""
        ids = await queries.tagged(
            self._desk.db,
            [normal_tag(tag), *map(normal_tag, any_of)],
            [normal_tag(other) for other in all_of],
            [normal_tag(other) for other in none_of],
            span,
            only_media=only_media,
        )
        return await self._page(viewer, ids, span)

    async def account(
        self,
        viewer: Viewer | None,
        account_id: int,
        span: Span,
        *,
        only_media: bool = False,
        without_replies: bool = False,
        without_boosts: bool = False,
        tag: str | None = None,
    ) -> Page:
        """What an account posted and boosted, as far as the viewer may see it."""
        author = await self._desk.shelf.account(account_id)
        if author is None:
            raise Missing
        eyes = await self._desk.watch.eyes(viewer.account_id if viewer else None)
        if account_id in eyes.blocked_by or not (author.is_open or account_id == eyes.account_id):
            return Page([])
        ids = await queries.posts_of(
            self._desk.db,
            account_id,
            eyes.account_id,
            account_id in eyes.follows,
            span,
            only_media=only_media,
            without_replies=without_replies,
            without_boosts=without_boosts,
            tag=normal_tag(tag) if tag else None,
        )
        return await self._page(viewer, ids, span, taste=False)

    async def pinned(self, viewer: Viewer | None, account_id: int) -> Page:
        """An account's pinned posts, the latest pin first."""
        ids = await reaction_queries.pins(self._desk.db, account_id)
        return Page(await cards(self._desk, viewer.account_id if viewer else None, ids, taste=False))

    async def marked(self, viewer: Viewer, table: str, span: Span) -> Page:
        """The viewer's `favourites` or `bookmarks`, the latest mark first; the page's ids are those of the marks."""
        rows = await queries.marked(self._desk.db, table, viewer.account_id, span)
        taken = Taken(rows, span, lambda row: row[0])
        shown = await cards(self._desk, viewer.account_id, [post_id for _, post_id in taken.rows], taste=False)
        return Page(shown, taken.next_id, taken.prev_id)

    async def direct(self, viewer: Viewer, span: Span) -> Page:
        """Direct posts to and from the viewer."""
        ids = await queries.direct(self._desk.db, viewer.account_id, span)
        return await self._page(viewer, ids, span)

    async def thread(self, viewer: Viewer | None, post: PostView) -> tuple[list[Card], list[Card]]:
        """What stands above the post and what follows below it; less of it for anybody than for members."""
        bounds = (ANCESTORS, DESCENDANTS) if viewer else (ANCESTORS_FOR_ANYBODY, DESCENDANTS_FOR_ANYBODY)
        above, below = await post_queries.thread(self._desk.db, post, ancestors=bounds[0], descendants=bounds[1])
        reader = viewer.account_id if viewer else None
        found = {card.entry.view.id: card for card in await cards(self._desk, reader, [*above, *below])}
        return [found[id] for id in above if id in found], [found[id] for id in below if id in found]

    async def cards(self, viewer: Viewer | None, ids: Sequence[int], *, taste: bool = False) -> list[Card]:
        """Cards for these posts, in this order, as far as the viewer may see them."""
        return await cards(self._desk, viewer.account_id if viewer else None, ids, taste=taste)

    async def _page(self, viewer: Viewer | None, ids: Sequence[int], span: Span, *, taste: bool = True) -> Page:
        taken = Taken(ids, span, lambda id: id)
        shown = await cards(self._desk, viewer.account_id if viewer else None, taken.rows, taste=taste)
        return Page(shown, taken.next_id, taken.prev_id)
