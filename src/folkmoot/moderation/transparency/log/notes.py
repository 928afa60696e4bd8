"""Signed notes, checkpoints and cosignatures as others read them (C2SP signed-note, tlog-checkpoint, tlog-cosignature).

Reading is strict: whatever is not written in the one right way is refused, so that no byte can change unnoticed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from folkmoot.errors import Invalid
from folkmoot.moderation.transparency.log.merkle import HASH_BYTES, Hash

ED25519 = 0x01
COSIGNATURE = 0x04
MOST_SIGNATURES = 64
MOST_NOTE_BYTES = 65_536
MOST_SIZE = 2**63 - 1
_DASH = "\u2014 "
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]+")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class BadNote(Invalid):
    sentence = "This is not a signed note: {why}"


class BadKey(Invalid):
    sentence = "This is not a key: {why}"


def exact_base64(text: str) -> bytes | None:
    """The bytes, None unless the text is exactly how they are written."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


class VerifierKey(msgspec.Struct, frozen=True):
    """Whose signature it is and how to check it: name, kind of signature, public key."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature names its key."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """A key as `folkmoot log key` and witnesses print it: `name+id+base64`. Raises BadKey."""
        name, _, rest = text.strip().partition("+")
        id, _, encoded = rest.partition("+")
        data = exact_base64(encoded)
        if not _NAME.fullmatch(name) or not data or data[0] not in (ED25519, COSIGNATURE) or len(data) != 33:
            raise BadKey(why="it should look like NAME+1234abcd+BASE64, with an Ed25519 key")
        key = cls(name, data[0], data[1:])
        if key.id.hex() != id:
            raise BadKey(why="its number does not belong to it; was it copied whole?")
        return key

    @classmethod
    def of(cls, name: str, private: Ed25519PrivateKey, kind: int = ED25519) -> VerifierKey:
        return cls(name, kind, private.public_key().public_bytes_raw())

    def agrees(self, text: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's, over the text of a note; a cosignature carries its own time."""
        if self.kind == COSIGNATURE:
            if len(signature) != 72:
                return False
            text = _cosigned(text, int.from_bytes(signature[:8]))
            signature = signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


class Signature(msgspec.Struct, frozen=True):
    """One line under a note."""

    name: str
    id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.id + self.signature).decode()}"

    @property
    def at(self) -> int:
        """When a witness signed, in seconds since 1970; only cosignatures say."""
        return int.from_bytes(self.signature[:8])

    @classmethod
    def parse(cls, line: str) -> Signature:
        """A signature line without its newline. Raises BadNote."""
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        data = exact_base64(encoded)
        if not line.startswith(_DASH) or not _NAME.fullmatch(name) or data is None or len(data) < 5:
            raise BadNote(why=f"“{line[:80]}” is no signature")
        return cls(name, data[:4], data[4:])

    def is_by(self, key: VerifierKey) -> bool:
        """Whether it says that it is by this key."""
        return self.name == key.name and self.id == key.id


class Note(msgspec.Struct, frozen=True):
    """A text and who signed it."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(f"{signature.line}\n" for signature in self.signatures)

    @classmethod
    def parse(cls, data: bytes) -> Note:
        """Raises BadNote."""
        if len(data) > MOST_NOTE_BYTES:
            raise BadNote(why="it is too long")
        try:
            whole = data.decode()
        except UnicodeDecodeError:
            raise BadNote(why="it is not UTF-8") from None
        text, found, below = whole.rpartition("\n\n")
        if not found or not below.endswith("\n"):
            raise BadNote(why="there is no blank line before its signatures, or no newline at its end")
        if any(ord(char) < 32 and char != "\n" for char in whole):
            raise BadNote(why="there are control characters in it")
        lines = below[:-1].split("\n")
        if len(lines) > MOST_SIGNATURES:
            raise BadNote(why="it has too many signatures")
        return cls(text + "\n", tuple(Signature.parse(line) for line in lines))

    def signed_by(self, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
        """Which of these keys signed it. Raises BadNote when a signature says it is by one of them, and is not."""
        found = []
        for key in keys:
            for signature in self.signatures:
                if signature.is_by(key):
                    if not key.agrees(self.text.encode(), signature.signature):
                        raise BadNote(why=f"the signature of {key.name} ({key.id.hex()}) is wrong")
                    found.append(key)
                    break
        return found


class Checkpoint(msgspec.Struct, frozen=True):
    """What a log signs: its name, how many entries it has, and the root of the tree over them."""

    origin: str
    size: int
    root: Hash

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """The checkpoint in a note's text; lines beyond the third are ignored. Raises BadNote."""
        origin, size, root, *_ = [*text.split("\n"), "", ""]
        data = exact_base64(root)
        if not origin or not _NUMBER.fullmatch(size) or int(size) > MOST_SIZE or data is None:
            raise BadNote(why="it is not a checkpoint (origin, size and root)")
        if len(data) != HASH_BYTES:
            raise BadNote(why="its root is not a SHA-256 hash")
        return cls(origin, int(size), data)


def sign(key: Ed25519PrivateKey, name: str, text: str) -> Signature:
    """A log's own signature under a text."""
    return Signature(name, VerifierKey.of(name, key).id, key.sign(text.encode()))


def cosign(key: Ed25519PrivateKey, name: str, text: str, at: int) -> Signature:
    """A witness's signature under a checkpoint, with its time in seconds since 1970."""
    signature = at.to_bytes(8) + key.sign(_cosigned(text.encode(), at))
    return Signature(name, VerifierKey.of(name, key, COSIGNATURE).id, signature)


def _cosigned(text: bytes, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n".encode() + text
