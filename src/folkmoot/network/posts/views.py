"""A post as readers see it: plain values that pages and API turn into their own words."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Visibility(StrEnum):
    """Who a post is for."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    FOLLOWERS = "followers"
    DIRECT = "direct"


class MediaView(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    kind: str
    object_key: str
    preview_key: str
    width: int
    height: int
    preview_width: int
    preview_height: int
    description: str
    focus_x: float
    focus_y: float
    blurhash: str | None


class MentionView(msgspec.Struct, frozen=True):
    account_id: int
    name: str


class PollView(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    options: tuple[str, ...]
    tallies: tuple[int, ...]
    voters: int
    multiple: bool
    hides_totals: bool
    due_at: datetime | None
    closed_at: datetime | None


class PostView(msgspec.Struct, frozen=True, kw_only=True):
    """A post, or a boost (then `shows_id` names the post it shows and the text is empty)."""

    id: int
    account_id: int
    shows_id: int | None
    shows_account_id: int | None
    in_reply_to_id: int | None
    in_reply_to_account_id: int | None
    thread_id: int
    visibility: Visibility
    text: str
    warning: str
    sensitive: bool
    language: str | None
    created_at: datetime
    edited_at: datetime | None
    version: int
    replies_count: int
    boosts_count: int
    favourites_count: int
    hidden_at: datetime | None
    hidden_for: str | None = None
    """The category it is hidden for, a word of `screening.Category`."""
    removed_before: str | None = None
    """Of a hidden post: `copy` when the same text was removed before, `picture` when one of its pictures was."""
    waiting: bool = False
    """Held by screening before anybody saw it."""
    media: tuple[MediaView, ...] = ()
    mentions: tuple[MentionView, ...] = ()
    tags: tuple[str, ...] = ()
    poll: PollView | None = None
    app_name: str | None = None
    app_website: str | None = None


class Marks(msgspec.Struct, frozen=True):
    """What one viewer has done with a post."""

    favourited: bool = False
    boosted: bool = False
    bookmarked: bool = False
    pinned: bool = False
    thread_muted: bool = False
