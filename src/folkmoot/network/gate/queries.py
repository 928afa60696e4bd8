"""Every statement about findings and what screening goes by, as publishing needs them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from folkmoot.database import Database, Row, Transaction
from folkmoot.ids import new_id
from folkmoot.moderation.screening import Finding, Outcome, Reason, Standing, Words
from folkmoot.network.gate.rules import FoundBy, Subject, on_one_line, parts_of, still_stands

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
    """Write down what was found. What was open about a text that it takes the place of is superseded by it."""
    id = new_id()
    gone = [] if subject.post_id is not None else await _gone_from_profile(tx, subject, finding, words)
    texts = [words.text, *words.more]
    await tx.execute(
        """WITH earlier AS (
             UPDATE findings SET decision = 'superseded', decided_at = $17
             WHERE decision IS NULL AND part = $3 AND (post_id = $4 OR id = ANY($19::bigint[])) RETURNING id),
           refused AS (DELETE FROM refused_pictures WHERE finding_id IN (SELECT id FROM earlier))
           INSERT INTO findings (id, account_id, part, post_id, version, outcome, probability, category, categories, because,
             versions, text, language, text_hash, likeness, pictures, created_at, found_by, part_lengths)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10::jsonb, $11::jsonb, $12, $13, $14, $15, $16, $17, $18, $20)""",
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
        "\n".join(texts),
        words.language,
        fingerprint.hash,
        fingerprint.sketch,
        list(words.pictures),
        now,
        subject.found_by.value,
        gone,
        [len(text) for text in texts],
    )
    return id


async def _gone_from_profile(tx: Transaction, subject: Subject, finding: Finding, words: Words) -> list[int]:
    """The open findings about a profile that say nothing of it any more, now that `words` are found in it.

    What was refused has changed nothing: it takes the place of what was refused before, and of nothing that stands there.
    A picture that a sweep hid waits in any case.
    """
    waiting = await tx.fetch(
        """SELECT id, outcome, text, part_lengths, because FROM findings
           WHERE decision IS NULL AND part = 'profile' AND account_id = $1 AND (found_by <> 'sweep' OR outcome = 'case')""",
        subject.account_id,
    )
    swept = subject.found_by is FoundBy.SWEEP
    refused = [] if swept else [row["id"] for row in waiting if row["outcome"] == "hold"]
    if finding.outcome is Outcome.HOLD:
        return refused
    new = {on_one_line(text) for text in (words.text, *words.more)}
    left_alone = [text for text in await _profile_texts(tx, subject.account_id) if on_one_line(text) not in new]
    return refused + [
        row["id"]
        for row in waiting
        if row["outcome"] == "case"
        and not still_stands(
            parts_of(row["text"], row["part_lengths"]),
            msgspec.json.decode(row["because"], type=tuple[Reason, ...]),
            left_alone,
        )
    ]


async def _profile_texts(tx: Transaction, account_id: int) -> list[str]:
    texts: list[str] | None = await tx.fetchval(
        """SELECT ARRAY[display_name, bio, avatar_alt, header_alt] || ARRAY(
             SELECT said FROM jsonb_array_elements(fields) AS f, LATERAL (VALUES (f ->> 'name'), (f ->> 'value')) AS t (said)) || ARRAY(
             SELECT '#' || coalesce(t.shown_as, f.tag) FROM featured_tags f LEFT JOIN tags t ON t.name = f.tag WHERE f.account_id = $1)
           FROM accounts WHERE id = $1""",
        account_id,
    )
    return texts or []


MOST_LATELY = 500
"""The newest findings that a text is compared with."""


async def found_lately(db: Database, but_by: int, since: datetime) -> list[Row]:
    """Posts of others since then that screening held or doubted and nobody has released: `account_id, likeness`."""
    return await db.fetch(
        """SELECT account_id, likeness FROM findings
           WHERE created_at >= $2 AND part = 'post' AND account_id <> $1 AND likeness IS NOT NULL AND found_by <> 'sweep'
             AND decision IS DISTINCT FROM 'released'
           ORDER BY created_at DESC LIMIT $3""",
        but_by,
        since,
        MOST_LATELY,
    )


async def standing_of(db: Database, account_id: int, now: datetime) -> Standing | None:
    """What is known of an author; None where there is no such account."""
    row = await db.fetchrow(
        """SELECT a.created_at, a.posts_count, coalesce(s.points, 0) AS points
           FROM accounts a LEFT JOIN standings s ON s.account_id = a.id WHERE a.id = $1""",
        account_id,
    )
    if row is None:
        return None
    days = max((now - row["created_at"]).total_seconds() / 86_400, 0.0)
    return Standing(days=days, posts=row["posts_count"], strikes=row["points"])


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
    """Each picture that is on a list, once: `hash, reference, category, list`. What was removed here goes first: it names its case."""
    return await db.fetch(
        """SELECT DISTINCT ON (hash) hash, reference, category, list FROM known_pictures
           ORDER BY hash, list <> 'removed', added_at, list"""
    )


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
