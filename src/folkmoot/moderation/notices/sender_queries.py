"""Every statement about who sends notices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from folkmoot.database import Database, Row, Transaction
from folkmoot.moderation.notices.queries import insert


async def count_from(source: Database | Transaction, sender_address: str, since: datetime) -> int:
    """Notices of an address since then."""
    found: int = await source.fetchval(
        "SELECT count(*) FROM notices WHERE sender_address = $1 AND received_at > $2", sender_address, since
    )
    return found


async def count_by_sender(source: Database | Transaction, sender_id: int, since: datetime) -> int:
    found: int = await source.fetchval(
        "SELECT count(*) FROM notices WHERE sender_id = $1 AND received_at > $2", sender_id, since
    )
    return found


async def senders(source: Database | Transaction) -> list[Row]:
    """Everybody on the list, with what their notices came to."""
    return await source.fetch(
        """SELECT s.*, s.key_hash IS NOT NULL AS has_key, count(n.id) AS notices,
             count(n.id) FILTER (WHERE n.state = 'refused') AS refused
           FROM notice_senders s LEFT JOIN notices n ON n.sender_id = s.id
           WHERE s.withdrawn_at IS NULL GROUP BY s.id ORDER BY s.name, s.id"""
    )


async def find_sender(source: Database | Transaction, id: int) -> Row | None:
    return await source.fetchrow("SELECT * FROM notice_senders WHERE id = $1 AND withdrawn_at IS NULL", id)


async def sender_named(source: Database | Transaction, names: Sequence[str]) -> Row | None:
    """The sender on the list under the first of these names that is there."""
    return await source.fetchrow(
        """SELECT * FROM notice_senders WHERE address = ANY($1::text[]) AND withdrawn_at IS NULL
           ORDER BY array_position($1::text[], address) LIMIT 1""",
        list(names),
    )


async def sender_with_key(source: Database | Transaction, key_hash: bytes) -> Row | None:
    return await source.fetchrow("SELECT * FROM notice_senders WHERE key_hash = $1 AND withdrawn_at IS NULL", key_hash)


async def insert_sender(tx: Transaction, row: Mapping[str, Any]) -> None:
    await insert(tx, "notice_senders", row)


async def save_sender(tx: Transaction, id: int, changes: Mapping[str, Any]) -> None:
    places = ", ".join(f"{column} = ${number}" for number, column in enumerate(changes, 2))
    await tx.execute(f"UPDATE notice_senders SET {places} WHERE id = $1", id, *changes.values())


async def record_of(source: Database | Transaction, address: str, sender_id: int | None) -> Row:
    """What the notices of a sender came to: how many, how many were unfounded, and of what they named how much stayed."""
    row = await source.fetchrow(
        """WITH theirs AS (SELECT id, state FROM notices
             WHERE CASE WHEN $2::bigint IS NULL THEN sender_address = $1 AND $1 <> '' ELSE sender_id = $2 END)
           SELECT (SELECT count(*) FROM theirs) AS notices,
             (SELECT count(*) FROM theirs WHERE state = 'refused') AS refused,
             count(i.number) AS items, count(i.number) FILTER (WHERE i.state = 'kept') AS kept,
             count(i.number) FILTER (WHERE i.state IN ('removed', 'warned', 'ordered')) AS upheld
           FROM theirs t JOIN notice_items i ON i.notice_id = t.id""",
        address,
        sender_id,
    )
    assert row is not None  # aggregates without GROUP BY have one row
    return row
