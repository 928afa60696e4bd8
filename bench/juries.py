"""Giving a juror their case and taking their ballot, with many open cases and many jurors: the verbs themselves."""

from __future__ import annotations

import random
import time

import asyncpg

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.moderation.cases import Choice
from folkmoot.moderation.cases.cast import cast
from folkmoot.moderation.cases.summon import next_seat
from folkmoot.moderation.cases.views import SeatView
from folkmoot.network.access import Viewer
from folkmoot.settings import Settings

CASES, JURORS, SITTINGS = 100_000, 10_000, 400
QUICK = 10
"""By how much all of it is less in a quick run."""
AUTHORS = 20_000
FOLLOWED = 40
BASE = 1 << 56
"""Ids of what is made up begin here, above everything the community has written so far."""

_PEOPLE = """
  INSERT INTO accounts (id, name, created_at, approved_at, active_at)
    SELECT $1::bigint + n, 'made_up_' || n, $3::timestamptz, $3, $3 FROM generate_series(1, $2::int) AS n"""
_CREDENTIALS = """
  INSERT INTO credentials (account_id, email, password_hash, locale)
    SELECT $1::bigint + n, NULL, 'x', 'en' FROM generate_series(1, $2::int) AS n"""
_SESSIONS = """
  INSERT INTO sessions (id, account_id, token_hash, created_at, seen_at, address)
    SELECT $1::bigint + n, $1::bigint + n, int8send($1::bigint + n), $3::timestamptz, $3,
      '10.' || n % 256 || '.' || n / 256 % 256 || '.9'
    FROM generate_series(1, $2::int) AS n"""
_JURORS = """
  INSERT INTO jurors (account_id, since, qualified_at, record_at, hit, missed, cleared, accused)
    SELECT $1::bigint + n, $3::timestamptz, $3, $3, 20, 4, 20, 4 FROM generate_series(1, $2::int) AS n"""
_FOLLOWS = """
  INSERT INTO follows (account_id, target_id, id)
    SELECT a, b, $1::bigint + row_number() OVER () FROM (
      SELECT DISTINCT $1::bigint + n AS a, $1::bigint + 1 + (random() * ($2::int - 1))::int AS b
      FROM generate_series(1, $3::int) AS n, generate_series(1, $4::int)) AS pairs WHERE a <> b"""
_POSTS = """
  INSERT INTO posts (id, account_id, thread_id, visibility, text, language, created_at)
    SELECT $1::bigint + n, $4::bigint + 1 + n % $5::int, $1::bigint + n, 'public', 'What is judged here, number ' || n, 'en',
      $3::timestamptz
    FROM generate_series(1, $2::int) AS n"""
_CASES = """
  INSERT INTO cases (id, state, version, severity, category, account_id, content_id, score, prior, belief, seats_free, reach,
      stake, target_at, place, source, opened_at)
    SELECT $1::bigint + n, 'empanelled', 3, CASE WHEN n % 10 = 0 THEN 'threat' ELSE 'serious' END, 'hate',
      $4::bigint + 1 + n % $5::int, $1::bigint + n, 0, -1.1, -1.1, 3, 1, 1, $3::timestamptz + interval '1 day',
      random() * 5, 'report', $3
    FROM generate_series(1, $2::int) AS n"""
_EVENTS = """
  INSERT INTO case_events (case_id, number, step, key, at)
    SELECT $1::bigint + n, s.number, s.step, s.step || ':first', $3::timestamptz
    FROM generate_series(1, $2::int) AS n, (VALUES (1, 'opened'), (2, 'triaged'), (3, 'empanelled')) AS s (number, step)"""
_CONTENTS = """
  INSERT INTO case_contents (id, case_id, account_id, post_id, version, text, language, visibility, written_at, captured_at)
    SELECT $1::bigint + n, $1::bigint + n, $4::bigint + 1 + n % $5::int, $1::bigint + n, 1,
      'What is judged here, number ' || n, 'en', 'public', $3::timestamptz, $3
    FROM generate_series(1, $2::int) AS n"""
_MEMBERS = """
  INSERT INTO case_posts (case_id, post_id, account_id, version, content_id, why, joined_at)
    SELECT $1::bigint + n, $1::bigint + n, $4::bigint + 1 + n % $5::int, 1, $1::bigint + n, 'first', $3::timestamptz
    FROM generate_series(1, $2::int) AS n"""
_PARTIES = """
  INSERT INTO case_parties (case_id, account_id, part)
    SELECT $1::bigint + n, $3::bigint + 1 + (n * CASE part WHEN 'author' THEN 1 ELSE 7 END) % $4::int, part
    FROM generate_series(1, $2::int) AS n, (VALUES ('author'), ('reporter')) AS p (part)"""


async def fill(settings: Settings, *, cases: int, jurors: int) -> None:
    """Put so many open cases, of made-up people, before so many jurors with addresses and people they follow."""
    now = clock.now()
    people = max(jurors, min(AUTHORS, cases))
    connection = await asyncpg.connect(settings.database_url, command_timeout=600)
    try:
        await connection.execute("SET statement_timeout = 0; SET synchronous_commit = off")
        for statement in (_PEOPLE, _SESSIONS):
            await connection.execute(statement, BASE, people, now)
        await connection.execute(_CREDENTIALS, BASE, people)
        await connection.execute(_JURORS, BASE, jurors, now)
        await connection.execute(_FOLLOWS, BASE, people, jurors, FOLLOWED)
        for statement in (_POSTS, _CASES, _CONTENTS, _MEMBERS):
            await connection.execute(statement, BASE, cases, now, BASE, people)
        await connection.execute(_PARTIES, BASE, cases, BASE, people)
        await connection.execute(_EVENTS, BASE, cases, now)
    finally:
        await connection.close()


async def sit(settings: Settings, *, jurors: int, sittings: int) -> tuple[list[float], list[float]]:
    """Jurors in any order come, get a case and answer it: milliseconds until it is theirs, and until it is counted."""
    luck = random.Random(4)
    drawn, counted = [], []
    db = await Database.open(settings.database_url, connections=2)
    try:
        for number in range(sittings + 20):
            juror = Viewer(account_id=BASE + 1 + luck.randrange(jurors), name="")
            begun = time.perf_counter()
            seat = await next_seat(db, juror)
            given = time.perf_counter()
            if not isinstance(seat, SeatView):
                continue  # on a break after the last one
            choice = luck.choice((Choice.FINE, Choice.FINE, Choice.BREAKS))
            asked = time.perf_counter()
            await cast(db, juror, seat.id, choice=choice, seen_version=seat.content.id)
            if number >= 20:  # until then statements are planned and pages fetched
                drawn.append((given - begun) * 1_000)
                counted.append((time.perf_counter() - asked) * 1_000)
    finally:
        await db.close()
    return drawn, counted
