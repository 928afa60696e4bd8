"""Where the model's file lies, and whether it is whole. Loads nothing, so that a start may ask."""

from __future__ import annotations

import hashlib
from pathlib import Path

from folkmoot.errors import FolkmootError, Kind

SHIPPED = Path(__file__).parent / "model" / "shipped-v13.folkmodel"
"""The model that comes with Folkmoot; docs/model-card.md says what it is and what its SHA-256 must be."""
MAGIC = b"FOLKMODL"
BEGIN = len(MAGIC) + 32
"""Where what the sum is of begins."""


class ModelUnusable(FolkmootError):
    """The file of a model cannot be used. Screening then does not start, or runs with rules only when told so."""

    kind = Kind.UNAVAILABLE
    sentence = "The screening model {name} cannot be used: {why}. FOLKMOOT_SCREENING=rules starts without it."


def check(path: Path = SHIPPED) -> bytes:
    """The bytes of a model's file, which is whole and as it was made. Raises ModelUnusable."""

    def unusable(why: str, cause: str = "") -> ModelUnusable:
        return ModelUnusable(name=path.name, why=why, cause=cause)

    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise unusable("there is no such file") from None
    except OSError as error:
        raise unusable(f"it cannot be read ({error.strerror})") from error
    if not data.startswith(MAGIC):
        raise unusable("it is not a file of a model")
    if hashlib.sha256(memoryview(data)[BEGIN:]).digest() != data[len(MAGIC) : BEGIN]:
        raise unusable("it was cut off or changed since it was made")
    return data
