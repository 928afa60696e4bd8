"""What the database knows of its backups: enough to notice a storage that forgets, and to warn in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from folkmoot.hosting.backup import queries
from folkmoot.hosting.backup.manifest import Manifest, Verified
from folkmoot.hosting.backup.source import Source


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


def was_damaged(source: Source) -> bool:
    """Whether the last trial found damage: then nothing that lies there is taken for granted, and all is sent anew."""
    tried = [entry for entry in entries(source) if entry.verified_at is not None]
    newest = max(tried, key=lambda entry: str(entry.verified_at), default=None)
    if newest is None or newest.whole:
        return False
    return not any(entry.made_at > newest.made_at for entry in entries(source, 1))
