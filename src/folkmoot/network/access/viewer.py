"""Who is asking. Every verb takes a Viewer; reading may be done by nobody in particular (None)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from folkmoot.errors import Forbidden


class Role(StrEnum):
    """What an account may do beyond its own affairs. Each role may do what the one before may."""

    MEMBER = "member"
    STEWARD = "steward"
    OPERATOR = "operator"

    @property
    def is_staff(self) -> bool:
        return self is not Role.MEMBER

    def is_at_least(self, other: Role) -> bool:
        """Whether this role may do whatever `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


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
    slowed_until: datetime | None = None
    """Until then they may publish a little, and to followers only; perhaps over by now."""

    def may(self, scope: str) -> bool:
        """Whether the app's token covers `scope` (`write:statuses` is covered by `write`, too)."""
        return self.scopes is None or is_covered(scope, self.scopes)

    def check_role(self, least: Role) -> None:
        """Raise Forbidden unless the viewer's role is at least `least`."""
        if not self.role.is_at_least(least):
            raise Forbidden("This is for those who run the network")

    @property
    def actor(self) -> int | None:
        """Who the audit record names: the account, or nobody for the command line."""
        return self.account_id or None

    @property
    def traces(self) -> dict[str, Any]:
        """What the audit record adds about the way a deed came in."""
        return {} if self.account_id else {"via": "command line"}


COMMAND_LINE = Viewer(account_id=0, name="command line", role=Role.OPERATOR)
"""Whoever has a shell on the machine: may do what an operator may, and is recorded as no account."""

LEGACY_FOLLOW = frozenset(f"{deed}:{thing}" for deed in ("read", "write") for thing in ("blocks", "follows", "mutes"))
"""What the old scope `follow` stands for."""


def is_covered(scope: str, granted: frozenset[str] | set[str]) -> bool:
    """Whether `scope` or one above it (`admin`, `admin:read` for `admin:read:accounts`) is among those granted."""
    parts = scope.split(":")
    above = (":".join(parts[:length]) for length in range(1, len(parts) + 1))
    return any(each in granted for each in above) or (scope in LEGACY_FOLLOW and "follow" in granted)
