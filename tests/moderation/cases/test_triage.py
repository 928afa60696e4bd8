"""What a case is taken for before anybody has judged it."""

from __future__ import annotations

import pytest

from folkmoot.moderation.cases.rules import Severity
from folkmoot.moderation.cases.triage import OTHER, category_of, severity_of
from folkmoot.moderation.screening import Category, Limits, Outcome, Reason, Stage, conclude

SHIPPED = {Category.VIOLENCE: Limits(case=0.027, hold=0.149), Category.HATE: Limits(case=0.5, hold=0.9)}


def says(stage: Stage, category: Category, probability: float) -> Reason:
    return Reason(stage=stage, category=category, probability=probability, name="x")


@pytest.mark.parametrize(
    ("reasons", "outcome", "category", "severity"),
    [
        (
            [says(Stage.RULE, Category.VEILED_THREAT, 0.78), says(Stage.MODEL, Category.VIOLENCE, 0.32)],
            Outcome.HOLD,
            "violence",
            Severity.THREAT,
        ),
        ([says(Stage.MODEL, Category.VIOLENCE, 0.05)], Outcome.CASE, OTHER, Severity.SERIOUS),
        ([says(Stage.MODEL, Category.VIOLENCE, 0.02)], Outcome.PUBLISH, OTHER, Severity.SERIOUS),
        ([says(Stage.MODEL, Category.HATE, 0.4)], Outcome.PUBLISH, "hate", Severity.SERIOUS),
        ([], Outcome.PUBLISH, OTHER, Severity.SERIOUS),
    ],
)
def test_a_case_is_about_what_screening_held_it_for(
    reasons: list[Reason], outcome: Outcome, category: str, severity: Severity
) -> None:
    finding = conclude(reasons, SHIPPED, {})
    assert finding.outcome is outcome
    assert category_of(finding) == category
    assert severity_of(category_of(finding)) is severity
