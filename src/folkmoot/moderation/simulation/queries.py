"""Every statement of the replays that run on a database of their own."""

from __future__ import annotations

from datetime import datetime

from folkmoot.database import Database, Row


async def take_jobs(db: Database) -> list[Row]:
    """The jobs that wait, oldest first; they are the caller's now."""
    return await db.fetch(
        """WITH taken AS (DELETE FROM procrastinate_jobs WHERE status = 'todo' RETURNING id, task_name, args)
           SELECT task_name, args FROM taken ORDER BY id"""
    )


async def next_clock(db: Database, after: datetime) -> datetime | None:
    """When the next clock of a notice, a case or a seat is due."""
    found: datetime | None = await db.fetchval(
        """SELECT min(due_at) FROM (
             SELECT due_at FROM notice_timers WHERE done_at IS NULL
             UNION ALL SELECT due_at FROM case_timers WHERE done_at IS NULL
             UNION ALL SELECT lease_until FROM seats WHERE ended_at IS NULL) AS clocks WHERE due_at > $1""",
        after,
    )
    return found


async def seat_jurors(db: Database, account_ids: list[int], good: float, now: datetime) -> None:
    """Make these members jurors of some experience, who have been right that often."""
    await db.fetch(
        """INSERT INTO jurors (account_id, since, qualified_at, record_at, hit, cleared, missed, accused)
           SELECT id, $3, $3, $3, 40 * $2::float8, 40 * $2::float8, 40 * (1 - $2::float8), 40 * (1 - $2::float8)
           FROM unnest($1::bigint[]) AS id""",
        account_ids,
        good,
        now,
    )


async def post_of(db: Database, content_id: int) -> int | None:
    """The post a juror is shown a version of, which the juror is not told."""
    found: int | None = await db.fetchval("SELECT post_id FROM case_contents WHERE id = $1", content_id)
    return found


async def answered(db: Database) -> list[Row]:
    """Every notice with its clock and what it came to."""
    return await db.fetch(
        """SELECT n.received_at, n.due_at, n.met_at, n.answered_at, n.kind, n.state, n.trust,
             EXISTS (SELECT FROM notice_events e WHERE e.notice_id = n.id AND e.by_id IS NOT NULL) AS by_hand,
             (SELECT count(*) FROM notice_letters l WHERE l.notice_id = n.id AND l.direction = 'out') AS letters
           FROM notices n ORDER BY n.id"""
    )


async def items(db: Database) -> list[Row]:
    """Everything they named, with when it was out of sight or decided."""
    return await db.fetch(
        """SELECT i.state, i.how, i.found_at, i.hidden_at, i.settled_at, i.case_id, n.due_at, c.overridden
           FROM notice_items i JOIN notices n ON n.id = i.notice_id LEFT JOIN cases c ON c.id = i.case_id"""
    )
