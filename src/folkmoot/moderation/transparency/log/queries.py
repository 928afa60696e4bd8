"""Every statement about the public log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from folkmoot.database import Database, Row, Transaction
from folkmoot.moderation.transparency.log.entry import Piece
from folkmoot.moderation.transparency.log.tiles import Place

# Entering -----------------------------------------------------------------------------------------------------------


async def queue(
    tx: Transaction,
    id: int,
    deed: str,
    subjects: Sequence[str],
    fresh: Sequence[bytes],
    pieces: Sequence[Piece],
    at: datetime,
) -> bool:
    """Write an entry with its pseudonyms, in one exchange. A subject without a salt gets the fresh one.

    The same id twice is one entry. False, and nothing written, when another deed makes one of the salts just now.
    """
    written: bool = await tx.fetchval(
        """WITH wanted AS (SELECT * FROM unnest($3::text[], $4::bytea[]) AS w (subject, salt)),
           there AS (SELECT s.subject, s.salt FROM log_salts s JOIN wanted USING (subject)),
           made AS (INSERT INTO log_salts (subject, salt)
             SELECT subject, salt FROM wanted WHERE subject NOT IN (SELECT subject FROM there)
             ON CONFLICT DO NOTHING RETURNING subject, salt),
           salts AS (SELECT subject, salt FROM there UNION ALL SELECT subject, salt FROM made),
           body AS (
             SELECT convert_to(string_agg(p.plain || coalesce(
                 encode(sha256(convert_to(encode(s.salt, 'hex') || ' ' || p.meaning, 'UTF8')), 'hex'), ''),
               '' ORDER BY p.n), 'UTF8') AS bytes,
               bool_and(p.owner IS NULL OR s.salt IS NOT NULL) AS whole
             FROM unnest($5::text[], $6::text[], $7::text[]) WITH ORDINALITY AS p (plain, owner, meaning, n)
             LEFT JOIN salts s ON s.subject = p.owner),
           queued AS (
             INSERT INTO log_queue (id, deed, body, subjects, at)
             SELECT $1, $2, bytes, $3, $8 FROM body
             WHERE whole AND NOT EXISTS (SELECT FROM log_entries WHERE id = $1) ON CONFLICT DO NOTHING)
           SELECT whole FROM body""",
        id,
        deed,
        subjects,
        fresh,
        [piece.plain for piece in pieces],
        [piece.owner for piece in pieces],
        [piece.meaning for piece in pieces],
        at,
    )
    return written


# Giving places ------------------------------------------------------------------------------------------------------


async def is_open(source: Database | Transaction) -> bool:
    return bool(await source.fetchval("SELECT count(*) FROM log_trees"))


async def open_tree(tx: Transaction, origin: str, root: bytes, now: datetime) -> bool:
    """Begin the log; whether it had not begun."""
    return bool(
        await tx.execute(
            "INSERT INTO log_trees (origin, size, root, made_at) VALUES ($1, 0, $2, $3) ON CONFLICT DO NOTHING",
            origin,
            root,
            now,
        )
    )


async def waiting(source: Database | Transaction) -> bool:
    """Whether there are entries without a place."""
    return bool(await source.fetchval("SELECT EXISTS (SELECT FROM log_queue)"))


async def hold_tree(tx: Transaction, *, wait: bool = False) -> Row | None:
    """The tree, held until the end of the transaction; None when somebody else holds it, unless we wait."""
    return await tx.fetchrow(f"SELECT origin, size, root FROM log_trees FOR UPDATE {'' if wait else 'SKIP LOCKED'}")


async def next_in_queue(tx: Transaction, limit: int) -> list[Row]:
    return await tx.fetch(
        "SELECT id, body FROM log_queue ORDER BY deed <> 'log.opened', id LIMIT $1",
        limit,
    )


async def give_places(tx: Transaction, first: int, ids: Sequence[int]) -> None:
    """Move these entries from the queue to the places from `first` on."""
    await tx.execute(
        """WITH taken AS (
             DELETE FROM log_queue q USING unnest($2::bigint[]) WITH ORDINALITY AS w (id, n)
             WHERE q.id = w.id RETURNING q.id, q.deed, q.body, q.subjects, q.at, w.n)
           INSERT INTO log_entries (place, id, deed, body, subjects, at)
           SELECT $1 + n - 1, id, deed, body, subjects, at FROM taken""",
        first,
        ids,
    )


async def tiles(source: Database | Transaction, places: Iterable[Place]) -> dict[Place, bytes]:
    """The tiles at these places, as far as there are any."""
    wanted = sorted(places)
    rows = await source.fetch(
        """SELECT level, number, hashes FROM log_tiles
           JOIN unnest($1::smallint[], $2::bigint[]) AS w (level, number) USING (level, number)""",
        [level for level, _ in wanted],
        [number for _, number in wanted],
    )
    return {(row["level"], row["number"]): row["hashes"] for row in rows}


async def keep_tiles(tx: Transaction, changed: Mapping[Place, bytes]) -> None:
    await tx.execute(
        """INSERT INTO log_tiles (level, number, hashes)
           SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])
           ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes""",
        [level for level, _ in changed],
        [number for _, number in changed],
        list(changed.values()),
    )


async def keep_tree(tx: Transaction, size: int, root: bytes, now: datetime) -> None:
    await tx.execute("UPDATE log_trees SET size = $1, root = $2, made_at = $3", size, root, now)


async def keep_checkpoint(tx: Transaction, size: int, root: bytes, signatures: Sequence[str], now: datetime) -> None:
    await tx.execute(
        """INSERT INTO log_checkpoints (size, root, signatures, made_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (size) DO UPDATE SET signatures = excluded.signatures""",
        size,
        root,
        signatures,
        now,
    )


# Keys ---------------------------------------------------------------------------------------------------------------


async def keys(source: Database | Transaction) -> list[Row]:
    """Every key the log ever signed with, the newest first."""
    return await source.fetch("SELECT number, verifier, made_at, until FROM log_keys ORDER BY number DESC")


async def keep_key(tx: Transaction, number: int, verifier: str, now: datetime) -> None:
    await tx.execute("INSERT INTO log_keys (number, verifier, made_at) VALUES ($1, $2, $3)", number, verifier, now)


async def end_key(tx: Transaction, number: int, until: datetime) -> None:
    await tx.execute("UPDATE log_keys SET until = least(until, $2) WHERE number = $1", number, until)


# Reading ------------------------------------------------------------------------------------------------------------

_CHECKPOINT = (
    "SELECT t.origin, c.size, c.root, c.signatures, c.cosignatures, c.made_at FROM log_checkpoints c, log_trees t"
)


async def newest_checkpoint(source: Database | Transaction) -> Row | None:
    return await source.fetchrow(f"{_CHECKPOINT} ORDER BY c.size DESC LIMIT 1")


async def checkpoint_at(source: Database | Transaction, size: int) -> Row | None:
    return await source.fetchrow(f"{_CHECKPOINT} WHERE c.size = $1", size)


async def next_checkpoint(source: Database | Transaction, after: int, within: int) -> Row | None:
    """The last one that is at most `within` entries further, or else the first that is further."""
    return await source.fetchrow(
        f"""({_CHECKPOINT} WHERE c.size > $1 AND c.size <= $1 + $2 ORDER BY c.size DESC LIMIT 1)
            UNION ALL ({_CHECKPOINT} WHERE c.size > $1 + $2 ORDER BY c.size LIMIT 1) LIMIT 1""",
        after,
        within,
    )


async def checkpoint_for(source: Database | Transaction, place: int) -> Row | None:
    """The checkpoint to prove an entry by: the newest that witnesses signed, or else the newest."""
    return await source.fetchrow(
        f"""({_CHECKPOINT} WHERE c.size > $1 AND c.cosignatures <> '{{}}' ORDER BY c.size DESC LIMIT 1)
            UNION ALL ({_CHECKPOINT} WHERE c.size > $1 ORDER BY c.size DESC LIMIT 1) LIMIT 1""",
        place,
    )


async def sizes_between(source: Database | Transaction, start: int, end: int) -> list[int]:
    """The sizes between these two that were signed."""
    rows = await source.fetch("SELECT size FROM log_checkpoints WHERE size > $1 AND size < $2", start, end)
    return [row["size"] for row in rows]


async def bodies(source: Database | Transaction, start: int, end: int) -> list[bytes]:
    rows = await source.fetch(
        "SELECT body FROM log_entries WHERE place >= $1 AND place < $2 ORDER BY place", start, end
    )
    return [row["body"] for row in rows]


async def entry_at(source: Database | Transaction, place: int) -> Row | None:
    return await source.fetchrow("SELECT place, id, deed, body, subjects, at FROM log_entries WHERE place = $1", place)


async def epochs_untold(source: Database | Transaction) -> list[Row]:
    """Epochs the log does not know of; the entry's id is the epoch's number, which no other id is."""
    return await source.fetch(
        """SELECT epoch, began_at, how FROM epochs e
           WHERE NOT EXISTS (SELECT FROM log_entries WHERE id = e.epoch)
             AND NOT EXISTS (SELECT FROM log_queue WHERE id = e.epoch) ORDER BY epoch"""
    )


async def about(source: Database | Transaction, subject: str, limit: int) -> list[Row]:
    """Entries that concern somebody or something, the oldest first; those without a place yet at the end."""
    return await source.fetch(
        """(SELECT place, id, deed, body, subjects, at FROM log_entries WHERE subjects @> ARRAY[$1] ORDER BY place LIMIT $2)
           UNION ALL
           (SELECT NULL, id, deed, body, subjects, at FROM log_queue WHERE subjects @> ARRAY[$1] ORDER BY id LIMIT $2)""",
        subject,
        limit,
    )


async def recent(source: Database | Transaction, before: int | None, limit: int) -> list[Row]:
    """Entries from the newest back."""
    return await source.fetch(
        """SELECT place, id, deed, body, subjects, at FROM log_entries
           WHERE $1::bigint IS NULL OR place < $1 ORDER BY place DESC LIMIT $2""",
        before,
        limit,
    )


async def salts(source: Database | Transaction, subjects: Sequence[str]) -> dict[str, bytes]:
    rows = await source.fetch("SELECT subject, salt FROM log_salts WHERE subject = ANY($1)", subjects)
    return {row["subject"]: row["salt"] for row in rows}


async def own_bodies(source: Database | Transaction, size: int) -> list[bytes]:
    """The entries about the log itself, in their order, of the first `size`."""
    rows = await source.fetch(
        "SELECT body FROM log_entries WHERE deed LIKE 'log.%' AND place < $1 ORDER BY place", size
    )
    return [row["body"] for row in rows]


# Witnesses ----------------------------------------------------------------------------------------------------------

_WITNESS = "verifier, url, seen, added_at, removed_at, asked_at, answer"


async def witnesses(source: Database | Transaction) -> list[Row]:
    return await source.fetch(f"SELECT {_WITNESS} FROM log_witnesses WHERE removed_at IS NULL ORDER BY added_at")


async def keep_witness(tx: Transaction, verifier: str, url: str, now: datetime) -> None:
    await tx.execute(
        """INSERT INTO log_witnesses (verifier, url, added_at) VALUES ($1, $2, $3)
           ON CONFLICT (verifier) DO UPDATE SET url = excluded.url, removed_at = NULL""",
        verifier,
        url,
        now,
    )


async def remove_witness(tx: Transaction, verifier: str, now: datetime) -> bool:
    return bool(
        await tx.execute(
            "UPDATE log_witnesses SET removed_at = $2 WHERE verifier = $1 AND removed_at IS NULL", verifier, now
        )
    )


async def witness_answered(tx: Transaction, verifier: str, seen: int | None, answer: str, now: datetime) -> None:
    await tx.execute(
        "UPDATE log_witnesses SET seen = coalesce($2, seen), answer = $3, asked_at = $4 WHERE verifier = $1",
        verifier,
        seen,
        answer,
        now,
    )


async def hold_cosignatures(tx: Transaction, size: int) -> list[str] | None:
    found: list[str] | None = await tx.fetchval(
        "SELECT cosignatures FROM log_checkpoints WHERE size = $1 FOR UPDATE", size
    )
    return found


async def keep_cosignatures(tx: Transaction, size: int, lines: Sequence[str]) -> None:
    await tx.execute("UPDATE log_checkpoints SET cosignatures = $2 WHERE size = $1", size, lines)


# Forgetting ---------------------------------------------------------------------------------------------------------


async def delete_salt(tx: Transaction, subject: str) -> bool:
    """Delete a salt and the way from the subject to its entries; whether there was one."""
    for table in ("log_entries", "log_queue"):
        await tx.execute(
            f"UPDATE {table} SET subjects = array_remove(subjects, $1) WHERE subjects @> ARRAY[$1]", subject
        )
    return bool(await tx.execute("DELETE FROM log_salts WHERE subject = $1", subject))


async def erased(tx: Transaction, limit: int) -> list[str]:
    """Subjects with a salt of whom nothing else is kept: cases without evidence, accounts closed half a year ago."""
    rows = await tx.fetch(
        """SELECT s.subject FROM log_salts s JOIN cases c ON s.subject = 'case:' || c.id WHERE c.erased_at IS NOT NULL
           UNION ALL
           SELECT s.subject FROM log_salts s JOIN accounts a ON s.subject = 'account:' || a.id
           WHERE a.closed_at < now() - interval '184 days'
             AND NOT EXISTS (SELECT FROM cases c WHERE c.account_id = a.id AND c.erased_at IS NULL)
           LIMIT $1""",
        limit,
    )
    return [row["subject"] for row in rows]
