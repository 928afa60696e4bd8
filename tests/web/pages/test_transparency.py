"""Whoever doubts reads on the public page whether the network could go on elsewhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from folkmoot import clock


async def test_what_was_never_rehearsed_is_said_to_be_missing(ask: Any) -> None:
    page = (await ask(None, "GET", "/transparency")).text
    assert "Going on at another host has not been rehearsed yet." in page
    assert "No backup has been restored for trial yet." in page


async def test_the_last_rehearsal_and_the_last_backup_found_whole_are_told(db: Any, ask: Any) -> None:
    now = clock.now()
    await db.fetch(
        "INSERT INTO rehearsals (id, at, level, well, held_ms, outcome) VALUES (1, $1, 3, true, 1412.6, '{}')", now
    )
    await db.fetch(
        """INSERT INTO backups (name, kind, made_at, size, sealed_size, manifest, verified_at, whole)
           VALUES ('first', 'full', $1, 2700000000, 1000000, 'x', $2, true)""",
        now - timedelta(days=2),
        now - timedelta(days=1),
    )
    page = (await ask(None, "GET", "/transparency")).text
    assert "the network moved there and back. It went well · members waited 1,413 ms" in page
    assert "with 2,700 MB of database" in page
    found = (await ask(None, "GET", "/transparency.json")).json()["readiness"]
    assert (found["rehearsal"]["level"], found["rehearsal"]["held_ms"]) == (3, 1412.6)
    assert found["backup"]["size"] == 2_700_000_000
