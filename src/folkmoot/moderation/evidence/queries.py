"""Every statement about evidence itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from folkmoot.database import Database, Row, Transaction

_WORDLESS = """(SELECT coalesce(jsonb_agg(r - 'words' ORDER BY n), '[]') FROM jsonb_array_elements(because) WITH ORDINALITY AS t (r, n))"""
"""The reasons of a finding or a case without the passages they were found in."""
_EMPTIED = f"""text = '', likeness = NULL, pictures = '{{}}'::text[], part_lengths = NULL, because = {_WORDLESS},
  decision = coalesce(decision, 'superseded'), decided_at = coalesce(decided_at, now())"""
"""What becomes of a finding once nobody needs to know what was said. One nobody decided about has nobody to decide any more."""
_NOBODY_WAITS = """(f.decision IS NOT NULL OR f.post_id IS NULL
  OR NOT EXISTS (SELECT FROM posts p WHERE p.id = f.post_id AND p.account_id = f.account_id))"""
"""Whether somebody has decided about a finding `f`, or there is no post any more to decide about."""
_READABLE = """(f.text <> '' OR f.likeness IS NOT NULL OR f.pictures <> '{}' OR f.part_lengths IS NOT NULL
  OR jsonb_path_exists(f.because, '$[*].words[*]'))"""
"""Whether a finding `f` still says anything of what was said."""


async def keep_key(tx: Transaction, content_id: int, sealed: bytes, media: Sequence[str], now: datetime) -> None:
    """Keep the key of a version, and its pictures from being swept away."""
    await tx.execute(
        """WITH shown AS (INSERT INTO evidence_media (content_id, object_key) SELECT $1, unnest($3::text[]) ON CONFLICT DO NOTHING)
           INSERT INTO evidence_keys (content_id, sealed, made_at) VALUES ($1, $2, $4)""",
        content_id,
        sealed,
        list(media),
        now,
    )


async def keys(source: Database | Transaction, content_ids: Sequence[int]) -> dict[int, bytes]:
    rows = await source.fetch(
        "SELECT content_id, sealed FROM evidence_keys WHERE content_id = ANY($1::bigint[])", list(content_ids)
    )
    return {row["content_id"]: bytes(row["sealed"]) for row in rows}


async def unsealed(source: Database | Transaction, limit: int) -> list[Row]:
    """Versions kept before there were seals."""
    return await source.fetch(
        """SELECT id, text, warning, media, poll_options, reply_to FROM case_contents
           WHERE sealed IS NULL AND (text <> '' OR warning <> '' OR media <> '[]' OR poll_options IS NOT NULL OR reply_to IS NOT NULL)
           ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED""",
        limit,
    )


async def put_seal(tx: Transaction, content_id: int, sealed: bytes) -> None:
    await tx.execute(
        """UPDATE case_contents SET sealed = $2, text = '', warning = '', media = '[]', poll_options = NULL, reply_to = NULL
           WHERE id = $1""",
        content_id,
        sealed,
    )


async def find_picture(source: Database | Transaction, content_id: int, object_key: str) -> Row | None:
    """Where a picture of a version lies, with the version's sealed key."""
    return await source.fetchrow(
        """SELECT m.content_id, m.object_key, m.sealed_key, k.sealed
           FROM evidence_media m JOIN evidence_keys k USING (content_id) WHERE m.content_id = $1 AND m.object_key = $2""",
        content_id,
        object_key,
    )


async def open_pictures(db: Database, object_key: str) -> list[Row]:
    """The versions that hold this picture as it was posted, with their sealed keys."""
    return await db.fetch(
        """SELECT m.content_id, m.object_key, k.sealed FROM evidence_media m JOIN evidence_keys k USING (content_id)
           WHERE m.object_key = $1 AND m.sealed_key IS NULL ORDER BY m.content_id""",
        object_key,
    )


async def keep_sealed_picture(tx: Transaction, content_id: int, object_key: str, sealed_key: str) -> None:
    """The version holds its picture sealed from now on; one that was purged meanwhile holds nothing."""
    await tx.execute(
        "UPDATE evidence_media SET sealed_key = $3 WHERE content_id = $1 AND object_key = $2 AND sealed_key IS NULL",
        content_id,
        object_key,
        sealed_key,
    )


async def sealed_of(tx: Transaction, case_id: int) -> list[Row]:
    return await tx.fetch("SELECT id, sealed FROM case_contents WHERE case_id = $1 ORDER BY id FOR UPDATE", case_id)


async def destroy(tx: Transaction, case_id: int) -> None:
    """Keys, words, pictures' claims, what screening found, statements' texts, letters, comments: all that says what was said,
    or who complained."""
    await tx.execute(
        f"""WITH contents AS (UPDATE case_contents SET sealed = NULL, text = '', warning = '', media = '[]', poll_options = NULL,
               reply_to = NULL WHERE case_id = $1 RETURNING id),
             keys AS (DELETE FROM evidence_keys WHERE content_id IN (SELECT id FROM case_contents WHERE case_id = $1)),
             media AS (DELETE FROM evidence_media WHERE content_id IN (SELECT id FROM case_contents WHERE case_id = $1)),
             press AS (UPDATE press_views SET shown = '', withdrawn_at = coalesce(withdrawn_at, now()) WHERE case_id = $1),
             reasons AS (UPDATE statements SET text = '', excerpt = '', reasons = reasons || '{{"facts": ""}}' WHERE case_id = $1),
             found AS (UPDATE findings f SET {_EMPTIED} WHERE case_id = $1 AND {_NOBODY_WAITS}),
             because AS (UPDATE cases SET because = {_WORDLESS} WHERE id = $1),
             letters AS (UPDATE alarms SET note = '', why = '' WHERE case_id = $1)
           UPDATE reports SET comment = '', name = NULL, email = NULL
           WHERE id IN (SELECT report_id FROM case_reports WHERE case_id = $1)""",
        case_id,
    )


async def end_of_findings(tx: Transaction, after: int, limit: int) -> int | None:
    """The last of the next findings by id; None after all of them."""
    found: int | None = await tx.fetchval(
        "SELECT max(id) FROM (SELECT id FROM findings WHERE id > $1 ORDER BY id LIMIT $2) AS next", after, limit
    )
    return found


async def forget_found(tx: Transaction, after: int, until: int) -> int:
    """Empty those findings between two ids that are over; how many. One that somebody decides about just now is left for later.

    Over is what was purged with its case, and, where there is no case, what stands nowhere any more: its post is gone, or its
    account is closed. What stands and nobody has decided about waits.
    """
    return await tx.execute(
        f"""WITH over AS (
             SELECT f.id FROM findings f JOIN accounts a ON a.id = f.account_id LEFT JOIN cases c ON c.id = f.case_id
             WHERE f.id > $1 AND f.id <= $2 AND {_READABLE}
               AND {_NOBODY_WAITS}
               AND (c.erased_at IS NOT NULL
                 OR (f.case_id IS NULL
                   AND ((a.closed_at IS NOT NULL AND (f.post_id IS NULL OR f.decision IS NOT NULL))
                     OR (f.post_id IS NOT NULL
                       AND NOT EXISTS (SELECT FROM posts p WHERE p.id = f.post_id AND p.account_id = f.account_id)))))
             ORDER BY f.id FOR UPDATE OF f SKIP LOCKED)
           UPDATE findings SET {_EMPTIED} FROM over WHERE findings.id = over.id""",
        after,
        until,
    )


async def forget_refused(tx: Transaction, before: datetime) -> int:
    """Delete refused pictures of findings that are out of date or emptied, or were decided before then; how many."""
    return await tx.execute(
        """DELETE FROM refused_pictures r USING findings f
           WHERE f.id = r.finding_id AND (f.decision = 'superseded' OR f.pictures = '{}' OR f.decided_at < $1)""",
        before,
    )


async def forget_reasons(tx: Transaction, limit: int) -> int:
    """Take the passages out of the reasons of cases that were purged before this was part of it; how many."""
    return await tx.execute(
        f"""WITH purged AS (
             SELECT c.id FROM evidence_purges p JOIN cases c ON c.id = p.case_id
             WHERE c.erased_at IS NOT NULL AND jsonb_path_exists(c.because, '$[*].words[*]')
             ORDER BY c.id LIMIT $1 FOR UPDATE OF c SKIP LOCKED)
           UPDATE cases SET because = {_WORDLESS} FROM purged WHERE cases.id = purged.id""",
        limit,
    )


async def keep_purge(tx: Transaction, case_id: int, contents: int, digest: bytes, entry: int, now: datetime) -> None:
    await tx.execute(
        """INSERT INTO evidence_purges (case_id, contents, digest, log_entry, at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (case_id) DO NOTHING""",
        case_id,
        contents,
        digest,
        entry,
        now,
    )


async def left_over(db: Database, limit: int) -> list[Row]:
    """What a purge left readable: there should be nothing."""
    return await db.fetch(
        f"""SELECT p.case_id, t.id AS content_id FROM evidence_purges p JOIN case_contents t ON t.case_id = p.case_id
           WHERE t.sealed IS NOT NULL OR t.text <> '' OR t.warning <> '' OR t.media <> '[]' OR t.reply_to IS NOT NULL
             OR EXISTS (SELECT FROM evidence_keys k WHERE k.content_id = t.id)
             OR EXISTS (SELECT FROM evidence_media m WHERE m.content_id = t.id)
             OR EXISTS (SELECT FROM statements s WHERE s.case_id = p.case_id AND (s.text <> '' OR s.excerpt <> ''))
           UNION
           SELECT p.case_id, NULL FROM evidence_purges p JOIN findings f ON f.case_id = p.case_id WHERE {_READABLE} AND {_NOBODY_WAITS}
           UNION
           SELECT p.case_id, NULL FROM evidence_purges p JOIN cases c ON c.id = p.case_id
           WHERE jsonb_path_exists(c.because, '$[*].words[*]')
           ORDER BY 1 LIMIT $1""",
        limit,
    )


async def counts(db: Database) -> Row:
    row = await db.fetchrow(
        """SELECT (SELECT count(*) FROM case_contents WHERE sealed IS NOT NULL) AS sealed,
             (SELECT count(*) FROM case_contents WHERE sealed IS NULL AND (text <> '' OR warning <> '')) AS plain,
             (SELECT count(*) FROM evidence_purges) AS purged"""
    )
    assert row is not None  # a row of counts
    return row


async def keep_look(
    source: Transaction, id: int, case_id: int, account_id: int | None, why: str, detail: str, now: datetime
) -> None:
    await source.execute(
        "INSERT INTO evidence_looks (id, case_id, account_id, why, detail, at) VALUES ($1, $2, $3, $4, $5, $6)",
        id,
        case_id,
        account_id,
        why,
        detail,
        now,
    )


async def looked_since(tx: Transaction, case_id: int, account_id: int | None, since: datetime) -> bool:
    found: bool = await tx.fetchval(
        """SELECT EXISTS (SELECT FROM evidence_looks
             WHERE case_id = $1 AND account_id IS NOT DISTINCT FROM $2 AND at > $3)""",
        case_id,
        account_id,
        since,
    )
    return found


async def looks(source: Database | Transaction, case_id: int, limit: int) -> list[Row]:
    return await source.fetch(
        """SELECT l.why, l.detail, l.at, l.account_id, a.name FROM evidence_looks l LEFT JOIN accounts a ON a.id = l.account_id
           WHERE l.case_id = $1 ORDER BY l.id DESC LIMIT $2""",
        case_id,
        limit,
    )


# Public views -------------------------------------------------------------------------------------------------------


async def decided_content(tx: Transaction, case_id: int) -> Row | None:
    return await tx.fetchrow("SELECT content_id, decided_at FROM cases WHERE id = $1 AND erased_at IS NULL", case_id)


async def keep_view(
    tx: Transaction, id: int, case_id: int, token: str, shown: str, why: str, by: int | None, now: datetime
) -> bool:
    """False when the case has a view already."""
    return bool(
        await tx.execute(
            """INSERT INTO press_views (id, case_id, token, shown, why, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
               ON CONFLICT (case_id) WHERE withdrawn_at IS NULL DO NOTHING""",
            id,
            case_id,
            token,
            shown,
            why,
            by,
            now,
        )
    )


async def withdraw_view(tx: Transaction, case_id: int, by: int | None, now: datetime) -> bool:
    return bool(
        await tx.execute(
            """UPDATE press_views SET withdrawn_at = $3, withdrawn_by = $2, shown = ''
               WHERE case_id = $1 AND withdrawn_at IS NULL""",
            case_id,
            by,
            now,
        )
    )


async def view_token(source: Database | Transaction, case_id: int) -> str | None:
    found: str | None = await source.fetchval(
        "SELECT token FROM press_views WHERE case_id = $1 AND withdrawn_at IS NULL", case_id
    )
    return found


async def view(db: Database, token: str) -> Row | None:
    return await db.fetchrow(
        """SELECT v.*, c.category, c.opened_at, c.decided_at, c.decided_by, c.measure, c.rule_id, c.ballots, c.reports
           FROM press_views v JOIN cases c ON c.id = v.case_id WHERE v.token = $1""",
        token,
    )


# Bundles ------------------------------------------------------------------------------------------------------------


async def exported_case(tx: Transaction, case_id: int) -> Row | None:
    return await tx.fetchrow(
        """SELECT c.id, c.state, c.severity, c.category, c.source, c.opened_at, c.first_hidden_at, c.decided_at, c.verdict, c.measure,
             c.decided_by, c.ballots, c.reports, c.frozen, a.id AS account_id, a.name, a.created_at AS account_since,
             r.text AS rule
           FROM cases c JOIN accounts a ON a.id = c.account_id LEFT JOIN rules r ON r.id = c.rule_id WHERE c.id = $1""",
        case_id,
    )


async def exported_reports(tx: Transaction, case_id: int) -> list[Row]:
    return await tx.fetch(
        """SELECT r.id, r.category, r.comment, r.created_at, r.reporter_id IS NULL AS by_form FROM reports r
           JOIN case_reports m ON m.report_id = r.id WHERE m.case_id = $1 ORDER BY r.id LIMIT 10000""",
        case_id,
    )
