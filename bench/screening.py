"""What screening costs a process that publishes: processor time a post, and the memory of a process that does nothing else.

Run as a process of its own, `python -m bench.screening POSTS CORE`; prints a Screened as JSON.
"""

from __future__ import annotations

import os
import sys
import time

import msgspec

from bench import machine
from bench.figures import Screened, at_reference, quantile
from bench.sweep import texts
from folkmoot.moderation.screening import Words
from folkmoot.network.gate.parts import Parts, build

POSTS = 5_000
WARM = 50
"""Posts before the counting begins: some tables are made when they are first used."""


def measure(posts: int, core: int) -> Screened:
    """Screen so many posts one after the other, as the publish path does."""
    said = [Words(text=text, language=language) for text, language in texts(posts)]
    screen = build(Parts(mode="full"))
    for words in said[:WARM]:
        screen.look_now(words)
    spent: list[float] = []
    with machine.CoreSpeed(core) as speed:
        for words in said:
            begun = time.thread_time()
            screen.look_now(words)
            spent.append((time.thread_time() - begun) * 1_000)
    return Screened(
        posts=posts,
        mean_ms=sum(spent) / len(spent),
        norm_ms=at_reference(sum(spent) / len(spent), speed.ms),
        p99_ms=quantile(spent, 0.99),
        memory_mb=machine.memory_mib(os.getpid()) * 1.048576,
    )


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[2])})
    print(msgspec.json.encode(measure(int(sys.argv[1]), int(sys.argv[2]))).decode())
