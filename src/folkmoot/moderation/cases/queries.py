"""Every statement about cases, as opening, joining and deciding need them; seats and ballots are in `seats.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from folkmoot.database import Database, Row, Transaction
from folkmoot.moderation import evidence
from folkmoot.moderation.cases.priors import Calibration, Reporter
from folkmoot.moderation.cases.states import Event
from folkmoot.moderation.cases.weights import LEARNING, Learning
from folkmoot.moderation.evidence.keep import Content
from folkmoot.moderation.evidence.words import Words

MOST_PARTIES = 200
"""Reporters beyond these never sit either, but whom they know may."""

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


# What was learned from all cases together ---------------------------------------------------------------------------


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


# Evidence -----------------------------------------------------------------------------------------------------------


async def read_post(source: Database | Transaction, post_id: int) -> Row | None:
    """A post as evidence wants it, whoever may see it."""
    return await source.fetchrow(
        """SELECT p.id, p.account_id, p.version, p.text, p.warning, p.sensitive, p.language, p.visibility, p.created_at,
             coalesce(p.edited_at, p.created_at) AS written_at, p.hidden_at, p.shows_id, p.violence, p.boosts_count,
             a.followers_count, parent.text AS reply_to, p.in_reply_to_id,
             (SELECT to_json(options) FROM polls WHERE polls.post_id = p.id AND polls.account_id = p.account_id) AS poll_options,
             (SELECT json_agg(json_build_object('kind', m.kind, 'object_key', m.object_key, 'preview_key', m.preview_key,
                'description', m.description, 'width', m.width, 'height', m.height, 'blurhash', m.blurhash) ORDER BY m.position)
              FROM media m WHERE m.post_id = p.id AND m.account_id = p.account_id) AS media,
             ARRAY(SELECT m.picture_hash FROM media m WHERE m.post_id = p.id AND m.account_id = p.account_id
                   AND m.picture_hash IS NOT NULL ORDER BY m.position) AS pictures,
             ARRAY(SELECT m.account_id FROM mentions m WHERE m.post_id = p.id AND m.author_id = p.account_id) AS mentioned
           FROM posts p JOIN accounts a ON a.id = p.account_id LEFT JOIN posts parent ON parent.id = p.in_reply_to_id
           WHERE p.id = $1""",
        post_id,
    )


async def read_profile(source: Database | Transaction, account_id: int) -> Row | None:
    """A profile in the form of a post."""
    return await source.fetchrow(
        """SELECT NULL::bigint AS id, id AS account_id, 1 AS version, concat_ws(E'\\n', display_name, bio,
             (SELECT string_agg(concat_ws(': ', f ->> 'name', f ->> 'value'), E'\\n') FROM jsonb_array_elements(fields) AS f))
             AS text, '' AS warning, false AS sensitive, NULL::text AS language, NULL::text AS visibility, created_at,
             created_at AS written_at, NULL::timestamptz AS hidden_at, NULL::bigint AS shows_id, NULL::real AS violence,
             0 AS boosts_count, followers_count, NULL::text AS reply_to, NULL::bigint AS in_reply_to_id,
             NULL::json AS poll_options, NULL::json AS media, '{}'::text[] AS pictures, '{}'::bigint[] AS mentioned
           FROM accounts WHERE id = $1""",
        account_id,
    )


async def keep_content(
    tx: Transaction, id: int, case_id: int, post: Row, version: int, text_hash: str | None, now: datetime
) -> None:
    """Copy a version into the case, sealed."""
    words = Words(
        text=post["text"],
        warning=post["warning"],
        media=post["media"] or "[]",
        poll_options=post["poll_options"],
        reply_to=post["reply_to"],
    )
    await tx.execute(
        """INSERT INTO case_contents (id, case_id, account_id, post_id, version, text, sensitive, sealed, language, visibility,
             text_hash, written_at, captured_at)
           VALUES ($1, $2, $3, $4, $5, '', $6, $7, $8, $9, $10, $11, $12)""",
        id,
        case_id,
        post["account_id"],
        post["id"],
        version,
        post["sensitive"],
        await evidence.keep(tx, id, words, now),
        post["language"],
        post["visibility"],
        text_hash,
        post["written_at"],
        now,
    )


async def contents(source: Database | Transaction, case_id: int) -> list[Content]:
    rows = await source.fetch("SELECT * FROM case_contents WHERE case_id = $1 ORDER BY id", case_id)
    return await evidence.opened(source, rows)


async def has_content(source: Database | Transaction, case_id: int, content_id: int) -> bool:
    found: bool = await source.fetchval(
        "SELECT EXISTS (SELECT FROM case_contents WHERE case_id = $1 AND id = $2)", case_id, content_id
    )
    return found


async def keep_member(
    tx: Transaction, case_id: int, post_id: int, account_id: int, version: int, content_id: int, why: str, now: datetime
) -> None:
    """Put a post under the case's verdict, or note its newer version."""
    await tx.execute(
        """INSERT INTO case_posts (case_id, post_id, account_id, version, content_id, why, joined_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (case_id, post_id) DO UPDATE SET version = excluded.version, content_id = excluded.content_id""",
        case_id,
        post_id,
        account_id,
        version,
        content_id,
        why,
        now,
    )


async def members(source: Database | Transaction, case_id: int) -> list[Row]:
    """The posts a verdict covers, with what has become of them."""
    return await source.fetch(
        """SELECT m.post_id, m.account_id, a.name AS account_name, m.version, m.content_id, m.why, m.joined_at,
             p.id IS NULL AS gone, p.hidden_at IS NOT NULL AS hidden
           FROM case_posts m JOIN accounts a ON a.id = m.account_id
           LEFT JOIN posts p ON p.id = m.post_id AND p.account_id = m.account_id
           WHERE m.case_id = $1 ORDER BY m.joined_at, m.post_id""",
        case_id,
    )


async def keep_parties(tx: Transaction, case_id: int, accounts: Sequence[int], part: str) -> None:
    """Note whom jurors must not know."""
    await tx.execute(
        """INSERT INTO case_parties (case_id, account_id, part) SELECT $1, id, $3 FROM unnest($2::bigint[]) AS id
           ON CONFLICT DO NOTHING""",
        case_id,
        list(accounts)[:MOST_PARTIES],
        part,
    )


# Which case something belongs to -----------------------------------------------------------------------------------


async def one_at_a_time(tx: Transaction, what: str) -> None:
    """Wait for anybody else who is opening a case about the same; ends with the transaction."""
    await tx.fetchval("SELECT pg_advisory_xact_lock(hashtextextended($1, 20210109))::text", what)


async def case_of_post(source: Database | Transaction, post_id: int) -> Row | None:
    """The latest case a post is or was in, and the version that was judged there."""
    return await source.fetchrow(
        """SELECT c.id, c.state, c.verdict, c.measure, c.decided_at, c.decided_by, m.version, m.account_id
           FROM case_posts m JOIN cases c ON c.id = m.case_id WHERE m.post_id = $1 ORDER BY m.case_id DESC LIMIT 1""",
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
        """SELECT id, text_hash, likeness, pictures FROM cases
           WHERE bands && $1::bigint[] AND decided_at IS NULL ORDER BY id LIMIT 50""",
        list(bands),
    )


async def finding_of(source: Database | Transaction, finding_id: int) -> Row | None:
    return await source.fetchrow("SELECT * FROM findings WHERE id = $1", finding_id)


async def link_finding(tx: Transaction, finding_id: int, case_id: int) -> None:
    await tx.execute("UPDATE findings SET case_id = $2 WHERE id = $1", finding_id, case_id)


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


# Clocks -------------------------------------------------------------------------------------------------------------


async def set_timer(tx: Transaction, case_id: int, kind: str, due_at: datetime) -> None:
    """Set a clock of a case, or set it anew."""
    await tx.execute(
        """INSERT INTO case_timers (case_id, kind, due_at) VALUES ($1, $2, $3)
           ON CONFLICT (case_id, kind) DO UPDATE SET due_at = excluded.due_at, done_at = NULL""",
        case_id,
        kind,
        due_at,
    )


async def stop_timers(tx: Transaction, case_id: int, kinds: Sequence[str], now: datetime) -> None:
    await tx.execute(
        "UPDATE case_timers SET done_at = $3 WHERE case_id = $1 AND kind = ANY($2::text[]) AND done_at IS NULL",
        case_id,
        list(kinds),
        now,
    )


async def due_timers(db: Database, now: datetime, limit: int) -> list[Row]:
    return await db.fetch(
        "SELECT case_id, kind FROM case_timers WHERE due_at <= $1 AND done_at IS NULL ORDER BY due_at LIMIT $2",
        now,
        limit,
    )


async def take_timer(tx: Transaction, case_id: int, kind: str, now: datetime) -> bool:
    """Whether the clock is due and nobody else is at it."""
    return bool(
        await tx.execute(
            """UPDATE case_timers SET done_at = $3
               WHERE case_id = $1 AND kind = $2 AND done_at IS NULL AND due_at <= $3""",
            case_id,
            kind,
            now,
        )
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


async def had_timer(tx: Transaction, case_id: int, kind: str) -> bool:
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM case_timers WHERE case_id = $1 AND kind = $2)", case_id, kind
    )
    return found


async def timer_runs(tx: Transaction, case_id: int, kind: str) -> bool:
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM case_timers WHERE case_id = $1 AND kind = $2 AND done_at IS NULL)", case_id, kind
    )
    return found


async def verdict_p95(source: Database | Transaction, now: datetime) -> float:
    """Minutes within which nineteen of twenty cases of the last week were decided; 60 before there were any."""
    found: float | None = await source.fetchval(
        """SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - opened_at) / 60)
           FROM cases WHERE decided_at > $1::timestamptz - interval '7 days' AND decided_by = 'jury'""",
        now,
    )
    return 60.0 if found is None else float(found)


# By time ------------------------------------------------------------------------------------------------------------


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
