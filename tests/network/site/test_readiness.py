"""Anybody may know when going on elsewhere was last rehearsed, and when a backup was last restored for trial."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from folkmoot import clock
from folkmoot.network import site


async def backup(db: Any, name: str, days_ago: int, whole: bool | None) -> None:
    """A backup made a day before it was tried."""
    tried = clock.now() - timedelta(days=days_ago)
    await db.fetch(
        """INSERT INTO backups (name, kind, made_at, size, sealed_size, manifest, verified_at, whole)
           VALUES ($1, 'full', $2, 2000000, 1000000, 'x', $3, $4)""",
        name,
        tried - timedelta(days=1),
        tried if whole is not None else None,
        whole,
    )


async def test_what_was_never_done_is_said_to_be_missing(db: Any) -> None:
    await backup(db, "untried", 0, None)
    assert await site.readiness(db) == site.Readiness()


async def test_the_newest_rehearsal_and_the_backup_last_found_whole_count(db: Any) -> None:
    for id, days_ago, well in ((1, 9, False), (2, 2, True)):
        await db.fetch(
            "INSERT INTO rehearsals (id, at, level, well, held_ms, outcome) VALUES ($1, $2, 3, $3, 1412.5, '{}')",
            id,
            clock.now() - timedelta(days=days_ago),
            well,
        )
    await backup(db, "old", 30, True)
    await backup(db, "new", 5, True)
    await backup(db, "damaged", 8, False)
    found = await site.readiness(db)
    assert found.rehearsal is not None
    assert (found.rehearsal.level, found.rehearsal.well, found.rehearsal.held_ms) == (3, True, 1412.5)
    assert found.backup is not None
    assert (clock.now() - found.backup.verified_at).days == 5
    assert (found.backup.verified_at - found.backup.made_at).days == 1
    assert found.damaged_at is None


async def test_damage_found_since_is_told(db: Any) -> None:
    await backup(db, "whole", 5, True)
    await backup(db, "damaged", 1, False)
    found = await site.readiness(db)
    assert found.backup is not None
    assert found.damaged_at is not None
