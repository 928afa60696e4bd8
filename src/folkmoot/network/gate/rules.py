"""What of a post or a profile is screened, and whose text it is. Plain values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from folkmoot.moderation.screening import Outcome, Standing, Words
from folkmoot.moderation.screening.finding import Finding, Stage
from folkmoot.network.accounts.views import AccountView


class FoundBy(StrEnum):
    """On which occasion a text was screened."""

    PUBLISHING = "publishing"
    EDITING = "editing"
    SWEEP = "sweep"


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Whose text was screened and where it stands."""

    account_id: int
    post_id: int | None = None
    """None for a profile."""
    version: int | None = None
    found_by: FoundBy = FoundBy.PUBLISHING


def standing(author: AccountView | None, now: datetime) -> Standing:
    """What is known of the author, as plain values."""
    if author is None:
        return Standing()
    days = max((now - author.created_at).total_seconds() / 86_400, 0.0)
    return Standing(days=days, posts=author.posts_count, followers=author.followers_count)


def profile_words(display_name: str, bio: str, more: Sequence[str], language: str | None, of: Standing) -> Words:
    """What a profile says of itself; `more` are its fields and the alt texts of its pictures."""
    return Words(text=bio, more=(display_name, *(text for text in more if text)), language=language, standing=of)


def among_few(finding: Finding) -> Finding:
    """The finding for a direct post, which the public never sees: only what was judged before stops it.

    Nobody reads people's letters because a model was in doubt; who receives a threat can report it.
    """
    known = [reason for reason in finding.because if reason.stage in (Stage.COPY, Stage.PICTURE)]
    if known and finding.outcome is not Outcome.PUBLISH:
        return finding
    return msgspec.structs.replace(finding, outcome=Outcome.PUBLISH)
