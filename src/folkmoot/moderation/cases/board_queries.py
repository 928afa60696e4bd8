"""Every statement of the stewards' view: the board's figures and lists of cases."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from folkmoot.database import Database, Row
from folkmoot.moderation import evidence
from folkmoot.moderation.evidence.keep import Content

LINE = """
SELECT c.*, a.name AS account_name, t.text, t.warning, t.sealed,
  greatest((SELECT count(*) FROM case_posts m WHERE m.case_id = c.id) - 1, 0) AS copies
FROM cases c JOIN accounts a ON a.id = c.account_id JOIN case_contents t ON t.id = c.content_id"""


async def _lines(db: Database, conditions: str, *values: object) -> list[Content]:
    return await evidence.opened(db, await db.fetch(f"{LINE} {conditions}", *values), "content_id")


async def find(db: Database, id: int) -> Content | None:
    return next(iter(await _lines(db, "WHERE c.id = $1", id)), None)


async def queue(db: Database, limit: int) -> list[Content]:
    return await _lines(
        db,
        """WHERE c.seats_free > 0 AND c.state IN ('empanelled', 'voting', 'appealed')
            ORDER BY c.place DESC, c.id LIMIT $1""",
        limit,
    )


async def escalated(db: Database, limit: int) -> list[Content]:
    return await _lines(db, "WHERE c.state = 'escalated' ORDER BY c.id LIMIT $1", limit)


async def listing(
    db: Database,
    *,
    states: Collection[str],
    severity: str | None,
    account_id: int | None,
    post_id: int | None,
    ids: Collection[int] | None,
    before: int | None,
    limit: int,
) -> list[Content]:
    """Cases, newest first; only the conditions that are asked for."""
    values: list[object] = [limit]
    conditions = ["true"]
    for condition, value in (
        ("c.state = ANY(${}::text[])", list(states) or None),
        ("c.severity = ${}", severity),
        ("c.account_id = ${}", account_id),
        ("EXISTS (SELECT FROM case_posts m WHERE m.case_id = c.id AND m.post_id = ${})", post_id),
        ("c.id = ANY(${}::bigint[])", None if ids is None else list(ids)),
        ("c.id < ${}", before),
    ):
        if value is not None:
            values.append(value)
            conditions.append(condition.format(len(values)))
    return await _lines(db, f"WHERE {' AND '.join(conditions)} ORDER BY c.id DESC LIMIT $1", *values)


async def standing(db: Database, now: datetime) -> Row:
    """Counts of what is open."""
    row = await db.fetchrow(
        """SELECT count(*) FILTER (WHERE hidden_at IS NOT NULL) AS hidden, min(opened_at) AS oldest_at,
             (SELECT count(*) FROM appeals WHERE outcome IS NULL) AS appeals,
             (SELECT count(*) FROM reports WHERE outcome IS NULL) AS reports,
             (SELECT count(*) FROM jurors WHERE qualified_at IS NOT NULL AND stepped_down_at IS NULL) AS jurors,
             (SELECT count(*) FROM jurors WHERE ring IS NOT NULL AND stepped_down_at IS NULL) AS linked,
             (SELECT count(DISTINCT juror_id) FROM ballots WHERE cast_at > $1::timestamptz - interval '1 day') AS active
           FROM cases WHERE decided_at IS NULL""",
        now,
    )
    assert row is not None  # aggregates without GROUP BY have one row
    return row


async def open_by(db: Database, column: str) -> dict[str, int]:
    """Open cases by state or severity."""
    rows = await db.fetch(
        f"SELECT {column} AS kind, count(*) AS cases FROM cases WHERE state NOT IN ('appealable', 'closed') GROUP BY 1"
    )
    return {row["kind"]: row["cases"] for row in rows}


async def hours(db: Database, now: datetime) -> list[Row]:
    """What came and went in each of the last 24 hours."""
    return await db.fetch(
        """WITH since AS (SELECT date_trunc('hour', $1::timestamptz) - interval '23 hours' AS at),
             opened AS (SELECT date_trunc('hour', opened_at) AS h, count(*) AS n FROM cases, since WHERE opened_at >= at GROUP BY 1),
             decided AS (SELECT date_trunc('hour', decided_at) AS h, count(*) AS n FROM cases, since WHERE decided_at >= at GROUP BY 1),
             said AS (SELECT date_trunc('hour', cast_at) AS h, count(*) AS n FROM ballots, since WHERE cast_at >= at GROUP BY 1)
           SELECT hour AS at, coalesce(opened.n, 0) AS opened, coalesce(decided.n, 0) AS decided, coalesce(said.n, 0) AS ballots
           FROM since, generate_series(since.at, $1::timestamptz, interval '1 hour') AS hour
           LEFT JOIN opened ON opened.h = hour LEFT JOIN decided ON decided.h = hour LEFT JOIN said ON said.h = hour
           ORDER BY hour""",
        now,
    )


async def waits(db: Database, now: datetime) -> list[Row]:
    """Minutes from opening to hiding and to the verdict, by severity, over the last week."""
    return await db.fetch(
        """SELECT severity,
             percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first_hidden_at - opened_at) / 60) AS hidden_p50,
             percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM first_hidden_at - opened_at) / 60) AS hidden_p95,
             percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - opened_at) / 60) AS verdict_p50,
             percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - opened_at) / 60) AS verdict_p95
           FROM cases WHERE opened_at > $1::timestamptz - interval '7 days' GROUP BY severity""",
        now,
    )


async def agreement(db: Database, now: datetime) -> float | None:
    """How often a ballot is on the side of its verdict, over the last week."""
    found: float | None = await db.fetchval(
        """SELECT avg(((b.choice IN ('breaks', 'threat')) = (c.verdict = 'remove'))::int)::float8
           FROM ballots b JOIN cases c ON c.id = b.case_id
           WHERE c.decided_at > $1::timestamptz - interval '7 days' AND c.decided_by IN ('jury', 'stewards')
             AND b.voided_at IS NULL AND NOT b.is_control AND b.choice <> 'unsure'""",
        now,
    )
    return found


async def claims(db: Database) -> list[Row]:
    """What was believed before the first ballot, and what the verdict was."""
    return await db.fetch(
        """SELECT prior, verdict = 'remove' AS broke FROM cases WHERE decided_by IN ('jury', 'stewards')
           ORDER BY decided_at DESC LIMIT 2000"""
    )


async def alarms(db: Database, case_id: int | None = None) -> list[Row]:
    """Those nobody has answered, oldest first; or all of one case."""
    if case_id is not None:
        return await db.fetch("SELECT * FROM alarms WHERE case_id = $1 ORDER BY id", case_id)
    return await db.fetch("SELECT * FROM alarms WHERE answered_at IS NULL ORDER BY raised_at LIMIT 50")


async def timers(db: Database, limit: int, case_id: int | None = None) -> list[Row]:
    """The next clocks; those that only tidy up are of no interest on the board."""
    if case_id is not None:
        return await db.fetch(
            "SELECT case_id, kind, due_at FROM case_timers WHERE case_id = $1 AND done_at IS NULL ORDER BY due_at",
            case_id,
        )
    return await db.fetch(
        """SELECT case_id, kind, due_at FROM case_timers
           WHERE done_at IS NULL AND kind IN ('default', 'override', 'interim') ORDER BY due_at LIMIT $1""",
        limit,
    )


async def exposures(db: Database, now: datetime) -> list[Row]:
    """What jurors have looked at today."""
    return await db.fetch(
        """SELECT exposure, exposed_on FROM jurors WHERE exposed_on = $1::timestamptz::date
           ORDER BY (exposure ->> 'severe_today')::float8 DESC NULLS LAST LIMIT 200""",
        now,
    )


async def report_ids(db: Database, case_id: int) -> list[int]:
    rows = await db.fetch(
        "SELECT report_id FROM case_reports WHERE case_id = $1 ORDER BY report_id DESC LIMIT 500", case_id
    )
    return [row["report_id"] for row in rows]
