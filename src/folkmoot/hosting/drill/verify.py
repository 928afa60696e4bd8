"""Whether everything that was acknowledged is there, by a ledger that no host has ever seen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from folkmoot.hosting.drill import queries
from folkmoot.hosting.drill.hosts import Host
from folkmoot.hosting.drill.load import Ledger


@dataclass
class Kept:
    """What a drill put into a network besides what members did, to look for it afterwards."""

    jobs: list[int] = field(default_factory=list)
    entries: int = 0


def missing_from(host: Host, rows: Mapping[str, list[str]]) -> list[str]:
    """Which of these rows the host does not have."""
    have = queries.what_goes_on(host)
    return [f"{table} {name}" for table, names in rows.items() for name in set(names) - set(have.get(table, ()))]


def lost(host: Host, ledger: Ledger, kept: Kept) -> dict[str, Any]:
    """What the host does not have of what was acknowledged."""
    texts = queries.texts(host, list(ledger.posts))
    unlisted = queries.absent(host, "objects", "key", list(ledger.media))
    damaged = [key for key, digest in ledger.media.items() if not _is_whole(host, key, digest)]
    return {
        "lost_posts": sum(1 for id, words in ledger.posts.items() if words not in texts.get(id, "")),
        "lost_scheduled": len(queries.absent(host, "scheduled_posts", "id", ledger.scheduled)),
        "lost_reports": len(queries.absent(host, "reports", "id", ledger.reports)),
        "lost_jobs": len(queries.absent(host, "procrastinate_jobs", "id", kept.jobs)),
        "lost_media": len({*unlisted, *damaged}),
        "lost_log_entries": max(0, kept.entries - queries.log_size(host)),
        "posted_twice": queries.posted_twice(host),
    }


def _is_whole(host: Host, key: str, digest: str) -> bool:
    try:
        return hashlib.sha256((host.data / "media" / key).read_bytes()).hexdigest() == digest
    except OSError:
        return False
