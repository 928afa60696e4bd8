"""Every statement about editing: a version kept, words and media replaced."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from folkmoot.database import Database, Row, Transaction
from folkmoot.network.posts.views import PostView


async def detach_media(tx: Transaction, post_id: int, account_id: int, keep: Sequence[int]) -> None:
    await tx.execute(
        "UPDATE media SET post_id = NULL WHERE post_id = $1 AND account_id = $2 AND NOT id = ANY($3::bigint[])",
        post_id,
        account_id,
        list(keep),
    )


async def keep_version(tx: Transaction, post: PostView, *, unseen: bool) -> None:
    """Store how the post stands before it changes; `unseen` when nobody but its author sees it."""
    await tx.execute(
        """INSERT INTO post_versions
             (post_id, account_id, version, text, warning, sensitive, media, poll_options, created_at, unseen)
           VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8::jsonb, $9, $10)""",
        post.id,
        post.account_id,
        post.version,
        post.text,
        post.warning,
        post.sensitive,
        msgspec.json.encode(post.media).decode(),
        msgspec.json.encode(post.poll.options).decode() if post.poll else None,
        post.edited_at or post.created_at,
        unseen,
    )


async def replace_words(
    tx: Transaction,
    post_id: int,
    *,
    text: str,
    warning: str,
    sensitive: bool,
    language: str | None,
    has_media: bool,
    now: datetime,
    violence: float | None,
) -> None:
    await tx.execute(
        """UPDATE posts SET text = $2, warning = $3, sensitive = $4, language = $5, has_media = $6, edited_at = $7,
           violence = $8, version = version + 1 WHERE id = $1""",
        post_id,
        text,
        warning,
        sensitive,
        language,
        has_media,
        now,
        violence,
    )


async def held_for(tx: Transaction, post_id: int) -> str | None:
    """What screening holds the post for, as long as nobody has decided about it."""
    found: str | None = await tx.fetchval(
        """SELECT category FROM findings WHERE post_id = $1 AND part = 'post' AND outcome = 'hold' AND decision IS NULL
           ORDER BY id DESC LIMIT 1""",
        post_id,
    )
    return found


async def clear_references(tx: Transaction, post_id: int) -> None:
    """Forget whom and which tags the text named; those of the new text follow."""
    await tx.execute(
        "WITH m AS (DELETE FROM mentions WHERE post_id = $1) DELETE FROM post_tags WHERE post_id = $1", post_id
    )


async def describe_media(
    tx: Transaction, account_id: int, id: int, description: str | None, focus: tuple[float, float] | None
) -> None:
    await tx.execute(
        """UPDATE media SET description = coalesce($3, description), focus_x = coalesce($4, focus_x),
           focus_y = coalesce($5, focus_y) WHERE id = $2 AND account_id = $1""",
        account_id,
        id,
        description,
        focus[0] if focus else None,
        focus[1] if focus else None,
    )


async def versions(db: Database, post_id: int) -> list[Row]:
    """Earlier states of the post, oldest first."""
    return await db.fetch("SELECT * FROM post_versions WHERE post_id = $1 ORDER BY version", post_id)
