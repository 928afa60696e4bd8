"""Sealing a version when a case takes it up, and reading it again."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog

from folkmoot import clock
from folkmoot.database import Database, Row, Transaction
from folkmoot.errors import Unavailable
from folkmoot.moderation.evidence import queries
from folkmoot.moderation.evidence.words import Words, seal, unseal
from folkmoot.vault import KEY_BYTES

log = structlog.get_logger(__name__)

Content = dict[str, Any]
"""A row of `case_contents` with its words readable, and `excerpt`: how it begins."""
AT_A_TIME = 200


def _purpose(content_id: int) -> str:
    return f"evidence {content_id}"


async def keep(tx: Transaction, content_id: int, words: Words, now: datetime) -> bytes:
    """Make a key for a version and keep it sealed; gives the words sealed with it, for the row of the version."""
    key = secrets.token_bytes(KEY_BYTES)
    await queries.keep_key(tx, content_id, tx.vault.seal(_purpose(content_id), key), words.object_keys, now)
    return seal(words, key)


def key_of_version(source: Database | Transaction, row: Row) -> bytes:
    """The key of a version from its row of `evidence_keys`. Raises Unavailable when another master key sealed it."""
    return source.vault.unseal(_purpose(row["content_id"]), bytes(row["sealed"]))


async def opened(source: Database | Transaction, rows: Sequence[Row], id: str = "id") -> list[Content]:
    """The rows with their words readable; empty ones where they were purged. `id` names the column of the version.

    Raises Unavailable when the master key is another one than they were sealed with.
    """
    keys = await queries.keys(source, [row[id] for row in rows if row["sealed"] is not None])
    found = []
    for row in rows:
        content = dict(row)
        sealed = content.pop("sealed")
        if sealed is not None:
            key = keys.get(row[id])
            words = unseal(bytes(sealed), source.vault.unseal(_purpose(row[id]), key)) if key is not None else Words()
            content |= {name: getattr(words, name) for name in Words.__struct_fields__}
        content["excerpt"] = (content["text"] or content["warning"] or "")[:200]
        found.append(content)
    return found


async def seal_old(db: Database) -> int:
    """Seal what was kept before there were seals; how many. Nightly, and may run twice."""
    done = 0
    while True:
        async with db.transaction() as tx:
            rows = await queries.unsealed(tx, AT_A_TIME)
            for row in rows:
                words = Words(**{name: row[name] for name in Words.__struct_fields__})
                await queries.put_seal(tx, row["id"], await keep(tx, row["id"], words, clock.now()))
        done += len(rows)
        if len(rows) < AT_A_TIME:
            return done


async def check(db: Database) -> tuple[int, list[str]]:
    """How many versions are sealed, and what is wrong: plain ones, purged ones that can still be read, a foreign key."""
    counts = await queries.counts(db)
    wrong = [f"{counts['plain']} versions are not sealed yet; they are by tomorrow"] if counts["plain"] else []
    wrong += [f"case {row['case_id']}: purged, but still readable" for row in await queries.left_over(db, 20)]
    sample = await db.fetch("SELECT * FROM case_contents WHERE sealed IS NOT NULL ORDER BY id DESC LIMIT 50")
    try:
        await opened(db, sample)
    except Unavailable as error:
        wrong.append(error.cause or error.words)
    return counts["sealed"], wrong
