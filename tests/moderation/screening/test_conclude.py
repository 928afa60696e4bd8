"""What reasons amount to: rules by what they claim, everything else by the limits in force."""

from __future__ import annotations

import pytest

from folkmoot.moderation.screening import Category, Limits, Outcome, Reason, Stage, conclude

LIMITS = {
    Category.VIOLENCE: Limits(case=0.0265, hold=0.1437),
    Category.HATE: Limits(),
    Category.THREAT: Limits(case=0.99, hold=0.999),
}


def reason(stage: Stage, category: Category, probability: float) -> Reason:
    return Reason(stage=stage, category=category, probability=probability, name="a")


@pytest.mark.parametrize("category", Category)
@pytest.mark.parametrize(
    ("weight", "outcome"),
    [(0.49, Outcome.PUBLISH), (0.5, Outcome.CASE), (0.89, Outcome.CASE), (0.9, Outcome.HOLD), (1.0, Outcome.HOLD)],
)
def test_a_rule_is_measured_by_what_it_claims_whatever_its_category(
    category: Category, weight: float, outcome: Outcome
) -> None:
    for limits in (LIMITS, {}):
        finding = conclude([reason(Stage.RULE, category, weight)], limits, {})
        assert (finding.outcome, finding.category, finding.categories) == (outcome, category, {category: weight})


@pytest.mark.parametrize("stage", [Stage.MODEL, Stage.OTHER])
def test_everybody_else_is_measured_by_the_limits_in_force(stage: Stage) -> None:
    for category, probability, outcome in (
        (Category.VIOLENCE, 0.02, Outcome.PUBLISH),
        (Category.VIOLENCE, 0.05, Outcome.CASE),
        (Category.VIOLENCE, 0.2, Outcome.HOLD),
        (Category.HATE, 1.0, Outcome.PUBLISH),
        (Category.SPAM, 1.0, Outcome.PUBLISH),
        (Category.THREAT, 0.95, Outcome.PUBLISH),
    ):
        assert conclude([reason(stage, category, probability)], LIMITS, {}).outcome is outcome


def test_a_rule_and_the_model_do_not_borrow_each_others_limits() -> None:
    finding = conclude(
        [reason(Stage.RULE, Category.VIOLENCE, 0.2), reason(Stage.MODEL, Category.VIOLENCE, 0.01)], LIMITS, {}
    )
    assert (finding.outcome, finding.probability) == (Outcome.PUBLISH, 0.2)


def test_the_category_is_one_that_reached_the_outcome() -> None:
    doubt, hate = reason(Stage.MODEL, Category.VIOLENCE, 0.05), reason(Stage.MODEL, Category.HATE, 0.5)
    finding = conclude([doubt, hate], LIMITS, {})
    assert (finding.outcome, finding.category) == (Outcome.CASE, Category.VIOLENCE)
    assert finding.categories == {Category.VIOLENCE: 0.05, Category.HATE: 0.5}
    finding = conclude([hate, reason(Stage.RULE, Category.SPAM, 0.95), doubt], LIMITS, {})
    assert (finding.outcome, finding.category) == (Outcome.HOLD, Category.SPAM)
    assert conclude([hate, reason(Stage.MODEL, Category.VIOLENCE, 0.01)], LIMITS, {}).category is Category.HATE
    assert conclude([reason(Stage.MODEL, Category.VIOLENCE, 0.0)], LIMITS, {}).category is None
