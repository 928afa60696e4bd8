"""What the first host last promised its standby, for the day it is gone: whether answers waited. DATA/link/promise.json."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from folkmoot.hosting.state import write_whole


@dataclass(frozen=True, slots=True)
class Promise:
    """By the first host's word, at `heard_at` (seconds since 1970, this host's clock)."""

    sync: str = "off"
    when_lost: str = "hold"
    since: str = ""
    heard_at: float = 0.0
    beat_at: float = 0.0

    def as_said(self) -> dict[str, str]:
        """What the first host's answers say of it; nothing when it was never heard."""
        if not self.heard_at:
            return {}
        return {"sync": self.sync, "when_lost": self.when_lost, "sync_since": self.since}


def read(data: Path) -> Promise:
    """The last promise; one that promises nothing when none was heard."""
    try:
        return Promise(**json.loads((data / "link" / "promise.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Promise()


def write(data: Path, promise: Promise) -> None:
    """Write it down."""
    write_whole(data / "link" / "promise.json", json.dumps(dataclasses.asdict(promise)) + "\n")


def forget(data: Path) -> None:
    """This host follows nobody any more."""
    (data / "link" / "promise.json").unlink(missing_ok=True)
