"""Put a post before its readers."""

from __future__ import annotations

from datetime import timedelta

from folkmoot import clock, markup
from folkmoot.database import Transaction
from folkmoot.errors import Conflict, Missing
from folkmoot.ids import new_id
from folkmoot.moderation.screening import Outcome
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.accounts.views import AccountView
from folkmoot.network.gate import Subject
from folkmoot.network.posts import queries, rules, scheduled_queries
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.screen import Screened, screen
from folkmoot.network.posts.spread import spread, tell_author
from folkmoot.network.posts.views import PostView
from folkmoot.network.visibility import may_act_on

KEY_LIFETIME = timedelta(hours=1)


async def publish(
    desk: Desk, viewer: Viewer, draft: rules.Draft, *, key: str | None = None, scheduled_id: int | None = None
) -> PostView:
    """Publish the draft and answer with the post; it is in its followers' homes when this returns.

    When screening holds it, nobody but its author sees it (`hidden_at`, `hidden_for`) until somebody has looked at it.

    `key` is the client's idempotency key: a second call with it within an hour answers with the first one's post.
    `scheduled_id` names the scheduled post this is: its row goes in the same transaction, so it comes out once. Raises
    Missing when that row is gone, the errors of `rules` (also for who is slowed by a decision about their posts),
    Forbidden when either side of a reply has blocked the other.
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
    if viewer.slowed_until is not None and rules.is_slowed(viewer.slowed_until, clock.now()):
        rules.check_slowed_audience(draft.visibility, viewer.slowed_until)
    parent = await _parent(desk, viewer, draft.in_reply_to_id)
    mentioned = await _mentioned(desk, viewer, draft)
    screened = await screen(desk, viewer, draft, parent)
    post_id = new_id()
    as_of = desk.shelf.moment()
    try:
        async with desk.db.transaction() as tx:
            if key:
                await queries.keep_key(tx, viewer.account_id, key, post_id, clock.now())
            if scheduled_id and not await scheduled_queries.delete_scheduled(tx, viewer.account_id, scheduled_id):
                raise Missing
            await check_pace(tx, viewer)
            post = await _write(tx, viewer, draft, post_id, parent, mentioned, screened)
    except queries.KeyTaken:
        earlier = await _published_with(desk, viewer, key or "")
        if earlier is None:
            raise Conflict("The same request is being worked on") from None
        return earlier
    desk.shelf.keep(post, as_of)  # its author sees it at once, and everybody else soon
    return post


async def check_pace(tx: Transaction, viewer: Viewer) -> None:
    """A step of whatever comes before readers: raise SlowedDown when a slowed account has published enough for now."""
    now = clock.now()
    if viewer.slowed_until is not None and rules.is_slowed(viewer.slowed_until, now):
        lately = await queries.lately(tx, viewer.account_id, now - rules.SLOWED_SPAN)
        rules.check_slowed_pace(lately, viewer.slowed_until, now)


async def _write(
    tx: Transaction,
    viewer: Viewer,
    draft: rules.Draft,
    post_id: int,
    parent: PostView | None,
    mentioned: list[AccountView],
    screened: Screened,
) -> PostView:
    now = clock.now()
    me = viewer.account_id
    held = screened.finding.outcome is Outcome.HOLD
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
        hidden_at=now if held else None,
        hidden_for=screened.category if held else None,
        waiting=held,
        violence=screened.violence,
    )
    tags = rules.unique_tags(draft.text)
    if mentioned:
        await queries.insert_mentions(tx, post_id, me, [account.id for account in mentioned])
    if tags:
        await queries.insert_tags(tx, post_id, me, tags, now)
    if draft.media and await queries.attach_media(tx, post_id, me, draft.media, screened.alts) != len(draft.media):
        raise rules.MediaUnusable(field="media")
    if draft.poll:
        due_at = now + timedelta(seconds=draft.poll.seconds)
        await queries.insert_poll(tx, new_id(), me, post_id, draft.poll, due_at)
    await screened.record(tx, Subject(account_id=me, post_id=post_id, version=1))
    (post,) = await queries.load(tx, [post_id])
    if held:
        await tell_author(tx, post)
    else:
        await spread(tx, post)
    return post


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
