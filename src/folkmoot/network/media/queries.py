"""Every statement about media and about what in storage nobody refers to any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from folkmoot.database import Database, Row, Transaction
from folkmoot.network.media.pictures import Prepared
from folkmoot.network.posts.views import MediaView
from folkmoot.storage import Key

_VIEW = """id, kind, object_key, preview_key, width, height, preview_width, preview_height, description,
  focus_x, focus_y, blurhash"""


async def insert(
    tx: Transaction,
    id: int,
    account_id: int,
    prepared: Prepared,
    keys: tuple[Key, Key],
    description: str,
    focus: tuple[float, float],
    now: datetime,
) -> MediaView:
    picture, preview = prepared.picture, prepared.preview
    row = await tx.fetchrow(
        f"""INSERT INTO media (id, account_id, kind, object_key, preview_key, content_type, width, height,
              preview_width, preview_height, description, focus_x, focus_y, blurhash, created_at, picture_hash)
            VALUES ($1, $2, 'image', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
            RETURNING {_VIEW}""",
        id,
        account_id,
        *keys,
        picture.content_type,
        picture.width,
        picture.height,
        preview.width,
        preview.height,
        description,
        *focus,
        prepared.blurhash,
        now,
        prepared.hash,
    )
    assert row is not None
    return _view(row)


async def find(db: Database, account_id: int, id: int) -> MediaView | None:
    row = await db.fetchrow(f"SELECT {_VIEW} FROM media WHERE id = $1 AND account_id = $2", id, account_id)
    return _view(row) if row else None


async def describe(
    tx: Transaction, account_id: int, id: int, description: str | None, focus: tuple[float, float] | None
) -> MediaView | None:
    row = await tx.fetchrow(
        f"""UPDATE media SET description = coalesce($3, description), focus_x = coalesce($4, focus_x),
              focus_y = coalesce($5, focus_y)
            WHERE id = $1 AND account_id = $2 AND post_id IS NULL
            RETURNING {_VIEW}""",
        id,
        account_id,
        description,
        *(focus or (None, None)),
    )
    return _view(row) if row else None


async def delete_loose(tx: Transaction, account_id: int, id: int) -> bool:
    return bool(
        await tx.execute("DELETE FROM media WHERE id = $1 AND account_id = $2 AND post_id IS NULL", id, account_id)
    )


async def delete_forgotten(tx: Transaction, before: datetime) -> int:
    """Media never posted, unless a scheduled post waits with them."""
    return await tx.execute(
        """DELETE FROM media WHERE post_id IS NULL AND created_at < $1
           AND NOT EXISTS (
             SELECT FROM scheduled_posts
             WHERE scheduled_posts.account_id = media.account_id
             AND (draft -> 'media' @> to_jsonb(media.id) OR draft -> 'media' @> to_jsonb(media.id::text)))""",
        before,
    )


_NOT_SHOWN = """NOT EXISTS (SELECT FROM media WHERE object_key = key)
           AND NOT EXISTS (SELECT FROM media WHERE preview_key = key)
           AND key NOT IN (SELECT avatar_key FROM accounts WHERE avatar_key IS NOT NULL)
           AND key NOT IN (SELECT header_key FROM accounts WHERE header_key IS NOT NULL)
           AND key NOT IN (SELECT object_key FROM profile_pictures)
           AND key NOT IN (
             SELECT unnest(ARRAY[item ->> 'object_key', item ->> 'preview_key'])
             FROM post_versions, jsonb_array_elements(post_versions.media) AS item
             WHERE post_versions.media <> '[]' AND item ? 'object_key' AND item ? 'preview_key')"""
"""No media, no version of a post, no avatar, no header (hidden ones neither)."""


async def lock_unreferenced(
    tx: Transaction, before: datetime, most: int, among: Sequence[str] | None = None
) -> list[str]:
    """Objects (`among` these, if given) nobody refers to: shown nowhere, and no evidence, or evidence that holds them sealed.

    Locked, so that an upload of the same bytes waits until they are gone and then writes them anew; skipped when such
    an upload has just renewed their date.
    """
    rows = await tx.fetch(
        f"""SELECT key FROM objects
           WHERE created_at < $1 AND ($3::text[] IS NULL OR key = ANY($3::text[])) AND {_NOT_SHOWN}
           AND NOT EXISTS (SELECT FROM evidence_media WHERE object_key = key AND sealed_key IS NULL)
           AND NOT EXISTS (SELECT FROM evidence_media WHERE sealed_key = key)
           ORDER BY key LIMIT $2
           FOR UPDATE SKIP LOCKED""",
        before,
        most,
        None if among is None else list(among),
    )
    return [row["key"] for row in rows]


async def only_evidence(db: Database, after: str, most: int) -> list[str]:
    """Objects, by key, that are shown nowhere and that evidence holds as they were posted."""
    rows = await db.fetch(
        f"""SELECT key FROM (SELECT DISTINCT object_key AS key FROM evidence_media WHERE sealed_key IS NULL) AS held
            WHERE key > $1 AND {_NOT_SHOWN} ORDER BY key LIMIT $2""",
        after,
        most,
    )
    return [row["key"] for row in rows]


async def delete_objects(tx: Transaction, keys: list[str]) -> None:
    await tx.execute("DELETE FROM objects WHERE key = ANY($1::text[])", keys)


async def unhashed(db: Database, limit: int) -> list[str]:
    """Pictures that still wait to be hashed, by their keys."""
    rows = await db.fetch("SELECT object_key FROM unhashed_pictures ORDER BY object_key LIMIT $1", limit)
    return [row["object_key"] for row in rows]


async def keep_hashes(tx: Transaction, keys: list[str], hashes: list[str | None]) -> None:
    """What these pictures are known by, in posts and as avatars and headers; they wait no longer."""
    await tx.execute(
        """WITH known AS (SELECT * FROM unnest($1::text[], $2::text[]) AS t (key, hash)),
           posted AS (UPDATE media SET picture_hash = hash FROM known
                      WHERE object_key = key AND hash IS NOT NULL AND picture_hash IS NULL),
           shown AS (INSERT INTO profile_pictures (account_id, part, object_key, hashes)
                     SELECT id, part, key, array_remove(ARRAY[hash], NULL)
                     FROM accounts CROSS JOIN LATERAL (VALUES ('avatar', avatar_key), ('header', header_key)) AS s (part, shown)
                     JOIN known ON key = shown ON CONFLICT DO NOTHING)
           DELETE FROM unhashed_pictures WHERE object_key = ANY($1::text[])""",
        keys,
        hashes,
    )


def _view(row: Row) -> MediaView:
    values = dict(row)
    for part in ("focus_x", "focus_y"):
        values[part] = round(values[part], 4)  # kept as real: .1 comes back as .10000000149
    return MediaView(**values)
