"""What is secret and must be on both hosts: the files of DATA/keys, settings, certificate. Equality is asked, never shown.

They cross the link once, between two pinned certificates. Afterwards each side answers a fresh number with an HMAC of
what it has; equal answers mean equal secrets, and nobody who listens learns one.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from pathlib import Path

import structlog

from folkmoot.errors import Unavailable
from folkmoot.hosting.link.stream import Message
from folkmoot.hosting.standby import certificates
from folkmoot.hosting.state import write_whole
from folkmoot.settings import Settings, travelling

log = structlog.get_logger("folkmoot.standby")

SETTINGS = "network.toml"
CERTIFICATES = (certificates.CHAIN, certificates.KEY)
LARGEST = 64 * 1024
MOST = 64


def bundle(settings: Settings) -> dict[str, str]:
    """Every secret by the name of its file in the data folder."""
    found = {SETTINGS: travelling(settings)}
    keys = settings.data / "keys"
    for file in sorted(keys.glob("*"))[:MOST] if keys.is_dir() else []:
        if file.is_file() and not file.name.startswith(".") and file.stat().st_size <= LARGEST:
            found[f"keys/{file.name}"] = file.read_text(encoding="utf-8")
    try:
        found |= certificates.carried(settings)
    except certificates.CannotCarry as error:  # a move asks for it by itself, and says so
        log.warning("certificate_not_carried", why=error.words)
    return found


def keep(data: Path, secrets: Message) -> set[str]:
    """Write down what came, each file for its owner alone; the names of what changed.

    Raises Unavailable when a name leads elsewhere.
    """
    changed = set()
    for name, text in secrets.items():
        folder, _, leaf = name.rpartition("/")
        is_key = folder == "keys" and leaf and not leaf.startswith(".") and "\\" not in leaf
        if name != SETTINGS and name not in CERTIFICATES and not is_key:
            raise Unavailable(cause=f"link: a secret named {name[:80]!r}")
        file = data / name
        file.parent.mkdir(mode=0o700, exist_ok=True)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            write_whole(file, str(text))
            changed.add(name)
    return changed


def held(data: Path) -> dict[str, str]:
    """What a standby keeps, in the form `bundle` has."""
    names = [SETTINGS, *(f"keys/{file.name}" for file in (data / "keys").glob("*") if not file.name.startswith("."))]
    found = {name: (data / name).read_text(encoding="utf-8") for name in names if (data / name).is_file()}
    return found | certificates.held(data)


def digests(secrets: dict[str, str], nonce: str) -> dict[str, str]:
    """An answer to a fresh number for each secret."""
    return {
        name: hmac.new(nonce.encode(), f"{name}\n{text}".encode(), sha256).hexdigest() for name, text in secrets.items()
    }


def differing(ours: dict[str, str], theirs: dict[str, str]) -> list[str]:
    """Names of what the other side has and we do not have alike; digests under the same number."""
    return sorted(name for name, digest in theirs.items() if not hmac.compare_digest(ours.get(name, ""), str(digest)))
