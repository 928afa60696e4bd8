"""Jurors who act as one, and what all ballots together say."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from folkmoot.moderation.cases.rings import (
    Cast,
    Closed,
    Flip,
    find_pairs,
    flips,
    npmi,
    rings_of,
    without,
)
from folkmoot.moderation.cases.rules import EVEN, POLICIES, Policy, Severity, Verdict, WeighedBallot
from folkmoot.moderation.cases.truth import Estimate, dawid_skene, differing

NOON = datetime(2021, 1, 9, 12, tzinfo=UTC)
PLAIN = Policy(unclear=0.0, remove_at=0.99, keep_at=0.99)


def cast(case: int, juror: int, says: bool = False, minute: float = 0.0, seconds: float = 25.0) -> Cast:
    return Cast(case, juror, says, NOON + timedelta(hours=case, minutes=minute), seconds)


def honest(cases: int = 300, jurors: int = 60, panel: int = 4) -> list[Cast]:
    chaos = random.Random(5)
    return [
        cast(case, juror, chaos.random() < 0.5, chaos.random() * 15)
        for case in range(cases)
        for juror in chaos.sample(range(jurors), panel)
    ]


def test_honest_jurors_drawn_at_random_are_linked_to_nobody() -> None:
    assert find_pairs(honest()) == []


def test_two_who_always_meet_within_minutes_are_linked() -> None:
    ring = [cast(case, juror, False, juror - 900) for case in range(20) for juror in (900, 901, 902)]
    pairs = find_pairs([*honest(), *ring])
    assert {(pair.one, pair.other) for pair in pairs} == {(900, 901), (900, 902), (901, 902)}
    assert rings_of(pairs) == {900: 900, 901: 900, 902: 900}
    assert all(pair.npmi > 0.55 and pair.share == 1.0 for pair in pairs)


@pytest.mark.parametrize("change", [{"minutes": 30}, {"cases": 9}])
def test_who_meets_hours_apart_or_seldom_is_not(change: dict[str, int]) -> None:
    minutes, cases = change.get("minutes", 1), change.get("cases", 20)
    ring = [cast(case, juror, False, (juror - 900) * minutes) for case in range(cases) for juror in (900, 901)]
    assert find_pairs([*honest(), *ring]) == []


def test_agreeing_faster_than_one_can_read_links_even_those_who_do_much_else() -> None:
    chaos = random.Random(6)
    busy = [
        cast(case, juror, chaos.random() < 0.5, 1)
        for case in range(200)
        for juror in (900, 901)
        if case % 2 == juror % 2
    ]
    hurried = [cast(1000 + case, juror, False, 1, seconds=2) for case in range(15) for juror in (900, 901)]
    pairs = find_pairs([*honest(), *busy, *hurried])
    assert [(pair.one, pair.other, pair.quick) for pair in pairs] == [(900, 901, 15)]
    assert pairs[0].share < 0.4


def test_npmi_is_nought_by_chance_and_one_for_the_inseparable() -> None:
    assert npmi(10, 100, 100, 1000) == pytest.approx(0.0)
    assert npmi(10, 10, 10, 1000) == pytest.approx(1.0)
    assert npmi(0, 5, 5, 10) == -1.0
    assert npmi(10, 10, 10, 10) == 1.0


def ballot(juror: int, says: bool) -> WeighedBallot:
    return WeighedBallot(juror, says, 0.8 if says else 0.2, 0.2 if says else 0.8)


CAPTURED = Closed(
    case=1, prior=EVEN, ballots=tuple(ballot(juror, juror < 1) for juror in range(6)), outcome=Verdict.KEEP
)
"""One honest juror, and five who clear their friend."""


def test_past_cases_are_recomputed_without_a_ring_and_flips_are_listed() -> None:
    ring = frozenset(range(1, 6))
    assert without(ring, CAPTURED, PLAIN) is None
    assert without(frozenset(), CAPTURED, PLAIN) is Verdict.KEEP
    assert without(frozenset({5}), CAPTURED, PLAIN) is None
    untouched = Closed(
        case=2, prior=EVEN, ballots=tuple(ballot(10 + n, True) for n in range(5)), outcome=Verdict.REMOVE
    )
    policies = dict.fromkeys(POLICIES, PLAIN)
    assert list(flips(ring, [CAPTURED, untouched], policies)) == [Flip(1, Verdict.KEEP, None)]
    assert Severity.ORDINARY in policies


def crowd(
    accuracies: list[tuple[float, float]], cases: int = 600, panel: int = 5
) -> tuple[list[tuple[int, int, bool]], list[bool]]:
    chaos = random.Random(3)
    truth = [chaos.random() < 0.3 for _ in range(cases)]
    ballots = []
    for case, broke in enumerate(truth):
        for juror in chaos.sample(range(len(accuracies)), panel):
            sensitivity, specificity = accuracies[juror]
            says = chaos.random() < (sensitivity if broke else 1 - specificity)
            ballots.append((case, juror, says))
    return ballots, truth


def test_all_ballots_together_tell_good_jurors_lenient_ones_and_coins_apart() -> None:
    accuracies = [(0.85, 0.85)] * 12 + [(0.4, 0.95)] * 4 + [(0.5, 0.5)] * 4
    ballots, truth = crowd(accuracies)
    found = dawid_skene(ballots)

    def mean(group: slice, coin: int) -> float:
        values = [found.jurors[juror][coin] for juror in range(len(accuracies))][group]
        return sum(values) / len(values)

    good, lenient, coins = slice(0, 12), slice(12, 16), slice(16, 20)
    assert mean(good, 0) == pytest.approx(0.85, abs=0.07)
    assert mean(good, 1) == pytest.approx(0.85, abs=0.07)
    assert mean(lenient, 1) > mean(good, 1)
    assert mean(lenient, 0) < mean(good, 0) - 0.2
    assert mean(coins, 0) + mean(coins, 1) == pytest.approx(1.0, abs=0.15)
    right = sum((found.breaks[case] > 0.5) is broke for case, broke in enumerate(truth)) / len(truth)
    votes: dict[int, int] = {}
    for case, _, says in ballots:
        votes[case] = votes.get(case, 0) + (1 if says else -1)
    majority = sum((votes[case] > 0) is broke for case, broke in enumerate(truth)) / len(truth)
    assert right > majority + 0.02
    assert found.base_rate == pytest.approx(0.3, abs=0.05)


def by_the_paper(
    ballots: list[tuple[int, int, bool]], right: float = 4.0, wrong: float = 1.5, rounds: int = 400
) -> tuple[dict[int, float], dict[int, tuple[float, float]]]:
    """Dawid and Skene (1979, Applied Statistics 28:20), equations 2.3 to 2.5 for two classes, one sum after the other.

    With as many right and wrong answers added to each juror's counts as they are credited with beforehand.
    """
    of_case: dict[int, list[tuple[int, bool]]] = {}
    for case, juror, says in ballots:
        of_case.setdefault(case, []).append((juror, says))
    truth = {case: sum(says for _, says in cast) / len(cast) for case, cast in of_case.items()}
    coins: dict[int, tuple[float, float]] = {}
    for _ in range(rounds):
        for juror in {juror for _, juror, _ in ballots}:
            mine = [(truth[case], says) for case, who, says in ballots if who == juror]
            hits = sum(t for t, says in mine if says)
            clears = sum(1 - t for t, says in mine if not says)
            broke = sum(t for t, _ in mine)
            coins[juror] = (
                (hits + right) / (broke + right + wrong),
                (clears + right) / (len(mine) - broke + right + wrong),
            )
        rate = sum(truth.values()) / len(truth)
        for case, cast in of_case.items():
            breaks, fine = rate, 1 - rate
            for juror, says in cast:
                sensitivity, specificity = coins[juror]
                breaks *= sensitivity if says else 1 - sensitivity
                fine *= 1 - specificity if says else specificity
            truth[case] = breaks / (breaks + fine)
    return truth, coins


def test_the_estimate_is_that_of_dawid_and_skene() -> None:
    ballots, _ = crowd([(0.85, 0.85)] * 5 + [(0.4, 0.95)] * 2 + [(0.5, 0.5)], cases=60, panel=4)
    found = dawid_skene(ballots, rounds=400, exact=0)
    truth, coins = by_the_paper(ballots)
    for case, belief in truth.items():
        assert found.breaks[case] == pytest.approx(belief, abs=1e-9)
    for juror, pair in coins.items():
        assert found.jurors[juror] == pytest.approx(pair, abs=1e-9)


def test_the_order_of_ballots_does_not_matter_to_the_estimate() -> None:
    ballots, _ = crowd([(0.8, 0.8)] * 10, cases=50)
    forward, backward = dawid_skene(ballots), dawid_skene(ballots[::-1])
    for case, belief in forward.breaks.items():
        assert backward.breaks[case] == pytest.approx(belief, abs=1e-4)


def test_what_is_known_of_a_case_counts() -> None:
    ballots = [(case, juror, False) for case in range(20) for juror in range(3)]
    assert dawid_skene(ballots, priors={0: 0.99}).breaks[0] > dawid_skene(ballots).breaks[0]
    assert dawid_skene([]).jurors == {}


def test_stewards_hear_of_jurors_who_are_not_what_they_seemed() -> None:
    estimate: Estimate[int, int] = Estimate({}, {1: (0.8, 0.8), 2: (0.5, 0.8)}, 0.3, 5)
    assert differing({1: (0.75, 0.85), 2: (0.8, 0.8), 3: (0.1, 0.1)}, estimate) == {
        2: (pytest.approx(-0.3), pytest.approx(0.0))
    }
