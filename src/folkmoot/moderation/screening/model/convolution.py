"""What the gate asks beside the tables: a small convolution over the meaning of word pieces (Kim 2014).

The tables know words as they are spelt: one that no call they learnt from had says nothing to them. Here each piece is what the
encoder's word table makes of it, which has words of both languages that mean alike near each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from folkmoot.moderation.screening.model.pieces import UNKNOWN

Floats = npt.NDArray[np.float32]
INTO, INTO_BIAS, KERNEL, KERNEL_BIAS, OUT = (
    f"convolution {part}" for part in ("into", "into bias", "kernel", "kernel bias", "out")
)
"""The arrays: a layer from a row of the word table, one from three neighbours in turn, and what mean and most of them count,
the last number for nothing."""
AT_ONCE = 1_000
"""So many rows of the word table are unpacked at once."""
FEW = 32
"""Of so many pieces neighbours are multiplied at once: with more OpenBLAS wakes its threads, which take longer to wait for each other."""


class Convolution:
    """What the pieces of a text mean together, as a logit of violence, in less than a tenth of a millisecond."""

    def __init__(
        self, arrays: Mapping[str, npt.NDArray[Any]], rows: Callable[[npt.NDArray[np.int64]], Floats], count: int
    ) -> None:
        """`rows` gives rows of the encoder's word table, which has `count` of them."""
        into, bias = (arrays[name].astype(np.float32) for name in (INTO, INTO_BIAS))
        into_words = [
            np.maximum(rows(np.arange(at, min(at + AT_ONCE, count))) @ into + bias, 0).astype(np.float16)
            for at in range(0, count, AT_ONCE)
        ]
        self._vectors = np.concatenate([*into_words, np.zeros((1, into.shape[1]), np.float16)])
        """What is made of each row, and of the ends of a text, at last, nothing."""
        self._kernel, self._bias, self._out = (arrays[name].astype(np.float32) for name in (KERNEL, KERNEL_BIAS, OUT))

    def logit(self, places: Sequence[int]) -> float:
        """How violent the pieces at these places are together."""
        beside = self._vectors.take([-1, *(places or [UNKNOWN]), -1], axis=0).astype(np.float32)
        x = beside[1:-1]
        count = len(x)
        three = np.concatenate((beside[:-2], x, beside[2:]), axis=1)
        for at in range(0, count, FEW):
            x[at : at + FEW] += np.maximum(three[at : at + FEW] @ self._kernel + self._bias, 0)
        ends = np.concatenate((np.add.reduce(x) / sqrt(count), np.maximum.reduce(x)))
        return float(ends @ self._out[:-1] + self._out[-1])
