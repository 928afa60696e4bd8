"""Figures the instance documents show."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from folkmoot.database import Database


class Figures(msgspec.Struct, frozen=True):
    accounts: int
    posts: int
    active_month: int
    active_half_year: int


async def figures(db: Database, now: datetime) -> Figures:
    """How many take part, and how many posts they have standing."""
    row = await db.fetchrow(
        """SELECT count(*) AS accounts, coalesce(sum(posts_count), 0)::bigint AS posts,
                  count(*) FILTER (WHERE active_at > $1::timestamptz - interval '30 days') AS active_month,
                  count(*) FILTER (WHERE active_at > $1::timestamptz - interval '180 days') AS active_half_year
           FROM accounts WHERE approved_at IS NOT NULL AND suspended_at IS NULL AND closed_at IS NULL""",
        now,
    )
    assert row is not None  # an aggregate always has a row
    return Figures(*row)


async def activity(db: Database, now: datetime) -> list[dict[str, Any]]:
    """Posts, active accounts and sign-ups in each of the last 12 weeks, as text."""
    rows = await db.fetch(
        """SELECT extract(epoch FROM week)::bigint AS week,
             (SELECT count(*) FROM posts WHERE created_at >= week AND created_at < week + interval '7 days') AS posts,
             (SELECT count(DISTINCT account_id) FROM posts WHERE created_at >= week AND created_at < week + interval '7 days') AS active,
             (SELECT count(*) FROM accounts WHERE created_at >= week AND created_at < week + interval '7 days') AS joined
           FROM generate_series(date_trunc('week', $1::timestamptz) - interval '11 weeks', $1, interval '7 days') AS week
           ORDER BY week DESC""",
        now,
    )
    return [
        {
            "week": str(row["week"]),
            "statuses": str(row["posts"]),
            "logins": str(row["active"]),
            "registrations": str(row["joined"]),
        }
        for row in rows
    ]
