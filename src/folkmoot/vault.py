"""One master key, and what is sealed with it: signing keys, evidence, whatever must travel with the network unread.

The key lies in DATA/keys/master.key and nowhere else; everything sealed lies in the database. A standby gets the file over
the link, a backup holds it sealed with the recovery key.
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from folkmoot import clock
from folkmoot.database import Database, Transaction
from folkmoot.errors import Unavailable

KEY_BYTES = 32
NONCE_BYTES = 12
FORM = b"\x01"
"""First byte of everything sealed: which way it was sealed."""

_FIND = "SELECT sealed FROM secrets WHERE name = $1"
_OLDEST = "SELECT name, sealed FROM secrets ORDER BY made_at, name LIMIT 1"
_KEEP = "INSERT INTO secrets (name, sealed, made_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING"


class Vault:
    """Seals and opens with one master key; every purpose has a key of its own, derived from it (HKDF, RFC 5869)."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise Unavailable(cause=f"vault: a master key has {KEY_BYTES} bytes, not {len(master)}")
        self._master = master

    def derive(self, purpose: str) -> bytes:
        """The 32 bytes that belong to a purpose: the same for the same master key, useless for any other purpose."""
        return HKDF(SHA256(), KEY_BYTES, salt=b"folkmoot", info=purpose.encode()).derive(self._master)

    def seal(self, purpose: str, plain: bytes) -> bytes:
        """The bytes, readable again only by this key and for this purpose (AES-256-GCM, a fresh nonce each time)."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return FORM + nonce + AESGCM(self.derive(purpose)).encrypt(nonce, plain, purpose.encode())

    def unseal(self, purpose: str, sealed: bytes) -> bytes:
        """What was sealed. Raises Unavailable when it was sealed with another key, for another purpose, or changed."""
        start = len(FORM)
        nonce, body = sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]
        try:
            if not sealed.startswith(FORM):
                raise InvalidTag
            return AESGCM(self.derive(purpose)).decrypt(nonce, body, purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise Unavailable(cause=f"vault: {purpose} was not sealed with this master key, or was changed") from error


def master_key_file(data: Path) -> Path:
    """Where the master key of a data folder lies."""
    return data / "keys" / "master.key"


@functools.lru_cache(maxsize=16)
def open_vault(data: Path) -> Vault:
    """The vault of a data folder; its master key is made at first, readable by its owner alone.

    Raises Unavailable when the key cannot be read or is damaged.
    """
    file = master_key_file(data)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            _make(file)
        return Vault(bytes.fromhex(file.read_text(encoding="ascii").strip()))
    except (OSError, ValueError) as error:
        raise Unavailable(cause=f"vault: {file} cannot be used: {error}") from error


async def keep_secret(tx: Transaction, vault: Vault, name: str, make: Callable[[], bytes]) -> bytes:
    """The secret of this name, made and kept sealed when it is asked for the first time.

    Raises Unavailable when it was sealed with another master key: the file was lost or swapped, and making a new secret
    silently would break whatever the old one signed.
    """
    sealed = await tx.fetchval(_FIND, name)
    if sealed is None:
        await tx.execute(_KEEP, name, vault.seal(f"secret {name}", make()), clock.now())
        sealed = await tx.fetchval(_FIND, name)  # of two who made one at once, the first one's
    return vault.unseal(f"secret {name}", bytes(sealed))


async def fits(db: Database, data: Path) -> bool:
    """Whether this folder's master key opens what the database keeps sealed, as it does when nothing is sealed yet.

    A key that is not there opens nothing, and none is made.
    """
    oldest = await db.fetchrow(_OLDEST)
    if oldest is None:
        return True
    if not master_key_file(data).exists():
        return False
    try:
        open_vault(data).unseal(f"secret {oldest['name']}", bytes(oldest["sealed"]))
    except Unavailable:
        return False
    return True


def _make(file: Path) -> None:
    if file.exists():
        return
    making = file.with_name(f".making-{os.getpid()}-{secrets.token_hex(4)}")
    handle = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(secrets.token_bytes(KEY_BYTES).hex() + "\n")
            out.flush()
            os.fsync(out.fileno())
        os.link(making, file)  # fails when another process was faster, and its key is the one
    finally:
        making.unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
