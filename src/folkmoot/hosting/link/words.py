"""A fingerprint as four words one can read to each other on the telephone (Wilkerson's proquints, arXiv:0901.4016)."""

from __future__ import annotations

import hashlib

CONSONANTS, VOWELS = "bdfghjklmnprstvz", "aiou"


def words_for(one: str, other: str) -> str:
    """Four words for two fingerprints, the same whichever comes first."""
    digest = hashlib.sha256("".join(sorted((one, other))).encode()).digest()
    return " ".join(_word(int.from_bytes(digest[at : at + 2])) for at in range(0, 8, 2))


def _word(number: int) -> str:
    return (
        CONSONANTS[number >> 12 & 15]
        + VOWELS[number >> 10 & 3]
        + CONSONANTS[number >> 6 & 15]
        + VOWELS[number >> 4 & 3]
        + CONSONANTS[number & 15]
    )
