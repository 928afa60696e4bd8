"""An account as readers see it: plain values that pages and API turn into their own words."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Field(msgspec.Struct, frozen=True):
    """A line of the profile: name and value as written."""

    name: str
    value: str
    verified_at: datetime | None = None


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    display_name: str
    bio: str
    """As written; `markup.render` makes HTML of it."""
    fields: tuple[Field, ...]
    avatar_key: str | None
    """Key in storage, None for the default picture."""
    header_key: str | None
    avatar_alt: str
    header_alt: str
    locked: bool
    bot: bool
    discoverable: bool
    indexable: bool
    hides_relations: bool
    role: str
    created_at: datetime
    approved_at: datetime | None
    suspended_at: datetime | None
    closed_at: datetime | None
    posts_count: int
    followers_count: int
    following_count: int
    last_post_at: datetime | None

    @property
    def shown_name(self) -> str:
        """The display name, or the handle of somebody who chose none."""
        return self.display_name or self.name

    @property
    def is_open(self) -> bool:
        """Whether the account takes part: neither waiting, suspended nor closed."""
        return self.approved_at is not None and self.suspended_at is None and self.closed_at is None
