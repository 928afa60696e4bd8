"""The one statement the status page lives on."""

from __future__ import annotations

from datetime import datetime

from folkmoot.database import Database, Row


async def look(db: Database, now: datetime) -> Row:
    """What visitors of the status page are told: read-only mode, the last announcement and rehearsal, when a worker was last seen."""
    row = await db.fetchrow(
        """SELECT (SELECT value FROM site WHERE key = 'name') AS name,
                  (SELECT value FROM site WHERE key = 'read_only') AS read_only,
                  (SELECT max(last_heartbeat) FROM procrastinate_workers) AS worker_seen_at,
                  (SELECT jsonb_build_object('at', at, 'well', well, 'held_ms', held_ms)
                   FROM rehearsals ORDER BY at DESC LIMIT 1) AS rehearsal,
                  (SELECT jsonb_build_object('text', text, 'translations', translations, 'published_at', published_at)
                   FROM announcements
                   WHERE withdrawn_at IS NULL AND published_at <= $1 AND (ends_at IS NULL OR ends_at > $1)
                   ORDER BY published_at DESC, id DESC LIMIT 1) AS announcement""",
        now,
    )
    assert row is not None  # it has no FROM
    return row
