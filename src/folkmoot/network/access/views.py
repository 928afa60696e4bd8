"""Sessions, apps and tokens as the rest of the program sees them. No secret is among their fields."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from folkmoot.network.access.viewer import Viewer


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is signed in."""

    id: int
    created_at: datetime
    seen_at: datetime
    address: str
    agent: str
    is_current: bool


class AppView(msgspec.Struct, frozen=True, kw_only=True):
    """A registered app."""

    id: int
    client_id: str
    name: str
    website: str | None
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    created_at: datetime


class AuthorisedApp(msgspec.Struct, frozen=True, kw_only=True):
    """An app an account has let in, with everything its tokens may do together."""

    app: AppView
    scopes: tuple[str, ...]
    since: datetime
    seen_on: date | None


class TokenHolder(msgspec.Struct, frozen=True, kw_only=True):
    """Whose token it is: an app's, acting for `viewer` or, when that is None, for itself alone."""

    app_id: int
    viewer: Viewer | None
    scopes: frozenset[str]


class IssuedToken(msgspec.Struct, frozen=True):
    """A fresh token, shown this once."""

    token: str
    scopes: tuple[str, ...]
    created_at: datetime
