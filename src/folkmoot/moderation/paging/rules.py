"""How often stewards are called again, what a call says, and how the operator's address can tell that it is ours."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from folkmoot.mail import is_configured
from folkmoot.settings import Settings

_WAITS = (5, 10, 15, 30)
"""Minutes to the next call; the last one for ever after, until somebody answers."""
FRESH = timedelta(hours=1)
"""A call is not worth delivering when the next ones have been made."""
HOOK_WAITS = (10, 30, 60, 300, 900)
"""Seconds to the next attempt at the operator's address; after the last one there is none."""

_SUBJECT = {
    "en": "{site}: a life may be at risk (case {case})",
    "de": "{site}: Es kann um ein Leben gehen (Fall {case})",
}
_AGAIN = {"en": "Call {round}: {subject}", "de": "Ruf {round}: {subject}"}
_TEXT = {
    "en": "An alarm was raised at {when} UTC ({via}) and nobody has answered it.\n\n"
    "What it is about is out of sight and preserved. Somebody has to look now and decide about the authorities:\n\n"
    "{url}/admin/board\n\nYou are called again until a steward has written down what was done.\n",
    "de": "Um {when} UTC wurde Alarm geschlagen ({via}), und niemand hat ihn beantwortet.\n\n"
    "Worum es geht, ist verborgen und gesichert. Jemand muss jetzt nachsehen und über die Behörden entscheiden:\n\n"
    "{url}/admin/board\n\nDu wirst wieder gerufen, bis jemand aufgeschrieben hat, was getan wurde.\n",
}


def next_call(round: int, now: datetime) -> datetime:
    """When everybody is called again after so many rounds."""
    return now + timedelta(minutes=_WAITS[min(max(round, 1), len(_WAITS)) - 1])


def next_hook_attempt(attempts: int, now: datetime) -> datetime | None:
    """When the operator's address is tried again; None when it is given up."""
    return now + timedelta(seconds=HOOK_WAITS[attempts - 1]) if 0 < attempts <= len(HOOK_WAITS) else None


def subject(locale: str, *, site: str, case_id: int, round: int) -> str:
    """What stands above the mail of a call."""
    spoken = locale if locale in _SUBJECT else "en"
    said = _SUBJECT[spoken].format(site=site, case=f"{case_id % 1_000_000:06d}")
    return _AGAIN[spoken].format(round=round, subject=said) if round > 1 else said


def text(locale: str, *, when: datetime, via: str, url: str) -> str:
    """The mail of a call: nothing of the content, which has no place in a mailbox."""
    return _TEXT[locale if locale in _TEXT else "en"].format(when=f"{when:%Y-%m-%d %H:%M}", via=via, url=url)


def signature(secret: str, moment: int, body: bytes) -> str:
    """`t=SECONDS,v1=HEX`: HMAC-SHA-256 under the shared secret of the seconds, a full stop and the body."""
    mark = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={mark}"


def channels(settings: Settings) -> list[str]:
    """The ways to reach stewards besides the app that the operator has set up."""
    found = ["mail"] if is_configured(settings) else []
    return [*found, "webhook"] if settings.alarm_webhook_url else found
