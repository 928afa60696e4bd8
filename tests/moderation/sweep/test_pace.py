"""A hand works the share of its time that was asked for, however many batches wait for it."""

from __future__ import annotations

import pytest

from folkmoot.moderation.sweep.crew import Pace


class Hand:
    """A hand with a clock of its own, which only its work and its pauses move."""

    def __init__(self, share: float) -> None:
        self.at = 1_000.0
        self.worked = 0.0
        self.pace = Pace(share, pause=self.wait, now=lambda: self.at)

    def wait(self, seconds: float) -> None:
        self.at += seconds

    def read(self, seconds: float) -> None:
        with self.pace.batch():
            self.at += seconds
            self.worked += seconds


@pytest.mark.parametrize("share", [0.01, 0.3, 0.5, 1.0])
def test_it_works_the_share_of_its_time_that_was_asked_for(share: float) -> None:
    hand = Hand(share)
    for seconds in (1, 2, 0.5, 3) * 100:
        hand.read(seconds)
    hand.read(0)
    assert hand.worked / (hand.at - 1_000) == pytest.approx(share)


def test_a_pause_is_taken_before_the_next_batch_and_waiting_for_it_counts() -> None:
    hand = Hand(0.5)
    hand.read(4)
    assert hand.at == 1_004, "what was read is handed over at once"
    hand.wait(3)
    hand.read(1)
    assert hand.at == 1_009
    hand.wait(60)
    hand.read(1)
    assert hand.at == 1_070, "who had nothing to do owes nothing"
