"""Which archived segments lead a standby to where it can stream again."""

from __future__ import annotations

import pytest

from folkmoot.hosting.backup.journal import Part, file_of
from folkmoot.hosting.standby.rules import Needed, needed

SIZE = 16 * 2**20


def segments(*numbers: int, timeline: int = 1) -> list[Part]:
    return [Part(file_of(timeline, number, SIZE)) for number in numbers]


def names(*numbers: int) -> tuple[str, ...]:
    return tuple(file_of(1, number, SIZE) for number in numbers)


@pytest.mark.parametrize(
    ("there", "replayed", "kept_from", "wanted"),
    [
        (segments(1, 2, 3, 4, 5), 3 * SIZE + 17, 5 * SIZE + 100, Needed(names(3, 4))),
        (segments(1, 2, 3), 3 * SIZE, 4 * SIZE, Needed(names(3))),
        (segments(3, 5), 3 * SIZE + 9, 6 * SIZE, Needed(names(3, 4, 5), names(4)[0], is_gap=True)),
        (segments(1, 2), 2 * SIZE, 4 * SIZE, Needed(names(2, 3), names(3)[0])),
        ([], 2 * SIZE, 4 * SIZE, Needed(names(2, 3), names(2)[0])),
        (segments(7), 4 * SIZE + 5, 4 * SIZE + 900, Needed(())),
        (segments(255, 256, 257), 255 * SIZE + 1, 258 * SIZE, Needed(names(255, 256, 257))),
    ],
)
def test_the_segments_from_what_is_replayed_to_what_the_first_host_keeps(
    there: list[Part], replayed: int, kept_from: int, wanted: Needed
) -> None:
    assert needed(there, 1, replayed, kept_from, SIZE) == wanted


def test_what_is_half_there_or_of_another_timeline_does_not_count() -> None:
    half = Part(file_of(1, 3, SIZE), 0, 500)
    assert needed([half, *segments(3, 4, timeline=2)], 1, 3 * SIZE, 4 * SIZE, SIZE) == Needed(names(3), names(3)[0])
