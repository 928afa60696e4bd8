"""Ten thousand letters, most of them damaged, through the reading: `python -m bench.letters [COUNT] [SEED]`.

CPU seconds, the slowest letter, and how many could not be read at all, which has to be none.
"""

from __future__ import annotations

import itertools
import sys
import time
from pathlib import Path

from folkmoot.moderation.notices.reading import read_mail

sys.path.append(str(Path(__file__).parent.parent / "tests" / "moderation" / "notices" / "reading"))

from damage import damaged  # the tests' own letters

from letters import HOUSE, SATURDAY


def run(count: int, seed: int) -> None:
    """Read them and say how it went."""
    together, slowest, largest, beyond = 0.0, 0.0, 0, 0
    for raw in itertools.islice(damaged(seed), count):
        began = time.process_time()
        reading = read_mail(raw, received_at=SATURDAY, house=HOUSE)
        took = time.process_time() - began
        together, slowest, largest = together + took, max(slowest, took), max(largest, len(raw))
        beyond += any(doubt.startswith("unreadable:") for doubt in reading.doubts)
    print(
        f"{count} letters: {together:.1f} s of CPU, slowest {slowest:.2f} s, largest {largest} bytes, {beyond} unreadable"
    )


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:]]
    run(*(numbers + [10_000, 7][len(numbers) :]))
