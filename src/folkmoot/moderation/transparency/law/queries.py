"""Every statement of the exports the law asks for."""

from __future__ import annotations

from datetime import datetime

from folkmoot.database import Database, Row


async def statements(db: Database, since: datetime, until: datetime, after: int, limit: int) -> list[Row]:
    """Statements of reasons that restricted something, with what they were about, oldest first."""
    return await db.fetch(
        """SELECT s.id, s.kind, s.category, s.reasons, s.created_at, s.post_id, t.language, t.written_at, t.media <> '[]'::jsonb AS pictures
           FROM statements s JOIN cases c ON c.id = s.case_id
           LEFT JOIN LATERAL (SELECT language, written_at, media FROM case_contents
             WHERE case_id = s.case_id AND (post_id = s.post_id OR s.post_id IS NULL) ORDER BY version DESC LIMIT 1) t ON true
           WHERE s.kind IN ('removed', 'warned', 'labelled') AND s.created_at >= $1 AND s.created_at < $2 AND s.id > $3
             AND s.reasons ->> 'source' <> 'order'
           ORDER BY s.id LIMIT $4""",
        since,
        until,
        after,
        limit,
    )


async def by_category(db: Database, since: datetime, until: datetime) -> list[Row]:
    """Verdicts by category, by what brought the case about and by who decided; removals among them, and minutes taken."""
    return await db.fetch(
        """SELECT category, source, decided_by, count(*) AS decided, count(*) FILTER (WHERE verdict = 'remove') AS restricted,
             percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - opened_at) / 60) AS minutes
           FROM cases WHERE decided_at >= $1 AND decided_at < $2 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
        since,
        until,
    )


async def orders(db: Database, since: datetime, until: datetime) -> Row:
    """Orders of authorities, and the minutes until the first answer and until they were carried out."""
    row = await db.fetchrow(
        """SELECT count(*) AS received, coalesce(sum((SELECT count(*) FROM notice_items i WHERE i.notice_id = n.id)), 0)::bigint AS items,
             percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM met_at - received_at) / 60) AS minutes
           FROM notices n WHERE kind = 'order' AND received_at >= $1 AND received_at < $2""",
        since,
        until,
    )
    assert row is not None  # aggregates without GROUP BY have one row
    return row


async def form_notices(db: Database, since: datetime, until: datetime) -> int:
    """Reports by the form of Article 16 that anybody may use."""
    found: int = await db.fetchval(
        "SELECT count(*) FROM reports WHERE reporter_id IS NULL AND created_at >= $1 AND created_at < $2", since, until
    )
    return found
