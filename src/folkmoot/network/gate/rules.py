"""What of a post or a profile is screened, and whose text it is. Plain values."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from folkmoot.moderation.screening import Outcome, Words
from folkmoot.moderation.screening.finding import SETTLED, Finding


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


def profile_words(bio: str, more: Sequence[str], language: str | None, pictures: Sequence[str] = ()) -> Words:
    """What a profile says of itself; `more` are its display name, fields and the alt texts of its `pictures`."""
    return Words(text=bio, more=tuple(more), language=language, pictures=tuple(pictures))


def among_few(finding: Finding) -> Finding:
    """The finding for a direct post, which the public never sees: only what was judged before stops it.

    Nobody reads people's letters because a model was in doubt; who receives a threat can report it.
    """
    if any(reason.stage in SETTLED for reason in finding.because):
        return finding
    return msgspec.structs.replace(finding, outcome=Outcome.PUBLISH)
