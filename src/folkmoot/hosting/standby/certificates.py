"""The certificate of whatever ends TLS before Folkmoot goes to the standby with the keys, so that it is there before a move.

It lies in DATA/certificates there, for the proxy of that host to be pointed to; `certificate_command` has it read anew.
"""

from __future__ import annotations

import ipaddress
import itertools
import os
import subprocess
from datetime import datetime
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from folkmoot.errors import FolkmootError, Kind
from folkmoot.hosting.standby.report import Check
from folkmoot.settings import Settings

log = structlog.get_logger("folkmoot.standby")

FOLDER = "certificates"
CHAIN, KEY = f"{FOLDER}/fullchain.pem", f"{FOLDER}/privkey.pem"
LARGEST = 64 * 1024
SOON_DAYS = 14
"""A certificate that ends sooner is not one to move with."""
COMMAND_SECONDS = 60.0


class CannotCarry(FolkmootError):
    """A file the settings name cannot go along."""

    kind = Kind.CONFLICT
    sentence = "The certificate cannot go to the standby: {file} {why}."


def carried(settings: Settings) -> dict[str, str]:
    """Chain and key by the names they travel under: those the settings name, else those that came to this host once.

    Nothing when there are none. Raises CannotCarry.
    """
    named = {CHAIN: settings.certificate_file, KEY: settings.certificate_key_file}
    if not any(named.values()):
        found = held(settings.data)
        return found if len(found) == len(named) else {}
    for name, file in named.items():
        if not file:
            raise CannotCarry(file=name, why="is to come along, and certificate_file or certificate_key_file is empty")
    return {name: _read(Path(file)) for name, file in named.items()}


def held(data: Path) -> dict[str, str]:
    """What came to this host."""
    return {name: (data / name).read_text(encoding="utf-8") for name in (CHAIN, KEY) if (data / name).is_file()}


def _read(file: Path) -> str:
    try:
        with file.open(encoding="ascii") as source:
            text = source.read(LARGEST + 1)
    except OSError as error:
        raise CannotCarry(file=file, why=f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise CannotCarry(file=file, why="is not in PEM") from error
    if len(text) > LARGEST or "-----BEGIN " not in text:
        raise CannotCarry(file=file, why="is not in PEM")
    return text


def judge(files: dict[str, str], host: str, now: datetime) -> Check:
    """Whether what came would do for this host name: it is for it, it lasts, its key belongs to it, its chain holds."""
    if CHAIN not in files or KEY not in files:
        return Check("certificate files", None, "No certificate came with the keys: the first host's setting certificate_file "
                     "names none.")  # fmt: skip
    try:
        chain = x509.load_pem_x509_certificates(files[CHAIN].encode())
        key = load_pem_private_key(files[KEY].encode(), None)
        for one, above in itertools.pairwise(chain):
            one.verify_directly_issued_by(above)
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature) as error:
        why = "the chain does not hold" if isinstance(error, InvalidSignature) else str(error).partition("\n")[0][:120]
        return Check(
            "certificate files", False, "The certificate that came with the keys cannot be used: {why}.", {"why": why}
        )
    shown = chain[0]
    if _public(key.public_key()) != _public(shown.public_key()):
        return Check("certificate files", False, "The key that came along does not belong to the certificate.")
    if not is_for(shown, host):
        return Check(
            "certificate files", False, "The certificate that came with the keys is not for {host}.", {"host": host}
        )
    days = (shown.not_valid_after_utc - now).days
    if days < SOON_DAYS or shown.not_valid_before_utc > now:
        return Check("certificate files", False, "The certificate that came with the keys is good from {begin} to {end} only: "
                     "renew it on the first host.",
                     {"begin": f"{shown.not_valid_before_utc:%Y-%m-%d}", "end": f"{shown.not_valid_after_utc:%Y-%m-%d}"})  # fmt: skip
    return Check("certificate files", True, "The certificate for {host} came with the keys and is good for {days} more days.",
                 {"host": host, "days": days})  # fmt: skip


def is_for(certificate: x509.Certificate, host: str) -> bool:
    """Whether a certificate names the host: itself, or by a star in place of its first part (RFC 6125, 6.4)."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    try:
        return ipaddress.ip_address(host) in names.get_values_for_type(x509.IPAddress)
    except ValueError:
        pass
    wanted = host.lower().rstrip(".")
    star = f"*.{wanted.partition('.')[2]}"
    return any(name.lower().rstrip(".") in (wanted, star) for name in names.get_values_for_type(x509.DNSName))


def announce(settings: Settings) -> None:
    """Have this host's proxy read what came, by the operator's command. What goes wrong is logged; the check shows it."""
    if not settings.certificate_command:
        return
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("FOLKMOOT_")},
        "CERTIFICATE": str(settings.data / CHAIN),
        "KEY": str(settings.data / KEY),
    }
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", settings.certificate_command],
            env=environment, capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        log.error("certificate_command_failed", why=type(error).__name__)
        return
    if done.returncode != 0:
        log.error("certificate_command_failed", code=done.returncode, said=done.stderr[-500:])


def _public(key: object) -> bytes:
    found: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]  # all kinds have it
    return found
