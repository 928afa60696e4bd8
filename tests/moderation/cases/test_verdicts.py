"""What ballots amount to, against the closed forms of MODERATION.md §3.1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cache

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from folkmoot.moderation.cases.rules import (
    EVEN,
    POLICIES,
    Choice,
    Escalation,
    Policy,
    Severity,
    Verdict,
    WeighedBallot,
    believe,
    chance,
    count_once,
    divided,
    hiding_pays_from,
    logit,
    reach_verdict,
    should_hide,
    weigh_up,
)

PLAIN = Policy(unclear=0.0, remove_at=0.99, keep_at=0.99)
"""The textbook's test: no case is unclear."""


def ballots(words: str, accuracy: float = 0.8, ring: int | None = None) -> list[WeighedBallot]:
    """`+` breaks the rules, `-` does not, `?` cannot tell."""
    return [cast(number, {"+": True, "-": False, "?": None}[word], accuracy, ring) for number, word in enumerate(words)]


def cast(juror: int, says: bool | None, accuracy: float = 0.8, ring: int | None = None) -> WeighedBallot:
    if says is None:
        return WeighedBallot(juror, None)
    return WeighedBallot(juror, says, accuracy if says else 1 - accuracy, 1 - accuracy if says else accuracy, ring)


MARGINS = [
    # accuracy, margin, right in the end, ballots on average: MODERATION.md §3.1
    (0.60, 12, 0.992, 59.1),
    (0.70, 6, 0.994, 14.8),
    (0.75, 5, 0.996, 9.9),
    (0.80, 4, 0.996, 6.6),
    (0.85, 3, 0.995, 4.2),
    (0.90, 3, 0.999, 3.7),
]


@cache
def walk(accuracy: float, cap: int) -> tuple[float, float]:
    """Exactly what reach_verdict does with equal jurors on a violation: share right, ballots on average.

    The number of yes and no is all that matters, so the chain has few states.
    """
    policy = Policy(unclear=0.0, remove_at=0.99, keep_at=0.99, cap=cap, dissent=0.51)
    at, right, mean = {(0, 0): 1.0}, 0.0, 0.0
    for count in range(1, cap + 1):
        later: dict[tuple[int, int], float] = {}
        for (yes, no), p in at.items():
            later[yes + 1, no] = later.get((yes + 1, no), 0.0) + p * accuracy
            later[yes, no + 1] = later.get((yes, no + 1), 0.0) + p * (1 - accuracy)
        at = {}
        for (yes, no), p in later.items():
            match reach_verdict(EVEN, ballots("+" * yes + "-" * no, accuracy), policy):
                case None:
                    at[yes, no] = p
                case verdict:
                    mean += p * count
                    right += p * (verdict is Verdict.REMOVE)
        if sum(at.values()) < 1e-9:
            break
    return right, mean


@pytest.mark.parametrize(("accuracy", "margin", "right", "mean"), MARGINS[1:])
def test_equal_jurors_stop_at_the_margin_of_the_closed_form(
    accuracy: float, margin: int, right: float, mean: float
) -> None:
    odds = (1 - accuracy) / accuracy
    assert margin == math.ceil(math.log(0.99 / 0.01) / math.log(1 / odds))
    exact_right = 1 / (1 + odds**margin)
    exact_mean = margin / (2 * accuracy - 1) * (1 - odds**margin) / (1 + odds**margin)
    assert exact_right == pytest.approx(right, abs=0.0006)
    assert exact_mean == pytest.approx(mean, abs=0.06)
    assert walk(accuracy, 220) == (pytest.approx(exact_right, abs=1e-6), pytest.approx(exact_mean, abs=1e-4))


def test_the_weakest_jury_of_the_table_by_its_formula() -> None:
    odds = Fraction(2, 3)
    assert math.ceil(math.log(99) / math.log(1.5)) == 12
    assert float(1 / (1 + odds**12)) == pytest.approx(0.992, abs=0.0005)
    assert float(12 / Fraction(1, 5) * (1 - odds**12) / (1 + odds**12)) == pytest.approx(59.1, abs=0.05)


@pytest.mark.parametrize(
    ("accuracy", "five", "four_one"),
    [(0.60, 0.884, 0.771), (0.70, 0.986, 0.927), (0.75, 0.996, 0.964), (0.80, 0.999, 0.985), (0.85, 0.9998, 0.995)],
)
def test_what_five_ballots_say(accuracy: float, five: float, four_one: float) -> None:
    assert chance(believe(EVEN, ballots("+++++", accuracy), PLAIN)) == pytest.approx(five, abs=0.0006)
    # Four to one is a margin of three.
    assert chance(believe(EVEN, ballots("++++-", accuracy), PLAIN)) == pytest.approx(four_one, abs=0.0012)


@pytest.mark.parametrize(
    ("accuracy", "majority", "catches", "false"),
    [
        (0.60, 0.683, 0.337, 0.087),
        (0.70, 0.837, 0.528, 0.031),
        (0.75, 0.896, 0.633, 0.016),
        (0.80, 0.942, 0.737, 0.007),
        (0.85, 0.973, 0.835, 0.002),
        (0.90, 0.991, 0.919, 0.001),
    ],
)
def test_what_five_fixed_jurors_would_do(accuracy: float, majority: float, catches: float, false: float) -> None:
    def at_least(votes: int, p: float) -> float:
        return sum(math.comb(5, k) * p**k * (1 - p) ** (5 - k) for k in range(votes, 6))

    assert at_least(3, accuracy) == pytest.approx(majority, abs=0.001)
    assert at_least(4, accuracy) == pytest.approx(catches, abs=0.001)
    assert at_least(4, 1 - accuracy) == pytest.approx(false, abs=0.001)


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("", None),
        ("+", None),
        ("+++", None),
        ("++++", Verdict.REMOVE),
        ("----", Verdict.KEEP),
        ("+-+-", None),
        ("+-+--+-", Escalation.TO_STEWARDS),
        ("+-++-++", None),
        ("?" * 14, None),
        ("?" * 15, Escalation.TO_STEWARDS),
    ],
)
def test_what_a_jury_of_equals_decides(words: str, outcome: Verdict | Escalation | None) -> None:
    assert reach_verdict(EVEN, ballots(words), PLAIN) is outcome


def test_one_ballot_never_decides_however_sure_the_screening_is() -> None:
    assert reach_verdict(5.9, ballots("+", 0.95), PLAIN) is None
    assert reach_verdict(5.9, ballots("++", 0.95), PLAIN) is Verdict.REMOVE


def test_what_is_probably_unclear_goes_to_the_stewards_before_it_wears_the_jury_out() -> None:
    doubtful = Policy(unclear=0.1, unclear_at=0.25, unclear_from=4)
    assert reach_verdict(EVEN, ballots("+-+"), doubtful) is None
    assert reach_verdict(EVEN, ballots("+-+-"), doubtful) is None
    assert reach_verdict(EVEN, ballots("+-+-+-"), doubtful) is Escalation.TO_STEWARDS


def test_ballots_on_probation_and_without_opinion_count_for_nothing() -> None:
    silent = [WeighedBallot(9, True, 0.5, 0.5), WeighedBallot(10, None)]
    for policy in (PLAIN, Policy()):
        assert believe(1.0, silent, policy) == pytest.approx(1.0)
        assert reach_verdict(5.9, [*ballots("+", 0.95), *silent], policy) is None


def test_a_case_that_may_be_unclear_asks_for_more() -> None:
    assert reach_verdict(EVEN, ballots("++++"), PLAIN) is Verdict.REMOVE
    doubtful = Policy(unclear=0.1, remove_at=0.99)
    assert reach_verdict(EVEN, ballots("++++"), doubtful) is None
    assert reach_verdict(EVEN, ballots("+++++"), doubtful) is Verdict.REMOVE


def test_what_an_unclear_case_makes_of_the_belief_exactly() -> None:
    # Two ballots of .8 on a mixture of nine clear cases to an unclear one, on which .8 becomes .55.
    belief, clear = weigh_up(EVEN, ballots("++"), Policy(unclear=0.1))
    broke, fine = 0.9 * 0.64 + 0.1 * 0.3025, 0.9 * 0.04 + 0.1 * 0.2025
    assert belief == pytest.approx(math.log(broke / fine))
    assert clear == pytest.approx((0.9 * 0.64 + 0.9 * 0.04) / (broke + fine))


def test_a_divided_jury_looks_more_and_more_like_an_unclear_case() -> None:
    shares = [weigh_up(EVEN, ballots("+-" * pairs), Policy())[1] for pairs in range(5)]
    assert shares == sorted(shares, reverse=True)


some_ballots = some.lists(
    some.builds(
        lambda number, says, se, sp, ring: WeighedBallot(
            number, says, se if says else 1 - se, 1 - sp if says else sp, ring
        ),
        some.integers(0, 1000),
        some.booleans(),
        some.floats(0.3, 0.95),
        some.floats(0.3, 0.95),
        some.sampled_from([None, None, 1, 2]),
    ),
    max_size=15,
    unique_by=lambda ballot: ballot.juror,
)


@given(some.floats(-6, 6), some_ballots, some.randoms(), some.sampled_from([PLAIN, Policy()]))
def test_the_order_of_ballots_does_not_matter(
    prior: float, given_ballots: list[WeighedBallot], chaos: object, policy: Policy
) -> None:
    shuffled = list(given_ballots)
    chaos.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    belief = believe(prior, given_ballots, policy)
    assert believe(prior, shuffled, policy) == pytest.approx(belief, abs=1e-9)
    assume(all(abs(abs(belief) - logit(limit)) > 1e-9 for limit in (policy.remove_at, policy.keep_at)))
    assume(abs(divided(count_once(given_ballots)) - policy.dissent) > 1e-9)
    assert reach_verdict(prior, shuffled, policy) is reach_verdict(prior, given_ballots, policy)


@given(some.floats(-6, 6), some_ballots, some.floats(0.5, 0.95), some.floats(0.5, 0.95), some.booleans())
def test_a_linked_jurors_copy_brings_no_verdict(
    prior: float, others: list[WeighedBallot], first: float, second: float, says: bool
) -> None:
    before = [*others, cast(2000, says, first, ring=77)]
    verdict = reach_verdict(prior, before, PLAIN)
    copied = reach_verdict(prior, [*before, cast(2001, says, second, ring=77)], PLAIN)
    towards = Verdict.REMOVE if says else Verdict.KEEP
    if verdict is not towards:
        assert copied is not towards


@given(some_ballots)
def test_a_thousand_copies_are_worth_no_more_than_the_weakest(given_ballots: list[WeighedBallot]) -> None:
    swarm = [cast(5000 + number, True, 0.7 + number / 10_000, ring=77) for number in range(100)]
    alone = believe(EVEN, [*given_ballots, swarm[0]], PLAIN)
    assert believe(EVEN, [*given_ballots, *swarm], PLAIN) == pytest.approx(alone)


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        (Choice.BREAKS, True),
        (Choice.THREAT, True),
        (Choice.FINE, False),
        (Choice.REPORTS, False),
        (Choice.UNSURE, None),
    ],
)
def test_quoting_and_condemning_is_not_breaking(choice: Choice, says: bool | None) -> None:
    assert choice.says is says


@pytest.mark.parametrize(("wait", "limit"), [(0, 0.90), (1, 0.90), (60, 140 / 680), (24 * 60, 1520 / 14480)])
def test_the_longer_the_queue_the_sooner_a_threat_is_hidden(wait: float, limit: float) -> None:
    assert hiding_pays_from(POLICIES[Severity.THREAT], wait) == pytest.approx(limit)


def test_at_a_queue_of_an_hour_hiding_pays_from_about_one_in_five() -> None:
    # MODERATION.md §3.2: with costs of four to one a reversible hide is rational from .2 on.
    assert hiding_pays_from(POLICIES[Severity.THREAT], 60) == pytest.approx(0.2, abs=0.01)


def test_what_was_hidden_returns_when_the_belief_falls() -> None:
    threat = POLICIES[Severity.THREAT]
    assert should_hide(logit(0.91), threat, 0, hidden=False)
    assert not should_hide(logit(0.89), threat, 0, hidden=False)
    assert should_hide(logit(0.89), threat, 0, hidden=True)
    assert not should_hide(logit(0.40), threat, 0, hidden=True)


@pytest.mark.parametrize("wrong", [{"remove_at": 0.5}, {"keep_at": 1.0}, {"least_ballots": 0}, {"unclear": 1.0}])
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        Policy(**wrong)  # type: ignore[arg-type]  # values of every field


def test_division_is_measured_by_weight_not_by_heads() -> None:
    coins: Sequence[WeighedBallot] = [cast(20 + n, False, 0.51) for n in range(3)]
    assert divided([*ballots("++++"), *coins]) < 0.05
    assert divided(ballots("++--")) == pytest.approx(0.5)
