"""What the database knows of its backups: enough to notice a storage that forgets, and to warn in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from folkmoot.hosting.backup import queries
from folkmoot.hosting.backup.manifest import Manifest, Verified
from folkmoot.hosting.backup.source import Source
from folkmoot.settings import Settings

LATE = timedelta(minutes=5)
"""How old the end of the journal may be before somebody should look."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A backup as it was entered when it was made."""

    name: str
    kind: str
    made_at: datetime
    size: int
    sealed_size: int
    verified_at: datetime | None
    whole: bool | None
    words: str


def enter(source: Source, made: Manifest, digest: str) -> None:
    """Enter a new backup; a standby cannot write, and then only the repository knows of it."""
    with source.connection() as connection:
        if connection.execute(queries.HAS_BACKUPS).fetchone() == (True,):
            connection.execute(
                queries.ENTER, (made.name, made.kind, made.started_at, made.size, made.sealed_size, digest)
            )


def enter_verified(source: Source, outcome: Verified) -> None:
    """Enter what came of restoring one for trial."""
    with source.connection() as connection:
        if connection.execute(queries.HAS_BACKUPS).fetchone() == (True,):
            connection.execute(queries.VERIFIED, (outcome.at, outcome.whole, outcome.words, outcome.name))


def forget_others(source: Source, names: list[str]) -> None:
    """Take out what was pruned."""
    with source.connection() as connection:
        if connection.execute(queries.HAS_BACKUPS).fetchone() == (True,):
            connection.execute(queries.FORGET, (names,))


def entries(source: Source, most: int = 100) -> list[Entry]:
    """The newest backups first, as they were entered."""
    with source.connection() as connection:
        if connection.execute(queries.CAN_READ_BACKUPS).fetchone() != (True,):
            return []
        return [Entry(*row) for row in connection.execute(queries.STANDING, (most,))]  # type: ignore[arg-type]


def digests(source: Source) -> dict[str, str]:
    """Names of the backups that were made and not pruned, each with the digest of its manifest."""
    with source.connection() as connection:
        if connection.execute(queries.CAN_READ_BACKUPS).fetchone() != (True,):
            return {}
        return {str(name): str(digest) for name, digest in connection.execute(queries.ENTERED)}


Finding = tuple[bool, str]
"""Whether it is well, and a sentence that says what was found or what to do."""


def judge(
    settings: Settings, made: Sequence[Entry], now: datetime, complete_at: datetime | None, trouble: str
) -> list[Finding]:
    """What `folkmoot doctor` says of the backups: the newest, the newest that was restored for trial, the journal."""
    if not made:
        return [(False, "No backup was ever made: `folkmoot backup run` makes one.")]
    newest = max(made, key=lambda each: each.made_at)
    age = now - newest.made_at
    fresh = age <= timedelta(hours=2 * (settings.backup_every or 24 * 7))
    found = [(fresh, f"The newest backup is {aged(age)} old" + ("." if fresh else ": look why none is made."))]
    tried = [each for each in made if each.verified_at is not None]
    last = max(tried, key=lambda each: each.verified_at or now, default=None)
    whole = max((each.verified_at for each in tried if each.whole and each.verified_at), default=None)
    if last is not None and not last.whole:
        found.append((False, f"The last trial restore found damage: {last.words}"))
    if whole is None:
        found.append((False, "No backup was ever restored for trial: `folkmoot backup verify` does it."))
    else:
        lately = now - whole <= timedelta(days=2 * (settings.backup_verify_every or 30))
        words = f"A backup was restored for trial and found whole {aged(now - whole)} ago"
        found.append((lately, words + ("." if lately else ": `folkmoot backup verify` does it again.")))
    if trouble:
        found.append((False, trouble))
    elif complete_at is None or now - complete_at > LATE:
        since = f"ends {aged(now - complete_at)} ago" if complete_at else "has not begun"
        found.append((False, f"The journal in the repository {since}: `folkmoot serve` sends it while it runs."))
    else:
        found.append((True, f"If this machine were gone now, {aged(now - complete_at)} would be lost."))
    return found


def aged(age: timedelta) -> str:
    """A length of time in words."""
    seconds = max(0, int(age.total_seconds()))
    for unit, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} seconds"


def was_damaged(source: Source) -> bool:
    """Whether the last trial found damage: then nothing that lies there is taken for granted, and all is sent anew."""
    tried = [entry for entry in entries(source) if entry.verified_at is not None]
    newest = max(tried, key=lambda entry: str(entry.verified_at), default=None)
    if newest is None or newest.whole:
        return False
    return not any(entry.made_at > newest.made_at for entry in entries(source, 1))
