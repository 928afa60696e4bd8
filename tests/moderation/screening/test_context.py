"""What surrounds a text raises a doubt that is there already, so far and no further, and says why."""

from __future__ import annotations

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.moderation.screening import Category, Limits, Outcome, Reason, Stage, Standing, Words, conclude
from folkmoot.moderation.screening.context import TOGETHER, Sign, in_doubt, signs, weighed
from folkmoot.moderation.screening.line import logit, sigmoid

OLD = Standing(days=400, posts=900)
PROBABILITIES = st.floats(0.0, 1.0)
STANDINGS = st.none() | st.builds(Standing, days=st.floats(0, 30), posts=st.integers(0, 30), strikes=st.integers(0, 5))
SURROUNDED = st.builds(Words, text=st.just("We know the way"), standing=STANDINGS, alike=st.integers(0, 9))
LIMITS = st.tuples(st.floats(0.001, 1.0), st.floats(0.001, 1.0)).map(
    lambda two: {Category.VIOLENCE: Limits(case=min(two), hold=max(two))}
)


def said(probability: float, stage: Stage = Stage.MODEL, category: Category = Category.VIOLENCE) -> Reason:
    return Reason(stage=stage, category=category, probability=probability, name="x", words=("the way",))


@given(PROBABILITIES, SURROUNDED, LIMITS)
def test_where_nothing_could_change_nothing_would(
    probability: float, words: Words, limits: dict[Category, Limits]
) -> None:
    reasons = [said(probability)]

    if not in_doubt(reasons, limits):
        assert conclude(weighed(reasons, words), limits, {}).outcome is conclude(reasons, limits, {}).outcome


@given(PROBABILITIES, SURROUNDED)
def test_it_only_raises_and_no_further_than_all_signs_do_together(probability: float, words: Words) -> None:
    (reason, *because) = weighed([said(probability)], words)

    assert probability <= reason.probability <= max(sigmoid(logit(probability) + log(TOGETHER)), probability)
    assert [one.name for one in because] == [sign.value for sign in signs(words)]
    assert {one.probability for one in because} <= {reason.probability}


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (Words(text="x", standing=Standing(days=400, posts=900, strikes=1)), [Sign.STRIKES]),
        (Words(text="x", standing=OLD, alike=2), [Sign.ALIKE]),
        (Words(text="x", alike=2), [Sign.ALIKE]),
        (Words(text="x", standing=Standing(days=0.5, posts=2), alike=2), [Sign.ALIKE, Sign.NEW]),
    ],
)
def test_each_sign_is_named_and_brings_what_is_nearly_held_to_be_held(words: Words, named: list[Sign]) -> None:
    limits = {Category.VIOLENCE: Limits(case=0.1, hold=0.5)}
    reasons = [said(0.45)]
    assert in_doubt(reasons, limits)

    finding = conclude(weighed(reasons, words), limits, {})

    assert finding.outcome is Outcome.HOLD
    assert [(one.stage, one.name) for one in finding.because] == [
        (Stage.MODEL, "x"),
        *((Stage.CONTEXT, sign) for sign in sorted(named)),
    ]


@pytest.mark.parametrize(
    "words",
    [
        Words(text="x"),
        Words(text="x", standing=OLD, alike=1),
        Words(text="x", standing=Standing(days=0.5, posts=2)),
    ],
)
def test_an_author_about_whom_there_is_nothing_to_say_changes_nothing(words: Words) -> None:
    assert weighed([said(0.45)], words) == (said(0.45),)


def test_it_says_nothing_of_hate_of_rules_or_of_what_nobody_doubts() -> None:
    words = Words(text="x", standing=Standing(strikes=3), alike=9)
    reasons = (said(0.4, Stage.RULE), said(0.4, category=Category.HATE), said(0.4, Stage.OTHER))

    assert weighed(reasons, words) == reasons
    assert not in_doubt(reasons, {Category.VIOLENCE: Limits(case=0.1, hold=0.9)})
    assert weighed([], words) == ()
    assert not in_doubt([], {})
