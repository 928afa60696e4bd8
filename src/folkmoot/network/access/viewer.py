"""Who is asking. Every verb takes a Viewer; reading may be done by nobody in particular (None)."""

from __future__ import annotations

from enum import Enum

import msgspec

from folkmoot.errors import Forbidden


class Role(str, Enum):
    """What an account may do beyond its own affairs. Each role may do what the one before may."""

    MEMBER = "member"
    STEWARD = "steward"
    OPERATOR = "operator"

    @property
    def is_staff(self) -> bool:
        return self is not Role.MEMBER


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in account, by browser session or by an app's token (then `scopes` bounds what it may do)."""

    account_id: int
    name: str
    role: Role = Role.MEMBER
    locale: str = "en"
    scopes: frozenset[str] | None = None
    """None for a browser session: everything its role may do."""
    app_id: int | None = None
    token_id: int | None = None
    session_id: int | None = None

    def may(self, scope: str) -> bool:
        """Whether the app's token covers `scope` (`write:statuses` is covered by `write`, too)."""
        return self.scopes is None or scope in self.scopes or scope.split(":")[0] in self.scopes

    def check_role(self, least: Role) -> None:
        """Raise Forbidden unless the viewer's role is at least `least`."""
        order = list(Role)
        if order.index(self.role) < order.index(least):
            raise Forbidden("This is for those who run the network")
