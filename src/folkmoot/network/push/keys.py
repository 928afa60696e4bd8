"""The key by which push services know us (VAPID, RFC 8292): made once, sealed in the vault, moving with the network."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from folkmoot.database import Database
from folkmoot.settings import Settings
from folkmoot.vault import keep_secret, open_vault

NAME = "vapid"


async def private_key(db: Database, settings: Settings) -> ec.EllipticCurvePrivateKey:
    """The network's own; made when it is asked for the first time. Raises Unavailable."""
    async with db.transaction() as tx:
        found = load_der_private_key(await keep_secret(tx, open_vault(settings.data), NAME, _make), None)
    assert isinstance(found, ec.EllipticCurvePrivateKey)
    return found


async def public_key(db: Database, settings: Settings) -> str:
    """What apps give to their push service: an uncompressed point in base64url."""
    key = await private_key(db, settings)
    return encoded(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def encoded(plain: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def _make() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
