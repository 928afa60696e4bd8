"""What an address, a subject and an identifier must be like; how long we wait; what an answer of a mail server means."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from folkmoot.errors import Invalid
from folkmoot.settings import Settings

FRESH = timedelta(days=5)
"""How long a mail is worth sending unless its writer says otherwise; mail servers give up about then (RFC 5321 4.5.4.1)."""
CLAIM = timedelta(minutes=10)
"""No attempt lasts so long, so a claim that is older belongs to a worker that died."""
SUBJECT_MOST = 300
TEXT_MOST = 200_000
ATTACHED_MOST = 20 * 1024 * 1024
"""Bytes of all attachments together; many servers take 25 MB after encoding."""

_WAITS = (1, 5, 15, 60, 180, 360)
_URGENT_WAITS = (1, 1, 2, 5)
"""Minutes until the next attempt; the last one for ever after."""
_LOCAL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
_ADDRESS = re.compile(rf"({_LOCAL})@([^@\s<>()\[\],;:\\\"]{{1,255}})")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_MESSAGE_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,990}>")


class WrongAddress(Invalid):
    sentence = "This is not a mail address we can write to."


class MailState(StrEnum):
    """What became of a mail."""

    WAITING = "waiting"
    UNSENT = "unsent"
    """No mail server is configured: it waits for one."""
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNSURE = "unsure"
    """It was handed over and no answer came: it may have arrived, so it is not sent again by itself."""


def is_configured(settings: Settings) -> bool:
    """Whether the network has a mail server to hand its mail to."""
    return bool(settings.smtp_host)


def sender(settings: Settings) -> str:
    """The address our mail comes from."""
    host = urlsplit(settings.base_url).hostname or "localhost"
    return settings.smtp_from or settings.contact_email or f"folkmoot@{host}"


def port(settings: Settings) -> int:
    """The port of the mail server: what the settings say, else what is usual for the way it is spoken to."""
    return settings.smtp_port or {"starttls": 587, "implicit": 465, "none": 25}[settings.smtp_tls]


def check_address(address: str) -> str:
    """The address as the wire wants it, its domain in ASCII. Raises WrongAddress: one address, nothing around it."""
    found = _ADDRESS.fullmatch(address.strip())
    if found is None:
        raise WrongAddress(field="email")
    local, domain = found[1], found[2].rstrip(".")
    try:
        wired = domain.encode("idna").decode("ascii") if not domain.isascii() else domain
    except UnicodeError as error:
        raise WrongAddress(field="email") from error
    if local.startswith(".") or local.endswith(".") or ".." in local:
        raise WrongAddress(field="email")
    if not all(_LABEL.fullmatch(label) for label in wired.split(".")) or len(wired) > 253:
        raise WrongAddress(field="email")
    return f"{local}@{wired}"


def header_words(text: str, most: int = SUBJECT_MOST) -> str:
    """Words that may stand in a header: one line, no control characters, so that nothing can be smuggled in."""
    plain = "".join(" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp", "Cs") else letter for letter in text)
    return " ".join(plain.split())[:most]


def check_message_id(text: str) -> str:
    """The identifier of a message with its angle brackets, or nothing. Raises Invalid."""
    text = text.strip()
    if text and not _MESSAGE_ID.fullmatch(text):
        raise Invalid("This is not the identifier of a message.", field="message_id")
    return text


def thread_of(references: Sequence[str], in_reply_to: str) -> list[str]:
    """What a mail answers, oldest first, without what cannot stand in a header; at most the first and the last twenty."""
    kept = [each.strip() for each in references if _MESSAGE_ID.fullmatch(each.strip())]
    if in_reply_to and in_reply_to not in kept:
        kept.append(in_reply_to)
    return kept if len(kept) <= 21 else [kept[0], *kept[-20:]]


def new_message_id(domain: str) -> str:
    """An identifier nobody else makes, under the network's own name (RFC 5322, 3.6.4). `domain` may have a port."""
    host = domain.rpartition("@")[2].split(":")[0] or "localhost"
    return f"<{secrets.token_hex(16)}@{host}>"


def next_attempt(attempts: int, now: datetime, *, urgent: bool) -> datetime:
    """When to try again after so many attempts that met with something temporary."""
    waits = _URGENT_WAITS if urgent else _WAITS
    return now + timedelta(minutes=waits[min(max(attempts, 1), len(waits)) - 1])


def is_for_good(code: int) -> bool:
    """Whether a server's answer means that this mail will never be taken (5xx), rather than later (4xx)."""
    return 500 <= code <= 599
