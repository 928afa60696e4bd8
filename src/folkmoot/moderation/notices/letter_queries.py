"""Every statement about letters, theirs and ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from folkmoot.database import Database, Row, Transaction
from folkmoot.moderation.notices.queries import insert


async def insert_letter(tx: Transaction, row: Mapping[str, Any]) -> None:
    await insert(tx, "notice_letters", row)


async def letters(source: Database | Transaction, notice_id: int) -> list[Row]:
    """The correspondence, oldest first, without what came as bytes."""
    return await source.fetch(
        """SELECT l.id, l.notice_id, l.direction, l.kind, l.address, l.subject, l.text, l.language, l.message_id,
             l.mail_id, l.by_id, l.at, a.name AS by_name, octet_length(l.raw) AS raw_bytes
           FROM notice_letters l LEFT JOIN accounts a ON a.id = l.by_id WHERE l.notice_id = $1 ORDER BY l.id""",
        notice_id,
    )


async def outlived(tx: Transaction, before: datetime, limit: int) -> list[int]:
    """Notices that were closed before then and whose letters are still kept, unless a case of theirs is under legal hold."""
    rows = await tx.fetch(
        """SELECT n.id FROM notices n WHERE n.state IN ('answered', 'refused')
             AND coalesce(n.answered_at, n.met_at, n.received_at) < $1
             AND EXISTS (SELECT FROM notice_letters l WHERE l.notice_id = n.id AND l.raw IS NOT NULL)
             AND NOT EXISTS (SELECT FROM notice_items i JOIN cases c ON c.id = i.case_id WHERE i.notice_id = n.id AND c.frozen)
           ORDER BY n.id LIMIT $2 FOR UPDATE OF n SKIP LOCKED""",
        before,
        limit,
    )
    return [row["id"] for row in rows]


async def empty_letters(tx: Transaction, notice_id: int) -> None:
    """Forget what was written to us; what we answered, and when, stays."""
    await tx.execute(
        """UPDATE notice_letters SET raw = NULL, reading = NULL, text = '', subject = ''
           WHERE notice_id = $1 AND direction = 'in'""",
        notice_id,
    )


async def raw_letter(source: Database | Transaction, notice_id: int, letter_id: int) -> bytes | None:
    """A letter as it was kept: sealed."""
    found: bytes | None = await source.fetchval(
        "SELECT raw FROM notice_letters WHERE notice_id = $1 AND id = $2", notice_id, letter_id
    )
    return found


async def letter_received(source: Database | Transaction, digest: str) -> Row | None:
    """The letter that came as exactly these bytes."""
    return await source.fetchrow(
        "SELECT id, notice_id FROM notice_letters WHERE digest = $1 AND direction = 'in' ORDER BY id LIMIT 1", digest
    )


async def thread_of(source: Database | Transaction, message_ids: Sequence[str]) -> int | None:
    """The notice that one of these letters belongs to, ours or theirs."""
    found: int | None = await source.fetchval(
        "SELECT notice_id FROM notice_letters WHERE message_id = ANY($1::text[]) ORDER BY id DESC LIMIT 1",
        list(message_ids),
    )
    return found


async def message_ids(source: Database | Transaction, notice_id: int) -> list[str]:
    """The thread, oldest first, for References."""
    rows = await source.fetch(
        "SELECT message_id FROM notice_letters WHERE notice_id = $1 AND message_id <> '' ORDER BY id", notice_id
    )
    return [row["message_id"] for row in rows]


async def written_to(source: Database | Transaction, address: str, since: datetime) -> int:
    """Letters the network has sent to an address by itself since then."""
    found: int = await source.fetchval(
        """SELECT count(*) FROM notice_letters l JOIN notices n ON n.id = l.notice_id
           WHERE n.sender_address = $1 AND l.direction = 'out' AND l.by_id IS NULL AND l.at > $2""",
        address,
        since,
    )
    return found
