"""Notifications and read positions as readers see them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What somebody is told about."""

    MENTION = "mention"
    BOOST = "boost"
    FAVOURITE = "favourite"
    FOLLOW = "follow"
    FOLLOW_REQUEST = "follow_request"
    POLL = "poll"
    POST = "post"
    EDIT = "edit"
    SIGN_UP = "sign_up"


class NotificationView(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    kind: Kind
    from_account_id: int
    post_id: int | None
    created_at: datetime


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """How far somebody has read in a timeline."""

    timeline: str
    last_read_id: int
    version: int
    updated_at: datetime
