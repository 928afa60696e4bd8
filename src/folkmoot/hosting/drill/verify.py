"""Whether everything that was acknowledged is there, by a ledger that no host has ever seen."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from folkmoot.hosting.drill import queries
from folkmoot.hosting.drill.hosts import Host
from folkmoot.hosting.drill.load import Ledger

COUNTED = {
    "post": "posts", "scheduled": "scheduled", "report": "reports", "ballot": "ballots", "notice": "notices", "job": "jobs",
    "medium": "media", "log entry": "log_entries",
}  # fmt: skip
"""Kinds of things a ledger names, and how a drill counts them."""


@dataclass
class Kept:
    """What a drill put into a network besides what members did, to look for it afterwards."""

    jobs: list[int] = field(default_factory=list)
    entries: int = 0
    put_at: float = field(default_factory=time.monotonic)


def missing_from(host: Host, rows: Mapping[str, list[str]]) -> list[str]:
    """Which of these rows the host does not have."""
    have = queries.what_goes_on(host)
    return [f"{table} {name}" for table, names in rows.items() for name in set(names) - set(have.get(table, ()))]


def missing(host: Host, ledger: Ledger, kept: Kept) -> dict[str, list[str]]:
    """What the host does not have of what was acknowledged: the names of things, by kind."""
    texts = queries.texts(host, list(ledger.posts))
    unlisted = queries.absent(host, "objects", "key", list(ledger.media))
    damaged = [key for key, digest in ledger.media.items() if not _is_whole(host, key, digest)]
    return {
        "post": [str(id) for id, words in ledger.posts.items() if words not in texts.get(id, "")],
        "scheduled": _names(queries.absent(host, "scheduled_posts", "id", ledger.scheduled)),
        "report": _names(queries.absent(host, "reports", "id", ledger.reports)),
        "ballot": _names(queries.absent(host, "ballots", "seat_id", ledger.ballots)),
        "notice": queries.without_clock(host, ledger.notices),
        "job": _names(queries.absent(host, "procrastinate_jobs", "id", kept.jobs)),
        "medium": sorted({*unlisted, *damaged}),
        "log entry": [str(number) for number in range(queries.log_size(host), kept.entries)],
    }


def lost(host: Host, ledger: Ledger, kept: Kept, since: float | None = None) -> dict[str, Any]:
    """How much of what was acknowledged the host does not have, by kind.

    `since`: by the steady clock, the moment from which on things were said to be at risk; `lost_beyond_said` then
    counts what is missing of the time before.
    """
    gone = missing(host, ledger, kept)
    found = {f"lost_{COUNTED[kind]}": len(names) for kind, names in gone.items()}
    if since is not None:
        found["lost_beyond_said"] = sum(
            ledger.noted_at.get((kind, name), kept.put_at) < since for kind, names in gone.items() for name in names
        )
    return found | {"posted_twice": queries.posted_twice(host)}


def _names(found: Sequence[object]) -> list[str]:
    return [str(each) for each in found]


def _is_whole(host: Host, key: str, digest: str) -> bool:
    try:
        return hashlib.sha256((host.data / "media" / key).read_bytes()).hexdigest() == digest
    except OSError:
        return False


def is_clean(outcome: Mapping[str, Any]) -> bool:
    """Whether a scene lost nothing and never had two hosts that take posts.

    Of a host that died while answers waited for nobody, what it said before would be missing may be missing, and no more.
    """
    bad = [name for name in outcome if name.startswith("lost_")]
    if "lost_beyond_said" in outcome:
        bad = ["lost_beyond_said"]
    bad += ["failed_reads", "two_first", "taken_by_old_side", "posted_twice"]
    is_as_told = outcome.get("moved", True) and outcome.get("move_refused", True)
    return "failed" not in outcome and is_as_told and not any(outcome.get(name) for name in bad)
