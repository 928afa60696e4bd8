"""How two hosts that share nothing but a one-time code come to trust each other's certificate.

Both prove that they know the code with an HMAC over both certificates and a fresh number of each. Somebody in the
middle would have to show certificates of his own, and without the code cannot prove anything about those; the code has
eighty random bits, so what he heard does not lead him to it either.
"""

from __future__ import annotations

import dataclasses
import hmac
import secrets
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from folkmoot.errors import FolkmootError, Kind
from folkmoot.hosting.link.code import Code, CodeRefused, check_code, find_code, keep_code, plain, tried
from folkmoot.hosting.link.identity import Identity, fingerprint_of
from folkmoot.hosting.link.partner import Partner, keep_partner
from folkmoot.hosting.link.rules import CannotPair, Facts, check_pair
from folkmoot.hosting.link.stream import Message, Stream
from folkmoot.hosting.link.words import words_for

NONCE = 32


@dataclasses.dataclass(frozen=True, slots=True)
class Paired:
    """Two hosts that know each other now."""

    partner: Partner
    facts: Facts
    words: str


def call(
    stream: Stream,
    identity: Identity,
    code: str,
    facts: Facts,
    address: str,
    *,
    keep: Callable[[Partner, Facts], None],
    now: str,
) -> Paired:
    """The side that dialled. Raises CodeRefused, CannotPair or LinkBroken; nothing is kept then."""
    theirs, mine = str(stream.receive().get("nonce", "")), secrets.token_hex(NONCE)
    them = stream.fingerprint
    proof = _Proof(code, (theirs, mine), (them, identity.fingerprint))
    stream.send(
        {
            "nonce": mine,
            "certificate": identity.certificate,
            "proof": proof.of("caller"),
            "facts": dataclasses.asdict(facts),
        }
    )
    answer = _unless_refused(stream.receive())
    if not hmac.compare_digest(str(answer.get("proof", "")).encode(), proof.of("called").encode()):
        raise CodeRefused("The other end does not know the code: somebody may sit in between, or the address is wrong.")
    found = Facts.parse(answer.get("facts"))
    partner = Partner(found.side, found.name, str(answer["certificate"]), them, (address,), now)
    if fingerprint_of(partner.certificate) != them:
        raise CodeRefused("The other end shows two certificates: somebody may sit in between.")
    stream.send({"confirmed": True})
    _unless_refused(stream.receive())
    keep(partner, found)
    return Paired(partner, found, words_for(them, identity.fingerprint))


def answer(stream: Stream, data: Path, identity: Identity, facts: Facts, now: float, stamp: str) -> Paired | None:
    """The side that was dialled and made the code, or was told it. None when the caller was refused; he is told why."""
    mine = secrets.token_hex(NONCE)
    stream.send({"nonce": mine})
    hello = stream.receive()
    try:
        certificate = str(hello.get("certificate", ""))
        try:
            them = fingerprint_of(certificate)
        except ValueError as error:
            raise CannotPair("The other host shows no certificate.") from error
        code = find_code(data)
        proof = _Proof(code.word if code else "", (mine, str(hello.get("nonce", ""))), (identity.fingerprint, them))
        is_right = hmac.compare_digest(str(hello.get("proof", "")).encode(), proof.of("caller").encode())
        if code is not None and not is_right:
            keep_code(data, tried(code))
        used = check_code(code, now, is_right, them)
        theirs = Facts.parse(hello.get("facts"))
        network, standby = (facts, theirs) if facts.role == "primary" else (theirs, facts)
        check_pair(network, standby)
    except FolkmootError as error:
        stream.send({"error": error.words, "kind": error.kind.value})
        return None
    stream.send({"proof": proof.of("called"), "certificate": identity.certificate, "facts": dataclasses.asdict(facts)})
    if stream.receive().get("confirmed") is not True:
        return None
    partner = Partner(theirs.side, theirs.name, certificate, them, (), stamp)
    keep_code(data, used)
    keep_partner(data, partner)
    stream.send({"done": True})
    return Paired(partner, theirs, words_for(them, identity.fingerprint))


class _Proof:
    def __init__(self, code: str, nonces: tuple[str, str], fingerprints: tuple[str, str]) -> None:
        """Of each pair, the called host's comes first."""
        self._key = plain(code).encode()
        self._words = "\n".join(("folkmoot pairing 1", *nonces, *fingerprints))

    def of(self, which: str) -> str:
        return hmac.new(self._key, f"{self._words}\n{which}".encode(), sha256).hexdigest()


def _unless_refused(message: Message) -> Message:
    if "error" in message:
        kinds = {kind.value: kind for kind in Kind}
        refused = CannotPair("{words}", words=str(message["error"])[:500])
        refused.kind = kinds.get(str(message.get("kind")), Kind.CONFLICT)
        raise refused
    return message


__all__ = ["Code", "Paired", "answer", "call"]
