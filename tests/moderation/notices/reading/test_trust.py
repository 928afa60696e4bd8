"""Who vouches for a sender: signatures made by the real package, names answered by a fake DNS, our own server's word."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from folkmoot.moderation.notices.reading import House, KnownSender, Lookup, Verification, read_mail
from folkmoot.moderation.notices.reading.signed import CONTEXT, check_signature, digest_of_key, is_key, is_public_key
from folkmoot.moderation.notices.reading.trust import are_aligned

NOW = datetime(2021, 1, 9, 18, tzinfo=UTC)
CLOUD = KnownSender(address="cloud.example", kind="host", trusted=True)


def house(*senders: KnownSender, servers: tuple[str, ...] = ("mx.moot.example",)) -> House:
    return House(base_url="https://moot.example", domain="moot.example", servers=servers, senders=senders)


def letter(sender: str = "abuse@cloud.example", body: str = "Remove it within one hour.", extra: str = "") -> bytes:
    head = f"{extra}From: Abuse <{sender}>\r\nTo: n@moot.example\r\nSubject: x\r\nDate: Sat, 09 Jan 2021 18:00:00 +0000\r\n"
    return f"{head}\r\n{body}\r\n".encode()


@cache
def key() -> tuple[bytes, bytes]:
    """A signing key and its record in the DNS."""
    made = rsa.generate_private_key(65537, 2048)
    private = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = made.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def signed(raw: bytes, domain: str = "cloud.example", **more: object) -> bytes:
    made: bytes = dkim.sign(raw, b"s1", domain.encode(), key()[0], **more)
    return made + raw


def dns(records: Mapping[str, bytes]) -> Lookup:
    return lambda name: records.get(name.rstrip("."))


def verified(raw: bytes, where: House | None = None, lookup: Lookup | None = None) -> Verification:
    return read_mail(raw, received_at=NOW, house=where or house(), lookup=lookup).verification


def records(domain: str = "cloud.example") -> Lookup:
    return dns({f"s1._domainkey.{domain}": key()[1]})


def test_a_signature_of_the_senders_domain_verifies_it():
    found = verified(signed(letter()), lookup=records())
    assert (found.level, found.domain, found.how) == ("verified", "cloud.example", ("dkim",))


def test_a_verified_sender_on_the_list_is_allowed():
    reading = read_mail(signed(letter()), received_at=NOW, house=house(CLOUD), lookup=records())
    assert reading.verification.level == "allowed"
    assert reading.kind == "host"
    assert "sender_unproven" not in reading.doubts


def test_a_name_on_the_list_proves_nothing_by_itself():
    reading = read_mail(letter(), received_at=NOW, house=house(CLOUD), lookup=dns({}))
    assert reading.verification == Verification(level="unverified", why=("nobody_vouches", "known_name_unproven"))
    assert "sender_unproven" in reading.doubts


def test_a_changed_body_fails():
    assert verified(signed(letter()).replace(b"one hour", b"one year"), lookup=records()).level == "failed"


def test_a_signature_of_somebody_else_is_no_voucher():
    found = verified(signed(letter(), "bulk.example"), lookup=records("bulk.example"))
    assert (found.level, found.why) == ("unverified", ("dkim_other_domain", "nobody_vouches"))


def test_a_parent_domain_may_speak_for_its_child():
    assert verified(signed(letter("abuse@eu.cloud.example")), lookup=records()).level == "verified"
    assert are_aligned("cloud.example", "Cloud.Example.")
    assert not are_aligned("example", "cloud.example")
    assert not are_aligned("oud.example", "cloud.example")


def test_a_signature_that_leaves_the_end_of_the_body_open_is_no_voucher():
    assert verified(signed(letter(), length=True) + b"and the moon", lookup=records()).why[0] == "dkim_partial"


def test_a_second_signature_counts_when_the_first_does_not():
    raw = signed(signed(letter()), "bulk.example")
    both = dns({"s1._domainkey.cloud.example": key()[1], "s1._domainkey.bulk.example": key()[1]})
    assert verified(raw, lookup=both).how == ("dkim",)


def test_a_silent_dns_leaves_the_matter_open():
    def silent(name: str) -> bytes | None:
        raise TimeoutError

    found = verified(signed(letter()), lookup=silent)
    assert (found.level, found.why) == ("unverified", ("dkim_unreachable", "nobody_vouches"))


def test_without_dns_nothing_was_checked():
    assert verified(letter()).level == "not_checked"
    assert verified(signed(letter())).why == ("dkim_not_checked", "nobody_vouches")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("mx.moot.example; spf=pass smtp.mailfrom=cloud.example", ("verified", ("spf",))),
        (
            "mx.moot.example; spf=pass smtp.mailfrom=bounce@cloud.example; dmarc=pass header.from=cloud.example",
            ("verified", ("spf", "dmarc")),
        ),
        ("mx.moot.example 1; dkim=pass header.d=cloud.example", ("verified", ("dkim",))),
        ("mx.moot.example; spf=pass smtp.mailfrom=bulk.example", ("unverified", ())),
        ("mx.moot.example; spf=fail smtp.mailfrom=cloud.example", ("failed", ())),
        ("mx.moot.example; dmarc=fail header.from=cloud.example", ("failed", ())),
        ("mx.evil.example; spf=pass smtp.mailfrom=cloud.example", ("unverified", ())),
        ("mx.moot.example; none", ("unverified", ())),
        (";;;===", ("unverified", ())),
    ],
)
def test_our_own_mail_servers_word(line: str, expected: tuple[str, tuple[str, ...]]):
    found = verified(letter(extra=f"Authentication-Results: {line}\r\n"), lookup=dns({}))
    assert (found.level, found.how) == expected


def test_only_the_topmost_word_of_our_server_counts():
    extra = (
        "Authentication-Results: mx.moot.example; spf=softfail smtp.mailfrom=cloud.example\r\n"
        "Authentication-Results: mx.moot.example; spf=pass smtp.mailfrom=cloud.example\r\n"
    )
    assert verified(letter(extra=extra), lookup=dns({})).level == "failed"


def test_nobodys_word_is_believed_unless_the_operator_says_whose():
    line = "Authentication-Results: mx.moot.example; spf=pass smtp.mailfrom=cloud.example\r\n"
    assert verified(letter(extra=line), house(servers=()), dns({})).level == "unverified"


def test_two_senders_are_nobody():
    raw = letter(extra="From: other@evil.example\r\n")
    assert verified(signed(raw), lookup=records()).why == ("from_unclear",)


@pytest.mark.parametrize(
    "junk", [b"v=1", b"v=1; a=rsa-sha256; d=cloud.example; s=s1; h=from; bh=x; b=y", b"\xff" * 50, b"=" * 5_000]
)
def test_a_signature_nobody_can_read_proves_nothing(junk: bytes):
    assert verified(b"DKIM-Signature: " + junk + b"\r\n" + letter(), lookup=records()).level in ("failed", "unverified")


def test_a_million_blanks_do_not_take_minutes():
    raw = signed(letter(body="a" + " " * 3_000_000 + "b"))
    assert verified(raw, lookup=records()).why[0] == "dkim_too_large"


def test_a_body_signed_by_key():
    private = Ed25519PrivateKey.generate()
    public = base64.b64encode(private.public_key().public_bytes_raw()).decode()
    made = base64.b64encode(private.sign(CONTEXT + b"{}")).decode()
    assert is_public_key(public)
    assert check_signature(b"{}", made, public)
    assert check_signature(b"{}", made.replace("+", "-").replace("/", "_").rstrip("="), public)
    assert not check_signature(b"{} ", made, public)
    assert not check_signature(b"{}", "x", public)
    assert not check_signature(b"{}", made, "x")
    assert not check_signature(b"{}", base64.b64encode(private.sign(b"{}")).decode(), public)


def test_a_secret_is_kept_as_its_digest():
    kept = digest_of_key("a secret")
    assert b"a secret" not in kept
    assert is_key("a secret", kept)
    assert not is_key("another", kept)
