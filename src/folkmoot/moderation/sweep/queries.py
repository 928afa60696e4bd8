"""Every statement of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from folkmoot.database import Database, Row, Transaction
from folkmoot.moderation.screening import Reason

_BATCH = """
  SELECT p.id, p.account_id, p.version, p.visibility, p.text, p.warning, p.language, p.hidden_at, parent.text AS reply_to,
    p.visibility = 'direct' OR coalesce(parent.visibility = 'direct', false) AS has_letter,
    CASE WHEN p.has_media THEN ARRAY(SELECT m.description FROM media m WHERE m.post_id = p.id ORDER BY m.position) END AS alts,
    CASE WHEN p.has_media THEN ARRAY(SELECT m.picture_hash FROM media m
      WHERE m.post_id = p.id AND m.picture_hash IS NOT NULL ORDER BY m.position) END AS pictures,
    (SELECT options FROM polls WHERE polls.post_id = p.id) AS options
  FROM posts p LEFT JOIN posts parent ON parent.id = p.in_reply_to_id
  WHERE p.id > $1 AND p.id <= $2 AND p.shows_id IS NULL ORDER BY p.id LIMIT $3
"""


async def batch(db: Database, after: int, until: int, limit: int) -> list[Row]:
    """The next posts by id, with everything of them that is read; `has_letter` when a direct post is part of that."""
    return await db.fetch(_BATCH, after, until, limit)


async def pictures(db: Database, after: tuple[int, str], limit: int) -> list[Row]:
    """The next avatars and headers on show by `account_id, part`; `known` when somebody has had them before them, or has them now: as
    pictures, and not beside words that were found."""
    return await db.fetch(
        """SELECT account_id, part, hashes, EXISTS (
             SELECT FROM findings f WHERE f.account_id = q.account_id AND f.part = 'profile' AND f.pictures @> q.hashes
               AND f.decision IS DISTINCT FROM 'superseded' AND f.because @> '[{"stage": "picture"}]') AS known
           FROM profile_pictures q
           WHERE (account_id, part) > ($1, $2) AND hidden_at IS NULL AND hashes <> '{}' ORDER BY account_id, part LIMIT $3""",
        *after,
        limit,
    )


_PROFILE = """
  SELECT a.id, a.display_name, a.bio, a.fields, a.avatar_alt, a.header_alt, c.locale,
    ARRAY(SELECT '#' || coalesce(t.shown_as, f.tag) FROM featured_tags f LEFT JOIN tags t ON t.name = f.tag
      WHERE f.account_id = a.id ORDER BY f.id) AS tags
  FROM accounts a LEFT JOIN credentials c ON c.account_id = a.id
"""


async def profiles(db: Database, after: int, limit: int) -> list[Row]:
    """The next profiles on show that say anything, by account."""
    return await db.fetch(
        f"""{_PROFILE} WHERE a.id > $1 AND a.closed_at IS NULL AND a.suspended_at IS NULL AND a.approved_at IS NOT NULL
            AND (a.display_name <> '' OR a.bio <> '' OR a.fields <> '[]' OR a.avatar_alt <> '' OR a.header_alt <> ''
              OR EXISTS (SELECT FROM featured_tags f WHERE f.account_id = a.id))
            ORDER BY a.id LIMIT $2""",
        after,
        limit,
    )


async def lock_profiles(tx: Transaction, accounts: list[int]) -> list[Row]:
    """These profiles as they stand now, held until the end of the transaction."""
    return await tx.fetch(
        f"{_PROFILE} WHERE a.id = ANY($1::bigint[]) AND a.closed_at IS NULL ORDER BY a.id FOR UPDATE OF a", accounts
    )


async def known_profiles(tx: Transaction, accounts: list[int]) -> set[tuple[int, str]]:
    """Account and text of what somebody has before them of these profiles, or has decided."""
    rows = await tx.fetch(
        """SELECT account_id, text FROM findings
           WHERE account_id = ANY($1::bigint[]) AND part = 'profile' AND decision IS DISTINCT FROM 'superseded'""",
        accounts,
    )
    return {(row["account_id"], row["text"]) for row in rows}


async def count(db: Database, after: int, until: int) -> int:
    found: int = await db.fetchval(
        "SELECT count(*) FROM posts WHERE id > $1 AND id <= $2 AND shows_id IS NULL", after, until
    )
    return found


async def last_id(db: Database) -> int:
    found: int | None = await db.fetchval("SELECT max(id) FROM posts")
    return found or 0


async def begin(
    tx: Transaction, id: int, options: Mapping[str, object], versions: str, after: int, until: int, now: datetime
) -> None:
    await tx.execute(
        """INSERT INTO sweeps (id, options, versions, after_id, until_id, started_at)
           VALUES ($1, $2::jsonb, $3, $4, $5, $6)""",
        id,
        msgspec.json.encode(options).decode(),
        versions,
        after,
        until,
        now,
    )


async def unfinished(db: Database, options: Mapping[str, object], versions: str) -> Row | None:
    """A sweep with the same options and versions that was stopped."""
    return await db.fetchrow(
        """SELECT * FROM sweeps WHERE finished_at IS NULL AND options = $1::jsonb AND versions = $2
           ORDER BY id DESC LIMIT 1""",
        msgspec.json.encode(options).decode(),
        versions,
    )


async def note(tx: Transaction, id: int, after: int, screened: int, cases: int, holds: int) -> None:
    """Everything up to the post `after` is done."""
    await tx.execute(
        """UPDATE sweeps SET after_id = greatest(after_id, $2), screened = screened + $3, cases = cases + $4,
             holds = holds + $5 WHERE id = $1""",
        id,
        after,
        screened,
        cases,
        holds,
    )


async def finish(tx: Transaction, id: int, now: datetime) -> None:
    await tx.execute("UPDATE sweeps SET finished_at = $2 WHERE id = $1", id, now)


async def known(
    tx: Transaction, posts: list[int]
) -> dict[tuple[int, int], list[tuple[str | None, tuple[Reason, ...]]]]:
    """What was found in these posts before, by post and version: each time what was decided about it, and its reasons."""
    rows = await tx.fetch(
        "SELECT post_id, version, decision, because FROM findings WHERE post_id = ANY($1::bigint[])", posts
    )
    found: dict[tuple[int, int], list[tuple[str | None, tuple[Reason, ...]]]] = {}
    for row in rows:
        because = msgspec.json.decode(row["because"], type=tuple[Reason, ...])
        found.setdefault((row["post_id"], row["version"]), []).append((row["decision"], because))
    return found


async def lock_versions(tx: Transaction, posts: list[int]) -> dict[int, int]:
    """The posts that are still there, with the version each stands at, held until the end of the transaction."""
    rows = await tx.fetch("SELECT id, version FROM posts WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE", posts)
    return {row["id"]: row["version"] for row in rows}


async def set_violence(tx: Transaction, ids: list[int], values: list[float]) -> None:
    await tx.execute(
        """UPDATE posts SET violence = v FROM unnest($1::bigint[], $2::real[]) AS t (i, v)
           WHERE id = i AND violence IS DISTINCT FROM v""",
        ids,
        values,
    )
