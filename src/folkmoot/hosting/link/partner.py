"""The one other host a folder is linked with: its pinned certificate, and where it can be reached. DATA/link/partner.json."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from folkmoot.errors import Unavailable
from folkmoot.hosting.state import write_whole


@dataclass(frozen=True, slots=True)
class Partner:
    """Who is at the other end."""

    side: str
    name: str
    certificate: str
    fingerprint: str
    addresses: tuple[str, ...] = ()
    """host:port where we can reach it; empty when only it can reach us."""
    paired_at: str = ""


def partner_file(data: Path) -> Path:
    """Where the partner of a data folder is written down."""
    return data / "link" / "partner.json"


def find_partner(data: Path) -> Partner | None:
    """The partner of a data folder, None while it has none. Raises Unavailable when the file is damaged."""
    file = partner_file(data)
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return Partner(**{**found, "addresses": tuple(found["addresses"])})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Unavailable(
            "{file} cannot be read: run `folkmoot standby forget` and pair the two hosts again.", file=file
        ) from error


def keep_partner(data: Path, partner: Partner) -> None:
    """Write the partner down, in place of the one before."""
    partner_file(data).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(partner_file(data), json.dumps(dataclasses.asdict(partner), indent=1) + "\n")


def forget_partner(data: Path) -> None:
    """Have no partner any more; its certificate opens nothing from now on."""
    with contextlib.suppress(FileNotFoundError):
        partner_file(data).unlink()
