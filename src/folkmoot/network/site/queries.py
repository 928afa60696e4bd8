"""Every SQL statement about the site, its rules and its announcements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from folkmoot.database import Database, Row, Transaction
from folkmoot.network.site.views import Translations

_RULE = "id, text, hint, translations, withdrawn_at"
_ANNOUNCEMENT = "id, text, translations, all_day, starts_at, ends_at, published_at, updated_at, urgent"

# The site ------------------------------------------------------------------------------------------------------------


async def read_values(db: Database | Transaction) -> dict[str, object]:
    """All that was decided about the site, except what only the terminal may show."""
    rows = await db.fetch("SELECT key, value FROM site WHERE key <> 'operator_code'")
    return {row["key"]: msgspec.json.decode(row["value"]) for row in rows}


async def write_values(tx: Transaction, values: dict[str, object]) -> None:
    await tx.execute(
        """INSERT INTO site (key, value) SELECT * FROM unnest($1::text[], $2::jsonb[])
           ON CONFLICT (key) DO UPDATE SET value = excluded.value""",
        list(values),
        [msgspec.json.encode(value).decode() for value in values.values()],
    )


async def read_value(source: Database | Transaction, key: str) -> str | None:
    """One of these values, as JSON."""
    found: str | None = await source.fetchval("SELECT value FROM site WHERE key = $1", key)
    return found


async def delete_value(tx: Transaction, key: str) -> bool:
    return bool(await tx.execute("DELETE FROM site WHERE key = $1", key))


async def is_open_account(tx: Transaction, account_id: int) -> bool:
    found: bool = await tx.fetchval(
        """SELECT EXISTS (SELECT FROM accounts WHERE id = $1 AND approved_at IS NOT NULL AND suspended_at IS NULL
                          AND closed_at IS NULL)""",
        account_id,
    )
    return found


# Rules ---------------------------------------------------------------------------------------------------------------


async def list_rules(db: Database, *, withdrawn: bool = False) -> list[Row]:
    where = "" if withdrawn else "WHERE withdrawn_at IS NULL"
    return await db.fetch(f"SELECT {_RULE} FROM rules {where} ORDER BY withdrawn_at IS NOT NULL, position, id")


async def find_rule(tx: Transaction, id: int) -> Row | None:
    return await tx.fetchrow(f"SELECT {_RULE} FROM rules WHERE id = $1 AND withdrawn_at IS NULL FOR UPDATE", id)


async def insert_rule(tx: Transaction, text: str, hint: str, translations: Translations) -> Row:
    """Store a rule under the next number. Numbers of withdrawn rules are not used again."""
    await tx.execute("LOCK TABLE rules IN SHARE ROW EXCLUSIVE MODE")  # two at once would take the same number
    row = await tx.fetchrow(
        f"""INSERT INTO rules (id, position, text, hint, translations)
            SELECT coalesce(max(id), 0) + 1, coalesce(max(position), 0) + 1, $1, $2, $3::jsonb FROM rules
            RETURNING {_RULE}""",
        text,
        hint,
        _json(translations),
    )
    assert row is not None
    return row


async def update_rule(tx: Transaction, id: int, text: str, hint: str, translations: Translations) -> Row:
    row = await tx.fetchrow(
        f"UPDATE rules SET text = $2, hint = $3, translations = $4::jsonb WHERE id = $1 RETURNING {_RULE}",
        id,
        text,
        hint,
        _json(translations),
    )
    assert row is not None
    return row


async def withdraw_rule(tx: Transaction, id: int, now: datetime) -> bool:
    return bool(await tx.execute("UPDATE rules SET withdrawn_at = $2 WHERE id = $1 AND withdrawn_at IS NULL", id, now))


# Announcements -------------------------------------------------------------------------------------------------------


async def list_current(db: Database, account_id: int | None, now: datetime) -> list[Row]:
    """What is announced now, with the reader's dismissals and everybody's reactions, in one statement."""
    return await db.fetch(
        f"""SELECT {_ANNOUNCEMENT},
              EXISTS (SELECT FROM announcement_dismissals AS seen
                      WHERE seen.announcement_id = announcements.id AND seen.account_id = $1::bigint) AS read,
              (SELECT coalesce(jsonb_agg(jsonb_build_array(name, number, mine) ORDER BY number DESC, name), '[]')
               FROM (SELECT name, count(*) AS number, coalesce(bool_or(account_id = $1::bigint), false) AS mine
                     FROM announcement_reactions AS given
                     WHERE given.announcement_id = announcements.id GROUP BY name) AS reaction) AS reactions
            FROM announcements
            WHERE withdrawn_at IS NULL AND published_at <= $2
              AND (ends_at IS NULL OR ends_at > $2 OR (all_day AND ends_at > $2 - interval '1 day'))
            ORDER BY coalesce(starts_at, published_at) DESC, id DESC""",
        account_id,
        now,
    )


async def list_announcements(db: Database) -> list[Row]:
    return await db.fetch(
        f"SELECT {_ANNOUNCEMENT} FROM announcements WHERE withdrawn_at IS NULL ORDER BY id DESC LIMIT 200"
    )


async def find_announcement(tx: Transaction, id: int) -> Row | None:
    return await tx.fetchrow(
        f"SELECT {_ANNOUNCEMENT} FROM announcements WHERE id = $1 AND withdrawn_at IS NULL FOR UPDATE", id
    )


async def insert_announcement(
    tx: Transaction,
    id: int,
    text: str,
    translations: Translations,
    all_day: bool,
    starts_at: datetime | None,
    ends_at: datetime | None,
    published_at: datetime,
    urgent: bool,
    now: datetime,
) -> Row:
    row = await tx.fetchrow(
        f"""INSERT INTO announcements
              (id, text, translations, all_day, starts_at, ends_at, published_at, urgent, updated_at)
            VALUES ($1, $2, $3::jsonb, $4, $5, $6, $7, $8, $9) RETURNING {_ANNOUNCEMENT}""",
        id,
        text,
        _json(translations),
        all_day,
        starts_at,
        ends_at,
        published_at,
        urgent,
        now,
    )
    assert row is not None
    return row


async def update_announcement(
    tx: Transaction,
    id: int,
    text: str,
    translations: Translations,
    all_day: bool,
    starts_at: datetime | None,
    ends_at: datetime | None,
    published_at: datetime,
    now: datetime,
) -> Row:
    row = await tx.fetchrow(
        f"""UPDATE announcements
            SET text = $2, translations = $3::jsonb, all_day = $4, starts_at = $5, ends_at = $6, updated_at = $7,
                published_at = $8
            WHERE id = $1 RETURNING {_ANNOUNCEMENT}""",
        id,
        text,
        _json(translations),
        all_day,
        starts_at,
        ends_at,
        now,
        published_at,
    )
    assert row is not None
    return row


async def find_public(db: Database, id: int) -> Row | None:
    """An announcement that stands, whoever asks."""
    return await db.fetchrow(f"SELECT {_ANNOUNCEMENT} FROM announcements WHERE id = $1 AND withdrawn_at IS NULL", id)


async def insert_sending(tx: Transaction, id: int, due_at: datetime) -> None:
    await tx.execute("INSERT INTO announcement_sendings (announcement_id, due_at) VALUES ($1, $2)", id, due_at)


async def move_sending(tx: Transaction, id: int, due_at: datetime) -> None:
    """Send at another time what has not begun to be sent."""
    await tx.execute(
        """UPDATE announcement_sendings SET due_at = $2
           WHERE announcement_id = $1 AND reached = 0 AND finished_at IS NULL""",
        id,
        due_at,
    )


async def due_sendings(db: Database, now: datetime) -> list[int]:
    rows = await db.fetch(
        """SELECT announcement_id FROM announcement_sendings WHERE finished_at IS NULL AND due_at <= $1
           ORDER BY due_at LIMIT 20""",
        now,
    )
    return [row["announcement_id"] for row in rows]


async def take_sending(tx: Transaction, id: int) -> Row | None:
    """The sending, locked: two workers go on one after the other. None when it is finished."""
    return await tx.fetchrow(
        """SELECT s.reached, a.withdrawn_at, a.text, a.translations, a.urgent
           FROM announcement_sendings s JOIN announcements a ON a.id = s.announcement_id
           WHERE s.announcement_id = $1 AND s.finished_at IS NULL FOR UPDATE OF s""",
        id,
    )


async def readers_after(tx: Transaction, account_id: int, limit: int) -> list[Row]:
    """The next accounts that take part, with what they want to get."""
    return await tx.fetch(
        """SELECT a.id, a.name, c.email, coalesce(c.locale, 'en') AS locale,
                  coalesce((c.preferences->>'announcements_by_mail')::boolean, true) AS by_mail,
                  coalesce((c.preferences->>'announcements_by_push')::boolean, true) AS by_push
           FROM accounts a LEFT JOIN credentials c ON c.account_id = a.id
           WHERE a.id > $1 AND a.approved_at IS NOT NULL AND a.suspended_at IS NULL AND a.closed_at IS NULL
           ORDER BY a.id LIMIT $2""",
        account_id,
        limit,
    )


async def push_to(tx: Transaction, id: int, account_ids: Sequence[int], now: datetime, fresh_until: datetime) -> int:
    """Have the announcement pushed to every device of these accounts, once each; how many devices."""
    return await tx.execute(
        """INSERT INTO push_messages (subscription_id, about, about_id, due_at, fresh_until)
           SELECT id, 'announcement', $1, $3, $4 FROM push_subscriptions WHERE account_id = ANY($2::bigint[])
           ON CONFLICT DO NOTHING""",
        id,
        list(account_ids),
        now,
        fresh_until,
    )


async def note_sending(
    tx: Transaction, id: int, reached: int, accounts: int, mails: int, pushes: int, finished_at: datetime | None
) -> None:
    await tx.execute(
        """UPDATE announcement_sendings
           SET reached = $2, accounts = accounts + $3, mails = mails + $4, pushes = pushes + $5, finished_at = $6
           WHERE announcement_id = $1""",
        id,
        reached,
        accounts,
        mails,
        pushes,
        finished_at,
    )


async def sendings(db: Database, ids: Sequence[int]) -> list[Row]:
    """How far these have come; of mails, how many have left and how many could not."""
    return await db.fetch(
        """SELECT s.announcement_id AS id, s.due_at, s.accounts, s.mails, s.pushes, s.finished_at,
                  (SELECT count(*) FROM accounts WHERE approved_at IS NOT NULL AND suspended_at IS NULL
                     AND closed_at IS NULL) AS readers,
                  (SELECT count(*) FROM mails WHERE key LIKE 'announcement:' || s.announcement_id || ':%'
                     AND sent_at IS NOT NULL) AS mails_sent,
                  (SELECT count(*) FROM mails WHERE key LIKE 'announcement:' || s.announcement_id || ':%'
                     AND (failed_at IS NOT NULL OR unsure_at IS NOT NULL)) AS mails_failed
           FROM announcement_sendings s WHERE s.announcement_id = ANY($1::bigint[])""",
        list(ids),
    )


async def withdraw_announcement(tx: Transaction, id: int, now: datetime) -> bool:
    return bool(
        await tx.execute("UPDATE announcements SET withdrawn_at = $2 WHERE id = $1 AND withdrawn_at IS NULL", id, now)
    )


async def insert_dismissal(tx: Transaction, account_id: int, id: int) -> None:
    await tx.execute(
        """INSERT INTO announcement_dismissals (account_id, announcement_id) VALUES ($1, $2)
           ON CONFLICT DO NOTHING""",
        account_id,
        id,
    )


async def reaction_names(tx: Transaction, id: int) -> list[str]:
    rows = await tx.fetch("SELECT DISTINCT name FROM announcement_reactions WHERE announcement_id = $1", id)
    return [row["name"] for row in rows]


async def insert_reaction(tx: Transaction, account_id: int, id: int, name: str) -> bool:
    return bool(
        await tx.execute(
            """INSERT INTO announcement_reactions (account_id, announcement_id, name) VALUES ($1, $2, $3)
               ON CONFLICT DO NOTHING""",
            account_id,
            id,
            name,
        )
    )


async def delete_reaction(tx: Transaction, account_id: int, id: int, name: str) -> bool:
    return bool(
        await tx.execute(
            "DELETE FROM announcement_reactions WHERE account_id = $1 AND announcement_id = $2 AND name = $3",
            account_id,
            id,
            name,
        )
    )


async def count_reactions(tx: Transaction, id: int, name: str) -> int:
    found: int = await tx.fetchval(
        "SELECT count(*) FROM announcement_reactions WHERE announcement_id = $1 AND name = $2", id, name
    )
    return found


# Backups -------------------------------------------------------------------------------------------------------------


async def newest_backups(db: Database, limit: int) -> list[Row]:
    return await db.fetch(
        """SELECT name, kind, made_at, sealed_size, verified_at, whole, words FROM backups
           ORDER BY made_at DESC LIMIT $1""",
        limit,
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


# Those who run it ----------------------------------------------------------------------------------------------------


async def staff_addresses(db: Database | Transaction) -> list[Row]:
    """Ids and mail addresses of all stewards and operators who have one."""
    return await db.fetch(
        """SELECT account.id, credential.email FROM accounts AS account
           JOIN credentials AS credential ON credential.account_id = account.id
           WHERE account.role <> 'member' AND account.suspended_at IS NULL AND account.closed_at IS NULL
             AND credential.email IS NOT NULL"""
    )


async def readiness(db: Database) -> Row:
    """The last rehearsal, the backup last found whole by a trial, and when a trial last found damage."""
    row = await db.fetchrow(
        """SELECT (SELECT jsonb_build_object('at', at, 'level', level, 'well', well, 'held_ms', held_ms)
                   FROM rehearsals ORDER BY at DESC LIMIT 1)::text AS rehearsal,
                  (SELECT jsonb_build_object('verified_at', verified_at, 'made_at', made_at, 'size', size)
                   FROM backups WHERE whole ORDER BY verified_at DESC LIMIT 1)::text AS backup,
                  (SELECT max(verified_at) FROM backups WHERE NOT whole) AS damaged_at"""
    )
    assert row is not None  # it has no FROM
    return row


async def standby_report(db: Database) -> Row | None:
    """What the first host last wrote of its standby, and what came of the last rehearsal on it."""
    return await db.fetchrow(
        """SELECT report, s.at, r.at AS rehearsed_at, r.well AS rehearsed_well, r.held_ms
           FROM standby_reports s LEFT JOIN (SELECT at, well, held_ms FROM rehearsals ORDER BY at DESC LIMIT 1) r ON true
           ORDER BY s.at DESC LIMIT 1"""
    )
