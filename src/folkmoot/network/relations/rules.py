"""How relations change: decisions over plain values."""

from __future__ import annotations

from enum import Enum

import msgspec

from folkmoot import markup
from folkmoot.errors import Forbidden, Invalid

MOST_FOLLOWED = 7_500
"""Accounts anybody may follow; with many followers of one's own, a tenth more than those."""
BACKFILL = 40
"""Posts of a newly followed account that are put into the follower's home."""
LONGEST_PAGE = 80
LONGEST_NOTE = 2_000
MOST_FEATURED_TAGS = 10
LONGEST_TAG = 100
LONGEST_MUTE = 100 * 365 * 86_400
MOST_LANGUAGES = 50


class NotYourself(Forbidden):
    sentence = "This action is not allowed"


class Blocked(Forbidden):
    """One of the two blocks the other."""

    sentence = "This action is not allowed"


class TooManyFollowed(Invalid):
    sentence = "Validation failed: You cannot follow more than {limit} accounts"


class NoteTooLong(Invalid):
    sentence = "Validation failed: Comment is too long (maximum is {limit} characters)"


class NoTag(Invalid):
    sentence = "Validation failed: Tag is invalid"


class TooManyFeaturedTags(Invalid):
    sentence = "Validation failed: You have already featured the maximum number of hashtags"


class NoSpan(Invalid):
    sentence = "Validation failed: Duration is invalid"


class NoLanguage(Invalid):
    sentence = "Validation failed: Languages is invalid"


class Bond(msgspec.Struct, frozen=True, kw_only=True):
    """What holds between two accounts when one of them acts; `they` is the target."""

    following: bool = False
    followed_by: bool = False
    requested: bool = False
    requested_by: bool = False
    blocking: bool = False
    blocked_by: bool = False
    they_are_locked: bool = False
    followers_count: int = 0
    following_count: int = 0


class Step(Enum):
    """What following someone amounts to."""

    FOLLOW = "follow"
    REQUEST = "request"
    CHANGE = "change"
    """They are followed or asked already; only the wishes about boosts and the rest change."""


def check_other(account_id: int, target_id: int) -> None:
    """Raise when somebody would follow, block or mute themselves."""
    if account_id == target_id:
        raise NotYourself


def follow_limit(followers_count: int) -> int:
    """How many accounts somebody with so many followers may follow."""
    return max(MOST_FOLLOWED, followers_count * 11 // 10)


def decide_follow(bond: Bond) -> Step:
    """Whether following takes effect, has to be asked for, or is there already. Raises Blocked, TooManyFollowed."""
    if bond.blocking or bond.blocked_by:
        raise Blocked
    if bond.following or bond.requested:
        return Step.CHANGE
    limit = follow_limit(bond.followers_count)
    if bond.following_count >= limit:
        raise TooManyFollowed(limit=limit)
    return Step.REQUEST if bond.they_are_locked else Step.FOLLOW


def check_note(text: str) -> str:
    """The private note as it is kept. Raises NoteTooLong."""
    if len(text) > LONGEST_NOTE:
        raise NoteTooLong(limit=LONGEST_NOTE, field="comment")
    return text.replace("\x00", "")


def check_span(seconds: int | None) -> int | None:
    """For how long to mute; None and 0 mean until further notice. Raises NoSpan."""
    if seconds is not None and not 0 <= seconds <= LONGEST_MUTE:
        raise NoSpan(field="duration")
    return seconds or None


def check_languages(languages: list[str] | None) -> list[str] | None:
    """The languages wanted of somebody; none of them means all. Raises NoLanguage."""
    if not languages:
        return None
    wanted = list(dict.fromkeys(language.lower() for language in languages))
    if len(wanted) > MOST_LANGUAGES or not all(
        2 <= len(word) <= 12 and word.isascii() and word.replace("-", "").isalnum() for word in wanted
    ):
        raise NoLanguage(field="languages")
    return wanted


def check_tag(name: str) -> tuple[str, str]:
    """A hashtag as it is kept and as it was spelt, with or without its #. Raises NoTag."""
    spelt = name.strip().removeprefix("#")
    if not 0 < len(spelt) <= LONGEST_TAG or markup.find_tags(f"#{spelt}") != (spelt,):
        raise NoTag(field="name")
    return markup.normal_tag(spelt), spelt
