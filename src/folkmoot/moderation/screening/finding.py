"""What goes into a screening and what comes out: plain values, no tables, no clock, no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec


class Category(StrEnum):
    """What a text may be. The first six are kinds of `violence`, which is what the model estimates as a whole."""

    INCITEMENT = "incitement"
    THREAT = "threat"
    VEILED_THREAT = "veiled_threat"
    MOBILISATION = "mobilisation"
    GLORIFICATION = "glorification"
    DOXXING = "doxxing"
    VIOLENCE = "violence"
    HATE = "hate"
    SPAM = "spam"


VIOLENT = frozenset(Category) - {Category.HATE, Category.SPAM}
"""The categories whose strongest is a text's probability of violence."""


class Outcome(StrEnum):
    """What becomes of a text; the later, the graver."""

    PUBLISH = "publish"
    CASE = "case"
    HOLD = "hold"


GRAVITY = {Outcome.PUBLISH: 0, Outcome.CASE: 1, Outcome.HOLD: 2}


class Stage(StrEnum):
    """Who says so, in the order they are asked."""

    PICTURE = "picture"
    COPY = "copy"
    RULE = "rule"
    MODEL = "model"
    CONTEXT = "context"
    OTHER = "other"


TURN = {stage: turn for turn, stage in enumerate(Stage)}


SETTLED = frozenset({Stage.COPY, Stage.PICTURE})
"""Somebody has judged the same before: such a reason holds whatever its category's limits."""


class Standing(msgspec.Struct, frozen=True):
    """What is known of an author, as plain values."""

    days: float = 0.0
    """Since the account was made."""
    posts: int = 0
    strikes: int = 0
    """The points of those that have not expired."""


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What is screened: every text of one post or profile, and a little of what surrounds it."""

    text: str
    more: tuple[str, ...] = ()
    """Its other texts: content warning, alt texts, poll options; or display name and profile fields."""
    language: str | None = None
    reply_to: str | None = None
    """The text this one answers. It explains, and is not itself judged."""
    quoted: str | None = None
    pictures: tuple[str, ...] = ()
    """PDQ hashes of its pictures, 64 hexadecimal digits each."""
    standing: Standing | None = None
    """Of the author; None where nobody has asked, since it would change nothing."""
    alike: int = 0
    """How many others wrote nearly the same within the hour before, and screening doubted it."""
    profile: bool = False
    """Whether it is a profile and no post."""


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that speaks for a category."""

    stage: Stage
    category: Category
    probability: float
    """0 to 1, calibrated where the stage is the model, the rule's weight where it is a rule."""
    name: str
    """Which rule, which model, which judged copy."""
    title: str = ""
    """Of a rule: what it is about, as one sentence."""
    words: tuple[str, ...] = ()
    """The passages of the text that moved it, strongest first, as they were written."""
    on_list: str = ""
    """Of a known picture: the list it is on."""
    picture: str = ""
    """Of a known picture: the hash of the one that was asked about."""


class Limits(msgspec.Struct, frozen=True):
    """From which probability on a category brings a text before a jury, and from which on it waits unseen."""

    case: float = 1.01
    hold: float = 1.01
    """Above 1 means never."""

    def outcome(self, probability: float) -> Outcome:
        if probability >= self.hold:
            return Outcome.HOLD
        return Outcome.CASE if probability >= self.case else Outcome.PUBLISH


CLAIMED = Limits(case=0.5, hold=0.9)
"""For what a rule says, whatever its category: its weight is the probability it claims."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What screening says of one text. The same words and versions give the same finding."""

    outcome: Outcome
    category: Category | None
    """For what: of the categories that reached the outcome, the one furthest beyond its limit. None when nothing spoke for
    any.
    """
    probability: float
    """Of violence: the strongest of the VIOLENT categories."""
    categories: Mapping[Category, float]
    """Every category that anything spoke for."""
    because: tuple[Reason, ...]
    """Strongest first."""
    versions: Mapping[str, str]
    """What made it: `rules`, `model`, `limits` and so on, each by its version."""


def conclude(reasons: Iterable[Reason], limits: Mapping[Category, Limits], versions: Mapping[str, str]) -> Finding:
    """The finding the reasons amount to: what a rule claims against CLAIMED, all else against its category's limits."""
    because = tuple(sorted(reasons, key=lambda reason: (-reason.probability, TURN[reason.stage], reason.name)))
    categories: dict[Category, float] = {}
    for reason in because:
        categories[reason.category] = max(categories.get(reason.category, 0.0), reason.probability)
    settled = [reason for reason in because if reason.stage in SETTLED]
    outcome, category, nearest = Outcome.PUBLISH, None, 0.0
    for reason in because:
        limit = CLAIMED if reason.stage is Stage.RULE else limits.get(reason.category, Limits())
        reached, near = limit.outcome(reason.probability), reason.probability / limit.hold
        if (GRAVITY[reached], near) > (GRAVITY[outcome], nearest):
            outcome, category, nearest = reached, reason.category, near
    if settled:
        outcome, category = Outcome.HOLD, settled[0].category
    return Finding(
        outcome=outcome,
        category=category,
        probability=max((p for category, p in categories.items() if category in VIOLENT), default=0.0),
        categories=categories,
        because=because,
        versions=dict(versions),
    )
