"""Practise on cases made up for it, with an answer to every answer; enough right ones qualify."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import msgspec

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Row
from folkmoot.errors import Conflict, Missing
from folkmoot.moderation.cases import seats
from folkmoot.moderation.cases.rules import Choice
from folkmoot.moderation.cases.summon import NotAVolunteer
from folkmoot.moderation.cases.weights import LEARNING
from folkmoot.moderation.jurors import queries
from folkmoot.moderation.jurors.views import Feedback, PracticeCase
from folkmoot.network.access.viewer import Viewer

ENOUGH = 0.75
"""Share of right answers that qualifies."""


class AnsweredAlready(Conflict):
    sentence = "You have answered this one already"


class Practice(msgspec.Struct, frozen=True, kw_only=True):
    """A case made up for practice, in every language."""

    name: str
    choice: Choice
    also: tuple[Choice, ...] = ()
    """Answers that are as good."""
    severe: bool = False
    text: dict[str, str]
    why: dict[str, str]
    reply_to: dict[str, str] = {}


@cache
def practice_cases() -> tuple[Practice, ...]:
    """All of them, in the order they are put."""
    found = tomllib.loads((Path(__file__).parent / "practice.toml").read_text())
    return msgspec.convert(found["case"], tuple[Practice, ...])


def _in(language: str, texts: dict[str, str]) -> str:
    return texts.get(language) or texts["en"]


async def practice_case(db: Database, viewer: Viewer) -> PracticeCase | None:
    """The viewer's next practice case, in their language; None when they need none. Raises NotAVolunteer."""
    me, answered, _ = await _standing(db, viewer)
    if me["qualified_at"] is not None and me["sent_back_at"] is None:
        return None
    every = practice_cases()
    for number, each in enumerate(every, 1):
        if each.name not in answered:
            return PracticeCase(
                name=each.name,
                number=number,
                of=len(every),
                text=_in(me["locale"], each.text),
                reply_to=_in(me["locale"], each.reply_to) if each.reply_to else None,
                severe=each.severe,
            )
    return None


async def _standing(db: Database, viewer: Viewer) -> tuple[Row, dict[str, bool], int]:
    """The volunteer, their answers of the attempt they are at, and which attempt that is."""
    me = await queries.find(db, viewer.account_id, clock.now())
    if me is None or me["stepped_down_at"] is not None:
        raise NotAVolunteer
    rows = await queries.answers(db, viewer.account_id)
    attempt = rows[0]["attempt"] if rows else 1
    answered = {row["practice"]: row["is_right"] for row in rows}
    if len(answered) >= len(practice_cases()):
        return me, {}, attempt + 1
    return me, answered, attempt


async def answer_practice(db: Database, viewer: Viewer, name: str, choice: Choice) -> Feedback:
    """Answer a practice case and learn what it was, and why. The last one says whether the viewer is qualified.

    Who is not begins anew, as often as they like. Raises NotAVolunteer, Missing, AnsweredAlready.
    """
    every = practice_cases()
    number = next((number for number, each in enumerate(every) if each.name == name), None)
    if number is None:
        raise Missing
    each = every[number]
    me, answered, attempt = await _standing(db, viewer)
    if name in answered:
        raise AnsweredAlready
    is_right = choice is each.choice or choice in each.also
    now = clock.now()
    answered = answered | {name: is_right}
    done = len(answered) == len(every)
    qualified = sum(answered.values()) / len(every) >= ENOUGH if done else None
    async with db.transaction() as tx:
        if not answered.keys() - {name}:
            await queries.forget_practice_scorings(tx, viewer.account_id)  # each attempt counts by itself
        if not await queries.keep_answer(tx, viewer.account_id, name, attempt, choice.value, is_right, now):
            raise AnsweredAlready
        if choice.says is not None:
            truth = 1.0 if each.choice.says else 0.0
            await seats.keep_scorings(tx, -(number + 1), 0, [(viewer.account_id, choice.says, truth, 1.0)], now)
        if done:
            await seats.recompute_records(tx, [viewer.account_id], LEARNING.decay, now)
        if qualified:
            await queries.qualify(tx, viewer.account_id, now)
            tx.record(Event.JUROR_QUALIFIED, actor=viewer.account_id, subject=viewer.account_id)
    return Feedback(
        is_right=is_right,
        choice=each.choice,
        why=_in(me["locale"], each.why),
        done=len(answered),
        of=len(every),
        right=sum(answered.values()),
        qualified=qualified,
    )
