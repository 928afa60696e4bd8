"""A message sealed for one device, so that the push service in between reads nothing (RFC 8291; the draft for older apps)."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import http_ece  # type: ignore[import-untyped]  # there are no stubs
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid01, Vapid02  # type: ignore[import-untyped]  # there are no stubs

from folkmoot.network.push.keys import encoded
from folkmoot.network.push.rules import TTL_SECONDS
from folkmoot.network.push.views import Parcel, Words

_TOKEN_SECONDS = 12 * 3600


def payload(words: Words, parcel: Parcel, token: str) -> bytes:
    """What the device reads, in the form of Mastodon's apps; `url` is for our own pages."""
    return msgspec.json.encode(
        {
            "access_token": token,
            "preferred_locale": parcel.locale,
            "notification_id": str(parcel.about_id),
            "notification_type": words.kind,
            "icon": words.icon,
            "title": words.title,
            "body": words.body,
            "url": words.url,
        }
    )


def seal(
    plain: bytes, parcel: Parcel, ours: ec.EllipticCurvePrivateKey, contact: str, now: int, *, urgent: bool
) -> tuple[bytes, dict[str, str]]:
    """The sealed message and the headers it is sent with. `contact` is where the push service may complain; `now` in s."""
    once = ec.generate_private_key(ec.SECP256R1())
    salt = os.urandom(16)
    version = "aes128gcm" if parcel.standard else "aesgcm"
    body: bytes = http_ece.encrypt(
        plain,
        salt=salt,
        private_key=once,
        dh=parcel.public_key,
        auth_secret=parcel.auth_secret,
        version=version,
    )
    address = urlsplit(parcel.endpoint)
    claims = {"aud": f"{address.scheme}://{address.netloc}", "exp": now + _TOKEN_SECONDS, "sub": contact}
    signed: dict[str, str] = (Vapid02 if parcel.standard else Vapid01)(ours).sign(claims)
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Encoding": version,
        "TTL": str(TTL_SECONDS),
        "Urgency": "high" if urgent else "normal",
        "Authorization": signed["Authorization"],
    }
    if not parcel.standard:
        point = once.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        headers["Encryption"] = f"salt={encoded(salt)}"
        headers["Crypto-Key"] = f"dh={encoded(point)};{signed['Crypto-Key']}"
    return body, headers
