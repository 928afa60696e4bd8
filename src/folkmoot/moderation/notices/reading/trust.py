"""How far a sender can be told to be who they say: DKIM, our own mail server's word on SPF and DMARC, the operator's list.

What comes out raises or lowers trust and decides nothing: a forged letter must not hide a post for good, nor a true one be lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import Message

import dkim  # type: ignore[import-untyped]  # carries no types

from folkmoot.moderation.notices.reading.message import Opened, people, readable
from folkmoot.moderation.notices.reading.places import ascii_host
from folkmoot.moderation.notices.reading.reading import House, KnownSender, Level, Verification

Lookup = Callable[[str], bytes | None]
"""TXT record of a name, or None; with a time-out of its own. May raise OSError or TimeoutError when nobody answers."""

MOST_SIGNATURES = 4
MOST_SIGNED = 16_000_000
LONGEST_BLANK = re.compile(rb"[\t ]{20000}")
"""The DKIM package's way with blanks before a line's end is quadratic."""
LEAST_KEY_BITS = 1024
_PART = re.compile(r"^\s*(spf|dkim|dmarc)\s*=\s*([a-z]+)\b(.*)$", re.IGNORECASE | re.DOTALL)
_DOMAIN = re.compile(
    r"\b(?:smtp\.mailfrom|smtp\.from|header\.d|header\.from|header\.i)\s*=\s*\"?(?:[^\s;@\"]*@)?([^\s;\"()]+)",
    re.IGNORECASE,
)


def verify(raw: bytes, opened: Opened, house: House, lookup: Lookup | None) -> Verification:
    """Who vouches for the domain in From, and how."""
    senders = people(opened, "From")
    if len(senders) != 1 or len(opened.headers.get_all("From") or ()) != 1:
        return Verification(level="unverified", why=("from_unclear",))
    address = senders[0][1]
    domain = ascii_host(address.rpartition("@")[2])
    how: list[str] = []
    why: list[str] = []
    _by_dkim(raw, opened.headers, domain, lookup, how, why)
    _by_our_server(opened, house, domain, how, why)
    known = known_sender(address, house)
    level: Level
    if how:
        level = "allowed" if known is not None and known.trusted else "verified"
    elif {"dkim_failed", "dmarc_failed", "spf_failed"} & set(why):
        level = "failed"
    elif lookup is None and not why:
        level = "not_checked"
    else:
        level = "unverified"
        why.append("nobody_vouches")
    if known is not None and not how:
        why.append("known_name_unproven")
    return Verification(
        level=level, domain=domain if how else "", how=tuple(dict.fromkeys(how)), why=tuple(dict.fromkeys(why))
    )


def known_sender(address: str, house: House) -> KnownSender | None:
    """The operator's line for an address: the address itself before its domain before the domain above."""
    address = address.lower()
    domain = ascii_host(address.rpartition("@")[2])
    by_name = {known.address.lower().lstrip("@"): known for known in house.senders}
    parents = [".".join(domain.split(".")[at:]) for at in range(max(1, domain.count(".")))]
    return next((by_name[name] for name in (address, *parents) if name in by_name), None)


def are_aligned(signed: str, claimed: str) -> bool:
    """Whether a domain may speak for another: the same, or one is the other's parent (RFC 7489's relaxed alignment, for
    which we need no list of public suffixes since nobody holds a key at one)."""
    signed, claimed = ascii_host(signed), ascii_host(claimed)
    if "." not in signed or "." not in claimed:
        return False
    return signed == claimed or claimed.endswith("." + signed) or signed.endswith("." + claimed)


def _by_dkim(raw: bytes, headers: Message, domain: str, lookup: Lookup | None, how: list[str], why: list[str]) -> None:
    signatures = headers.get_all("DKIM-Signature") or ()
    if not signatures:
        return
    if lookup is None:
        why.append("dkim_not_checked")
        return
    if len(raw) > MOST_SIGNED or LONGEST_BLANK.search(raw):
        why.append("dkim_too_large")
        return
    for at in range(min(len(signatures), MOST_SIGNATURES)):
        outcome = _check_signature(raw, at, domain, lookup)
        if outcome == "dkim":
            how.append("dkim")
            why[:] = [each for each in why if not each.startswith("dkim_")]
            return
        why.append(outcome)


def _check_signature(raw: bytes, at: int, domain: str, lookup: Lookup) -> str:
    silent = False

    def answer(name: bytes | str, timeout: int = 5) -> bytes | None:
        nonlocal silent
        try:
            return lookup(name.decode("ascii") if isinstance(name, bytes) else name)
        except (OSError, TimeoutError, UnicodeError):
            silent = True
            return None

    try:
        signature = dkim.DKIM(raw, minkey=LEAST_KEY_BITS)
        is_good = signature.verify(idx=at, dnsfunc=answer)
    except Exception:  # a signature that cannot be read proves nothing
        return "dkim_unreachable" if silent else "dkim_failed"
    if not is_good:
        return "dkim_unreachable" if silent else "dkim_failed"
    fields = signature.signature_fields
    if b"l" in fields:  # a part of the body is signed, anything may follow it
        return "dkim_partial"
    signed = fields.get(b"d", b"").decode("ascii", "replace")
    return "dkim" if are_aligned(signed, domain) else "dkim_other_domain"


def _by_our_server(opened: Opened, house: House, domain: str, how: list[str], why: list[str]) -> None:
    """What our own mail server found. Only its topmost line counts: everything below may have come with the letter."""
    if not house.servers:
        return
    for value in (opened.headers.get_all("Authentication-Results") or ())[:20]:
        text = readable(value)
        server, _, rest = text.partition(";")
        if server.strip().split(" ")[0].lower() not in {name.lower() for name in house.servers}:
            continue
        for piece in rest.split(";")[:20]:
            match = _PART.match(piece)
            if match is None:
                continue
            method, result = match[1].lower(), match[2].lower()
            named = [ascii_host(each) for each in _DOMAIN.findall(match[3][:500])]
            if result == "pass" and any(are_aligned(each, domain) for each in named):
                how.append(method)
            elif result in ("fail", "softfail", "permerror"):
                why.append(f"{method}_failed")
        return
