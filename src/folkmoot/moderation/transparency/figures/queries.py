"""Every statement of the figures. Spans are half open: from `since` on, before `until`."""

from __future__ import annotations

from datetime import datetime

from folkmoot.database import Database, Row
from folkmoot.moderation.sanctions.queries import BY_PEOPLE


async def _one(db: Database, sql: str, *values: object) -> Row:
    row = await db.fetchrow(sql, *values)
    assert row is not None  # aggregates without GROUP BY have one row
    return row


async def _counts(db: Database, sql: str, *values: object) -> dict[str, int]:
    return {row["kind"]: row["n"] for row in await db.fetch(sql, *values)}


async def reports(db: Database, since: datetime, until: datetime) -> dict[str, int]:
    return await _counts(
        db,
        "SELECT category AS kind, count(*) AS n FROM reports WHERE created_at >= $1 AND created_at < $2 GROUP BY 1 ORDER BY 1",
        since,
        until,
    )


async def opened(db: Database, since: datetime, until: datetime) -> int:
    found: int = await db.fetchval("SELECT count(*) FROM cases WHERE opened_at >= $1 AND opened_at < $2", since, until)
    return found


async def decided_by(db: Database, since: datetime, until: datetime) -> dict[str, int]:
    return await _counts(
        db,
        """SELECT decided_by AS kind, count(*) AS n FROM cases
           WHERE decided_by IS NOT NULL AND decided_at >= $1 AND decided_at < $2 GROUP BY 1 ORDER BY 1""",
        since,
        until,
    )


async def measures(db: Database, since: datetime, until: datetime) -> dict[str, int]:
    return await _counts(
        db,
        """SELECT coalesce(measure, 'keep') AS kind, count(*) AS n FROM cases
           WHERE decided_at >= $1 AND decided_at < $2 GROUP BY 1 ORDER BY 1""",
        since,
        until,
    )


async def standing(db: Database, now: datetime) -> Row:
    """What is open now, and how old it is in minutes."""
    return await _one(
        db,
        """WITH open AS (SELECT opened_at, extract(epoch FROM $1::timestamptz - opened_at) / 60 AS age FROM cases
             WHERE decided_at IS NULL AND state <> 'closed')
           SELECT count(*) AS cases, min(opened_at) AS oldest_at,
             percentile_cont(0.5) WITHIN GROUP (ORDER BY age) AS age_p50,
             percentile_cont(0.95) WITHIN GROUP (ORDER BY age) AS age_p95 FROM open""",
        now,
    )


async def open_by_severity(db: Database) -> dict[str, int]:
    return await _counts(
        db,
        """SELECT severity AS kind, count(*) AS n FROM cases WHERE decided_at IS NULL AND state <> 'closed'
           GROUP BY 1 ORDER BY 1""",
    )


async def speed(db: Database, since: datetime, until: datetime) -> list[Row]:
    return await db.fetch(
        """WITH of AS (SELECT severity, first_hidden_at IS NOT NULL AS was_hidden, decided_at IS NOT NULL AS is_decided,
             extract(epoch FROM first_hidden_at - opened_at) / 60 AS hidden,
             extract(epoch FROM decided_at - opened_at) / 60 AS verdict
             FROM cases WHERE opened_at >= $1 AND opened_at < $2)
           SELECT severity, count(*) AS cases, count(*) FILTER (WHERE was_hidden) AS hidden,
             count(*) FILTER (WHERE is_decided) AS decided,
             percentile_cont(0.5) WITHIN GROUP (ORDER BY hidden) AS hidden_p50,
             percentile_cont(0.95) WITHIN GROUP (ORDER BY hidden) AS hidden_p95,
             percentile_cont(0.5) WITHIN GROUP (ORDER BY verdict) AS verdict_p50,
             percentile_cont(0.95) WITHIN GROUP (ORDER BY verdict) AS verdict_p95
           FROM of GROUP BY severity""",
        since,
        until,
    )


async def appeals(db: Database, since: datetime, until: datetime) -> Row:
    return await _one(
        db,
        """SELECT count(*) FILTER (WHERE created_at >= $1 AND created_at < $2) AS made,
             count(*) FILTER (WHERE outcome IS NULL) AS open,
             count(*) FILTER (WHERE outcome = 'reversed' AND decided_at >= $1 AND decided_at < $2) AS reversed,
             count(*) FILTER (WHERE outcome = 'upheld' AND decided_at >= $1 AND decided_at < $2) AS upheld,
             percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - created_at) / 60)
               FILTER (WHERE decided_at >= $1 AND decided_at < $2) AS minutes
           FROM appeals""",
        since,
        until,
    )


async def limited(db: Database) -> dict[str, int]:
    return await _counts(
        db, "SELECT limited AS kind, count(*) AS n FROM standings WHERE limited <> 'none' GROUP BY 1 ORDER BY 1"
    )


async def suspensions(db: Database, since: datetime, until: datetime) -> int:
    found: int = await db.fetchval(
        """SELECT count(DISTINCT account_id) FROM statements
           WHERE created_at >= $1 AND created_at < $2 AND reasons ->> 'limit' IN ('suspended', 'banned')""",
        since,
        until,
    )
    return found


async def jurors(db: Database, since: datetime, until: datetime) -> Row:
    return await _one(
        db,
        """WITH said AS (SELECT b.juror_id, b.is_control, b.choice IN ('breaks', 'threat') AS breaks, b.choice <> 'unsure' AS says,
             c.verdict = 'remove' AS broke, c.decided_by IN ('jury', 'stewards') AS known
             FROM ballots b JOIN cases c ON c.id = b.case_id
             WHERE b.cast_at >= $1 AND b.cast_at < $2 AND b.voided_at IS NULL)
           SELECT (SELECT count(*) FROM jurors WHERE qualified_at IS NOT NULL AND stepped_down_at IS NULL) AS qualified,
             count(DISTINCT juror_id) AS active, count(*) AS ballots,
             avg((breaks = broke)::int) FILTER (WHERE NOT is_control AND says AND known)::float8 AS agreement,
             count(*) FILTER (WHERE is_control) AS controls,
             avg((breaks = broke)::int) FILTER (WHERE is_control AND says AND known)::float8 AS controls_right
           FROM said""",
        since,
        until,
    )


async def screening(db: Database, since: datetime, until: datetime) -> Row:
    return await _one(
        db,
        f"""WITH decided AS (
             SELECT decision FROM findings f WHERE outcome = 'hold' AND decided_at >= $1 AND decided_at < $2 AND {BY_PEOPLE})
           SELECT coalesce(sum(screened), 0)::bigint AS screened, coalesce(sum(cases), 0)::bigint AS doubted,
             coalesce(sum(holds), 0)::bigint AS held,
             (SELECT count(*) FROM decided WHERE decision = 'released') AS released,
             (SELECT count(*) FROM decided WHERE decision = 'upheld') AS upheld
           FROM screened_days WHERE day::timestamptz >= date_trunc('day', $1::timestamptz) AND day::timestamptz < $2""",
        since,
        until,
    )


async def notices(db: Database, since: datetime, until: datetime, now: datetime) -> list[Row]:
    return await db.fetch(
        """SELECT n.kind, count(*) AS received, count(n.answered_at) AS answered,
             count(*) FILTER (WHERE n.met_at <= n.due_at) AS in_time,
             count(*) FILTER (WHERE coalesce(n.met_at, $3) > n.due_at) AS late,
             coalesce(sum(i.items), 0)::bigint AS items, coalesce(sum(i.settled), 0)::bigint AS items_settled,
             percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM n.met_at - n.received_at) / 60) AS minutes
           FROM notices n LEFT JOIN LATERAL (SELECT count(*) AS items, count(settled_at) AS settled
             FROM notice_items WHERE notice_id = n.id) i ON true
           WHERE n.received_at >= $1 AND n.received_at < $2 AND n.state <> 'refused' GROUP BY n.kind ORDER BY n.kind""",
        since,
        until,
        now,
    )


async def claims(db: Database) -> list[Row]:
    """What was believed before the first ballot, and what the verdict was."""
    return await db.fetch(
        """SELECT prior, verdict = 'remove' AS broke FROM cases WHERE decided_by IN ('jury', 'stewards')
           ORDER BY decided_at DESC LIMIT 2000"""
    )


async def months(db: Database, now: datetime, count: int) -> list[Row]:
    return await db.fetch(
        """WITH span AS (SELECT generate_series(date_trunc('month', $1::timestamptz) - ($2::int - 1) * interval '1 month',
             date_trunc('month', $1::timestamptz), interval '1 month') AS m),
           reported AS (SELECT date_trunc('month', created_at) AS m, count(*) AS n FROM reports GROUP BY 1),
           opened AS (SELECT date_trunc('month', opened_at) AS m, count(*) AS n FROM cases GROUP BY 1),
           decided AS (SELECT date_trunc('month', decided_at) AS m, count(*) AS n, count(*) FILTER (WHERE measure = 'remove') AS removed,
             percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - opened_at) / 60) AS minutes
             FROM cases WHERE decided_at IS NOT NULL GROUP BY 1),
           undone AS (SELECT date_trunc('month', decided_at) AS m, count(*) AS n FROM appeals WHERE outcome = 'reversed' GROUP BY 1),
           demanded AS (SELECT date_trunc('month', received_at) AS m, count(*) AS n FROM notices GROUP BY 1)
           SELECT span.m::date AS month, coalesce(reported.n, 0) AS reports, coalesce(opened.n, 0) AS opened,
             coalesce(decided.n, 0) AS decided, coalesce(decided.removed, 0) AS removed, coalesce(undone.n, 0) AS reversed,
             coalesce(demanded.n, 0) AS notices, decided.minutes AS verdict_p50
           FROM span LEFT JOIN reported USING (m) LEFT JOIN opened USING (m) LEFT JOIN decided USING (m)
           LEFT JOIN undone USING (m) LEFT JOIN demanded USING (m) ORDER BY span.m""",
        now,
        count,
    )
