"""Every statement about seats and ballots: the draw, leases, what was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from folkmoot.database import Database, Row, Transaction
from folkmoot.ids import id_at
from folkmoot.moderation.cases.rules import Choice, WeighedBallot

NO_SHOW = 0.02
"""Share of leases that lapse, until one's own say otherwise."""


def weighed(row: Row) -> WeighedBallot:
    """A ballot's row as the core has it."""
    return WeighedBallot(row["juror_id"], Choice(row["choice"]).says, row["if_breaks"], row["if_fine"], row["ring"])


async def ballots(source: Database | Transaction, case_id: int, round: int, content_id: int) -> list[Row]:
    """The ballots that count: of this round, on this version, not voided."""
    return await source.fetch(
        """SELECT juror_id, choice, if_breaks, if_fine, ring, rule_id, seconds, cast_at FROM ballots
           WHERE case_id = $1 AND round = $2 AND content_id = $3 AND voided_at IS NULL AND NOT is_control ORDER BY id""",
        case_id,
        round,
        content_id,
    )


async def all_ballots(source: Database | Transaction, case_id: int) -> list[Row]:
    """Every ballot of a case, voided ones too; controls are another matter."""
    return await source.fetch(
        """SELECT b.*, j.ring IS NOT NULL AS linked FROM ballots b LEFT JOIN jurors j ON j.account_id = b.juror_id
           WHERE b.case_id = $1 AND NOT b.is_control ORDER BY b.id""",
        case_id,
    )


# The draw -----------------------------------------------------------------------------------------------------------

_JUROR = """
SELECT j.account_id, j.qualified_at, j.stepped_down_at, j.sent_back_at, j.opted_out, j.ring, j.given, j.controls_given,
  j.exposure, j.exposed_on, j.cases_helped, j.hit, j.missed, j.cleared, j.accused, j.record_at,
  (SELECT value FROM learned WHERE key = 'learning') AS learning, (SELECT value FROM learned WHERE key = 'wait') AS wait,
  (SELECT b.seat_id FROM ballots b WHERE b.juror_id = j.account_id AND b.voided_at IS NULL ORDER BY b.id DESC LIMIT 1) AS last_seat
FROM jurors j WHERE j.account_id = $1"""


async def lock_juror(tx: Transaction, account_id: int) -> Row | None:
    """The juror, held: two requests of one juror come one after the other."""
    return await tx.fetchrow(f"{_JUROR} FOR UPDATE OF j", account_id)


_SEAT = """
SELECT s.id, s.case_id, s.juror_id, s.round, s.content_id, s.is_control, s.taken_at, s.lease_until, s.ended_at, s.ended_how,
  c.severity, c.category, c.state,
  (SELECT count(*) FROM case_posts m WHERE m.case_id = c.id) AS posts
FROM seats s JOIN cases c ON c.id = s.case_id"""


async def open_seat(source: Database | Transaction, juror_id: int) -> Row | None:
    """The seat a juror holds, lapsed or not."""
    return await source.fetchrow(f"{_SEAT} WHERE s.juror_id = $1 AND s.ended_at IS NULL", juror_id)


async def find_seat(source: Database | Transaction, seat_id: int) -> Row | None:
    return await source.fetchrow(f"{_SEAT} WHERE s.id = $1", seat_id)


async def candidates(
    tx: Transaction, juror_id: int, opted_out: Sequence[str], may_severe: bool, below: tuple[float, int], limit: int
) -> list[Row]:
    """The next cases in the queue that nobody else is choosing from, without those this juror plainly cannot sit in."""
    return await tx.fetch(
        """SELECT c.id, c.state, c.version, c.round, c.severity, c.category, c.account_id, c.content_id, c.belief, c.ballots,
             c.place, c.seats_free,
             ARRAY(SELECT j.ring FROM seats s JOIN jurors j ON j.account_id = s.juror_id
                   WHERE s.case_id = c.id AND s.round = c.round AND NOT s.is_control
                     AND (s.ended_at IS NULL OR s.ended_how = 'cast')) AS panel
           FROM cases c
           WHERE c.seats_free > 0 AND c.state IN ('empanelled', 'voting', 'appealed')
             AND (c.place, -c.id) < ($4, $5) AND c.severity <> ALL ($2::text[]) AND ($3 OR c.severity <> 'threat')
             AND c.account_id <> $1
             AND NOT EXISTS (SELECT FROM seats s WHERE s.case_id = c.id AND s.juror_id = $1
                             AND (s.ended_how IS NULL OR s.ended_how <> 'edited'))
             AND NOT EXISTS (SELECT FROM case_reports r WHERE r.reporter_id = $1 AND r.case_id = c.id)
           ORDER BY c.place DESC, c.id LIMIT $6 FOR UPDATE OF c SKIP LOCKED""",
        juror_id,
        list(opted_out),
        may_severe,
        below[0],
        below[1],
        limit,
    )


async def controls(tx: Transaction, juror_id: int, opted_out: Sequence[str], may_severe: bool, limit: int) -> list[Row]:
    """Cases two stewards have confirmed and this juror has never seen, in an order nobody can foresee."""
    return await tx.fetch(
        """SELECT c.id, c.state, c.version, c.round, c.severity, c.category, c.account_id, c.content_id, c.belief, c.ballots,
             c.place, c.seats_free, ARRAY[]::bigint[] AS panel
           FROM (SELECT * FROM cases WHERE decided_by = 'stewards' AND state IN ('appealable', 'upheld', 'closed')
                   AND erased_at IS NULL
                   AND (SELECT count(*) FROM steward_votes v WHERE v.case_id = cases.id AND v.round = cases.round
                          AND v.verdict = cases.verdict) >= 2
                 ORDER BY id DESC LIMIT 200) c
           WHERE c.severity <> ALL ($2::text[]) AND ($3 OR c.severity <> 'threat') AND c.account_id <> $1
             AND NOT EXISTS (SELECT FROM seats s WHERE s.case_id = c.id AND s.juror_id = $1)
             AND NOT EXISTS (SELECT FROM case_reports r WHERE r.reporter_id = $1 AND r.case_id = c.id)
           ORDER BY random() LIMIT $4""",
        juror_id,
        list(opted_out),
        may_severe,
        limit,
    )


async def acquaintances(
    tx: Transaction, juror_id: int, case_ids: Sequence[int], now: datetime, days: timedelta
) -> list[Row]:
    """Those parties of these cases whom the juror has anything to do with, and how; all addresses of the parties.

    Driven from the cases' few parties for what has an index on both sides, from the juror's own last weeks for who
    spoke with whom.
    """
    return await tx.fetch(
        """WITH spoke AS MATERIALIZED (
             SELECT in_reply_to_account_id AS id FROM posts
               WHERE account_id = $1 AND id > $3 AND in_reply_to_account_id IS NOT NULL
             UNION SELECT m.account_id FROM posts p JOIN mentions m ON m.post_id = p.id AND m.author_id = p.account_id
               WHERE p.account_id = $1 AND p.id > $3
             UNION SELECT author_id FROM mentions WHERE account_id = $1 AND post_id > $3
             UNION SELECT r.account_id FROM posts p JOIN posts r ON r.in_reply_to_id = p.id
               WHERE p.account_id = $1 AND p.id > $3)
           SELECT p.case_id, p.account_id, p.part, p.account_id = $1 AS self,
             EXISTS (SELECT FROM follows WHERE account_id = $1 AND target_id = p.account_id) AS follows,
             EXISTS (SELECT FROM follows WHERE account_id = p.account_id AND target_id = $1) AS followed_by,
             EXISTS (SELECT FROM blocks WHERE account_id = $1 AND target_id = p.account_id)
               OR EXISTS (SELECT FROM blocks WHERE account_id = p.account_id AND target_id = $1)
               OR EXISTS (SELECT FROM mutes WHERE account_id = $1 AND target_id = p.account_id) AS blocks,
             EXISTS (SELECT FROM spoke WHERE spoke.id = p.account_id) AS spoke_with,
             (SELECT ring FROM jurors WHERE jurors.account_id = p.account_id) AS ring,
             ARRAY(SELECT DISTINCT s.address FROM sessions s WHERE s.account_id = p.account_id AND s.address <> ''
                   AND s.revoked_at IS NULL) AS addresses
           FROM case_parties p WHERE p.case_id = ANY ($2::bigint[])
           UNION ALL
           SELECT NULL, $1, 'juror', true, false, false, false, false, NULL,
             ARRAY(SELECT DISTINCT s.address FROM sessions s WHERE s.account_id = $1 AND s.address <> ''
                   AND s.revoked_at IS NULL)""",
        juror_id,
        list(case_ids),
        id_at(now - days),
    )


async def insert_seat(
    tx: Transaction,
    id: int,
    case: Row,
    juror_id: int,
    now: datetime,
    until: datetime,
    *,
    is_control: bool,
) -> None:
    """Lease a seat and count it for the juror."""
    await tx.execute(
        """WITH given AS (
             UPDATE jurors SET given = given + 1, controls_given = controls_given + $8::int, seat_at = $6 WHERE account_id = $3)
           INSERT INTO seats (id, case_id, juror_id, round, content_id, taken_at, lease_until, is_control)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8 = 1)""",
        id,
        case["id"],
        juror_id,
        case["round"],
        case["content_id"],
        now,
        until,
        int(is_control),
    )


async def end_seat(tx: Transaction, seat_id: int, how: str, now: datetime) -> bool:
    return bool(
        await tx.execute(
            "UPDATE seats SET ended_at = $3, ended_how = $2 WHERE id = $1 AND ended_at IS NULL", seat_id, how, now
        )
    )


async def end_seats(tx: Transaction, case_id: int, how: str, now: datetime) -> list[Row]:
    """End every running seat of a case; which they were."""
    return await tx.fetch(
        """UPDATE seats SET ended_at = $3, ended_how = $2 WHERE case_id = $1 AND ended_at IS NULL AND NOT is_control
           RETURNING id, juror_id""",
        case_id,
        how,
        now,
    )


async def reopen_seat(tx: Transaction, seat_id: int, now: datetime, until: datetime) -> None:
    """Give a seat back to who took their ballot back."""
    await tx.execute(
        "UPDATE seats SET ended_at = NULL, ended_how = NULL, taken_at = $2, lease_until = $3 WHERE id = $1",
        seat_id,
        now,
        until,
    )


async def lapsed(db: Database, now: datetime, limit: int) -> list[Row]:
    return await db.fetch(
        "SELECT id, case_id, juror_id FROM seats WHERE lease_until <= $1 AND ended_at IS NULL ORDER BY lease_until LIMIT $2",
        now,
        limit,
    )


async def count_lapse(tx: Transaction, juror_id: int) -> None:
    await tx.execute("UPDATE jurors SET lapses = lapses + 1 WHERE account_id = $1", juror_id)


async def running(source: Database | Transaction, case_id: int, round: int) -> int:
    found: int = await source.fetchval(
        "SELECT count(*) FROM seats WHERE case_id = $1 AND round = $2 AND ended_at IS NULL AND NOT is_control",
        case_id,
        round,
    )
    return found


_MOVED = """EXISTS (SELECT FROM case_contents t JOIN cases c ON c.id = t.case_id AND c.state <> 'appealed'
  JOIN posts p ON p.id = t.post_id AND p.account_id = t.account_id WHERE t.id = {content} AND p.version > t.version)"""


async def moved_version(source: Database | Transaction, content_id: int) -> bool:
    """Whether the post has a newer version than the one that is being judged. A deleted one has not; and an appeal is about what was
    judged the first time, whatever has become of it."""
    found: bool = await source.fetchval(f"SELECT {_MOVED.format(content='$1')}", content_id)
    return found


# Ballots ------------------------------------------------------------------------------------------------------------


_EXCLUDED = """(EXISTS (SELECT FROM case_reports r WHERE r.case_id = s.case_id AND r.reporter_id = s.juror_id)
  OR EXISTS (SELECT FROM case_parties p WHERE p.case_id = s.case_id
             AND (EXISTS (SELECT FROM follows WHERE account_id = s.juror_id AND target_id = p.account_id)
                  OR EXISTS (SELECT FROM blocks WHERE account_id = s.juror_id AND target_id = p.account_id))))"""
"""What a juror may have done since the seat was given: reported it, or followed or blocked somebody in it."""


async def is_excluded(tx: Transaction, seat_id: int) -> bool:
    """Whether who holds the seat may not judge the case any more."""
    found: bool = await tx.fetchval(f"SELECT NOT s.is_control AND {_EXCLUDED} FROM seats s WHERE s.id = $1", seat_id)
    return found


async def seat_for_ballot(tx: Transaction, seat_id: int, juror_id: int) -> Row | None:
    """All that a ballot depends on, with seat and case held; None for a seat that is not this juror's."""
    return await tx.fetchrow(
        f"""SELECT s.id AS seat_id, s.case_id, s.round AS seat_round, s.content_id AS seat_content, s.is_control, s.taken_at,
             s.lease_until, s.ended_at, s.ended_how,
             {_MOVED.format(content="s.content_id")} AS moved,
             {_EXCLUDED} AS excluded,
             (SELECT count(*) FROM seats o WHERE o.case_id = s.case_id AND o.round = s.round AND o.ended_at IS NULL
              AND NOT o.is_control AND o.id <> s.id) AS others_out
           FROM seats s WHERE s.id = $1 AND s.juror_id = $2 FOR UPDATE OF s""",
        seat_id,
        juror_id,
    )


async def insert_ballot(
    tx: Transaction,
    id: int,
    seat: Row,
    ballot: WeighedBallot,
    choice: str,
    rule_id: int | None,
    content_id: int,
    now: datetime,
) -> None:
    """Write a ballot and end its seat."""
    await tx.execute(
        """WITH ended AS (UPDATE seats SET ended_at = $13, ended_how = 'cast' WHERE id = $2)
           INSERT INTO ballots (id, seat_id, case_id, juror_id, round, content_id, is_control, choice, rule_id, if_breaks,
             if_fine, ring, cast_at, seconds)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)""",
        id,
        seat["seat_id"],
        seat["case_id"],
        ballot.juror,
        seat["seat_round"],
        content_id,
        seat["is_control"],
        choice,
        rule_id,
        ballot.if_breaks,
        ballot.if_fine,
        ballot.ring,
        now,
        max((now - seat["taken_at"]).total_seconds(), 0.0),
    )


async def void_ballot(tx: Transaction, seat_id: int, why: str, now: datetime) -> bool:
    return bool(
        await tx.execute(
            "UPDATE ballots SET voided_at = $3, voided_why = $2 WHERE seat_id = $1 AND voided_at IS NULL",
            seat_id,
            why,
            now,
        )
    )


async def void_ballots_of(tx: Transaction, case_id: int, juror_id: int, why: str, now: datetime) -> bool:
    return bool(
        await tx.execute(
            """UPDATE ballots SET voided_at = $4, voided_why = $3
               WHERE case_id = $1 AND juror_id = $2 AND voided_at IS NULL AND NOT is_control""",
            case_id,
            juror_id,
            why,
            now,
        )
    )


async def note_exposure(tx: Transaction, juror_id: int, exposure: str, now: datetime, helped: int) -> None:
    await tx.execute(
        """UPDATE jurors SET exposure = $2::jsonb, exposed_on = $3::timestamptz::date, cases_helped = greatest(cases_helped + $4, 0)
           WHERE account_id = $1""",
        juror_id,
        exposure,
        now,
        helped,
    )


async def ballots_today(source: Database | Transaction, juror_id: int, since: datetime) -> int:
    found: int = await source.fetchval(
        "SELECT count(*) FROM ballots WHERE juror_id = $1 AND cast_at >= $2 AND voided_at IS NULL", juror_id, since
    )
    return found


# Scorings -----------------------------------------------------------------------------------------------------------


async def keep_scorings(
    tx: Transaction, case_id: int, round: int, jurors: Sequence[tuple[int, bool, float, float]], now: datetime
) -> None:
    """What a case says of its jurors; a newer word replaces the older."""
    await tx.execute(
        """INSERT INTO scorings (juror_id, case_id, round, says, truth, weight, at)
           SELECT juror, $1, $2, says, truth, weight, $7
           FROM unnest($3::bigint[], $4::boolean[], $5::float8[], $6::float8[]) AS s (juror, says, truth, weight)
           ON CONFLICT (juror_id, case_id, round) DO UPDATE SET says = excluded.says, truth = excluded.truth,
             weight = excluded.weight""",
        case_id,
        round,
        [each[0] for each in jurors],
        [each[1] for each in jurors],
        [each[2] for each in jurors],
        [each[3] for each in jurors],
        now,
    )


async def forget_scoring(tx: Transaction, juror_id: int, case_id: int, round: int) -> None:
    await tx.execute(
        "DELETE FROM scorings WHERE juror_id = $1 AND case_id = $2 AND round = $3", juror_id, case_id, round
    )


async def recompute_records(tx: Transaction, jurors: Sequence[int] | None, decay: float, now: datetime) -> int:
    """The records of these jurors (None: of all), from all their scorings: `weights.record_of` in one statement."""
    return await tx.execute(
        """UPDATE jurors j SET hit = coalesce(s.hit, 0), missed = coalesce(s.missed, 0), cleared = coalesce(s.cleared, 0),
             accused = coalesce(s.accused, 0), record_at = $3
           FROM (SELECT juror_id,
                   sum(truth * w) FILTER (WHERE says) AS hit, sum((1 - truth) * w) FILTER (WHERE says) AS accused,
                   sum(truth * w) FILTER (WHERE NOT says) AS missed, sum((1 - truth) * w) FILTER (WHERE NOT says) AS cleared
                 FROM (SELECT juror_id, says, truth,
                         weight * power($2::float8, extract(epoch FROM $3::timestamptz - at) / 86400) AS w
                       FROM scorings WHERE $1::bigint[] IS NULL OR juror_id = ANY ($1)) AS each
                 GROUP BY juror_id) AS s
           WHERE s.juror_id = j.account_id""",
        list(jurors) if jurors is not None else None,
        decay,
        now,
    )


# What comes to light later ------------------------------------------------------------------------------------------


async def ballots_since(db: Database, since: datetime) -> list[Row]:
    return await db.fetch(
        """SELECT case_id, juror_id, choice, cast_at, seconds FROM ballots
           WHERE cast_at > $1 AND voided_at IS NULL AND NOT is_control""",
        since,
    )


async def decided_ballots(db: Database, jurors: Sequence[int], since: datetime) -> list[Row]:
    """All ballots of the jury-decided cases in which one of these jurors voted."""
    return await db.fetch(
        """SELECT b.case_id, b.juror_id, b.choice, b.if_breaks, b.if_fine, b.ring, c.prior, c.verdict, c.severity
           FROM cases c JOIN ballots b ON b.case_id = c.id AND b.round = c.round AND b.content_id = c.content_id
           WHERE c.decided_at > $2 AND c.decided_by = 'jury' AND b.voided_at IS NULL AND NOT b.is_control
             AND EXISTS (SELECT FROM ballots o WHERE o.case_id = c.id AND o.juror_id = ANY ($1::bigint[]))
           ORDER BY b.id""",
        list(jurors),
        since,
    )


async def linked_jurors(db: Database) -> list[int]:
    """Who belongs to any ring."""
    rows = await db.fetch("SELECT account_id FROM jurors WHERE ring IS NOT NULL ORDER BY account_id")
    return [row["account_id"] for row in rows]


async def keep_rings(tx: Transaction, rings: Mapping[int, int]) -> list[int]:
    """Note who belongs to which ring; those for whom that is new."""
    rows = await tx.fetch(
        """UPDATE jurors j SET ring = r.ring FROM unnest($1::bigint[], $2::bigint[]) AS r (juror, ring)
           WHERE r.juror = j.account_id AND j.ring IS DISTINCT FROM r.ring RETURNING j.account_id""",
        list(rings),
        list(rings.values()),
    )
    return [row["account_id"] for row in rows]
