"""Every SQL statement about the site, its rules and its announcements."""

from __future__ import annotations

from datetime import datetime

import msgspec

from folkmoot.database import Database, Row, Transaction
from folkmoot.network.site.views import Translations

_RULE = "id, text, hint, translations, withdrawn_at"
_ANNOUNCEMENT = "id, text, translations, all_day, starts_at, ends_at, published_at, updated_at"

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
    now: datetime,
) -> Row:
    row = await tx.fetchrow(
        f"""INSERT INTO announcements
              (id, text, translations, all_day, starts_at, ends_at, published_at, updated_at)
            VALUES ($1, $2, $3::jsonb, $4, $5, $6, $7, $7) RETURNING {_ANNOUNCEMENT}""",
        id,
        text,
        _json(translations),
        all_day,
        starts_at,
        ends_at,
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
    now: datetime,
) -> Row:
    row = await tx.fetchrow(
        f"""UPDATE announcements
            SET text = $2, translations = $3::jsonb, all_day = $4, starts_at = $5, ends_at = $6, updated_at = $7
            WHERE id = $1 RETURNING {_ANNOUNCEMENT}""",
        id,
        text,
        _json(translations),
        all_day,
        starts_at,
        ends_at,
        now,
    )
    assert row is not None
    return row


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


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
