"""An account as readers see it: plain values that pages and API turn into their own words."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Field(msgspec.Struct, frozen=True):
    """A line of the profile: name and value as written."""

    name: str
    value: str
    verified_at: datetime | None = None


class ProfilePicture(msgspec.Struct, frozen=True):
    """An avatar or header in storage."""

    key: str
    hashes: tuple[str, ...] = ()
    """PDQ hashes by which screening knows it: of the picture as it came and as it was cut."""


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


class StaffView(msgspec.Struct, frozen=True, kw_only=True):
    """An account as those who run the network see it."""

    account: AccountView
    email: str | None
    locale: str
    reason: str
    """Why they want to join, in their words."""
    invited_by_code: str | None
    active_at: datetime
    signed_in_at: datetime | None
    suspended_by: int | None
    suspended_why: str | None


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """How a member likes to write and read. Only they see it."""

    locale: str = "en"
    default_visibility: str = "public"
    default_sensitive: bool = False
    default_language: str | None = None
    expand_media: str = "default"
    """`default` hides what is sensitive, `show_all` and `hide_all` say it themselves."""
    expand_warnings: bool = False
    autoplay: bool = False
    announcements_by_mail: bool = True
    announcements_by_push: bool = True
    """Ordinary ones; what is urgent comes to everybody."""
    email: str | None = None
    """Read only."""


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """A code that lets somebody join."""

    code: str
    account_id: int
    created_at: datetime
    expires_at: datetime | None
    uses_left: int | None
    """None for any number."""
    used: int
    revoked_at: datetime | None

    def is_usable(self, now: datetime) -> bool:
        """Whether somebody can still join with it."""
        return (
            self.revoked_at is None
            and (self.expires_at is None or self.expires_at > now)
            and (self.uses_left is None or self.uses_left > 0)
        )
