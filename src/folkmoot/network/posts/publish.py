"""Put a post before its readers."""

from __future__ import annotations

from datetime import timedelta

from folkmoot import clock, markup
from folkmoot.database import Database, Transaction
from folkmoot.errors import Conflict, Missing
from folkmoot.ids import new_id
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.accounts.views import AccountView
from folkmoot.network.notifications import notify
from folkmoot.network.posts import queries, rules
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.views import PostView, Visibility
from folkmoot.network.visibility import may_act_on

HOME_BATCH = 1_000
"""Followers whose homes are written in the posting transaction; the rest follows in batches by a job."""
KEY_LIFETIME = timedelta(hours=1)


async def publish(
    desk: Desk, viewer: Viewer, draft: rules.Draft, *, key: str | None = None, scheduled_id: int | None = None
) -> PostView:
    """Publish the draft and answer with the post; it is in its followers' homes when this returns.

    `key` is the client's idempotency key: a second call with it within an hour answers with the first one's post.
    `scheduled_id` names the scheduled post this is: its row goes in the same transaction, so it comes out once. Raises
    Missing when that row is gone, the errors of `rules`, Forbidden when either side of a reply has blocked the other.
    """
    draft = draft.cleaned()
    rules.check_draft(
        draft,
        longest=desk.settings.post_length,
        most_media=desk.settings.media_per_post,
        own_domain=desk.settings.domain,
    )
    if key and (earlier := await _published_with(desk, viewer, key)):
        return earlier
    parent = await _parent(desk, viewer, draft.in_reply_to_id)
    mentioned = await _mentioned(desk, viewer, draft)
    post_id = new_id()
    as_of = desk.shelf.moment()
    try:
        async with desk.db.transaction() as tx:
            if key:
                await queries.keep_key(tx, viewer.account_id, key, post_id, clock.now())
            if scheduled_id and not await queries.delete_scheduled(tx, viewer.account_id, scheduled_id):
                raise Missing
            post = await _write(tx, viewer, draft, post_id, parent, mentioned)
    except queries.KeyTaken:
        earlier = await _published_with(desk, viewer, key or "")
        if earlier is None:
            raise Conflict("The same request is being worked on") from None
        return earlier
    desk.shelf.keep(post, as_of)  # its author sees it at once, and everybody else soon
    return post


async def _write(
    tx: Transaction,
    viewer: Viewer,
    draft: rules.Draft,
    post_id: int,
    parent: PostView | None,
    mentioned: list[AccountView],
) -> PostView:
    now = clock.now()
    me = viewer.account_id
    await queries.insert(
        tx,
        id=post_id,
        account_id=me,
        in_reply_to_id=parent.id if parent else None,
        in_reply_to_account_id=parent.account_id if parent else None,
        thread_id=parent.thread_id if parent else post_id,
        visibility=draft.visibility.value,
        text=draft.text,
        warning=draft.warning,
        sensitive=draft.sensitive,
        language=draft.language or viewer.locale,
        app_id=viewer.app_id,
        created_at=now,
        has_media=bool(draft.media),
    )
    tags = rules.unique_tags(draft.text)
    if mentioned:
        await queries.insert_mentions(tx, post_id, me, [account.id for account in mentioned])
    if tags:
        await queries.insert_tags(tx, post_id, me, tags, now)
    if draft.media and await queries.attach_media(tx, post_id, me, draft.media) != len(draft.media):
        raise rules.MediaUnusable(field="media")
    if draft.poll:
        due_at = now + timedelta(seconds=draft.poll.seconds)
        await queries.insert_poll(tx, new_id(), me, post_id, draft.poll, due_at)
    homes, last = await queries.deliver_home(
        tx,
        post_id=post_id,
        author_id=me,
        reply_to_account_id=parent.account_id if parent else None,
        only_mentioned=draft.visibility is Visibility.DIRECT,
        limit=HOME_BATCH,
        tags=[name for name, _ in tags] if draft.visibility is Visibility.PUBLIC else [],
        language=draft.language or viewer.locale,
    )
    if last is not None:
        tx.defer("network.posts.deliver", post_id=post_id, after_account=last)
    if parent:
        if not await queries.count(tx, "replies_count", parent.id, +1):
            raise rules.ReplyToNothing
        tx.announce("post.changed", post_id=parent.id, counts=True)
    await queries.counted(tx, me, +1, now)  # posts before accounts everywhere, so that deeds cannot lock each other
    if mentioned:
        await notify(tx, kind="mention", to=[account.id for account in mentioned], from_id=me, post_id=post_id)
    listening = await queries.notified_followers(tx, me) if draft.visibility is not Visibility.DIRECT else []
    if told := [id for id in listening if id in set(homes) and id not in {account.id for account in mentioned}]:
        await notify(tx, kind="post", to=told, from_id=me, post_id=post_id)
    tx.announce("account.changed", account_id=me)
    tx.announce(
        "post.published",
        post_id=post_id,
        account_id=me,
        visibility=draft.visibility.value,
        tags=[name for name, _ in tags],
        reply=parent is not None,
        reply_to_self=parent is not None and parent.account_id == me,
        media=bool(draft.media),
        homes=homes,
        mentioned=[account.id for account in mentioned],
    )
    (post,) = await queries.load(tx, [post_id])
    return post


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


async def _published_with(desk: Desk, viewer: Viewer, key: str) -> PostView | None:
    found = await queries.post_with_key(desk.db, viewer.account_id, key, clock.now() - KEY_LIFETIME)
    if found is None:
        return None
    shelved = (await desk.shelf.posts([found])).get(found)
    return shelved.view if shelved else None


async def _parent(desk: Desk, viewer: Viewer, id: int | None) -> PostView | None:
    """The post that is replied to; a boost stands for what it shows."""
    if id is None:
        return None
    shelved = (await desk.shelf.posts([id])).get(id)
    if shelved and shelved.view.shows_id is not None:
        shelved = (await desk.shelf.posts([shelved.view.shows_id])).get(shelved.view.shows_id)
    author = await desk.shelf.account(shelved.view.account_id) if shelved else None
    if shelved is None or author is None:
        raise rules.ReplyToNothing
    if not may_act_on(shelved.view, author, await desk.watch.eyes(viewer.account_id)):
        raise rules.ReplyToNothing
    return shelved.view


async def _mentioned(desk: Desk, viewer: Viewer, draft: rules.Draft) -> list[AccountView]:
    """The accounts the text names, without those who take no part; the author counts as named, as in a note to oneself."""
    names = markup.find_mentions(draft.text, desk.settings.domain)[: rules.MENTIONS]
    accounts = [await desk.shelf.account_by_name(name) for name in dict.fromkeys(names)]
    return [shelved.view for shelved in accounts if shelved is not None and shelved.view.is_open]
