"""What a juror's word is worth, and how that is learned."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from folkmoot.moderation.cases.rules import EVEN, Policy, Verdict, chance
from folkmoot.moderation.cases.weights import (
    LEARNING,
    Learning,
    Record,
    Scoring,
    accuracies,
    fade,
    learn,
    learn_from_all,
    needs_practice,
    on_probation,
    record_of,
    score_closing,
    score_final,
    weigh,
)

GOOD = Record(hit=36, missed=8.5, cleared=36, accused=8.5)
"""With what everybody is credited with: 40 right of 50."""


def scoring(says: bool, truth: float, weight: float = 1.0) -> Scoring:
    return Scoring(juror=1, says=says, truth=truth, weight=weight)


def test_an_unknown_juror_is_credited_with_four_right_and_one_and_a_half_wrong() -> None:
    assert accuracies(Record()) == (pytest.approx(4 / 5.5), pytest.approx(4 / 5.5))


@pytest.mark.parametrize(
    ("says", "record"),
    [(True, Record(hit=0.9, accused=0.1)), (False, Record(missed=0.9, cleared=0.1))],
)
def test_an_answer_is_scored_by_how_probable_the_truth_is(says: bool, record: Record) -> None:
    learned = learn(Record(), scoring(says, 0.9))
    for name in Record.__struct_fields__:
        assert getattr(learned, name) == pytest.approx(getattr(record, name))


def test_the_two_coins_are_told_apart() -> None:
    lenient = record_of([(scoring(False, 1.0), 0.0)] * 10 + [(scoring(False, 0.0), 0.0)] * 10)
    sensitivity, specificity = accuracies(lenient)
    assert sensitivity < 0.3
    assert specificity > 0.85
    # Whoever clears everything says little by clearing, and much by accusing.
    assert abs(weigh(1, False, lenient).weight) < 0.3
    assert weigh(1, True, lenient).weight > 0.5


def test_accuracies_stay_within_bounds_however_long_somebody_was_right() -> None:
    assert accuracies(Record(hit=10_000, accused=10_000)) == (0.95, 0.05)


def test_a_ballot_weighs_the_logarithm_of_the_two_coins() -> None:
    assert weigh(1, True, GOOD).weight == pytest.approx(math.log(0.8 / 0.2))
    assert weigh(1, False, GOOD).weight == pytest.approx(-math.log(0.8 / 0.2))


def test_on_probation_a_ballot_weighs_nothing() -> None:
    fresh = Record(hit=5, cleared=4)
    assert on_probation(fresh)
    assert weigh(1, True, fresh).weight == 0
    assert not weigh(1, True, fresh).counts
    assert not weigh(1, None, GOOD).counts


def test_who_is_known_to_toss_a_coin_is_sent_to_practise() -> None:
    coin = Record(hit=10, missed=10, cleared=10, accused=10)
    assert needs_practice(coin)
    assert not needs_practice(GOOD)
    assert not needs_practice(Record(hit=5, missed=5, cleared=5, accused=5))


def test_what_was_learned_fades_by_half_a_percent_a_day() -> None:
    assert fade(GOOD, 1).hit == pytest.approx(36 * 0.995)
    assert accuracies(fade(GOOD, 10_000)) == (pytest.approx(4 / 5.5), pytest.approx(4 / 5.5))


scorings = some.lists(
    some.tuples(some.builds(scoring, some.booleans(), some.floats(0, 1), some.floats(0, 3)), some.floats(0, 400)),
    max_size=40,
)


@given(scorings, some.randoms())
def test_a_record_is_what_all_scorings_add_up_to_in_any_order(
    given_scorings: list[tuple[Scoring, float]], chaos: object
) -> None:
    shuffled = list(given_scorings)
    chaos.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    one, other = record_of(given_scorings), record_of(shuffled)
    for name in Record.__struct_fields__:
        assert getattr(one, name) == pytest.approx(getattr(other, name))
    sensitivity, specificity = accuracies(one)
    assert LEARNING.lowest <= sensitivity <= LEARNING.highest
    assert LEARNING.lowest <= specificity <= LEARNING.highest


def test_a_closing_scores_everybody_by_what_the_others_believed() -> None:
    ballots = [weigh(1, True, GOOD), weigh(2, True, GOOD), weigh(3, False, GOOD)]
    by_juror = {each.juror: each for each in score_closing(EVEN, ballots, Policy(unclear=0.0))}
    # Without their own ballot: one for, one against; and two for.
    assert by_juror[1].truth == pytest.approx(0.5)
    assert by_juror[3].truth == pytest.approx(chance(2 * math.log(4)))


def test_nobodys_own_ballot_is_in_the_truth_they_are_scored_by() -> None:
    alone = score_closing(EVEN, [weigh(1, True, GOOD)], Policy())
    assert alone[0].truth == pytest.approx(0.5)
    assert alone[0].weight == pytest.approx(0.0)


def test_the_less_sure_the_others_are_the_less_it_teaches() -> None:
    policy = Policy(unclear=0.0)
    few = score_closing(EVEN, [weigh(n, True, GOOD) for n in range(2)], policy)[0]
    many = score_closing(EVEN, [weigh(n, True, GOOD) for n in range(5)], policy)[0]
    assert few.weight < many.weight < 1.0


def test_a_divided_case_teaches_less_than_a_clear_one() -> None:
    divided = [weigh(n, n % 2 == 0, GOOD) for n in range(6)]
    united = [weigh(n, True, GOOD) for n in range(6)]
    assert score_closing(2.0, divided, Policy())[0].weight < score_closing(2.0, united, Policy())[0].weight


def test_a_reversal_scores_everybody_by_the_truth_three_times_as_heavily() -> None:
    ballots = [weigh(1, True, GOOD), weigh(2, False, GOOD), weigh(3, None, GOOD)]
    found = score_final(ballots, Verdict.KEEP)
    assert [(each.juror, each.truth, each.weight) for each in found] == [(1, 0.0, 3.0), (2, 0.0, 3.0)]
    mistaken = learn(Record(), found[0])
    assert mistaken.accused == 3.0


def test_a_lenient_community_is_known_before_its_next_juror_has_sat() -> None:
    lenient = [Record(hit=12 + n % 5, missed=10 - n % 5, cleared=21, accused=1) for n in range(50)]
    learned = learn_from_all(lenient)
    sensitivity, specificity = accuracies(Record(), learned)
    assert sensitivity == pytest.approx(14 / 22, abs=0.02)
    assert specificity == pytest.approx(21 / 22, abs=0.02)


def test_of_a_handful_of_jurors_nothing_is_concluded() -> None:
    assert learn_from_all([GOOD] * 5) == LEARNING


def test_control_cases_count_once() -> None:
    assert score_final([weigh(1, True, GOOD)], Verdict.REMOVE, weight=1.0)[0].weight == 1.0
    assert Learning().probation == 10
