"""What a finding is about, what follows from deciding it, and figures about many. Plain functions over plain values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum

from folkmoot.moderation.screening import Outcome, Reason, Stage
from folkmoot.network.gate import FoundBy

LEAST_FOR_DRIFT = 200
"""Texts in each of the two spans below which a comparison says nothing."""


def interval(hits: int, of: int, z: float = 1.96) -> tuple[float, float, float]:
    """The share `hits / of` with the ends of Wilson's 95 % interval (Wilson 1927, JASA 22:209). `of` is at least 1."""
    share = hits / of
    scale = 1 + z * z / of
    middle = (share + z * z / (2 * of)) / scale
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / scale
    return share, max(middle - half, 0.0), min(middle + half, 1.0)


def shares(counts: Sequence[int]) -> tuple[float, ...]:
    """Each count's share of all; nothing of nothing is nothing."""
    total = sum(counts)
    return tuple(count / total if total else 0.0 for count in counts)


def drift(now: Sequence[int], before: Sequence[int]) -> float | None:
    """Population stability index between two spreads over the same parts: the sum of (p - q) ln(p / q).

    The usual reading: below .1 nothing has changed, above .25 something has. Parts are smoothed by half a text, so that
    an empty one does not make it infinite. None when either side has too few texts.
    """
    if min(sum(now), sum(before)) < LEAST_FOR_DRIFT:
        return None
    parts = len(now)
    p = [(count + 0.5) / (sum(now) + 0.5 * parts) for count in now]
    q = [(count + 0.5) / (sum(before) + 0.5 * parts) for count in before]
    return sum((a - b) * math.log(a / b) for a, b in zip(p, q, strict=True))


class About(StrEnum):
    """What somebody decides about."""

    POST = "post"
    PROFILE = "profile"
    """Words that stand on a profile."""
    REFUSED = "refused"
    """A change of a profile that was not made."""
    PICTURES = "pictures"
    """Avatar or header that a sweep took off a profile."""


def about(part: str, outcome: str, found_by: str) -> About:
    if part == "post":
        return About.POST
    if outcome == Outcome.CASE:
        return About.PROFILE
    return About.PICTURES if found_by == FoundBy.SWEEP else About.REFUSED


def is_told(about: About, decision: str | None) -> bool:
    """Whether a decision about a profile may be read by its owner; that a change stays refused they know."""
    if about is About.POST:
        return False
    return decision == "released" or (decision == "upheld" and about is not About.REFUSED)


class Followed(StrEnum):
    """What followed from a decision."""

    SEEN = "seen"
    HIDDEN = "hidden"
    """And its case decides."""
    PICTURES_HIDDEN = "pictures_hidden"
    MAY_SAVE = "may_save"
    """The change that was refused can be made."""
    STILL_LISTED = "still_listed"
    """It could be made, but for a list of pictures that an operator added."""
    LOOKED_AT_ANEW = "looked_at_anew"
    """It can be tried again: it has no words to know it by."""
    STAYS_REFUSED = "stays_refused"
    BLANKED = "blanked"
    """The words were taken off the profile."""
    NOTHING_TO_BLANK = "nothing_to_blank"
    """They stand there no more, or nobody can tell which they are."""


def is_about_pictures(text: str, because: Sequence[Reason]) -> bool:
    """Whether it is the pictures that were judged, and not only the words beside them."""
    return not text.strip() or any(reason.stage is Stage.PICTURE for reason in because)
