"""What surrounds a text, where the model is in doubt about it already: strikes of its author, others (and new accounts) who write the same.

None of that makes a text violent. Of two texts that read alike it says which one people should rather see first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from math import log, prod

import msgspec

from folkmoot.moderation.screening.finding import Category, Limits, Reason, Stage, Words
from folkmoot.moderation.screening.line import logit, sigmoid


class Sign(StrEnum):
    """What counts."""

    STRIKES = "strikes"
    """The author has some that have not expired."""
    ALIKE = "alike"
    """Several others wrote nearly the same within the hour, and screening doubted it, too."""
    NEW = "new"
    """Beside that: the account is young and has hardly written. By itself it says nothing; everybody was new once."""


ODDS = {Sign.STRIKES: 2.0, Sign.NEW: 1.5, Sign.ALIKE: 3.0}
"""By how much each multiplies the odds of violence. Chosen, not measured: no corpus says who wrote its texts."""
TOGETHER = 6.0
"""More than that all of them do not."""
NEW_DAYS, NEW_POSTS = 3.0, 10
"""An account is new while it is younger and has written less."""
SEVERAL = 2
"""So many others who wrote the same are several."""
LATELY = 3_600
"""Seconds in which they did."""


def in_doubt(reasons: Sequence[Reason], limits: Mapping[Category, Limits]) -> bool:
    """Whether what surrounds a text could change its outcome; of nearly every post it cannot."""
    limit = limits.get(Category.VIOLENCE, Limits())
    highest = max((reason.probability for reason in reasons if _counts(reason)), default=0.0)
    return limit.outcome(_raised(highest, TOGETHER)) is not limit.outcome(highest)


def signs(words: Words) -> tuple[Sign, ...]:
    """Which of them there are."""
    author = words.standing
    found = []
    if author and author.strikes:
        found.append(Sign.STRIKES)
    if words.alike >= SEVERAL:
        found.append(Sign.ALIKE)
        if author and author.days < NEW_DAYS and author.posts < NEW_POSTS:
            found.append(Sign.NEW)
    return tuple(found)


def weighed(reasons: Sequence[Reason], words: Words) -> tuple[Reason, ...]:
    """The reasons with what surrounds the text: where the model speaks of violence its probability is raised, and a reason for
    each sign says why. Others stay as they are; without a sign all do."""
    found = signs(words)
    if not found or not any(map(_counts, reasons)):
        return tuple(reasons)
    odds = min(prod(ODDS[sign] for sign in found), TOGETHER)
    raised = tuple(
        msgspec.structs.replace(reason, probability=_raised(reason.probability, odds)) if _counts(reason) else reason
        for reason in reasons
    )
    highest = max(reason.probability for reason in raised if _counts(reason))
    because = (
        Reason(stage=Stage.CONTEXT, category=Category.VIOLENCE, probability=highest, name=sign.value) for sign in found
    )
    return (*raised, *because)


def _counts(reason: Reason) -> bool:
    return reason.stage is Stage.MODEL and reason.category is Category.VIOLENCE


def _raised(probability: float, odds: float) -> float:
    return max(probability, sigmoid(logit(probability) + log(odds)))
