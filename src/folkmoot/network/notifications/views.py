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
    MODERATION_WARNING = "moderation_warning"
    """Something was decided about them or what they wrote; `about_id` is the statement."""
    PROFILE_DECISION = "profile_decision"
    """Words or pictures were taken off their profile, or may be put on it; `about_id` is the finding."""
    REPORT_OUTCOME = "report_outcome"
    """What became of a report of theirs; `about_id` is the report."""
    ALARM = "alarm"
    """For stewards: somebody's life may be at risk; `about_id` is the case."""
    NOTICE = "notice"
    """For stewards: somebody outside waits for an answer; `about_id` is the notice."""


class NotificationView(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    kind: Kind
    from_account_id: int
    post_id: int | None
    about_id: int | None = None
    """The statement, finding, report or case of what comes from moderation; those come from nobody, so `from` is oneself."""
    created_at: datetime


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """How far somebody has read in a timeline."""

    timeline: str
    last_read_id: int
    version: int
    updated_at: datetime
