"""Proof by key, for trusted flaggers and hosts that send reports by program: a secret in a header, or a signature over the body.

Only plain functions: who owns which key is the notices' own table.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEY_BYTES, SIGNATURE_BYTES = 32, 64
CONTEXT = b"folkmoot notice v1\n"
"""Comes before the body in what is signed, so that a signature made for something else does not fit."""


def check_signature(body: bytes, signature: str, public_key: str) -> bool:
    """Whether the owner of an Ed25519 key signed this body; both are base64 (either alphabet), the key raw 32 bytes."""
    key, made = _bytes(public_key, KEY_BYTES), _bytes(signature, SIGNATURE_BYTES)
    if key is None or made is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(made, CONTEXT + body)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_public_key(text: str) -> bool:
    """Whether this can be a key to check signatures with."""
    return _bytes(text, KEY_BYTES) is not None


def digest_of_key(secret: str) -> bytes:
    """What is kept of a secret handed to a sender. Secrets are 32 random bytes, so a fast digest is enough."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def is_key(secret: str, digest: bytes) -> bool:
    """Whether a secret is the one kept, in constant time."""
    return hmac.compare_digest(digest_of_key(secret), digest)


def _bytes(text: str, length: int) -> bytes | None:
    if len(text) > 200:
        return None
    plain = text.strip().replace("-", "+").replace("_", "/").rstrip("=")
    try:
        found = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if len(found) == length else None
