"""How one account stands to another, as readers see it."""

from __future__ import annotations

from datetime import datetime

import msgspec


class RelationView(msgspec.Struct, frozen=True, kw_only=True):
    """What the reader has to do with the account `id`."""

    id: int
    following: bool = False
    shows_boosts: bool = False
    notifies: bool = False
    languages: tuple[str, ...] | None = None
    followed_by: bool = False
    blocking: bool = False
    blocked_by: bool = False
    muting: bool = False
    mutes_notifications: bool = False
    mute_expires_at: datetime | None = None
    requested: bool = False
    requested_by: bool = False
    domain_blocking: bool = False
    endorsed: bool = False
    note: str = ""


class FollowedTag(msgspec.Struct, frozen=True, kw_only=True):
    """A hashtag somebody follows; `id` is the row's, to turn pages by."""

    id: int
    name: str
    shown_as: str


class FeaturedTag(msgspec.Struct, frozen=True, kw_only=True):
    """A hashtag on somebody's profile, with what they wrote under it in public."""

    id: int
    name: str
    shown_as: str
    posts_count: int
    last_post_at: datetime | None
