"""A post in doubt is looked at with what surrounds it; one that is not costs no statement more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.moderation import findings, rulebook
from folkmoot.moderation.screening import Category, Finding, Limits, Outcome, Stage, Words
from folkmoot.moderation.screening.context import SEVERAL, Sign
from folkmoot.moderation.screening.line import logit, sigmoid
from folkmoot.network.gate import Gate
from folkmoot.network.gate.parts import Tuning
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft
from folkmoot.network.posts.views import Visibility
from folkmoot.settings import Settings

DOUBTED = "They will see what comes to people like them when we are many on Saturday"
SAME = "They will see what comes to people like them, when we are many on Saturday!"
LONG_AGO = timedelta(days=400)


@pytest.fixture
def nearly_held(db: Any, desk: Any, cast: Any, run: Callable[[Any], Any]) -> float:
    """The probability of DOUBTED, and limits in force by which it is a case, and held if its odds are half as high again."""
    alone = run(desk.gate.look(Words(text=DOUBTED, language="en")))
    assert 0.001 < alone.probability < 0.6
    hold = sigmoid(logit(alone.probability) + logit(0.58))
    tuning = Tuning(limits={Category.VIOLENCE: Limits(case=alone.probability * 0.2, hold=hold)})
    run(rulebook.use_limits(db, cast.dora, tuning))
    return float(alone.probability)


async def an_old_member(enrol: Any, name: str) -> Any:
    return await enrol(name, created_at=clock.now() - LONG_AGO, posts_count=900)


async def said_of(desk: Any, author: Any, text: str = DOUBTED) -> Finding:
    finding: Finding = await desk.gate.look(Words(text=text, language="en"), author=author.account_id)
    return finding


def named(finding: Finding) -> list[str]:
    return [reason.name for reason in finding.because if reason.stage is Stage.CONTEXT]


async def test_what_an_old_member_says_is_judged_by_its_words(desk: Any, enrol: Any, nearly_held: float) -> None:
    finding = await said_of(desk, await an_old_member(enrol, "emil"))

    assert (finding.outcome, finding.probability, named(finding)) == (Outcome.CASE, nearly_held, [])


async def test_strikes_count_and_being_new_does_not(db: Any, desk: Any, enrol: Any, nearly_held: float) -> None:
    struck = await an_old_member(enrol, "emil")
    await db.fetch(
        "INSERT INTO standings (account_id, points, limited, changed_at) VALUES ($1, 2, 'warning', now())",
        struck.account_id,
    )

    of_new, of_struck = await said_of(desk, await enrol("nina")), await said_of(desk, struck)

    assert (of_new.outcome, of_new.probability, named(of_new)) == (Outcome.CASE, nearly_held, [])
    assert (of_struck.outcome, named(of_struck)) == (Outcome.HOLD, [Sign.STRIKES])
    assert nearly_held < of_struck.probability


async def test_new_accounts_among_those_who_post_the_same_count_more(desk: Any, enrol: Any, nearly_held: float) -> None:
    for name in ("emil", "frida"):
        await publish(desk, await an_old_member(enrol, name), Draft(text=DOUBTED, language="en"))

    of_old, of_new = await said_of(desk, await an_old_member(enrol, "gero")), await said_of(desk, await enrol("nina"))

    assert (named(of_old), named(of_new)) == ([Sign.ALIKE], [Sign.ALIKE, Sign.NEW])
    assert nearly_held < of_old.probability < of_new.probability


async def test_of_many_who_post_the_same_those_after_the_first_wait(
    db: Any, desk: Any, enrol: Any, nearly_held: float
) -> None:
    members = [await an_old_member(enrol, name) for name in ("emil", "frida", "gero", "hanna")]

    posts = [
        await publish(desk, member, Draft(text=text, language="en"))
        for member, text in zip(members, (DOUBTED, SAME, DOUBTED, DOUBTED), strict=True)
    ]

    assert SEVERAL == 2
    assert [post.hidden_at is not None for post in posts] == [False, False, True, True]
    with clock.held_at(clock.now() + timedelta(hours=2)):
        later = await publish(desk, await an_old_member(enrol, "ida"), Draft(text=DOUBTED, language="en"))
    assert later.hidden_at is None


async def test_who_posts_the_same_again_is_nobody_else_and_what_was_released_counts_for_nothing(
    db: Any, desk: Any, cast: Any, enrol: Any, nearly_held: float
) -> None:
    emil, frida = await an_old_member(enrol, "emil"), await an_old_member(enrol, "frida")
    for text in (DOUBTED, SAME, f"{DOUBTED} :)"):
        assert (await publish(desk, emil, Draft(text=text, language="en"))).hidden_at is None
    await publish(desk, frida, Draft(text=SAME, language="en"))
    assert named(await said_of(desk, frida)) == []

    gero = await an_old_member(enrol, "gero")
    assert named(await said_of(desk, gero)) == [Sign.ALIKE]
    for found in await findings.list_open(db, cast.dora, Outcome.CASE):
        await findings.release(db, cast.dora, found.id)
    assert named(await said_of(desk, gero, f"{DOUBTED} now")) == []


async def test_who_quotes_it_and_says_something_of_it_does_not_post_the_same(
    desk: Any, enrol: Any, nearly_held: float
) -> None:
    for name in ("emil", "frida"):
        await publish(desk, await an_old_member(enrol, name), Draft(text=DOUBTED, language="en"))
    gero = await an_old_member(enrol, "gero")

    assert named(await said_of(desk, gero)) == [Sign.ALIKE]
    assert named(await said_of(desk, gero, f'"{DOUBTED}"')) == [Sign.ALIKE]
    assert named(await said_of(desk, gero, f'"{DOUBTED}" so they say')) == []


async def test_letters_and_posts_that_nobody_doubts_ask_nothing_more(
    db: Any, desk: Any, enrol: Any, nearly_held: float, round_trips: Any
) -> None:
    nina = await enrol("nina")
    await said_of(desk, nina)  # the stages are loaded

    with round_trips(db, exactly=2):
        assert named(await said_of(desk, nina)) == []
    with round_trips(db, exactly=0):
        await said_of(desk, nina, "Good morning, the bread is in the oven")
        await desk.gate.look(Words(text=DOUBTED, language="en"), author=nina.account_id, letter=True)
        await desk.gate.look(Words(text=DOUBTED, language="en"))
    letter = Draft(text=f"@emil {DOUBTED}", language="en", visibility=Visibility.DIRECT)
    await enrol("emil")
    assert (await publish(desk, nina, letter)).hidden_at is None


async def test_an_operator_may_leave_it_out(db: Any, desk: Any, enrol: Any, nearly_held: float) -> None:
    for name in ("emil", "frida"):
        await publish(desk, await an_old_member(enrol, name), Draft(text=DOUBTED, language="en"))
    gate = Gate(db, Settings(screening_without=("context",)))

    finding = await gate.look(Words(text=DOUBTED, language="en"), author=(await enrol("nina")).account_id)

    assert (finding.probability, finding.outcome) == (nearly_held, Outcome.CASE)
