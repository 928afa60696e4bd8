"""The words of a version as they are sealed."""

from __future__ import annotations

from typing import Any

import msgspec

from folkmoot.vault import Vault

PURPOSE = "evidence"


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wrote and showed, and what they answered. Media and poll options as JSON, as `case_contents` has them."""

    text: str = ""
    warning: str = ""
    media: str = "[]"
    poll_options: str | None = None
    reply_to: str | None = None

    @property
    def excerpt(self) -> str:
        """How it begins."""
        return (self.text or self.warning)[:200]

    @property
    def object_keys(self) -> list[str]:
        """The files it shows."""
        found: list[dict[str, Any]] = msgspec.json.decode(self.media)
        return sorted({item[name] for item in found for name in ("object_key", "preview_key") if item.get(name)})


def seal(words: Words, key: bytes) -> bytes:
    """The words, readable with this key of 32 bytes alone."""
    return Vault(key).seal(PURPOSE, msgspec.json.encode(words))


def unseal(sealed: bytes, key: bytes) -> Words:
    """Raises Unavailable when the key is another one or the bytes were changed."""
    return msgspec.json.decode(Vault(key).unseal(PURPOSE, sealed), type=Words)
