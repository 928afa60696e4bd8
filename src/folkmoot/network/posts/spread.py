"""Bring a post before its readers: homes, the thread it is part of, who is told. A step of publishing and of releasing."""

from __future__ import annotations

from folkmoot.database import Database, Transaction
from folkmoot.network.notifications import notify
from folkmoot.network.posts import queries, rules
from folkmoot.network.posts.views import PostView, Visibility

HOME_BATCH = 1_000
"""Followers whose homes are written in the posting transaction; the rest follows in batches by a job."""


async def spread(tx: Transaction, post: PostView) -> None:
    """Write the post into its followers' homes, count it, and tell those it names.

    Raises ReplyToNothing when what a new post answers is gone by now; one that was held comes out all the same.
    """
    me = post.account_id
    public, direct = post.visibility is Visibility.PUBLIC, post.visibility is Visibility.DIRECT
    homes, last = await queries.deliver_home(
        tx,
        post_id=post.id,
        author_id=me,
        reply_to_account_id=post.in_reply_to_account_id,
        only_mentioned=direct,
        limit=HOME_BATCH,
        tags=post.tags if public else (),
        language=post.language,
    )
    if last is not None:
        tx.defer("network.posts.deliver", post_id=post.id, after_account=last)
    if post.in_reply_to_id is not None:
        if not await queries.count(tx, "replies_count", post.in_reply_to_id, +1) and not post.waiting:
            raise rules.ReplyToNothing
        tx.announce("post.changed", post_id=post.in_reply_to_id, counts=True)
    await queries.counted(tx, me, +1, post.created_at)  # posts before accounts everywhere: deeds cannot lock each other
    mentioned = [mention.account_id for mention in post.mentions]
    if mentioned:
        await notify(tx, kind="mention", to=mentioned, from_id=me, post_id=post.id)
    listening = [] if direct else await queries.notified_followers(tx, me)
    if told := [id for id in listening if id in set(homes) and id not in mentioned]:
        await notify(tx, kind="post", to=told, from_id=me, post_id=post.id)
    tx.announce("account.changed", account_id=me)
    _announce(tx, post, homes, post.visibility, tags=post.tags, mentioned=mentioned)


async def deliver_rest(db: Database, post_id: int, after_account: int) -> None:
    """Write a post into the homes of the followers beyond the first HOME_BATCH, a batch a transaction. May run twice."""
    while True:
        async with db.transaction() as tx:
            found = await queries.load(tx, [post_id])
            if not found:
                return
            post = found[0]
            homes, last = await queries.deliver_home(
                tx,
                post_id=post.id,
                author_id=post.account_id,
                shows_id=post.shows_id,
                shows_account_id=post.shows_account_id,
                reply_to_account_id=post.in_reply_to_account_id,
                only_mentioned=post.visibility is Visibility.DIRECT,
                after_account=after_account,
                limit=HOME_BATCH,
                language=post.language,
            )
            tx.announce("home.delivered", post_id=post_id, account_id=post.account_id, homes=homes)
        if last is None:
            return
        after_account = last


async def tell_author(tx: Transaction, post: PostView) -> None:
    """Show a held post to the one who wrote it, in their home and on their other devices, and to nobody else."""
    await queries.keep_own(tx, post)
    _announce(tx, post, [post.account_id], Visibility.FOLLOWERS, tags=(), mentioned=[])


def _announce(
    tx: Transaction,
    post: PostView,
    homes: list[int],
    visibility: Visibility,
    *,
    tags: tuple[str, ...],
    mentioned: list[int],
) -> None:
    tx.announce(
        "post.published",
        post_id=post.id,
        account_id=post.account_id,
        visibility=visibility.value,
        tags=list(tags),
        reply=post.in_reply_to_id is not None,
        reply_to_self=post.in_reply_to_account_id == post.account_id,
        media=bool(post.media),
        homes=homes,
        mentioned=mentioned,
    )
