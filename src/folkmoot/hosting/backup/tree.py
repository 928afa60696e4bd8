"""The root of the public log, computed anew from the entries a restored database holds (RFC 6962, section 2.1).

The log has this of its own; a backup is judged by somebody else's arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from hashlib import sha256


def root_of(entries: Iterable[bytes]) -> bytes:
    """The root hash of a tree with these entries as leaves, in order."""
    peaks: list[tuple[int, bytes]] = []
    """Whole subtrees from left to right, each with its height."""
    for entry in entries:
        height, hashed = 0, sha256(b"\0" + entry).digest()
        while peaks and peaks[-1][0] == height:
            height, hashed = height + 1, _joined(peaks.pop()[1], hashed)
        peaks.append((height, hashed))
    if not peaks:
        return sha256(b"").digest()
    return reduce(lambda right, left: _joined(left, right), [hashed for _, hashed in reversed(peaks)])


def _joined(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()
