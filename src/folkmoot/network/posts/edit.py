"""Change a post and keep what it was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from folkmoot import clock, markup
from folkmoot.database import Transaction
from folkmoot.ids import new_id
from folkmoot.moderation.screening import Outcome
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.gate import FoundBy, Subject
from folkmoot.network.media.rules import check_focus, described
from folkmoot.network.notifications import notify
from folkmoot.network.posts import queries, reaction_queries, rules, version_queries
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.hold import hide
from folkmoot.network.posts.screen import screen
from folkmoot.network.posts.views import PostView
from folkmoot.network.visibility import may_see_unseen


class MediaChange(msgspec.Struct, frozen=True):
    """A new alt text or focus for a picture of the post."""

    id: int
    description: str | None = None
    focus: tuple[float, float] | None = None

    def checked(self) -> MediaChange:
        """The same as it is kept. Raises Invalid for a text too long or a focus beside the picture."""
        if self.focus is not None:
            check_focus(self.focus)
        text = None if self.description is None else described(self.description)
        return MediaChange(self.id, text, self.focus)


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """What a post was at one time."""

    version: int
    text: str
    warning: str
    sensitive: bool
    media: tuple[dict[str, object], ...] = ()
    poll_options: tuple[str, ...] | None = None
    created_at: object


async def edit(
    desk: Desk, viewer: Viewer, post_id: int, draft: rules.Draft, media_changes: Sequence[MediaChange] = ()
) -> PostView:
    """Put `draft` in the place of the post's words, media and poll; visibility and the post it answers stay.

    Nothing is written when nothing changes. A changed poll begins anew. Boosters are told of the edit. Screening reads
    the new words; when it holds them, only the author sees the post from now on. What waits already goes on waiting:
    whoever looks at it sees what it has become.
    """
    post = await desk.own(viewer, post_id)
    if post.shows_id is not None:
        raise rules.NotYourPost
    draft = msgspec.structs.replace(draft.cleaned(), visibility=post.visibility, in_reply_to_id=post.in_reply_to_id)
    rules.check_draft(
        draft,
        longest=desk.settings.post_length,
        most_media=desk.settings.media_per_post,
        own_domain=desk.settings.domain,
    )
    now = clock.now()
    kept_poll = (
        post.poll is not None
        and draft.poll is not None
        and ((post.poll.options, post.poll.multiple) == (draft.poll.options, draft.poll.multiple))
    )
    same = (
        (post.text, post.warning, post.sensitive, tuple(m.id for m in post.media))
        == (draft.text, draft.warning, draft.sensitive, draft.media)
        and (draft.language or post.language) == post.language
        and (kept_poll or (post.poll is None and draft.poll is None))
        and not media_changes
    )
    if same:
        return post
    if viewer.slowed_until is not None and rules.is_slowed(viewer.slowed_until, now):
        rules.check_slowed_audience(post.visibility, viewer.slowed_until)
    names = markup.find_mentions(draft.text, desk.settings.domain)[: rules.MENTIONS]
    accounts = [await desk.shelf.account_by_name(name) for name in dict.fromkeys(names)]
    mentioned = [account.view.id for account in accounts if account is not None and account.view.is_open]
    before = {mention.account_id for mention in post.mentions}
    media_changes = [change.checked() for change in media_changes]
    if any(change.id not in draft.media for change in media_changes):
        raise rules.MediaUnusable(field="media")
    alts = {change.id: change.description for change in media_changes if change.description is not None}
    parent = await desk.find(viewer, post.in_reply_to_id) if post.in_reply_to_id is not None else None
    screened = await screen(desk, viewer, draft, parent, alts)
    async with desk.db.transaction() as tx:
        present = await queries.lock(tx, post.id)
        if present is None or present.version != post.version:
            raise rules.ChangedMeanwhile
        await version_queries.keep_version(tx, post, unseen=present.hidden_at is not None)
        await version_queries.detach_media(tx, post.id, viewer.account_id, draft.media)
        bound = await queries.attach_media(tx, post.id, viewer.account_id, draft.media, screened.alts)
        if bound != len(draft.media):
            raise rules.MediaUnusable(field="media")
        for change in media_changes:
            await version_queries.describe_media(tx, viewer.account_id, change.id, change.description, change.focus)
        if not kept_poll:
            await queries.delete_poll(tx, post.id)
            if draft.poll:
                due_at = now + timedelta(seconds=draft.poll.seconds)
                await queries.insert_poll(tx, new_id(), viewer.account_id, post.id, draft.poll, due_at)
        await version_queries.replace_words(
            tx,
            post.id,
            text=draft.text,
            warning=draft.warning,
            sensitive=draft.sensitive,
            language=draft.language or post.language,
            has_media=bool(draft.media),
            now=now,
            violence=screened.violence,
        )
        await version_queries.clear_references(tx, post.id)
        if mentioned:
            await queries.insert_mentions(tx, post.id, viewer.account_id, mentioned)
        if tags := rules.unique_tags(draft.text):
            await queries.insert_tags(tx, post.id, viewer.account_id, tags, now)
        await screened.record(
            tx,
            Subject(account_id=viewer.account_id, post_id=post.id, version=post.version + 1, found_by=FoundBy.EDITING),
            hidden_for=await _hidden_for(tx, present),
        )
        if screened.finding.outcome is Outcome.HOLD:
            await hide(tx, post.id, screened.category or "")
        hidden = present.hidden_at is not None or screened.finding.outcome is Outcome.HOLD
        if (new := [id for id in mentioned if id not in before]) and not hidden:
            await notify(tx, kind="mention", to=new, from_id=viewer.account_id, post_id=post.id)
        if not hidden and (boosters := await reaction_queries.boosters(tx, post.id)):
            await notify(tx, kind="edit", to=boosters, from_id=viewer.account_id, post_id=post.id)
        tx.announce("post.changed", post_id=post.id, edited=not hidden, account_id=viewer.account_id)
        tx.defer("moderation.cases.text_changed", post_id=post.id)  # a jury may be looking at it
        (changed,) = await queries.load(tx, [post.id])
    return changed


async def _hidden_for(tx: Transaction, post: PostView) -> str | None:
    """What a post waits for, or was held for while nobody has decided about it: then its new words are looked at, too."""
    if post.waiting:
        return post.hidden_for
    return await version_queries.held_for(tx, post.id)


async def history(desk: Desk, viewer: Viewer | None, post_id: int) -> list[Version]:
    """Every state the post has had, oldest first; the last is how it stands. What was replaced while the post was out of sight
    stays so: releasing a post releases what it has become."""
    post = await desk.get(viewer, post_id)
    unseen = may_see_unseen(post, viewer)
    past = [
        Version(
            version=row["version"],
            text=row["text"],
            warning=row["warning"],
            sensitive=row["sensitive"],
            media=tuple(msgspec.json.decode(row["media"])),
            created_at=row["created_at"],
            poll_options=tuple(msgspec.json.decode(row["poll_options"])) if row["poll_options"] else None,
        )
        for row in await version_queries.versions(desk.db, post.id)
        if unseen or not row["unseen"]
    ]
    present = Version(
        version=post.version,
        text=post.text,
        warning=post.warning,
        sensitive=post.sensitive,
        media=tuple(msgspec.to_builtins(item) for item in post.media),
        poll_options=post.poll.options if post.poll else None,
        created_at=post.edited_at or post.created_at,
    )
    return [*past, present]
