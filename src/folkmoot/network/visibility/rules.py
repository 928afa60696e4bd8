"""The decision itself, over plain values."""

from __future__ import annotations

from datetime import datetime

from folkmoot.network.access.viewer import Viewer
from folkmoot.network.accounts.views import AccountView
from folkmoot.network.posts.views import PostView, Visibility
from folkmoot.network.visibility.eyes import Eyes


def may_see(post: PostView, author: AccountView, eyes: Eyes) -> bool:
    """Whether the reader behind `eyes` may know of this post at all.

    Authors see their own, whatever its state. Nobody sees what a closed or suspended account wrote, what is held, or what
    somebody wrote who blocks them. A boost is seen by whoever may see the boosting account's post; what it shows is asked
    separately.
    """
    reader = eyes.account_id
    if reader is not None and reader == post.account_id:
        return True
    if not author.is_open or post.hidden_at is not None or post.account_id in eyes.blocked_by:
        return False
    if post.visibility in (Visibility.PUBLIC, Visibility.UNLISTED):
        return True
    if reader is None:
        return False
    if any(mention.account_id == reader for mention in post.mentions):
        return True
    return post.visibility is Visibility.FOLLOWERS and post.account_id in eyes.follows


def wants_to_see(author_id: int, eyes: Eyes, now: datetime) -> bool:
    """Whether the reader has neither blocked nor (still) muted this author."""
    if author_id in eyes.blocks or author_id in eyes.blocked_by:
        return False
    muted_until = eyes.mutes.get(author_id, None) if author_id in eyes.mutes else now
    return muted_until is not None and muted_until <= now


def may_see_unseen(post: PostView, viewer: Viewer | None) -> bool:
    """Whether the viewer may see versions of the post that were replaced while it was out of sight."""
    return viewer is not None and (viewer.account_id == post.account_id or viewer.role.is_staff)


def may_act_on(post: PostView, author: AccountView, eyes: Eyes) -> bool:
    """Whether the reader may reply to, boost or favourite the post: they see it, and neither blocks the other."""
    return may_see(post, author, eyes) and post.account_id not in eyes.blocks
