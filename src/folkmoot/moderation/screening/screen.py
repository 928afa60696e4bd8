"""The stages in order. What they are made of is read elsewhere and handed in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from folkmoot.moderation.screening.finding import Category, Finding, Limits, Reason, Words, conclude


class Answer(msgspec.Struct, frozen=True):
    """What a stage says of a text."""

    reasons: tuple[Reason, ...] = ()
    ends: bool = False
    """Whether that settles it: the text is a copy of one that was judged, and no other stage is asked."""


NOTHING = Answer()


class Step(msgspec.Struct, frozen=True):
    """One stage as a Screen asks it."""

    name: str
    version: str
    ask: Callable[[Words], Answer]


class Distant(msgspec.Struct, frozen=True):
    """A stage that is somewhere else; it looks only at what has come through the others."""

    name: str
    version: str
    ask: Callable[[Words], Awaitable[Sequence[Reason]]]


class Screen:
    """Asks its steps in order and concludes. The same words, steps and limits give the same finding."""

    def __init__(
        self,
        steps: Sequence[Step],
        limits: Mapping[Category, Limits],
        *,
        limits_version: str = "",
        distant: Sequence[Distant] = (),
        left_out: Mapping[str, str] | None = None,
    ) -> None:
        self.limits = limits
        self.left_out = left_out or {}
        """Rule files that do not load, by name, and why: the rest goes without them."""
        self._steps = tuple(steps)
        self._distant = tuple(distant)
        self.versions = {step.name: step.version for step in steps} | {each.name: each.version for each in distant}
        if limits_version:
            self.versions["limits"] = limits_version

    def here(self, words: Words) -> Answer:
        """What the stages on this machine say."""
        reasons: list[Reason] = []
        for step in self._steps:
            answer = step.ask(words)
            reasons += answer.reasons
            if answer.ends:
                return Answer(tuple(reasons), ends=True)
        return Answer(tuple(reasons))

    def look_now(self, words: Words) -> Finding:
        """The finding of everything that is on this machine."""
        return conclude(self.here(words).reasons, self.limits, self.versions)

    def ask(self, name: str, words: Words) -> Sequence[Reason]:
        """What one stage says by itself; nothing from one that is not there."""
        return next((step.ask(words).reasons for step in self._steps if step.name == name), ())

    async def look(self, words: Words, *, distant: bool = True, here: Answer | None = None) -> Finding:
        """The finding of every stage: after what they said `here` the distant ones, all at once, if at all."""
        said = here or self.here(words)
        reasons = list(said.reasons)
        asked = self._distant if distant and not said.ends else ()
        for more in await asyncio.gather(*(each.ask(words) for each in asked)):
            reasons += more
        return conclude(reasons, self.limits, self.versions)
