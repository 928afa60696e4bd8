"""What rules would have done to posts that are already there."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime

import msgspec

from folkmoot.database import Database
from folkmoot.moderation.screening import Outcome, Reason, Words, conclude
from folkmoot.moderation.screening.rules import Rules
from folkmoot.moderation.sweep import queries
from folkmoot.moderation.sweep.sweep import words_of
from folkmoot.network.access.viewer import Role, Viewer

BATCH = 1_000


class Found(msgspec.Struct):
    """What one rule met."""

    name: str
    category: str
    weight: float
    posts: int = 0
    samples: list[tuple[str, tuple[str, ...]]] = []
    """Texts with the passages that met it."""


class Trial(msgspec.Struct):
    posts: int = 0
    held: int = 0
    doubted: int = 0
    rules: list[Found] = []
    """Those that met anything, the most first."""


async def try_rules(
    db: Database, by: Viewer, rules: Rules, own: Collection[str], *, since: datetime, samples: int
) -> Trial:
    """Count what the rules named in `own` would have held and doubted since then, and show some of it. Changes nothing.

    Direct messages are left out: rules never hold them, and nobody reads them.
    """
    by.check_role(Role.OPERATOR)
    trial, found = Trial(), dict[str, Found]()
    after, until = int(since.timestamp() * 1_000) << 16, await queries.last_id(db)
    while rows := await queries.batch(db, after, until, BATCH):
        after = rows[-1]["id"]
        texts = [words_of(row) for row in rows if row["visibility"] != "direct"]
        for words, reasons in zip(texts, await asyncio.to_thread(_match, rules, texts), strict=True):
            _enter(trial, found, words, [each for each in reasons if each.name in own], samples)
    trial.rules = sorted(found.values(), key=lambda each: (-each.posts, each.name))
    return trial


def _match(rules: Rules, texts: list[Words]) -> list[list[Reason]]:
    return [rules.match(words) for words in texts]


def _enter(trial: Trial, found: dict[str, Found], words: Words, reasons: list[Reason], samples: int) -> None:
    trial.posts += 1
    outcome = conclude(reasons, {}, {}).outcome
    trial.held += outcome is Outcome.HOLD
    trial.doubted += outcome is Outcome.CASE
    for reason in reasons:
        each = found.setdefault(reason.name, Found(reason.name, reason.category.value, reason.probability))
        each.posts += 1
        if len(each.samples) < samples:
            each.samples.append((words.text, reason.words))
