"""Whose signatures the log itself vouches for: its keys and its witnesses, read out of its own entries. Plain functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from folkmoot.moderation.transparency.log.deeds import Deed
from folkmoot.moderation.transparency.log.notes import COSIGNATURE, ED25519, BadKey, VerifierKey

OWN = frozenset(deed.value for deed in (Deed.LOG_OPENED, Deed.KEY_CHANGED, Deed.WITNESS_ADDED, Deed.WITNESS_REMOVED))
"""Deeds that speak of the log itself."""


class Said(msgspec.Struct, frozen=True):
    """An entry, as far as it speaks of the log; anything else is empty."""

    deed: str = ""
    at: str = ""
    origin: str = ""
    key: str = ""
    old: str = ""
    new: str = ""
    signed_old: str = ""
    signed_new: str = ""

    @property
    def change_text(self) -> bytes:
        """What both keys sign when one follows the other."""
        return change_text(self.at, self.old, self.new)


def change_text(at: str, old: str, new: str) -> bytes:
    """What the old and the new key sign."""
    return f"folkmoot-log-key/v1\n{at}\n{old}\n{new}\n".encode()


class Register:
    """The log's keys and witnesses up to some entry."""

    def __init__(self) -> None:
        self.origin = ""
        self.keys: list[VerifierKey] = []
        """The log's own, in their order."""
        self.witnesses: list[VerifierKey] = []
        """All there ever were, in their order."""
        self.changes: list[Said] = []

    @classmethod
    def read(cls, bodies: Iterable[bytes]) -> Register:
        """From entries in their order; what cannot be read says nothing."""
        register = cls()
        for body in bodies:
            register.hear(body)
        return register

    def hear(self, body: bytes) -> str:
        """Take note of an entry; what deed it tells of, empty when it cannot be read."""
        try:
            said = msgspec.json.decode(body, type=Said)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return ""
        if said.deed == Deed.LOG_OPENED.value and not self.origin:
            self.origin = said.origin
            self._add(self.keys, said.key, ED25519)
        elif said.deed == Deed.KEY_CHANGED.value and self._is_true(said):
            self.changes.append(said)
            self._add(self.keys, said.new, ED25519)
        elif said.deed == Deed.WITNESS_ADDED.value:
            self._add(self.witnesses, said.key, COSIGNATURE)
        return said.deed

    def _add(self, to: list[VerifierKey], text: str, kind: int) -> None:
        try:
            key = VerifierKey.parse(text)
        except BadKey:
            return
        if key.kind == kind and key not in to:
            to.append(key)

    def _is_true(self, said: Said) -> bool:
        return leads(said, {str(key): key for key in self.keys}) is not None

    @property
    def file(self) -> bytes:
        """The keys as a file: the log's, the newest first, then the witnesses'."""
        return "".join(f"{key}\n" for key in [*self.keys[::-1], *self.witnesses]).encode()

    def trusted_from(self, known: Iterable[VerifierKey]) -> dict[str, VerifierKey]:
        """The log's keys that can be trusted by whoever trusts the known ones."""
        trusted = {str(key): key for key in known}
        for change in self.changes:
            if (new := leads(change, trusted)) is not None:
                trusted[str(new)] = new
        return trusted


def leads(change: Said, known: Mapping[str, VerifierKey]) -> VerifierKey | None:
    """The new key, if one of the known ones vouches for it, and it for itself."""
    try:
        new = VerifierKey.parse(change.new)
        by_old, by_new = bytes.fromhex(change.signed_old), bytes.fromhex(change.signed_new)
    except (BadKey, ValueError):
        return None
    old = known.get(change.old)
    if old is None or old.name != new.name or (old.kind, new.kind) != (ED25519, ED25519):
        return None
    return new if old.agrees(change.change_text, by_old) and new.agrees(change.change_text, by_new) else None
