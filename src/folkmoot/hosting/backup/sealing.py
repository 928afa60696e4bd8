"""How everything in a repository is sealed: one random key, everything else derived from it.

The repository's key lies in the repository twice: sealed to the recovery key (age, X25519), which only the operator has
on paper, and sealed with the network's master key, so that the network itself can go on writing and can check what it
wrote. Objects are AES-256-GCM with a fresh nonce; the object's name is authenticated with it, so that an object put in
another's place does not open (docs/decisions/backup.md).
"""

from __future__ import annotations

import hmac
import secrets
import threading
from dataclasses import dataclass, field
from hashlib import sha256

import pyrage  # type: ignore[import-untyped]  # it carries no types
import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FORM = b"FMB1"
"""First bytes of everything sealed: which way it was sealed."""
NONCE_BYTES = 12
OVERHEAD = len(FORM) + NONCE_BYTES + 16
LARGEST_PLAIN = 96 * 2**20
"""Bytes no single object unpacks beyond: a medium is at most 64 MB, a chunk 4."""


class NotOpened(Exception):
    """The bytes are not what was sealed under this name with this key; `how` says what is wrong, for a sentence."""

    def __init__(self, how: str) -> None:
        self.how = how
        super().__init__(how)


@dataclass(frozen=True, slots=True)
class RecoveryKey:
    """A new pair: `public` stays here, `private` is shown once and kept by nobody but the operator."""

    public: str
    private: str = field(repr=False)


def make_recovery_key() -> RecoveryKey:
    """A fresh pair of an age X25519 identity."""
    identity = pyrage.x25519.Identity.generate()
    return RecoveryKey(str(identity.to_public()), str(identity))


def seal_to_recovery_key(public: str, plain: bytes) -> bytes:
    """The bytes as an age file, which `age -d` opens as well as we do."""
    return bytes(pyrage.encrypt(plain, [pyrage.x25519.Recipient.from_str(public)]))


def open_with_recovery_key(private: str, sealed: bytes) -> bytes:
    """What was sealed to this key. Raises NotOpened."""
    try:
        return bytes(pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(tidied(private))]))
    except (pyrage.IdentityError, pyrage.DecryptError, ValueError) as error:
        raise NotOpened("it is not sealed to this recovery key") from error


def tidied(private: str) -> str:
    """A recovery key as somebody typed it from paper or pasted with the lines around it: its one line, without gaps."""
    for line in private.splitlines():
        word = "".join(line.split()).upper()
        if word.startswith("AGE-SECRET-KEY-"):
            return word
    return "".join(private.split()).upper()


class Seal:
    """Seals and opens with the repository's key. Safe to use from many threads."""

    def __init__(self, key: bytes, repository: str) -> None:
        if len(key) != 32:
            raise NotOpened("the key of the repository has the wrong length")
        self._key = key
        self._objects = AESGCM(self._derive(f"objects {repository}"))
        self._names = self._derive(f"names {repository}")

    def _derive(self, purpose: str) -> bytes:
        return HKDF(SHA256(), 32, salt=b"folkmoot backup", info=purpose.encode()).derive(self._key)

    def name_of(self, purpose: str, plain: bytes | bytearray) -> str:
        """A name that says nothing of the bytes to whoever lacks the key: HMAC-SHA256, 64 hexadecimal digits."""
        named = hmac.new(self._names, purpose.encode() + b"\0", sha256)
        named.update(plain)
        return named.hexdigest()

    def seal(self, name: str, plain: bytes | bytearray) -> bytearray:
        """The bytes, to be opened under this name alone."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = bytearray(len(plain) + OVERHEAD)
        start = len(FORM) + NONCE_BYTES
        sealed[:start] = FORM + nonce
        self._objects.encrypt_into(nonce, plain, name.encode(), memoryview(sealed)[start:])
        return sealed

    def open(self, name: str, sealed: bytes | bytearray) -> bytes:
        """What was sealed under this name. Raises NotOpened for one changed bit, another name, another key."""
        if len(sealed) < OVERHEAD or not sealed.startswith(FORM):
            raise NotOpened("it does not begin as what we write does" if len(sealed) >= OVERHEAD else "it is cut short")
        start = len(FORM)
        nonce = sealed[start : start + NONCE_BYTES]
        try:
            return self._objects.decrypt(nonce, memoryview(sealed)[start + NONCE_BYTES :], name.encode())
        except InvalidTag as error:
            raise NotOpened("its seal is broken") from error


QUICK = zstandard.ZstdCompressionParameters(
    compression_level=1, strategy=zstandard.STRATEGY_FAST, window_log=19, hash_log=13, chain_log=13, search_log=1,
    min_match=7, target_length=0, write_checksum=True, write_content_size=True,
)  # fmt: skip
"""Level 1 looking for longer matches only: a tenth quicker on a database's pages, and one to four in a hundred larger."""
_of_this_thread = threading.local()
"""A packer holds a megabyte of tables, and belongs to one thread."""


def squeeze(plain: bytes | bytearray | memoryview, level: int = 1) -> bytes:
    """The bytes compressed, with a sum of the plain ones inside."""
    packers: dict[int, zstandard.ZstdCompressor] | None = getattr(_of_this_thread, "packers", None)
    if packers is None:
        packers = _of_this_thread.packers = {}
    if level not in packers:
        made = zstandard.ZstdCompressionParameters.from_level(level, write_checksum=True, write_content_size=True)
        packers[level] = zstandard.ZstdCompressor(compression_params=QUICK if level == 1 else made)
    return packers[level].compress(plain)


def unsqueeze(packed: bytes) -> bytes:
    """What was compressed. Raises NotOpened when it does not unpack, or to more than any object of ours holds."""
    try:
        size = zstandard.frame_content_size(packed)
        if not 0 <= size <= LARGEST_PLAIN * 64:
            raise NotOpened("it unpacks to something far too large")
        return zstandard.ZstdDecompressor().decompress(packed, max_output_size=LARGEST_PLAIN * 64)
    except zstandard.ZstdError as error:
        raise NotOpened("it does not unpack to what was packed") from error
