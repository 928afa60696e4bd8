"""Read verdicts, fit, compare with what is in force on verdicts that were kept out of the fitting."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import msgspec

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.errors import Invalid
from folkmoot.moderation import evidence
from folkmoot.moderation.calibration import fit, learn, queries
from folkmoot.moderation.calibration.fit import Figures, Judgement
from folkmoot.moderation.screening import Category, Limits, Screen, Words
from folkmoot.moderation.screening.line import Line
from folkmoot.moderation.screening.model.learnt import Learnt
from folkmoot.network.gate.parts import Tuning, build, read
from folkmoot.settings import Settings

HOLD_SHARE, CASE_SHARE = 0.01, 0.05
"""What share of harmless posts may be held, and held or brought before people."""
MOST_ORDINARY = 20_000
LEAST_ORDINARY = 500
MOST_BYTES = 64_000_000


class Proposal(msgspec.Struct, frozen=True):
    """What is in force and what would be, on the same held-out verdicts."""

    old: Figures
    new: Figures
    tuning: Tuning
    fitted_on: int
    learnt: int
    """Words and runs of characters that got a weight of their own; 0 unless that was asked for and pays."""
    ordinary: int
    """Ordinary posts the limits rest on; 0 when there were too few and the old limits were carried over."""


class _Line(msgspec.Struct):
    text: str
    violates: bool
    lang: str | None = None
    reply_to: str | None = None


def read_judgements(path: Path) -> list[Judgement]:
    """Verdicts from a file: a JSON object a line with "text", "violates" (true or false), and "lang", "reply_to" if known.

    Raises Invalid with the number of the line that is none.
    """
    if path.stat().st_size > MOST_BYTES:
        raise Invalid("{name} is larger than {most} MB.", name=path.name, most=MOST_BYTES // 1_000_000)
    found = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            given = msgspec.json.decode(line, type=_Line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Invalid("{name}, line {line}: {why}", name=path.name, line=number, why=str(error)) from None
        found.append(Judgement(given.text, given.violates, given.lang, given.reply_to))
    return found


async def judgements_of(db: Database, days: int) -> list[Judgement]:
    """What juries and stewards decided in the last days, of what screening had found and of what was only reported.

    Raises Unavailable when evidence cannot be unsealed.
    """
    since = clock.now() - timedelta(days=days)
    found = [*await queries.decided(db, since), *await evidence.opened(db, await queries.judged_cases(db, since))]
    return [Judgement(row["text"], row["violates"], row["language"], row["reply_to"]) for row in found if row["text"]]


async def propose(
    db: Database, settings: Settings, judgements: Sequence[Judgement], days: int, *, retrain: bool = False
) -> Proposal:
    """Fit calibration and limits to these verdicts and to ordinary posts of the last days; with `retrain` words as well.

    Raises Invalid when there are too few verdicts or no model. Nothing is changed.
    """
    parts = await read(db, settings)
    now = build(msgspec.structs.replace(parts, judged=()))
    if Category.VIOLENCE not in now.limits or parts.mode != "full":
        raise Invalid("Without the model there is nothing to calibrate: screening goes by rules alone.")
    fitting = [each for each in judgements if not each.is_held_out]
    testing = [each for each in judgements if each.is_held_out]
    if len(testing) < 2 or len({each.violates for each in testing}) < 2:
        raise Invalid("There are too few verdicts: {number}.", number=len(judgements))
    bare = build(msgspec.structs.replace(parts, tuning=None, judged=()))
    learnt: Learnt = {}
    said = await _ask(bare, fitting)
    try:
        line = fit.fit(said, [each.violates for each in fitting])
    except ValueError as error:
        raise Invalid("There are too few verdicts: {number}.", number=str(error)) from None
    if retrain:
        learnt, said = await asyncio.to_thread(learn.learn_each, fitting, said, line)
        bare = build(msgspec.structs.replace(parts, tuning=Tuning(learnt=learnt), judged=()))
        line = fit.fit(said, [each.violates for each in fitting])
    violates = [each.violates for each in testing]
    old_limits = now.limits[Category.VIOLENCE]
    old = fit.figures(await _ask(now, testing), violates, old_limits.case, old_limits.hold)
    limits, ordinary = await _limits(db, bare, line, days)
    probabilities = [line.of(p) for p in await _ask(bare, testing)]
    return Proposal(
        old=old,
        new=fit.figures(probabilities, violates, limits.case, limits.hold),
        tuning=Tuning(
            limits={Category.VIOLENCE: limits},
            lines={Category.VIOLENCE: (line.slope, line.shift)},
            learnt=learnt,
            model=bare.versions["model"],
        ),
        fitted_on=len(fitting),
        learnt=sum(len(one.places) for one in learnt.values()),
        ordinary=ordinary,
    )


async def _limits(db: Database, bare: Screen, line: Line, days: int) -> tuple[Limits, int]:
    """Limits that touch the shares of harmless posts, and how many posts say so; with too few, the old ones moved along."""
    since_id = int((clock.now() - timedelta(days=days)).timestamp() * 1_000) << 16
    rows = await queries.ordinary(db, since_id, MOST_ORDINARY)
    if len(rows) < LEAST_ORDINARY:
        old = bare.limits[Category.VIOLENCE]
        return Limits(case=line.of(old.case), hold=line.of(old.hold)), 0
    usual = [line.of(p) for p in await _ask(bare, [Judgement(row["text"], False, row["language"]) for row in rows])]
    return Limits(case=fit.threshold(usual, CASE_SHARE), hold=fit.threshold(usual, HOLD_SHARE)), len(rows)


async def _ask(screen: Screen, texts: Sequence[Judgement]) -> list[float]:
    """The model's probabilities of violence."""

    def ask() -> list[float]:
        return [
            max(
                (
                    reason.probability
                    for reason in screen.ask(
                        "model", Words(text=each.text, language=each.language, reply_to=each.reply_to)
                    )
                    if reason.category is Category.VIOLENCE
                ),
                default=0.0,
            )
            for each in texts
        ]

    return await asyncio.to_thread(ask)
