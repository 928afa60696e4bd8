"""Every statement about findings and what screening goes by, as publishing needs them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from folkmoot.database import Database, Row, Transaction
from folkmoot.ids import new_id
from folkmoot.moderation.screening import Finding, Words
from folkmoot.network.gate.rules import Subject

if TYPE_CHECKING:  # it brings numpy with it, which takes its time to load
    from folkmoot.moderation.screening.copies import Fingerprint


async def insert_finding(
    tx: Transaction,
    subject: Subject,
    finding: Finding,
    words: Words,
    category: str,
    fingerprint: Fingerprint,
    now: datetime,
) -> int:
    """Write down what was found. What was open about an earlier version of the same text is superseded by it."""
    id = new_id()
    await tx.execute(
        """WITH earlier AS (
             UPDATE findings SET decision = 'superseded', decided_at = $17
             WHERE decision IS NULL AND part = $3
               AND (($4::bigint IS NOT NULL AND post_id = $4) OR ($4::bigint IS NULL AND post_id IS NULL AND account_id = $2
               AND (found_by <> 'sweep' OR pictures = '{}' OR pictures && $16::text[]) -- a picture a sweep hid still waits
               AND ($18 <> 'sweep' OR outcome = 'case'))))  -- what was refused is not what stands there
           INSERT INTO findings (id, account_id, part, post_id, version, outcome, probability, category, categories, because,
             versions, text, language, text_hash, likeness, pictures, created_at, found_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10::jsonb, $11::jsonb, $12, $13, $14, $15, $16, $17, $18)""",
        id,
        subject.account_id,
        "profile" if subject.post_id is None else "post",
        subject.post_id,
        subject.version,
        finding.outcome.value,
        finding.probability,
        category,
        msgspec.json.encode(finding.categories).decode(),
        msgspec.json.encode(finding.because).decode(),
        msgspec.json.encode(finding.versions).decode(),
        "\n".join([words.text, *words.more]),
        words.language,
        fingerprint.hash,
        fingerprint.sketch,
        list(words.pictures),
        now,
        subject.found_by.value,
    )
    return id


async def active_parts(db: Database) -> list[Row]:
    """Rule files and limits in force: `kind, name, version, content`."""
    return await db.fetch("SELECT kind, name, version, content FROM screen_parts WHERE active ORDER BY kind, name")


async def standing_version(db: Database) -> str:
    """Changes whenever anything screening goes by has changed."""
    version: str = await db.fetchval(
        """SELECT concat_ws('/', (SELECT max(id) FROM screen_parts), (SELECT max(made_at) FROM screen_parts WHERE active),
             (SELECT string_agg(id::text, ',' ORDER BY id) FROM screen_parts WHERE active),
             (SELECT count(*) FROM judged), (SELECT max(judged_at) FROM judged),
             (SELECT count(*) FROM known_pictures), (SELECT max(added_at) FROM known_pictures))"""
    )
    return version


async def judged(db: Database) -> list[Row]:
    """Texts that were judged: `text_hash, verdict, category, likeness, reference`."""
    return await db.fetch("SELECT text_hash, verdict, category, likeness, reference FROM judged")


async def known_pictures(db: Database) -> list[Row]:
    return await db.fetch("SELECT hash, reference, category FROM known_pictures")


async def media_words(db: Database, account_id: int, ids: Sequence[int]) -> list[Row]:
    """Alt texts and picture hashes of these media of the account: `id, description, picture_hash`."""
    return await db.fetch(
        "SELECT id, description, picture_hash FROM media WHERE account_id = $1 AND id = ANY($2::bigint[])",
        account_id,
        list(ids),
    )


async def add_to_day(
    tx: Transaction,
    day: datetime,
    versions: str,
    screened: int,
    cases: int,
    holds: int,
    scores: Sequence[int],
    milliseconds: float,
) -> None:
    """Add counts to the statistics of a day."""
    await tx.execute(
        """INSERT INTO screened_days AS d (day, versions, screened, cases, holds, scores, milliseconds)
           VALUES ($1::timestamptz::date, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (day, versions) DO UPDATE SET
             screened = d.screened + excluded.screened, cases = d.cases + excluded.cases, holds = d.holds + excluded.holds,
             milliseconds = d.milliseconds + excluded.milliseconds,
             scores = ARRAY(SELECT a + b FROM unnest(d.scores, excluded.scores) WITH ORDINALITY AS t (a, b, n) ORDER BY n)""",
        day,
        versions,
        screened,
        cases,
        holds,
        list(scores),
        milliseconds,
    )
