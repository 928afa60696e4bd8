"""Every statement about what all cases together teach, and how quickly they are judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from folkmoot.database import Database, Row, Transaction
from folkmoot.moderation.cases.priors import Calibration
from folkmoot.moderation.cases.weights import LEARNING, Learning


async def learned(source: Database | Transaction) -> tuple[Calibration, Learning, float]:
    """The calibration, what unknown jurors are credited with, and the length of the queue in minutes."""
    rows = await source.fetch("SELECT key, value FROM learned")
    found = {row["key"]: row["value"] for row in rows}
    calibration = msgspec.json.decode(found["calibration"], type=Calibration) if "calibration" in found else None
    return calibration or Calibration(1.0, -1.0986), learning_from(found.get("learning")), wait_from(found.get("wait"))


def learning_from(value: str | None) -> Learning:
    return msgspec.json.decode(value, type=Learning) if value else LEARNING


def wait_from(value: str | None) -> float:
    return float(msgspec.json.decode(value)) if value else 5.0


async def keep_learned(tx: Transaction, key: str, value: object, now: datetime) -> None:
    await tx.execute(
        """INSERT INTO learned (key, value, at) VALUES ($1, $2::jsonb, $3)
           ON CONFLICT (key) DO UPDATE SET value = excluded.value, at = excluded.at""",
        key,
        msgspec.json.encode(value).decode(),
        now,
    )


async def verdict_p95(source: Database | Transaction, now: datetime) -> float:
    """Minutes within which nineteen of twenty cases of the last week were decided; 60 before there were any."""
    found: float | None = await source.fetchval(
        """SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - opened_at) / 60)
           FROM cases WHERE decided_at > $1::timestamptz - interval '7 days' AND decided_by = 'jury'""",
        now,
    )
    return 60.0 if found is None else float(found)


async def pace(tx: Transaction, on_the_docket: Sequence[str], now: datetime) -> Row:
    """How much waits, and how quickly it was judged of late."""
    row = await tx.fetchrow(
        """SELECT (SELECT count(*) FROM cases WHERE state = ANY ($1::text[])) AS waiting,
             (SELECT count(*) FROM ballots WHERE cast_at > $2::timestamptz - interval '1 hour') AS recent,
             (SELECT count(*) FROM ballots WHERE cast_at > $2::timestamptz - interval '7 days') AS ballots,
             (SELECT count(*) FROM cases WHERE decided_at > $2::timestamptz - interval '7 days') AS decided""",
        list(on_the_docket),
        now,
    )
    assert row is not None  # a row of counts
    return row


async def move_on(tx: Transaction, now: datetime, clock_weight: float, age_hours: float, limit: int) -> int:
    """Move cases up as their clocks run, so many at a time; those that would hardly move stay, and those in hand too."""
    return await tx.execute(
        """UPDATE cases SET place = moved.place FROM (
             SELECT id, now.place FROM cases CROSS JOIN LATERAL (
               SELECT stake + $2::float8 / greatest(extract(epoch FROM target_at - $1::timestamptz) / 3600, 1.0 / 60)
                 + extract(epoch FROM timestamptz '2021-01-01 00:00Z' - opened_at) / 3600 / $3::float8 AS place) AS now
             WHERE state IN ('empanelled', 'voting', 'appealed') AND seats_free > 0 AND abs(now.place - cases.place) > 0.05
             LIMIT $4 FOR UPDATE OF cases SKIP LOCKED) AS moved
           WHERE moved.id = cases.id""",
        now,
        clock_weight,
        age_hours,
        limit,
    )


async def judged_scores(tx: Transaction) -> list[tuple[float, bool]]:
    """Screening's score and the verdict of people, of the last quarter."""
    rows = await tx.fetch(
        """SELECT score, verdict FROM cases WHERE score IS NOT NULL AND decided_by IN ('jury', 'stewards')
             AND decided_at > now() - interval '90 days' ORDER BY decided_at DESC LIMIT 5000"""
    )
    return [(row["score"], row["verdict"] == "remove") for row in rows]


async def records(tx: Transaction) -> list[Row]:
    return await tx.fetch(
        "SELECT account_id, hit, missed, cleared, accused FROM jurors WHERE stepped_down_at IS NULL AND qualified_at IS NOT NULL"
    )


async def send_back(tx: Transaction, jurors: Sequence[int], now: datetime) -> None:
    """Ask these to practise again."""
    await tx.execute(
        "UPDATE jurors SET sent_back_at = $2 WHERE account_id = ANY ($1::bigint[]) AND sent_back_at IS NULL",
        list(jurors),
        now,
    )
