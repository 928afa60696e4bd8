"""One file a model: named arrays and a head that says what they mean, under one SHA-256.

FOLKMODL | SHA-256 of all that follows | length of the head | head as JSON | the arrays, each deflated
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from folkmoot.moderation.screening.shipped import BEGIN, MAGIC, ModelUnusable, check

LARGEST = 64 << 20
"""No array of a model is longer than this; a head that says otherwise is not believed."""
Array = npt.NDArray[Any]

_KINDS = frozenset({"int8", "uint8", "int32", "float16", "float32"})


class _Section(msgspec.Struct, frozen=True):
    name: str
    kind: str
    shape: tuple[int, ...]
    size: int


class _Head(msgspec.Struct, frozen=True):
    about: dict[str, Any]
    sections: tuple[_Section, ...]


def write(path: Path, about: Mapping[str, Any], arrays: Mapping[str, Array]) -> str:
    """Write a model; gives its SHA-256. The same arrays give the same bytes."""
    sections, packed = [], []
    for name, array in arrays.items():
        body = _deflate(array)
        packed.append(body)
        sections.append(_Section(name, array.dtype.name, array.shape, len(body)))
    head = msgspec.json.encode(_Head(dict(about), tuple(sections)), order="deterministic")
    rest = len(head).to_bytes(4, "little") + head + b"".join(packed)
    path.write_bytes(MAGIC + hashlib.sha256(rest).digest() + rest)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read(path: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """What a model's file holds, once its sum is right. Raises ModelUnusable."""
    data = check(path)
    try:
        length = int.from_bytes(data[BEGIN : BEGIN + 4], "little")
        at = BEGIN + 4 + length
        head = msgspec.json.decode(data[BEGIN + 4 : at], type=_Head)
        arrays = {}
        for section in head.sections:
            arrays[section.name] = _inflate(data[at : at + section.size], section)
            at += section.size
    except (ValueError, TypeError, zlib.error, msgspec.MsgspecError) as error:
        raise ModelUnusable(name=path.name, why="its parts do not fit together", cause=repr(error)) from error
    return head.about, arrays


def _deflate(array: Array) -> bytes:
    """Weights have no repetitions worth looking for, tables of mostly nothing do: whichever is shorter."""
    raw = np.ascontiguousarray(array).tobytes()
    packed = []
    for strategy in (zlib.Z_HUFFMAN_ONLY, zlib.Z_DEFAULT_STRATEGY):
        squeeze = zlib.compressobj(9, zlib.DEFLATED, -15, 9, strategy)
        packed.append(squeeze.compress(raw) + squeeze.flush())
    return min(packed, key=len)


def _inflate(packed: bytes, section: _Section) -> Array:
    if section.kind not in _KINDS:
        raise ValueError(section.kind)
    kind = np.dtype(section.kind)
    size = int(np.prod(section.shape, dtype=object)) * kind.itemsize
    if not 0 <= size <= LARGEST or any(side < 0 for side in section.shape):
        raise ValueError("too long")
    squeezed = zlib.decompressobj(-15)
    raw = squeezed.decompress(packed, size)
    if len(raw) != size:
        raise ValueError("too short")
    return np.frombuffer(raw, dtype=kind).reshape(section.shape)
