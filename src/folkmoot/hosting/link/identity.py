"""The key and the certificate by which the other host knows this one. Made once, pinned there when the two are paired."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from folkmoot.errors import Unavailable
from folkmoot.hosting.state import write_whole

# A pinned certificate needs no dates: a host whose clock is wrong must still be able to say so.
BORN, ENDS = datetime(2020, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are on the link."""

    file: Path
    """Key and certificate, readable by us alone."""
    certificate: str
    """PEM."""
    fingerprint: str


def open_identity(data: Path) -> Identity:
    """The identity of a data folder, made when it is missing."""
    file = data / "link" / "identity.pem"
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            write_whole(file, _make())
        text = file.read_text(encoding="ascii")
        certificate = text[text.index("-----BEGIN CERTIFICATE-----") :]
        return Identity(file, certificate, fingerprint_of(certificate))
    except (OSError, ValueError) as error:
        raise Unavailable(
            "The key of the link, {file}, cannot be used: {reason}.",
            file=file,
            reason=getattr(error, "strerror", error),
        ) from error


def fingerprint_of(certificate: str) -> str:
    """SHA-256 of a certificate in PEM, in hex. Raises ValueError when it is none."""
    return hashlib.sha256(x509.load_pem_x509_certificate(certificate.encode()).public_bytes(Encoding.DER)).hexdigest()


def _make() -> str:
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"folkmoot link {os.urandom(4).hex()}")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BORN)
        .not_valid_after(ENDS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, None)
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (private + certificate.public_bytes(Encoding.PEM)).decode()
