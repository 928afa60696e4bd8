"""A subscription as its owner sees it, and what is about to be delivered."""

from __future__ import annotations

from datetime import datetime

import msgspec

from folkmoot.network.notifications import Kind
from folkmoot.network.push.rules import Policy


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    endpoint: str
    standard: bool
    """RFC 8291 rather than the draft older apps know."""
    alerts: frozenset[Kind]
    policy: Policy


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """One message for one device."""

    subscription_id: int
    account_id: int
    endpoint: str
    public_key: bytes
    auth_secret: bytes
    standard: bool
    policy: Policy
    sealed_token: bytes | None
    token_id: int | None
    locale: str
    about: str
    about_id: int
    attempts: int
    fresh_until: datetime


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What the device shows."""

    kind: str
    title: str
    body: str
    icon: str
    url: str
    """Where a touch leads, within the network."""
    urgent: bool = False
