"""What is found about a certificate that came with the keys. Made here, since no authority would make wrong ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from folkmoot.hosting.standby.certificates import CHAIN, KEY, CannotCarry, announce, carried, judge
from folkmoot.settings import Settings

NOW = datetime(2026, 3, 1, tzinfo=UTC)
AUTHORITY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())
OURS = ec.generate_private_key(ec.SECP256R1())


def named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def made(
    *names: str, days: int = 80, begins: int = -10, signed_by: ec.EllipticCurvePrivateKey = AUTHORITY, whose: str = "we"
) -> str:
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(whose))
        .issuer_name(named("authority"))
        .public_key((OURS if whose == "we" else AUTHORITY).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=begins))
        .not_valid_after(NOW + timedelta(days=days))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(map(x509.DNSName, names))), critical=False)
    return builder.sign(signed_by, SHA256()).public_bytes(Encoding.PEM).decode()


def pem(key: ec.EllipticCurvePrivateKey, how: KeySerializationEncryption | None = None) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how or NoEncryption()).decode()


ABOVE = made(whose="authority")


@pytest.mark.parametrize(
    ("chain", "key", "well", "said"),
    [
        (made("moot.example") + ABOVE, pem(OURS), True, "came with the keys and is good for 80 more days"),
        (made("other.example", "MOOT.example"), pem(OURS), True, "for moot.example"),
        (made("*.example"), pem(OURS), True, "for moot.example"),
        (made("*.moot.example"), pem(OURS), False, "not for moot.example"),
        (made("moot.example.org"), pem(OURS), False, "not for moot.example"),
        (made(), pem(OURS), False, "not for moot.example"),
        (made("moot.example", days=-1), pem(OURS), False, "only: renew it"),
        (made("moot.example", days=13), pem(OURS), False, "from 2026-02-19 to 2026-03-14 only"),
        (made("moot.example", begins=2), pem(OURS), False, "from 2026-03-03"),
        (made("moot.example"), pem(OTHER), False, "does not belong"),
        (made("moot.example", signed_by=OTHER) + ABOVE, pem(OURS), False, "the chain does not hold"),
        (made("moot.example"), pem(OURS, BestAvailableEncryption(b"word")), False, "cannot be used"),
        (made("moot.example").replace("MII", "MIX"), pem(OURS), False, "cannot be used"),
        ("-----BEGIN nothing", pem(OURS), False, "cannot be used"),
    ],
)
def test_name_expiry_key_and_chain_are_looked_at(chain: str, key: str, well: bool, said: str) -> None:
    found = judge({CHAIN: chain, KEY: key}, "moot.example", NOW)
    assert said in found.words
    assert found.well is well


def test_without_one_there_is_nothing_to_say() -> None:
    assert judge({}, "moot.example", NOW).well is None
    assert judge({CHAIN: made("moot.example")}, "moot.example", NOW).well is None


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name, text in (("chain.pem", made("moot.example")), ("key.pem", pem(OURS))):
        (tmp_path / name).write_text(text)
    return Settings(
        data=tmp_path / "data",
        certificate_file=str(tmp_path / "chain.pem"),
        certificate_key_file=str(tmp_path / "key.pem"),
    )


def test_the_files_the_settings_name_go_along(settings: Settings, tmp_path: Path) -> None:
    assert carried(settings) == {
        CHAIN: (tmp_path / "chain.pem").read_text(),
        KEY: (tmp_path / "key.pem").read_text(),
    }


def test_those_that_came_here_once_go_on(settings: Settings) -> None:
    came = Settings(data=settings.data)
    assert carried(came) == {}
    (settings.data / CHAIN).parent.mkdir(parents=True)
    (settings.data / CHAIN).write_text("chain")
    assert carried(came) == {}
    (settings.data / KEY).write_text("key")
    assert carried(came) == {CHAIN: "chain", KEY: "key"}
    assert carried(settings)[KEY] != "key"


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read"), (b"\x30\x82", "is not in PEM"), (b"-----BEGIN " + b"x" * 70_000, "is not in PEM")],
)
def test_a_file_that_cannot_go_along_is_named(
    settings: Settings, tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "key.pem"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CannotCarry, match=said):
        carried(settings)
    with pytest.raises(CannotCarry, match="is empty"):
        carried(replace(settings, certificate_key_file=""))


def test_a_command_that_fails_stops_nothing(settings: Settings, tmp_path: Path) -> None:
    announce(settings)
    announce(replace(settings, certificate_command="exit 3"))
    announce(replace(settings, certificate_command=f'printf "$KEY" > {tmp_path}/told'))
    assert (tmp_path / "told").read_text() == str(settings.data / KEY)
