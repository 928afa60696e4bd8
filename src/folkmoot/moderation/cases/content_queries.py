"""Every statement about what a case is about: versions kept as evidence, the posts under its verdict, whom jurors must not know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from folkmoot.database import Database, Row, Transaction
from folkmoot.moderation import evidence
from folkmoot.moderation.evidence.keep import Content
from folkmoot.moderation.evidence.words import Words

MOST_PARTIES = 200
"""Reporters beyond these never sit either, but whom they know may."""


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


async def content(source: Database | Transaction, content_id: int | None) -> Content | None:
    """One version with its words readable."""
    rows = await source.fetch("SELECT * FROM case_contents WHERE id = $1", content_id)
    return next(iter(await evidence.opened(source, rows)), None)


async def content_of(tx: Transaction, case_id: int, post_id: int, version: int) -> int | None:
    """Which content of a case is this version of a post."""
    id: int | None = await tx.fetchval(
        "SELECT id FROM case_contents WHERE case_id = $1 AND post_id = $2 AND version = $3", case_id, post_id, version
    )
    return id


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


async def member_version(tx: Transaction, case_id: int, post_id: int) -> int | None:
    """The version of a post that is under the case's verdict; None when none is."""
    version: int | None = await tx.fetchval(
        "SELECT version FROM case_posts WHERE case_id = $1 AND post_id = $2", case_id, post_id
    )
    return version


async def drop_member(tx: Transaction, case_id: int, post_id: int) -> None:
    """Take a post from under the case's verdict; what it said stays with the case."""
    await tx.execute("DELETE FROM case_posts WHERE case_id = $1 AND post_id = $2", case_id, post_id)


async def members(source: Database | Transaction, case_id: int) -> list[Row]:
    """The posts a verdict covers, with what has become of them."""
    return await source.fetch(
        """SELECT m.post_id, m.account_id, a.name AS account_name, m.version, m.content_id, m.why, m.joined_at,
             p.id IS NULL AS gone, p.hidden_at IS NOT NULL AS hidden, p.version AS present_version,
             ARRAY(SELECT d.picture_hash FROM media d WHERE d.post_id = p.id AND d.account_id = p.account_id
                   AND d.picture_hash IS NOT NULL ORDER BY d.position) AS pictures
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
