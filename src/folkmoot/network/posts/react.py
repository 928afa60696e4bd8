"""Boost, favourite, bookmark and pin a post, leave its thread, and take each of these back. All may be asked twice."""

from __future__ import annotations

from folkmoot import clock
from folkmoot.errors import Missing
from folkmoot.ids import new_id
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.notifications import notify, unnotify
from folkmoot.network.posts import queries, reaction_queries, rules
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.publish import check_pace
from folkmoot.network.posts.remove import erase
from folkmoot.network.posts.spread import HOME_BATCH
from folkmoot.network.posts.views import PostView, Visibility
from folkmoot.network.visibility import may_act_on


async def _touchable(desk: Desk, viewer: Viewer, post_id: int) -> PostView:
    post = await desk.shown(viewer, post_id)
    author = await desk.shelf.account(post.account_id)
    if author is None or not may_act_on(post, author, await desk.watch.eyes(viewer.account_id)):
        raise Missing
    return post


async def boost(desk: Desk, viewer: Viewer, post_id: int, visibility: Visibility | None = None) -> PostView:
    """Show somebody's post to one's own followers; answers with the boost. Raises Missing, CannotBoost, SlowedDown."""
    post = await _touchable(desk, viewer, post_id)
    if not rules.may_be_boosted(post, viewer.account_id):
        raise rules.CannotBoost
    now = clock.now()
    boost_id = new_id()
    visibility = rules.narrowest(visibility or Visibility.PUBLIC, post.visibility)
    if rules.is_slowed(viewer.slowed_until, now):
        visibility = rules.narrowest(Visibility.FOLLOWERS, visibility)
    async with desk.db.transaction() as tx:
        await check_pace(tx, viewer)
        made = await reaction_queries.insert_boost(tx, boost_id, viewer.account_id, post, visibility, now)
        if made is not None:
            (earlier,) = await queries.load(tx, [made])
            return earlier
        homes, last = await queries.deliver_home(
            tx,
            post_id=boost_id,
            author_id=viewer.account_id,
            shows_id=post.id,
            shows_account_id=post.account_id,
            limit=HOME_BATCH,
        )
        if last is not None:
            tx.defer("network.posts.deliver", post_id=boost_id, after_account=last)
        if not await queries.count(tx, "boosts_count", post.id, +1):
            raise Missing
        await queries.counted(tx, viewer.account_id, +1, now)
        await notify(tx, kind="boost", to=[post.account_id], from_id=viewer.account_id, post_id=post.id)
        tx.announce("post.changed", post_id=post.id, counts=True)
        tx.announce("marks.changed", account_id=viewer.account_id, post_id=post.id)
        tx.announce("account.changed", account_id=viewer.account_id)
        tx.announce(
            "post.published",
            post_id=boost_id,
            account_id=viewer.account_id,
            visibility=visibility.value,
            tags=[],
            reply=False,
            media=False,
            homes=homes,
            mentioned=[],
            shows_id=post.id,
            shows_account_id=post.account_id,
        )
        (made_post,) = await queries.load(tx, [boost_id])
    return made_post


async def unboost(desk: Desk, viewer: Viewer, post_id: int) -> PostView:
    """Take one's boost back; answers with the post itself."""
    post = await desk.shown(viewer, post_id)
    async with desk.db.transaction() as tx:
        boost_id = await reaction_queries.find_boost(tx, viewer.account_id, post.id)
        if boost_id is not None:
            (mine,) = await queries.load(tx, [boost_id])
            await erase(tx, mine)
            await unnotify(tx, kind="boost", from_id=viewer.account_id, post_id=post.id)
    return await desk.get(viewer, post.id)


async def favourite(desk: Desk, viewer: Viewer, post_id: int) -> PostView:
    """Say that one likes it; the author is told."""
    post = await _touchable(desk, viewer, post_id)
    async with desk.db.transaction() as tx:
        if await reaction_queries.mark(tx, "favourites", viewer.account_id, post.id):
            if not await queries.count(tx, "favourites_count", post.id, +1):
                raise Missing
            await notify(tx, kind="favourite", to=[post.account_id], from_id=viewer.account_id, post_id=post.id)
            tx.announce("post.changed", post_id=post.id, counts=True)
            tx.announce("marks.changed", account_id=viewer.account_id, post_id=post.id)
    return await desk.get(viewer, post.id)


async def unfavourite(desk: Desk, viewer: Viewer, post_id: int) -> PostView:
    """Take it back, and the notification with it."""
    post = await desk.shown(viewer, post_id)
    async with desk.db.transaction() as tx:
        if await reaction_queries.unmark(tx, "favourites", viewer.account_id, post.id):
            await queries.count(tx, "favourites_count", post.id, -1)
            await unnotify(tx, kind="favourite", from_id=viewer.account_id, post_id=post.id)
            tx.announce("post.changed", post_id=post.id, counts=True)
            tx.announce("marks.changed", account_id=viewer.account_id, post_id=post.id)
    return await desk.get(viewer, post.id)


async def bookmark(desk: Desk, viewer: Viewer, post_id: int) -> PostView:
    """Keep it for oneself; nobody is told."""
    post = await desk.shown(viewer, post_id)
    async with desk.db.transaction() as tx:
        await reaction_queries.mark(tx, "bookmarks", viewer.account_id, post.id)
        tx.announce("marks.changed", account_id=viewer.account_id, post_id=post.id)
    return post


async def unbookmark(desk: Desk, viewer: Viewer, post_id: int) -> PostView:
    post = await desk.shown(viewer, post_id)
    async with desk.db.transaction() as tx:
        await reaction_queries.unmark(tx, "bookmarks", viewer.account_id, post.id)
        tx.announce("marks.changed", account_id=viewer.account_id, post_id=post.id)
    return post


async def pin(desk: Desk, viewer: Viewer, post_id: int) -> PostView:
    """Show it at the top of one's profile. Raises PinOfOthers, PinOfBoost, PinOfDirect, TooManyPins."""
    post = await desk.get(viewer, post_id)
    if post.shows_id is not None:
        raise rules.PinOfBoost
    if post.account_id != viewer.account_id:
        raise rules.PinOfOthers
    if post.visibility is Visibility.DIRECT:
        raise rules.PinOfDirect
    async with desk.db.transaction() as tx:
        await queries.lock_account(tx, viewer.account_id)
        pins = await reaction_queries.pins(tx, viewer.account_id)
        if post.id not in pins and len(pins) >= rules.PINS:
            raise rules.TooManyPins
        await reaction_queries.mark(tx, "pins", viewer.account_id, post.id)
        tx.announce("marks.changed", account_id=viewer.account_id, post_id=post.id)
    return post


async def unpin(desk: Desk, viewer: Viewer, post_id: int) -> PostView:
    post = await desk.own(viewer, post_id)
    async with desk.db.transaction() as tx:
        await reaction_queries.unmark(tx, "pins", viewer.account_id, post.id)
        tx.announce("marks.changed", account_id=viewer.account_id, post_id=post.id)
    return post


async def mute_thread(desk: Desk, viewer: Viewer, post_id: int, *, muted: bool = True) -> PostView:
    """Hear no more (or again) of this conversation."""
    post = await desk.shown(viewer, post_id)
    async with desk.db.transaction() as tx:
        await reaction_queries.mute_thread(tx, viewer.account_id, post.thread_id, muted)
        tx.announce("marks.changed", account_id=viewer.account_id, post_id=post.id)
    return post
