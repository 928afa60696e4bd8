"""The second stage, asked of the few texts the first is unsure of: a small encoder that knows the order of words."""

from __future__ import annotations

import ctypes
import os
from collections.abc import MutableMapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnxruntime

from folkmoot.moderation.screening.model.pieces import END, START, Pieces

Floats = npt.NDArray[np.float32]
BLOCK = 32
"""Weights of the word table that share a scale."""
GRAPH = "encoder graph"


class Said(NamedTuple):
    """A logit a category, and what each word of the text adds to the first of them."""

    logits: Floats
    shares: Floats

    def towards(self, other: Said, part: float) -> Said:
        """So much of what was said of something else, and the rest of this."""
        return Said(*(own + part * (its - own) for own, its in zip(self, other, strict=True)))


class Encoder:
    """Runs the graph on one thread; the word table and the last layer are ours. The graph is taken out of `arrays`, so that it
    is not in memory twice while it is made ready."""

    def __init__(self, arrays: MutableMapping[str, npt.NDArray[Any]]) -> None:
        letters = arrays["encoder pieces"].tobytes().decode("utf-8")
        self.pieces = Pieces(letters.split("\n"), arrays["encoder piece scores"].astype(np.float32).tolist())
        self._table = arrays["encoder words"]
        self._positions = arrays["encoder positions"].astype(np.float32)
        self._kinds = arrays["encoder kinds"].astype(np.float32)
        self._head = arrays["encoder head"].astype(np.float32)
        self._bias = arrays["encoder bias"].astype(np.float32)
        self.longest = len(self._positions)
        self._graph = _session(arrays)

    def look(self, places: list[int], words: list[int], count: int, reply: list[int]) -> Said:
        """What the graph says of one stretch of a text, `words` the number of the word a piece belongs to."""
        row = [START, *places, END]
        own = len(row)
        if reply:
            row += [*reply[: self.longest - own - 1], END]
        kinds = self._kinds[(np.arange(len(row)) >= own).astype(np.int64)]
        x = self.rows(np.array(row)) + self._positions[: len(row)] + kinds
        (hidden,) = self._graph.run(None, {"x": x[None]})
        hidden = hidden[0]
        size = hidden.shape[1]
        most = hidden.argmax(axis=0)
        logits = hidden.mean(axis=0) @ self._head[:size] + hidden.max(axis=0) @ self._head[size:] + self._bias
        by_piece = hidden @ self._head[:size, 0] / len(row)
        by_piece += np.bincount(most, hidden[most, np.arange(size)] * self._head[size:, 0], len(row))
        by_piece -= by_piece.mean()
        shares = np.bincount(np.array(words, dtype=np.int64), by_piece[1 : own - 1], count).astype(np.float32)
        return Said(logits, shares)

    @property
    def count(self) -> int:
        """How many rows the word table has."""
        return len(self._table)

    def rows(self, places: npt.NDArray[np.int64]) -> Floats:
        """Rows of the word table: blocks of a scale in half precision and sixteen bytes of two weights each."""
        blocks = self._table[places].reshape(-1, 2 + BLOCK // 2)
        scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
        weights = np.concatenate((blocks[:, 2:] & 15, blocks[:, 2:] >> 4), axis=1).astype(np.float32) - 8
        rows: Floats = (weights * scale).reshape(len(places), -1)
        return rows


def _session(arrays: MutableMapping[str, npt.NDArray[Any]]) -> onnxruntime.InferenceSession:
    """The graph ready to run, once in memory: bytes it is given a session keeps beside what it makes of them, a file it does not."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    options.log_severity_level = 3
    with open(os.memfd_create("folkmoot encoder"), "wb") as file:
        file.write(arrays.pop(GRAPH).data)
        file.flush()
        session = onnxruntime.InferenceSession(
            f"/proc/self/fd/{file.fileno()}",
            sess_options=options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=["SkipLayerNormFusion"],  # what it makes takes three times as long as the two apart
        )
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # glibc would keep what the reading needed
        trim(0)
    return session
