"""How an object is named: `ab/cd/<sha256>.<ext>`, from nothing but its bytes and what they are."""

from __future__ import annotations

import hashlib
import re
from typing import NewType

Key = NewType("Key", str)

_ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/avif": "avif",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "application/zip": "zip",
}
_CONTENT_TYPES = {ending: content_type for content_type, ending in _ENDINGS.items()}
_KEY = re.compile(r"([0-9a-f]{2})/([0-9a-f]{2})/\1\2[0-9a-f]{60}\.([a-z0-9]{2,4})", re.ASCII)

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*(/[a-z0-9][a-z0-9_.-]*){0,15}", re.ASCII)
_LONGEST_NAME = 200


def key_of(data: bytes, content_type: str) -> Key:
    """The name of these bytes."""
    digest = hashlib.sha256(data).hexdigest()
    return Key(f"{digest[:2]}/{digest[2:4]}/{digest}.{_ENDINGS.get(content_type, 'bin')}")


def is_key(text: str) -> bool:
    """Whether this can be the name of an object; nothing that leads out of the folder can."""
    return _KEY.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Whether this can be the name of a published file; nothing that leads out of the folder can."""
    return len(text) <= _LONGEST_NAME and _NAME.fullmatch(text) is not None and ".." not in text


def content_type_of(key: str) -> str:
    """What the object says it is, from its ending; never something a browser would run."""
    return _CONTENT_TYPES.get(key.rpartition(".")[2], "application/octet-stream")
