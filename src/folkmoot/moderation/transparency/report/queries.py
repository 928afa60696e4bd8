"""Every statement of the status report."""

from __future__ import annotations

from datetime import datetime

from folkmoot.database import Database, Row

_THEIRS = """(n.sender_address = $1 OR n.sender_address LIKE '%@' || $1 OR n.sender_address LIKE '%.' || $1
  OR lower(n.organisation) = $1 OR EXISTS (SELECT FROM notice_senders s WHERE s.id = n.sender_id
    AND (lower(s.name) = $1 OR s.address = $1)))
  AND n.received_at >= $2 AND n.state <> 'refused'"""
"""Notices by a sender's address, its domain or one above it, its organisation or the name stewards gave it; small letters."""


async def notices(db: Database, sender: str, since: datetime) -> list[Row]:
    """The sender's notices, newest first, with how many items stand how."""
    return await db.fetch(
        f"""SELECT n.reference, n.received_at, n.due_at, n.met_at, n.answered_at,
             (SELECT coalesce(json_object_agg(state, many), '{{}}')::text FROM (SELECT state, count(*) AS many
               FROM notice_items WHERE notice_id = n.id GROUP BY state) i) AS items
            FROM notices n WHERE {_THEIRS} ORDER BY n.received_at DESC LIMIT 500""",
        sender,
        since,
    )


async def items(db: Database, sender: str, since: datetime) -> Row:
    """How quickly the sender's items went. What was out of sight when the notice came says nothing about speed."""
    row = await db.fetchrow(
        f"""WITH of AS (SELECT extract(epoch FROM i.hidden_at - n.received_at) / 60 AS hidden,
               extract(epoch FROM i.settled_at - n.received_at) / 60 AS settled
             FROM notices n JOIN notice_items i ON i.notice_id = n.id
             WHERE {_THEIRS} AND i.state NOT IN ('gone', 'not_found', 'not_ours', 'withdrawn'))
            SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY hidden) AS hidden_p50,
              percentile_cont(0.95) WITHIN GROUP (ORDER BY hidden) AS hidden_p95,
              percentile_cont(0.5) WITHIN GROUP (ORDER BY settled) AS settled_p50,
              percentile_cont(0.95) WITHIN GROUP (ORDER BY settled) AS settled_p95 FROM of""",
        sender,
        since,
    )
    assert row is not None  # aggregates without GROUP BY have one row
    return row


async def deadlines(db: Database) -> list[Row]:
    """The clocks that run, the next one first."""
    return await db.fetch(
        """SELECT n.reference, n.kind, n.due_at,
             (SELECT count(*) FROM notice_items i WHERE i.notice_id = n.id AND i.settled_at IS NULL) AS open_items
           FROM notices n WHERE n.state IN ('received', 'open', 'interim') ORDER BY n.due_at LIMIT 200"""
    )
