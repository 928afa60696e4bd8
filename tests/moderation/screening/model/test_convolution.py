import numpy as np
import pytest

from folkmoot.moderation.screening.model import convolution
from folkmoot.moderation.screening.model.convolution import Convolution
from folkmoot.moderation.screening.model.pieces import UNKNOWN

WIDE, SIZE = 6, 2


def made(count=2_500, **arrays):
    """A convolution over a word table whose rows are all zeros but for one number: the place itself."""
    of = {
        convolution.INTO: np.zeros((WIDE, SIZE)),
        convolution.INTO_BIAS: np.zeros(SIZE),
        convolution.KERNEL: np.zeros((3 * SIZE, SIZE)),
        convolution.KERNEL_BIAS: np.zeros(SIZE),
        convolution.OUT: np.zeros(2 * SIZE + 1),
    }
    for name, change in arrays.items():
        for at, value in change.items():
            of[getattr(convolution, name)][at] = value
    asked = []

    def rows(places):
        asked.append(len(places))
        table = np.zeros((len(places), WIDE), np.float32)
        table[:, 0] = places
        return table

    found = Convolution({name: one.astype(np.float16) for name, one in of.items()}, rows, count)
    assert max(asked) <= convolution.AT_ONCE
    assert sum(asked) == count
    return found


def test_the_mean_and_the_most_of_all_pieces_count():
    mean = made(INTO={(0, 0): 1}, OUT={0: 1, 4: 0.5})
    assert mean.logit([3, 5]) == pytest.approx(8 / np.sqrt(2) + 0.5)
    most = made(INTO={(0, 0): 1}, OUT={2: 2})
    assert most.logit([7, 2_048, 9]) == 4_096
    assert most.logit([9]) == 18


def test_a_piece_counts_with_what_stands_before_and_after_it():
    before = made(INTO={(0, 0): 1}, KERNEL={(0, 1): 1}, OUT={3: 1})
    after = made(INTO={(0, 0): 1}, KERNEL={(4, 1): 1}, OUT={3: 1})
    assert before.logit([3, 8]) == 3
    assert after.logit([3, 8]) == 8
    assert after.logit([8, 3]) == 3
    assert before.logit([8]) == after.logit([8]) == 0


def test_what_speaks_against_is_nothing_rather_than_less():
    against = made(INTO={(0, 0): -1}, INTO_BIAS={0: 4}, OUT={2: 1})
    assert [against.logit([place]) for place in (3, 4, 5)] == [1, 0, 0]


def test_no_pieces_are_an_unknown_one():
    some = made(INTO={(0, 0): 1}, OUT={0: 1})
    assert some.logit([]) == some.logit([UNKNOWN]) == UNKNOWN
