"""What a subscription must be like, who may interrupt whom, and how often delivery is tried."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric import ec

from folkmoot.errors import Invalid
from folkmoot.network.notifications import Kind

KEY_BYTES = 65
AUTH_BYTES = 16
FRESH = timedelta(days=1)
TTL_SECONDS = 48 * 3600
"""How long the push service keeps a message for a device that is off."""
FAILURES = 10
"""So many refusals in a row, and the subscription is taken for broken."""
_WAITS = (30, 120, 600, 1_800)
"""Seconds until the next attempt; after the last one there is none."""
URGENT = frozenset({Kind.ALARM, Kind.MENTION})


class Policy(StrEnum):
    """From whom messages are pushed."""

    ALL = "all"
    FOLLOWED = "followed"
    FOLLOWER = "follower"
    NONE = "none"


class NoSubscription(Invalid):
    sentence = "Validation failed: The subscription's keys or address cannot be used"


def check_keys(p256dh: str, auth: str) -> tuple[bytes, bytes]:
    """The device's public key and its secret, from base64url with or without padding. Raises NoSubscription."""
    key, secret = _decoded(p256dh), _decoded(auth)
    if len(key) != KEY_BYTES or len(secret) != AUTH_BYTES:
        raise NoSubscription(field="subscription")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    except ValueError as error:
        raise NoSubscription(field="subscription") from error
    return key, secret


def _decoded(text: str) -> bytes:
    plain = text.strip().rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoSubscription(field="subscription") from error


def chosen(alerts: Mapping[Kind, bool], before: frozenset[Kind] = frozenset()) -> frozenset[Kind]:
    """The kinds wanted, after what was said now."""
    return frozenset(
        {*before, *(kind for kind, on in alerts.items() if on)} - {k for k, on in alerts.items() if not on}
    )


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """When to try again after so many attempts; None when it is given up."""
    return now + timedelta(seconds=_WAITS[attempts - 1]) if 0 < attempts <= len(_WAITS) else None
