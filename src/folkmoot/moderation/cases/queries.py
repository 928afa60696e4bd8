"""Every statement about cases, as opening, joining and deciding need them; beside it what they
are about (`content_queries`), clocks, what was learned, the board, and seats with their ballots (`seats`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from folkmoot.database import Database, Row, Transaction
from folkmoot.moderation.cases.priors import Reporter
from folkmoot.moderation.cases.states import Event

RUNNING_NOTICES = "('received', 'open', 'interim')"
"""Of a notice whose sender waits for an answer."""
_COLUMNS = """id, state, version, round, severity, category, account_id, content_id, text_hash, likeness, pictures, bands,
  score, because, prior, belief, ballots, seats_free, reach, stake, target_at, place, hidden_at, first_hidden_at,
  overridden, source, life_at_risk, frozen, reports, deadline_at, opened_at, decided_at, verdict, measure, rule_id,
  decided_by, closed_at, erased_at"""


async def lock_case(tx: Transaction, case_id: int) -> Row | None:
    return await tx.fetchrow(f"SELECT {_COLUMNS} FROM cases WHERE id = $1 FOR UPDATE", case_id)


async def insert_case(tx: Transaction, row: Mapping[str, Any]) -> None:
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    await tx.execute(f"INSERT INTO cases ({', '.join(row)}) VALUES ({places})", *row.values())


async def save_case(tx: Transaction, case_id: int, seen: int, changes: Mapping[str, Any]) -> bool:
    """Write columns, if the case still stands at the version that was seen."""
    places = ", ".join(f"{column} = ${number}" for number, column in enumerate(changes, 3))
    return bool(
        await tx.execute(f"UPDATE cases SET {places} WHERE id = $1 AND version = $2", case_id, seen, *changes.values())
    )


async def insert_events(tx: Transaction, case_id: int, after: int, events: Sequence[Event]) -> None:
    """Write events under the numbers that follow; one that happened already raises."""
    await tx.execute(
        """INSERT INTO case_events (case_id, number, step, key, by_id, about, why, at)
           SELECT $1, $2 + n, step, key, by_id, about, why, at
           FROM unnest($3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::timestamptz[])
             WITH ORDINALITY AS e (step, key, by_id, about, why, at, n)""",
        case_id,
        after,
        [event.step.value for event in events],
        [event.key for event in events],
        [event.by for event in events],
        [event.about for event in events],
        [event.why for event in events],
        [event.at for event in events],
    )


async def events(source: Database | Transaction, case_id: int) -> list[Row]:
    """A case's events in order, with the names of those who act by name."""
    return await source.fetch(
        """SELECT e.number, e.step, e.key, e.by_id, a.name AS by_name, e.about, e.why, e.at
           FROM case_events e LEFT JOIN accounts a ON a.id = e.by_id WHERE e.case_id = $1 ORDER BY e.number""",
        case_id,
    )


# Which case something belongs to -----------------------------------------------------------------------------------


async def one_at_a_time(tx: Transaction, what: str) -> None:
    """Wait for anybody else who is opening a case about the same; ends with the transaction."""
    await tx.fetchval("SELECT pg_advisory_xact_lock(hashtextextended($1, 20210109))::text", what)


async def case_of_post(source: Database | Transaction, post_id: int) -> Row | None:
    """The case a post is before, else the last it came to; the version that is known there, and the present one if there is any."""
    return await source.fetchrow(
        """SELECT c.id, c.state, c.verdict, c.measure, c.decided_at, c.decided_by, m.version, m.account_id,
             p.version AS present_version
           FROM case_posts m JOIN cases c ON c.id = m.case_id
             LEFT JOIN posts p ON p.id = m.post_id AND p.account_id = m.account_id
           WHERE m.post_id = $1 ORDER BY c.decided_at IS NOT NULL, m.joined_at DESC, m.case_id DESC LIMIT 1""",
        post_id,
    )


async def case_of_profile(source: Database | Transaction, account_id: int) -> Row | None:
    """The latest case about a profile, and the hash of the text that was judged."""
    return await source.fetchrow(
        """SELECT c.id, c.state, c.verdict, c.measure, c.decided_at, c.decided_by, 1 AS version, c.text_hash, c.account_id
           FROM cases c JOIN case_contents t ON t.id = c.content_id
           WHERE c.account_id = $1 AND t.post_id IS NULL ORDER BY c.id DESC LIMIT 1""",
        account_id,
    )


async def cases_alike(tx: Transaction, bands: Sequence[int]) -> list[Row]:
    """Undecided cases that may be about the same: those that share a part of text or picture."""
    if not bands:
        return []
    return await tx.fetch(
        """SELECT id, content_id, text_hash, likeness, pictures FROM cases
           WHERE bands && $1::bigint[] AND decided_at IS NULL ORDER BY id LIMIT 50""",
        list(bands),
    )


async def finding_of(source: Database | Transaction, finding_id: int) -> Row | None:
    return await source.fetchrow("SELECT * FROM findings WHERE id = $1", finding_id)


async def link_finding(tx: Transaction, finding_id: int, case_id: int) -> None:
    await tx.execute("UPDATE findings SET case_id = $2 WHERE id = $1", finding_id, case_id)


# What goes along with a post that has left a case -------------------------------------------------------------------


async def move_findings(tx: Transaction, post_id: int, old: int, new: int) -> None:
    await tx.execute(
        "UPDATE findings SET case_id = $3 WHERE post_id = $1 AND case_id = $2 AND decision IS NULL", post_id, old, new
    )


async def move_reports(tx: Transaction, post_id: int, old: int, new: int) -> bool:
    """Open reports about a post; those that name another post of the old case belong to both. Whether there are any."""
    return bool(
        await tx.fetch(
            """WITH theirs AS (
                 SELECT c.report_id, c.reporter_id,
                   (SELECT min(m.post_id) FROM case_posts m WHERE m.case_id = $2 AND m.post_id = ANY(r.posts)) AS other
                 FROM case_reports c JOIN reports r ON r.id = c.report_id
                 WHERE c.case_id = $2 AND c.outcome IS NULL AND $1 = ANY(r.posts)),
               come AS (
                 INSERT INTO case_reports (case_id, report_id, post_id, reporter_id)
                 SELECT $3, report_id, $1, reporter_id FROM theirs ON CONFLICT DO NOTHING),
               gone AS (
                 DELETE FROM case_reports c USING theirs t
                 WHERE c.case_id = $2 AND c.report_id = t.report_id AND t.other IS NULL),
               stay AS (
                 UPDATE case_reports c SET post_id = t.other FROM theirs t
                 WHERE c.case_id = $2 AND c.report_id = t.report_id AND t.other IS NOT NULL)
               SELECT report_id FROM theirs""",
            post_id,
            old,
            new,
        )
    )


async def move_notices(tx: Transaction, post_id: int, old: int, new: int) -> datetime | None:
    """What notices want of a post and nobody has settled; the earliest time by which they want it."""
    rows = await tx.fetch(
        f"""UPDATE notice_items i SET case_id = $3 FROM notices n
            WHERE n.id = i.notice_id AND i.post_id = $1 AND i.case_id = $2 AND i.settled_at IS NULL
            RETURNING CASE WHEN n.state IN {RUNNING_NOTICES} THEN n.due_at END AS due_at""",
        post_id,
        old,
        new,
    )
    return min((row["due_at"] for row in rows if row["due_at"] is not None), default=None)


async def earliest_due(tx: Transaction, case_id: int) -> datetime | None:
    """The earliest clock of all notices that wait for a case."""
    found: datetime | None = await tx.fetchval(
        f"""SELECT min(n.due_at) FROM notice_items i JOIN notices n ON n.id = i.notice_id
            WHERE i.case_id = $1 AND i.settled_at IS NULL AND n.state IN {RUNNING_NOTICES}""",
        case_id,
    )
    return found


async def is_doubted(tx: Transaction, post_id: int) -> bool:
    """Whether anybody ever wanted a post judged, by a report, by a notice, or a steward by opening a case about it; or what screening
    held of it waits for people."""
    found: bool = await tx.fetchval(
        """SELECT EXISTS (SELECT FROM reports r JOIN posts p ON p.account_id = r.account_id
                          WHERE p.id = $1 AND p.id = ANY(r.posts))
             OR EXISTS (SELECT FROM notice_items WHERE post_id = $1)
             OR EXISTS (SELECT FROM findings WHERE post_id = $1 AND outcome = 'hold' AND decision IS NULL)
             OR EXISTS (SELECT FROM case_posts m JOIN case_events e ON e.case_id = m.case_id
                        WHERE m.post_id = $1 AND m.why = 'first' AND e.step = 'opened' AND e.by_id IS NOT NULL)""",
        post_id,
    )
    return found


async def findings_without_case(db: Database, limit: int) -> list[int]:
    rows = await db.fetch(
        """SELECT f.id FROM findings f JOIN posts p ON p.id = f.post_id AND p.account_id = f.account_id
           WHERE f.decision IS NULL AND f.case_id IS NULL AND f.part = 'post' ORDER BY f.id LIMIT $1""",
        limit,
    )
    return [row["id"] for row in rows]


async def reporters(tx: Transaction, case_id: int) -> list[Reporter]:
    """The records of those who reported a case, each once; of many the earliest five hundred."""
    rows = await tx.fetch(
        """SELECT who.reporter_id, count(*) FILTER (WHERE r.outcome = 'upheld') AS upheld,
             count(*) FILTER (WHERE r.outcome = 'refused') AS refused
           FROM (SELECT reporter_id, min(report_id) AS first FROM case_reports
                 WHERE case_id = $1 AND reporter_id IS NOT NULL GROUP BY 1 ORDER BY 2 LIMIT 500) AS who
           LEFT JOIN reports r ON r.reporter_id = who.reporter_id AND r.outcome IS NOT NULL GROUP BY 1""",
        case_id,
    )
    return [Reporter(row["upheld"], row["refused"]) for row in rows]


async def join_reports(tx: Transaction, case_id: int, now: datetime) -> list[Row]:
    """Take note of the reports that have come to a case since the last time, a thousand at most."""
    return await tx.fetch(
        """UPDATE case_reports SET joined_at = $2 WHERE (case_id, report_id) IN (
             SELECT case_id, report_id FROM case_reports WHERE case_id = $1 AND joined_at IS NULL ORDER BY report_id LIMIT 1000)
           RETURNING report_id, reporter_id""",
        case_id,
        now,
    )


async def staff(source: Database | Transaction) -> list[int]:
    """Everybody who is to be called."""
    rows = await source.fetch(
        """SELECT id FROM accounts WHERE role IN ('steward', 'operator') AND suspended_at IS NULL AND closed_at IS NULL
             AND approved_at IS NOT NULL"""
    )
    return [row["id"] for row in rows]


# Alarms -------------------------------------------------------------------------------------------------------------


async def open_alarm(tx: Transaction, case_id: int) -> Row | None:
    return await tx.fetchrow("SELECT * FROM alarms WHERE case_id = $1 AND answered_at IS NULL LIMIT 1", case_id)


async def insert_alarm(
    tx: Transaction, id: int, case_id: int, by: int | None, via: str, why: str, note: str, now: datetime
) -> Row:
    row = await tx.fetchrow(
        """INSERT INTO alarms (id, case_id, raised_by, via, why, note, raised_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
           RETURNING *""",
        id,
        case_id,
        by,
        via,
        why,
        note,
        now,
    )
    assert row is not None  # an insert returns its row
    return row


async def answer_alarm(tx: Transaction, id: int, by: int | None, answer: str, now: datetime) -> Row | None:
    return await tx.fetchrow(
        """UPDATE alarms SET answered_at = $3, answered_by = $2, answer = $4 WHERE id = $1 AND answered_at IS NULL
           RETURNING *""",
        id,
        by,
        now,
        answer,
    )


async def concerns(source: Database | Transaction, case_id: int, account_id: int) -> bool:
    """Whether an account reported the case, or holds or held a seat in it."""
    found: bool = await source.fetchval(
        """SELECT EXISTS (SELECT FROM case_reports WHERE case_id = $1 AND reporter_id = $2)
             OR EXISTS (SELECT FROM seats WHERE case_id = $1 AND juror_id = $2)""",
        case_id,
        account_id,
    )
    return found


async def is_involved(source: Database | Transaction, case_id: int, account_id: int) -> bool:
    """Whether somebody wrote, reported or judged what a case is about: then they do not decide it as a steward."""
    found: bool = await source.fetchval(
        """SELECT EXISTS (SELECT FROM case_parties WHERE case_id = $1 AND account_id = $2 AND part <> 'mentioned')
             OR EXISTS (SELECT FROM case_reports WHERE case_id = $1 AND reporter_id = $2)
             OR EXISTS (SELECT FROM ballots WHERE case_id = $1 AND juror_id = $2 AND NOT is_control)""",
        case_id,
        account_id,
    )
    return found


async def waited_out_of_sight(tx: Transaction, case_id: int) -> bool:
    """Whether a probability alone hid it, before any juror had said anything."""
    found: bool = await tx.fetchval(
        """SELECT EXISTS (SELECT FROM case_events WHERE case_id = $1 AND step = 'hidden' AND by_id IS NULL
                          AND (key = 'hidden:first' OR key LIKE 'hidden:prior:%'))""",
        case_id,
    )
    return found


# Stewards' votes ----------------------------------------------------------------------------------------------------


async def keep_vote(
    tx: Transaction,
    case_id: int,
    round: int,
    steward_id: int,
    verdict: str,
    measure: str | None,
    rule_id: int | None,
    why: str,
    now: datetime,
) -> None:
    """A steward's word; a second one replaces the first."""
    await tx.execute(
        """INSERT INTO steward_votes (case_id, round, steward_id, verdict, measure, rule_id, why, at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (case_id, round, steward_id) DO UPDATE
             SET verdict = excluded.verdict, measure = excluded.measure, rule_id = excluded.rule_id, why = excluded.why,
               at = excluded.at""",
        case_id,
        round,
        steward_id,
        verdict,
        measure,
        rule_id,
        why,
        now,
    )


async def votes(source: Database | Transaction, case_id: int, round: int | None = None) -> list[Row]:
    """What stewards said of a case, first to last; in one round of it, or in all."""
    return await source.fetch(
        """SELECT v.*, a.name AS steward_name FROM steward_votes v LEFT JOIN accounts a ON a.id = v.steward_id
           WHERE v.case_id = $1 AND ($2::smallint IS NULL OR v.round = $2) ORDER BY v.at""",
        case_id,
        round,
    )


async def is_asked_for(tx: Transaction, case_id: int, round: int) -> bool:
    """Whether anybody wants a case judged or has begun to: somebody who objects, a steward who opened it, a juror."""
    found: bool = await tx.fetchval(
        """SELECT EXISTS (SELECT FROM case_reports WHERE case_id = $1)
             OR EXISTS (SELECT FROM case_events WHERE case_id = $1 AND step = 'opened' AND by_id IS NOT NULL)
             OR EXISTS (SELECT FROM ballots WHERE case_id = $1 AND round = $2 AND voided_at IS NULL AND NOT is_control)""",
        case_id,
        round,
    )
    return found


async def reopen_findings(tx: Transaction, case_id: int) -> None:
    """What a steward had upheld is seen again until the verdict: whoever looks at the finding decides anew."""
    await tx.execute(
        """UPDATE findings SET decision = NULL, decided_by = NULL, decided_at = NULL
           WHERE case_id = $1 AND decision = 'upheld'""",
        case_id,
    )


# Outcomes -----------------------------------------------------------------------------------------------------------


async def answer_reports(tx: Transaction, case_id: int, outcome: str, now: datetime, limit: int) -> list[Row]:
    """Give reports the outcome of their case; those that have it in all their cases, to be told.

    A report about several posts is upheld when one of them broke a rule.
    """
    return await tx.fetch(
        """WITH answered AS (
             UPDATE case_reports SET outcome = $2, joined_at = coalesce(joined_at, $3) WHERE (case_id, report_id) IN (
               SELECT case_id, report_id FROM case_reports WHERE case_id = $1 AND outcome IS NULL ORDER BY report_id LIMIT $4)
             RETURNING report_id),
           whole AS (
             SELECT a.report_id, coalesce(bool_or(o.outcome = 'upheld'), false) OR $2 = 'upheld' AS upheld,
               bool_and(o.case_id = $1 OR o.outcome IS NOT NULL) AS done
             FROM answered a JOIN case_reports o ON o.report_id = a.report_id GROUP BY 1)
           UPDATE reports r SET outcome = CASE WHEN w.upheld THEN 'upheld' ELSE 'refused' END, outcome_at = $3, told_at = $3
           FROM whole w WHERE w.report_id = r.id AND w.done RETURNING r.id AS report_id, r.reporter_id""",
        case_id,
        outcome,
        now,
        limit,
    )


async def reverse_reports(tx: Transaction, case_id: int, outcome: str, now: datetime) -> None:
    """Take the outcome of a case's reports back, so that they are answered anew."""
    await tx.execute(
        """WITH links AS (UPDATE case_reports SET outcome = NULL WHERE case_id = $1 AND outcome <> $2 RETURNING report_id)
           UPDATE reports SET outcome = NULL, outcome_at = NULL WHERE id IN (SELECT report_id FROM links)""",
        case_id,
        outcome,
    )


async def answer_appeals(tx: Transaction, case_id: int, outcome: str, now: datetime) -> None:
    await tx.execute(
        "UPDATE appeals SET outcome = $2, decided_at = $3 WHERE case_id = $1 AND outcome IS NULL", case_id, outcome, now
    )


async def find_case(source: Database | Transaction, case_id: int) -> Row | None:
    return await source.fetchrow(f"SELECT {_COLUMNS} FROM cases WHERE id = $1", case_id)


async def lock_case_of_seat(tx: Transaction, seat_id: int, juror_id: int) -> Row | None:
    """The case of a juror's seat, held; None when the seat is not theirs."""
    return await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM cases WHERE id = (SELECT case_id FROM seats WHERE id = $1 AND juror_id = $2) FOR UPDATE",
        seat_id,
        juror_id,
    )


async def rule_exists(source: Database | Transaction, rule_id: int) -> bool:
    found: bool = await source.fetchval(
        "SELECT EXISTS (SELECT FROM rules WHERE id = $1 AND withdrawn_at IS NULL)", rule_id
    )
    return found


async def who_is(source: Database | Transaction, account_id: int) -> Row | None:
    """What an authority is told of somebody."""
    return await source.fetchrow(
        """SELECT a.id, a.name, a.created_at, c.email,
             ARRAY(SELECT DISTINCT address FROM sessions WHERE account_id = a.id AND address <> '' LIMIT 20) AS addresses
           FROM accounts a LEFT JOIN credentials c ON c.account_id = a.id WHERE a.id = $1""",
        account_id,
    )
