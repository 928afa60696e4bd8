"""Every statement about mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from folkmoot.database import Database, Row, Transaction
from folkmoot.mail.views import Attachment, Letter, MailView

_VIEW = """SELECT id, key, recipient AS to, subject, message_id, urgent, created_at, fresh_until, due_at, claimed_at, sent_at,
                  failed_at, unsure_at, attempts, why FROM mails"""


def view(row: Row) -> MailView:
    return MailView(**dict(row))


async def insert(tx: Transaction, letter: Letter, key: str, now: datetime) -> int | None:
    """Keep a mail that is due at once; None when its key is known already."""
    id: int | None = await tx.fetchval(
        """INSERT INTO mails (id, key, message_id, recipient, subject, body, language, reply_to, in_reply_to, thread, urgent,
                              created_at, fresh_until, due_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $12)
           ON CONFLICT (key) DO NOTHING RETURNING id""",
        letter.id,
        key,
        letter.message_id,
        letter.to,
        letter.subject,
        letter.text,
        letter.language,
        letter.reply_to,
        letter.in_reply_to,
        list(letter.references),
        letter.urgent,
        now,
        letter.fresh_until,
    )
    if id is not None and letter.attachments:
        await tx.execute(
            """INSERT INTO mail_attachments (mail_id, position, name, content_type, body)
               SELECT $1, * FROM unnest($2::int[], $3::text[], $4::text[], $5::bytea[])""",
            id,
            list(range(len(letter.attachments))),
            [each.name for each in letter.attachments],
            [each.content_type for each in letter.attachments],
            [each.body for each in letter.attachments],
        )
    return id


async def id_of(tx: Transaction, key: str) -> int:
    id: int = await tx.fetchval("SELECT id FROM mails WHERE key = $1", key)
    return id


async def find(source: Database | Transaction, ids: Sequence[int]) -> list[MailView]:
    return [view(row) for row in await source.fetch(f"{_VIEW} WHERE id = ANY($1::bigint[]) ORDER BY id", list(ids))]


async def find_by_key(source: Database | Transaction, key: str) -> MailView | None:
    row = await source.fetchrow(f"{_VIEW} WHERE key = $1", key)
    return view(row) if row else None


async def listing(db: Database, *, settled: bool, limit: int) -> list[MailView]:
    """The newest mails; those that were sent only when asked for."""
    return [
        view(row)
        for row in await db.fetch(f"{_VIEW} WHERE $1 OR sent_at IS NULL ORDER BY id DESC LIMIT $2", settled, limit)
    ]


async def counts(source: Database | Transaction) -> Row:
    """How many wait, failed lately, or are in doubt."""
    row = await source.fetchrow(
        """SELECT count(*) FILTER (WHERE due_at IS NOT NULL) AS waiting, min(created_at) FILTER (WHERE due_at IS NOT NULL)
                    AS oldest, count(*) FILTER (WHERE failed_at > now() - interval '30 days') AS failed,
                  count(*) FILTER (WHERE unsure_at IS NOT NULL) AS unsure
           FROM mails WHERE sent_at IS NULL"""
    )
    assert row is not None  # an aggregate
    return row


async def is_any_due(db: Database, now: datetime) -> bool:
    found: bool = await db.fetchval("SELECT EXISTS (SELECT FROM mails WHERE due_at <= $1 AND claimed_at IS NULL)", now)
    return found


async def claim(tx: Transaction, now: datetime, message_id: str) -> Letter | None:
    """Take the mail that is most due, so that no other worker does; its identifier is fixed from here on."""
    row = await tx.fetchrow(
        """UPDATE mails SET claimed_at = $1, handed_at = NULL, attempts = attempts + 1,
                  message_id = CASE WHEN message_id = '' THEN $2 ELSE message_id END
           WHERE id = (SELECT id FROM mails WHERE due_at <= $1 AND claimed_at IS NULL
                       ORDER BY urgent DESC, due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
           RETURNING *""",
        now,
        message_id,
    )
    if row is None:
        return None
    attached = await tx.fetch(
        "SELECT name, content_type, body FROM mail_attachments WHERE mail_id = $1 ORDER BY position", row["id"]
    )
    return Letter(
        id=row["id"],
        message_id=row["message_id"],
        to=row["recipient"],
        subject=row["subject"],
        text=row["body"],
        language=row["language"],
        reply_to=row["reply_to"],
        in_reply_to=row["in_reply_to"],
        references=tuple(row["thread"]),
        urgent=row["urgent"],
        attempts=row["attempts"],
        fresh_until=row["fresh_until"],
        attachments=tuple(Attachment(**dict(each)) for each in attached),
    )


async def note_handing(tx: Transaction, id: int, now: datetime) -> bool:
    """From here on it may arrive. False when the claim was taken for dead and given up meanwhile."""
    return await tx.execute("UPDATE mails SET handed_at = $2 WHERE id = $1 AND claimed_at IS NOT NULL", id, now) == 1


async def note_sent(tx: Transaction, id: int, now: datetime) -> None:
    await tx.execute(
        """UPDATE mails SET sent_at = $2, due_at = NULL, failed_at = NULL, unsure_at = NULL, claimed_at = NULL, why = ''
           WHERE id = $1""",
        id,
        now,
    )


async def note_failed(tx: Transaction, id: int, why: str, now: datetime) -> None:
    await tx.execute(
        """UPDATE mails SET failed_at = $2, due_at = NULL, unsure_at = NULL, claimed_at = NULL, handed_at = NULL, why = $3
           WHERE id = $1 AND sent_at IS NULL""",
        id,
        now,
        why,
    )


async def note_unsure(tx: Transaction, id: int, why: str, now: datetime) -> None:
    await tx.execute(
        """UPDATE mails SET unsure_at = $2, due_at = NULL, failed_at = NULL, claimed_at = NULL, why = $3
           WHERE id = $1 AND sent_at IS NULL""",
        id,
        now,
        why,
    )


async def put_off(tx: Transaction, id: int, why: str, due_at: datetime) -> None:
    await tx.execute(
        "UPDATE mails SET due_at = $2, claimed_at = NULL, handed_at = NULL, why = $3 WHERE id = $1 AND due_at IS NOT NULL",
        id,
        due_at,
        why,
    )


async def due(tx: Transaction, now: datetime) -> list[Row]:
    """What would be tried now, locked: id, attempts, urgent."""
    return await tx.fetch(
        """SELECT id, attempts, urgent FROM mails WHERE due_at <= $1 AND claimed_at IS NULL
           ORDER BY id LIMIT 10000 FOR UPDATE SKIP LOCKED""",
        now,
    )


async def put_all_off(tx: Transaction, ids: Sequence[int], due_at: Sequence[datetime], why: str) -> None:
    """The mail server could not be reached: that counts as an attempt of each."""
    await tx.execute(
        """UPDATE mails SET due_at = late.due_at, attempts = attempts + 1, why = $3
           FROM unnest($1::bigint[], $2::timestamptz[]) AS late (id, due_at) WHERE mails.id = late.id""",
        list(ids),
        list(due_at),
        why,
    )


async def settle_old(tx: Transaction, now: datetime, before: datetime) -> None:
    """Fail what is not worth sending any more, and settle claims from `before`, whose workers are dead."""
    await tx.execute(
        """UPDATE mails SET failed_at = $1, due_at = NULL,
                  why = 'not sent in time' || CASE WHEN why = '' THEN '' ELSE ': ' || why END
           WHERE due_at IS NOT NULL AND fresh_until < $1 AND claimed_at IS NULL""",
        now,
    )
    await tx.execute(
        """UPDATE mails SET unsure_at = $1, due_at = NULL, claimed_at = NULL,
                  why = 'the worker died after handing it over, before the answer was noted'
           WHERE due_at IS NOT NULL AND claimed_at < $2 AND handed_at IS NOT NULL""",
        now,
        before,
    )
    await tx.execute(
        "UPDATE mails SET claimed_at = NULL WHERE due_at IS NOT NULL AND claimed_at < $1 AND handed_at IS NULL", before
    )


async def try_again(tx: Transaction, id: int | None, now: datetime, fresh_until: datetime) -> int:
    """Make what failed, waits or is in doubt due at once; how many. None means all that wait or failed, not the doubtful."""
    return await tx.execute(
        """UPDATE mails SET due_at = $2, failed_at = NULL, unsure_at = NULL, fresh_until = greatest(fresh_until, $3)
           WHERE sent_at IS NULL AND claimed_at IS NULL AND erased_at IS NULL
             AND CASE WHEN $1::bigint IS NULL THEN unsure_at IS NULL ELSE id = $1 END""",
        id,
        now,
        fresh_until,
    )


async def erase_old(tx: Transaction, now: datetime, texts_before: datetime, rows_before: datetime) -> None:
    """Erase the text of what is long settled; much later forget that it was."""
    erased = await tx.fetch(
        """UPDATE mails SET body = '', subject = '', erased_at = $1
           WHERE erased_at IS NULL AND due_at IS NULL AND coalesce(sent_at, failed_at, unsure_at) < $2 RETURNING id""",
        now,
        texts_before,
    )
    await tx.execute("DELETE FROM mail_attachments WHERE mail_id = ANY($1::bigint[])", [row["id"] for row in erased])
    await tx.execute("DELETE FROM mails WHERE erased_at IS NOT NULL AND created_at < $1", rows_before)
