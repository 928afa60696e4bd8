"""Every statement about notices, what they name and their clocks; letters and senders have files of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from folkmoot.database import Database, Row, Transaction
from folkmoot.moderation.cases.queries import RUNNING_NOTICES
from folkmoot.moderation.notices.rules import Clock
from folkmoot.moderation.notices.states import Event
from folkmoot.network.visibility import sql_is_public


async def insert(tx: Transaction, table: str, row: Mapping[str, Any]) -> None:
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    await tx.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", *row.values())


# Notices ------------------------------------------------------------------------------------------------------------


async def one_at_a_time(tx: Transaction, what: str) -> None:
    """Wait for anybody else who receives the same letter; ends with the transaction."""
    await tx.fetchval("SELECT pg_advisory_xact_lock(hashtextextended($1, 20210110))::text", what)


async def insert_notice(tx: Transaction, row: Mapping[str, Any]) -> None:
    await insert(tx, "notices", row)


async def lock_notice(tx: Transaction, notice_id: int) -> Row | None:
    return await tx.fetchrow("SELECT * FROM notices WHERE id = $1 FOR UPDATE", notice_id)


async def find_notice(source: Database | Transaction, notice_id: int) -> Row | None:
    return await source.fetchrow("SELECT * FROM notices WHERE id = $1", notice_id)


async def find_by_reference(source: Database | Transaction, reference: str) -> Row | None:
    return await source.fetchrow("SELECT * FROM notices WHERE reference = $1", reference)


async def find_by_token(source: Database | Transaction, token: str) -> Row | None:
    return await source.fetchrow("SELECT * FROM notices WHERE token = $1", token)


async def find_by_client_token(source: Database | Transaction, sender_id: int | None, token: str) -> Row | None:
    return await source.fetchrow(
        "SELECT * FROM notices WHERE coalesce(sender_id, 0) = coalesce($1::bigint, 0) AND client_token = $2",
        sender_id,
        token,
    )


async def save_notice(tx: Transaction, notice_id: int, changes: Mapping[str, Any]) -> None:
    places = ", ".join(f"{column} = ${number}" for number, column in enumerate(changes, 2))
    await tx.execute(f"UPDATE notices SET {places} WHERE id = $1", notice_id, *changes.values())


async def insert_events(tx: Transaction, notice_id: int, after: int, events: Sequence[Event]) -> None:
    """Write events under the numbers that follow; one that happened already raises."""
    await tx.execute(
        """INSERT INTO notice_events (notice_id, number, step, key, by_id, why, at)
           SELECT $1, $2 + n, step, key, by_id, why, at
           FROM unnest($3::text[], $4::text[], $5::bigint[], $6::text[], $7::timestamptz[])
             WITH ORDINALITY AS e (step, key, by_id, why, at, n)""",
        notice_id,
        after,
        [event.step.value for event in events],
        [event.key for event in events],
        [event.by for event in events],
        [event.why for event in events],
        [event.at for event in events],
    )


async def events(source: Database | Transaction, notice_id: int) -> list[Row]:
    """What happened to a notice, in order, with the names of those who did it."""
    return await source.fetch(
        """SELECT e.*, a.name AS by_name FROM notice_events e LEFT JOIN accounts a ON a.id = e.by_id
           WHERE e.notice_id = $1 ORDER BY e.number""",
        notice_id,
    )


# What they name -----------------------------------------------------------------------------------------------------


async def insert_items(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write items down; what the notice names already is named once."""
    columns = ("notice_id", "number", "written", "what", "medium", "post_id", "account_id", "version", "case_id", "state",
               "how", "since", "is_sure", "is_private", "found_at", "hidden_at", "settled_at", "log_entry")  # fmt: skip
    kinds = ("bigint", "int", "text", "text", "text", "bigint", "bigint", "int", "bigint", "text",
             "text", "timestamptz", "bool", "bool", "timestamptz", "timestamptz", "timestamptz", "bigint")  # fmt: skip
    values = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(kinds, 1))
    await tx.execute(
        f"INSERT INTO notice_items ({', '.join(columns)}) SELECT * FROM unnest({values}) ON CONFLICT DO NOTHING",
        *([row[column] for row in rows] for column in columns),
    )


async def items(source: Database | Transaction, notice_id: int) -> list[Row]:
    return await source.fetch("SELECT * FROM notice_items WHERE notice_id = $1 ORDER BY number", notice_id)


async def save_item(tx: Transaction, notice_id: int, number: int, changes: Mapping[str, Any]) -> None:
    places = ", ".join(f"{column} = ${number}" for number, column in enumerate(changes, 3))
    await tx.execute(
        f"UPDATE notice_items SET {places} WHERE notice_id = $1 AND number = $2", notice_id, number, *changes.values()
    )


async def posts(source: Database | Transaction, ids: Sequence[int]) -> list[Row]:
    """Posts as those need them who look for what a letter names; whether anybody may see them is a column."""
    return await source.fetch(
        f"""SELECT p.id, p.account_id, p.shows_id, p.version, p.hidden_at, p.hidden_for, p.waiting,
             {sql_is_public("p")} AS is_public, a.name AS account_name, a.closed_at, a.suspended_at
            FROM posts p JOIN accounts a ON a.id = p.account_id WHERE p.id = ANY($1::bigint[])""",
        list(ids),
    )


async def posts_with_media(source: Database | Transaction, keys: Sequence[str]) -> list[Row]:
    """Which posts show these objects; a medium that was never posted belongs to none."""
    return await source.fetch(
        """SELECT key, m.post_id FROM unnest($1::text[]) AS key
           JOIN LATERAL (SELECT post_id FROM media WHERE object_key = key AND post_id IS NOT NULL
                         UNION SELECT post_id FROM media WHERE preview_key = key AND post_id IS NOT NULL
                         ORDER BY 1 LIMIT 50) AS m ON true""",
        list(keys),
    )


async def accounts(source: Database | Transaction, names: Sequence[str], ids: Sequence[int]) -> list[Row]:
    return await source.fetch(
        """SELECT id, name, closed_at, suspended_at FROM accounts
           WHERE (lower(name) = ANY($1::text[]) OR id = ANY($2::bigint[])) AND approved_at IS NOT NULL""",
        [name.lower() for name in names],
        list(ids),
    )


async def tombstones(source: Database | Transaction, ids: Sequence[int]) -> list[Row]:
    return await source.fetch("SELECT * FROM tombstones WHERE post_id = ANY($1::bigint[])", list(ids))


async def judged(source: Database | Transaction, post_ids: Sequence[int]) -> list[Row]:
    """The case each post is before, else the last it came to, and the version that was judged there."""
    return await source.fetch(
        """SELECT DISTINCT ON (m.post_id) m.post_id, c.id AS case_id, c.account_id, c.verdict, c.measure, c.decided_at,
             c.decided_by, m.version
           FROM case_posts m JOIN cases c ON c.id = m.case_id WHERE m.post_id = ANY($1::bigint[])
           ORDER BY m.post_id, c.decided_at IS NOT NULL, m.joined_at DESC, m.case_id DESC""",
        list(post_ids),
    )


async def unconfirmed_since(tx: Transaction, since: datetime) -> int:
    """Cases that letters of unconfirmed senders have set a clock on since then."""
    found: int = await tx.fetchval(
        """SELECT count(*) FROM notice_items i JOIN notices n ON n.id = i.notice_id
           WHERE n.received_at > $1 AND n.trust NOT IN ('key', 'known') AND n.confirmed_at IS NULL AND i.case_id IS NOT NULL""",
        since,
    )
    return found


_PRESENT = """SELECT i.*, c.verdict, c.measure, c.decided_by, c.decided_at, c.overridden,
  p.id IS NULL AS is_gone, p.hidden_at AS post_hidden_at, a.closed_at, a.suspended_at, t.gone_at, t.how AS gone_how,
  t.log_entry AS gone_entry
FROM notice_items i JOIN notices n ON n.id = i.notice_id JOIN cases c ON c.id = i.case_id
LEFT JOIN posts p ON p.id = i.post_id AND p.account_id = i.account_id
LEFT JOIN accounts a ON a.id = i.account_id LEFT JOIN tombstones t ON t.post_id = i.post_id"""


async def present(tx: Transaction, notice_id: int) -> list[Row]:
    """Everything undecided that a notice names, with what has become of it by now."""
    return await tx.fetch(f"{_PRESENT} WHERE i.notice_id = $1 AND i.settled_at IS NULL ORDER BY i.number", notice_id)


async def moved(db: Database, limit: int) -> list[int]:
    """Notices about which there is news: something they name was decided, hidden, shown again, or is gone."""
    rows = await db.fetch(
        f"""SELECT DISTINCT i.notice_id FROM notice_items i JOIN notices n ON n.id = i.notice_id AND n.state IN {RUNNING_NOTICES}
            JOIN cases c ON c.id = i.case_id
            LEFT JOIN posts p ON p.id = i.post_id AND p.account_id = i.account_id
            LEFT JOIN accounts a ON a.id = i.account_id
            WHERE i.settled_at IS NULL AND (c.verdict IS NOT NULL OR a.closed_at IS NOT NULL
              OR (i.what = 'post' AND (p.id IS NULL
                OR (i.state = 'hidden') <> (p.hidden_at IS NOT NULL OR a.suspended_at IS NOT NULL))))
            ORDER BY i.notice_id LIMIT $1""",
        limit,
    )
    return [row["notice_id"] for row in rows]


async def judged_anew(db: Database, since: datetime) -> list[Row]:
    """What was decided otherwise after its notice had been answered."""
    return await db.fetch(
        """SELECT i.notice_id, i.number, i.state, c.verdict, c.measure, c.decided_by, c.decided_at
           FROM cases c JOIN notice_items i ON i.case_id = c.id JOIN notices n ON n.id = i.notice_id
           WHERE c.decided_at > $1 AND i.settled_at < c.decided_at AND n.state = 'answered' ORDER BY 1, 2""",
        since,
    )


# Clocks -------------------------------------------------------------------------------------------------------------


async def clocks(source: Database | Transaction) -> list[Clock]:
    rows = await source.fetch("SELECT kind, sender, minutes, warnings, why FROM notice_clocks ORDER BY sender, kind")
    return [
        Clock(
            kind=row["kind"],
            sender=row["sender"],
            minutes=row["minutes"],
            warnings=tuple(row["warnings"]),
            why=row["why"],
        )
        for row in rows
    ]


async def keep_clock(tx: Transaction, clock: Clock, by: int | None, now: datetime) -> None:
    await tx.execute(
        """INSERT INTO notice_clocks (kind, sender, minutes, warnings, why, changed_at, changed_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (kind, sender) DO UPDATE SET minutes = excluded.minutes, warnings = excluded.warnings,
             why = excluded.why, changed_at = excluded.changed_at, changed_by = excluded.changed_by""",
        clock.kind,
        clock.sender,
        clock.minutes,
        list(clock.warnings),
        clock.why,
        now,
        by,
    )


async def drop_clock(tx: Transaction, kind: str, sender: str) -> bool:
    return bool(await tx.execute("DELETE FROM notice_clocks WHERE kind = $1 AND sender = $2", kind, sender))


async def set_timers(tx: Transaction, notice_id: int, timers: Sequence[tuple[str, datetime]]) -> None:
    """Set the clocks of a notice anew; what has rung already is not set again."""
    await tx.execute("DELETE FROM notice_timers WHERE notice_id = $1 AND done_at IS NULL", notice_id)
    await tx.execute(
        """INSERT INTO notice_timers (notice_id, kind, due_at)
           SELECT $1, kind, due_at FROM unnest($2::text[], $3::timestamptz[]) AS t (kind, due_at) ON CONFLICT DO NOTHING""",
        notice_id,
        [kind for kind, _ in timers],
        [due_at for _, due_at in timers],
    )


async def stop_timers(tx: Transaction, notice_id: int, now: datetime) -> None:
    await tx.execute("UPDATE notice_timers SET done_at = $2 WHERE notice_id = $1 AND done_at IS NULL", notice_id, now)


async def timers(source: Database | Transaction, notice_id: int) -> list[Row]:
    return await source.fetch("SELECT * FROM notice_timers WHERE notice_id = $1 ORDER BY due_at, kind", notice_id)


async def due_timers(db: Database, now: datetime, limit: int) -> list[Row]:
    return await db.fetch(
        """SELECT notice_id, kind FROM notice_timers WHERE due_at <= $1 AND done_at IS NULL
           ORDER BY due_at, kind LIMIT $2""",
        now,
        limit,
    )


async def take_timer(tx: Transaction, notice_id: int, kind: str, now: datetime) -> bool:
    """Whether the clock is due and nobody else is at it."""
    return bool(
        await tx.execute(
            """UPDATE notice_timers SET done_at = $3
               WHERE notice_id = $1 AND kind = $2 AND done_at IS NULL AND due_at <= $3""",
            notice_id,
            kind,
            now,
        )
    )


async def staff(source: Database | Transaction) -> list[Row]:
    """Everybody who is to be called, with where a mail reaches them."""
    return await source.fetch(
        """SELECT a.id, c.email, c.locale FROM accounts a JOIN credentials c ON c.account_id = a.id
           WHERE a.role IN ('steward', 'operator') AND a.suspended_at IS NULL AND a.closed_at IS NULL
             AND a.approved_at IS NOT NULL ORDER BY a.id"""
    )


# Lists --------------------------------------------------------------------------------------------------------------

_LINE = """SELECT n.*, s.name AS known_name, t.name AS taken_name,
  (SELECT count(*) FROM notice_items i WHERE i.notice_id = n.id) AS items,
  (SELECT count(*) FROM notice_items i WHERE i.notice_id = n.id AND i.settled_at IS NULL) AS unsettled,
  (SELECT count(*) FROM notice_items i WHERE i.notice_id = n.id AND i.settled_at IS NULL AND i.state <> 'hidden') AS in_sight,
  (SELECT count(*) FROM notice_items i WHERE i.notice_id = n.id AND i.state = 'waiting') AS waiting
FROM notices n LEFT JOIN notice_senders s ON s.id = n.sender_id LEFT JOIN accounts t ON t.id = n.taken_by"""


async def line(source: Database | Transaction, notice_id: int) -> Row | None:
    return await source.fetchrow(f"{_LINE} WHERE n.id = $1", notice_id)


async def running(source: Database | Transaction, limit: int) -> list[Row]:
    """Notices somebody waits for, what is due first at the head; those that were met come after those that were not."""
    return await source.fetch(
        f"{_LINE} WHERE n.state IN {RUNNING_NOTICES} ORDER BY n.met_at IS NOT NULL, n.due_at LIMIT $1", limit
    )


async def listing(
    source: Database | Transaction, *, states: Sequence[str], sender: str | None, before: int | None, limit: int
) -> list[Row]:
    """Notices, newest first; only the conditions that are asked for."""
    values: list[object] = [limit]
    conditions = ["true"]
    for condition, value in (
        ("n.state = ANY(${}::text[])", list(states) or None),
        ("n.sender_address = ${}", sender),
        ("n.id < ${}", before),
    ):
        if value is not None:
            values.append(value)
            conditions.append(condition.format(len(values)))
    return await source.fetch(f"{_LINE} WHERE {' AND '.join(conditions)} ORDER BY n.id DESC LIMIT $1", *values)


# What authors delete ------------------------------------------------------------------------------------------------


async def unlogged_tombstones(tx: Transaction, limit: int) -> list[Row]:
    """Deletions the public log does not have yet; other workers leave these alone."""
    return await tx.fetch(
        """SELECT post_id, gone_at, how FROM tombstones WHERE log_entry IS NULL ORDER BY gone_at LIMIT $1
           FOR UPDATE SKIP LOCKED""",
        limit,
    )


async def note_logged(tx: Transaction, post_ids: Sequence[int], entries: Sequence[int]) -> None:
    await tx.execute(
        """UPDATE tombstones t SET log_entry = e.entry
           FROM unnest($1::bigint[], $2::bigint[]) AS e (post_id, entry) WHERE t.post_id = e.post_id""",
        list(post_ids),
        list(entries),
    )
