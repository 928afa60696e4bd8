"""Every statement about accounts, and how a row becomes a view; leaving and invitations have files of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from folkmoot.database import Database, Row, Transaction
from folkmoot.network.accounts.views import AccountView, Field, ProfilePicture

COLUMNS = """accounts.id, accounts.name, accounts.display_name, accounts.bio, accounts.fields, accounts.avatar_key,
    accounts.header_key, accounts.avatar_alt, accounts.header_alt, accounts.locked, accounts.bot,
    accounts.discoverable, accounts.indexable, accounts.hides_relations, accounts.role, accounts.created_at,
    accounts.approved_at, accounts.suspended_at, accounts.closed_at, accounts.posts_count, accounts.followers_count,
    accounts.following_count, accounts.last_post_at"""
_FOR_STAFF = f"""{COLUMNS}, credentials.email, coalesce(credentials.locale, 'en') AS locale,
    coalesce(credentials.sign_up_reason, '') AS reason, credentials.invited_by_code, accounts.active_at,
    credentials.signed_in_at, accounts.suspended_by, accounts.suspended_why"""

_fields = msgspec.json.Decoder(tuple[Field, ...])


def view(row: Row) -> AccountView:
    """A row of the statements below as a view."""
    columns = {name: row[name] for name in AccountView.__struct_fields__ if name != "fields"}
    return AccountView(fields=_fields.decode(row["fields"]), **columns)


# Finding -------------------------------------------------------------------------------------------------------------


async def find_account(db: Database | Transaction, id: int) -> Row | None:
    return await db.fetchrow(f"SELECT {COLUMNS} FROM accounts WHERE id = $1", id)


async def lock_account(tx: Transaction, id: int) -> Row | None:
    """The account, held until the end of the transaction, so that no two decisions are made on its old state."""
    return await tx.fetchrow(f"SELECT {COLUMNS} FROM accounts WHERE id = $1 FOR NO KEY UPDATE", id)


async def find_by_name(db: Database, name: str) -> Row | None:
    return await db.fetchrow(f"SELECT {COLUMNS} FROM accounts WHERE lower(name) = lower($1)", name)


async def load_accounts(db: Database | Transaction, ids: Sequence[int]) -> dict[int, AccountView]:
    # One by itself has a statement of its own: PostgreSQL keeps that plan, and makes the other anew each time.
    which, wanted = ("= $1", ids[0]) if len(ids) == 1 else ("= ANY($1::bigint[])", list(ids))
    rows = await db.fetch(f"SELECT {COLUMNS} FROM accounts WHERE id {which}", wanted)
    return {row["id"]: view(row) for row in rows}


async def id_by_name(db: Database | Transaction, name: str) -> int | None:
    """The id that never changes of the name that never does; the caller has seen to it that it can be a name."""
    found: int | None = await db.fetchval("SELECT id FROM accounts WHERE lower(name) = lower($1)", name)
    return found


async def find_for_staff(db: Database, id: int) -> Row | None:
    return await db.fetchrow(
        f"""SELECT {_FOR_STAFF} FROM accounts LEFT JOIN credentials ON credentials.account_id = accounts.id
            WHERE accounts.id = $1""",
        id,
    )


STANDINGS = {
    "open": "accounts.approved_at IS NOT NULL AND accounts.suspended_at IS NULL AND accounts.closed_at IS NULL",
    "waiting": "accounts.approved_at IS NULL AND accounts.suspended_at IS NULL AND accounts.closed_at IS NULL",
    "suspended": "accounts.suspended_at IS NOT NULL AND accounts.closed_at IS NULL",
    "closed": "accounts.closed_at IS NOT NULL",
}


async def list_accounts(
    db: Database, standing: str | None, role: str | None, like: str | None, before: int | None, limit: int
) -> list[Row]:
    return await db.fetch(
        f"""SELECT {_FOR_STAFF} FROM accounts LEFT JOIN credentials ON credentials.account_id = accounts.id
            WHERE {STANDINGS[standing] if standing else "true"}
              AND ($1::text IS NULL OR accounts.role = $1)
              AND ($2::text IS NULL OR accounts.name || ' ' || accounts.display_name ILIKE $2
                   OR credentials.email ILIKE $2)
              AND ($3::bigint IS NULL OR accounts.id < $3)
            ORDER BY accounts.id DESC LIMIT $4""",
        role,
        like,
        before,
        limit,
    )


async def count_waiting(db: Database) -> int:
    found: int = await db.fetchval(f"SELECT count(*) FROM accounts WHERE {STANDINGS['waiting']}")
    return found


# Signing up ----------------------------------------------------------------------------------------------------------


async def read_ground(db: Database | Transaction, name: str, email: str | None, code: str | None, now: datetime) -> Row:
    """What a sign-up depends on: who is there already, and the invitation."""
    row = await db.fetchrow(
        """SELECT EXISTS (SELECT FROM accounts WHERE lower(name) = lower($1)) AS taken,
                  EXISTS (SELECT FROM credentials WHERE lower(email) = lower($2::text)) AS email_taken,
                  EXISTS (SELECT FROM accounts) AS has_accounts,
                  EXISTS (SELECT FROM accounts WHERE role = 'operator' AND closed_at IS NULL) AS has_operator,
                  EXISTS (SELECT FROM invitations JOIN accounts ON accounts.id = invitations.account_id
                          WHERE code = $3::text AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $4)
                            AND (uses_left IS NULL OR uses_left > 0)
                            AND accounts.suspended_at IS NULL AND accounts.closed_at IS NULL) AS invited""",
        name,
        email,
        code,
        now,
    )
    assert row is not None  # a SELECT without FROM has one row
    return row


async def has_operator(db: Database | Transaction) -> bool:
    found: bool = await db.fetchval(
        "SELECT EXISTS (SELECT FROM accounts WHERE role = 'operator' AND closed_at IS NULL)"
    )
    return found


async def keep_operator_code(tx: Transaction, code: str) -> str:
    """The code that is kept; `code` when there was none."""
    kept: str = await tx.fetchval(
        """INSERT INTO site (key, value) VALUES ('operator_code', to_jsonb($1::text))
           ON CONFLICT (key) DO UPDATE SET value = site.value RETURNING value #>> '{}'""",
        code,
    )
    return kept


async def find_operator_code(db: Database) -> str | None:
    kept: str | None = await db.fetchval("SELECT value #>> '{}' FROM site WHERE key = 'operator_code'")
    return kept


async def lock_operator_code(tx: Transaction) -> str | None:
    """The code, held until the end of the transaction: two who know it cannot both use it."""
    kept: str | None = await tx.fetchval("SELECT value #>> '{}' FROM site WHERE key = 'operator_code' FOR UPDATE")
    return kept


async def delete_operator_code(tx: Transaction) -> None:
    await tx.execute("DELETE FROM site WHERE key = 'operator_code'")


async def insert_account(
    tx: Transaction, id: int, name: str, role: str, now: datetime, approved_at: datetime | None
) -> Row:
    row = await tx.fetchrow(
        f"""INSERT INTO accounts (id, name, role, created_at, approved_at, active_at)
            VALUES ($1, $2, $3, $4, $5, $4) RETURNING {COLUMNS}""",
        id,
        name,
        role,
        now,
        approved_at,
    )
    assert row is not None
    return row


async def insert_credentials(
    tx: Transaction,
    account_id: int,
    email: str | None,
    password_hash: str,
    locale: str,
    reason: str,
    invited_by_code: str | None,
    agreed_at: datetime | None,
) -> None:
    await tx.execute(
        """INSERT INTO credentials
             (account_id, email, password_hash, locale, sign_up_reason, invited_by_code, agreed_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        account_id,
        email,
        password_hash,
        locale,
        reason,
        invited_by_code,
        agreed_at,
    )


# Changing ------------------------------------------------------------------------------------------------------------


async def update_profile(tx: Transaction, id: int, profile: Row | dict[str, object]) -> Row:
    row = await tx.fetchrow(
        f"""UPDATE accounts SET display_name = $2, bio = $3, fields = $4::jsonb, locked = $5, bot = $6,
              discoverable = $7, indexable = $8, hides_relations = $9, avatar_key = $10, header_key = $11,
              avatar_alt = $12, header_alt = $13
            WHERE id = $1 RETURNING {COLUMNS}""",
        id,
        *(profile[column] for column in PROFILE),
    )
    assert row is not None
    return row


async def keep_picture(tx: Transaction, account_id: int, part: str, picture: ProfilePicture | None) -> None:
    """Remember what the account's avatar or header (`part`) is known by; None forgets it."""
    if picture is None:
        await tx.execute("DELETE FROM profile_pictures WHERE account_id = $1 AND part = $2", account_id, part)
        return
    await tx.execute(
        """INSERT INTO profile_pictures (account_id, part, object_key, hashes) VALUES ($1, $2, $3, $4)
           ON CONFLICT (account_id, part) DO UPDATE
           SET object_key = excluded.object_key, hashes = excluded.hashes, hidden_at = NULL""",
        account_id,
        part,
        picture.key,
        list(picture.hashes),
    )


async def hide_pictures(tx: Transaction, account_id: int, hashes: list[str], now: datetime) -> int:
    """Take the account's pictures with one of these hashes off its profile; how many were on it."""
    return await tx.execute(
        """WITH account AS (SELECT id FROM accounts WHERE id = $1 FOR UPDATE),
           hidden AS (
             UPDATE profile_pictures SET hidden_at = $3
             WHERE account_id = (SELECT id FROM account) AND hashes && $2::text[] AND hidden_at IS NULL RETURNING part)
           UPDATE accounts SET
             avatar_key = CASE WHEN 'avatar' IN (SELECT part FROM hidden) THEN NULL ELSE avatar_key END,
             header_key = CASE WHEN 'header' IN (SELECT part FROM hidden) THEN NULL ELSE header_key END
           WHERE id = $1 AND EXISTS (SELECT FROM hidden)""",
        account_id,
        hashes,
        now,
    )


async def show_pictures(tx: Transaction, account_id: int, hashes: list[str]) -> int:
    """Put the account's hidden pictures with one of these hashes back on its profile."""
    return await tx.execute(
        """WITH account AS (SELECT id FROM accounts WHERE id = $1 FOR UPDATE),
           shown AS (
             UPDATE profile_pictures SET hidden_at = NULL
             WHERE account_id = (SELECT id FROM account) AND hashes && $2::text[] AND hidden_at IS NOT NULL
             RETURNING part, object_key)
           UPDATE accounts SET
             avatar_key = coalesce((SELECT object_key FROM shown WHERE part = 'avatar'), avatar_key),
             header_key = coalesce((SELECT object_key FROM shown WHERE part = 'header'), header_key)
           WHERE id = $1 AND EXISTS (SELECT FROM shown)""",
        account_id,
        hashes,
    )


async def hidden_pictures(db: Database, account_id: int) -> frozenset[str]:
    rows = await db.fetch(
        "SELECT part FROM profile_pictures WHERE account_id = $1 AND hidden_at IS NOT NULL", account_id
    )
    return frozenset(row["part"] for row in rows)


PROFILE = (
    "display_name",
    "bio",
    "fields",
    "locked",
    "bot",
    "discoverable",
    "indexable",
    "hides_relations",
    "avatar_key",
    "header_key",
    "avatar_alt",
    "header_alt",
)
"""What a member decides about their profile, in the order of the statement above."""


async def find_preferences(db: Database | Transaction, account_id: int) -> Row | None:
    return await db.fetchrow("SELECT preferences, locale, email FROM credentials WHERE account_id = $1", account_id)


async def lock_preferences(tx: Transaction, account_id: int) -> Row | None:
    return await tx.fetchrow(
        "SELECT preferences, locale, email FROM credentials WHERE account_id = $1 FOR UPDATE", account_id
    )


async def update_preferences(tx: Transaction, account_id: int, locale: str, preferences: str) -> None:
    await tx.execute(
        "UPDATE credentials SET locale = $2, preferences = $3::jsonb WHERE account_id = $1",
        account_id,
        locale,
        preferences,
    )


async def approve(tx: Transaction, id: int, now: datetime) -> Row | None:
    return await tx.fetchrow(
        f"UPDATE accounts SET approved_at = $2 WHERE id = $1 AND approved_at IS NULL RETURNING {COLUMNS}", id, now
    )


async def suspend(tx: Transaction, id: int, by: int | None, why: str, now: datetime) -> Row | None:
    return await tx.fetchrow(
        f"""UPDATE accounts SET suspended_at = $4, suspended_by = $2, suspended_why = $3
            WHERE id = $1 RETURNING {COLUMNS}""",
        id,
        by,
        why,
        now,
    )


async def restore(tx: Transaction, id: int) -> Row | None:
    return await tx.fetchrow(
        f"""UPDATE accounts SET suspended_at = NULL, suspended_by = NULL, suspended_why = NULL
            WHERE id = $1 RETURNING {COLUMNS}""",
        id,
    )


async def lock_operators(tx: Transaction) -> list[int]:
    """The operators who can act, held until the end of the transaction: two cannot step down at once."""
    rows = await tx.fetch(
        """SELECT id FROM accounts WHERE role = 'operator' AND suspended_at IS NULL AND closed_at IS NULL
             AND approved_at IS NOT NULL
           ORDER BY id FOR UPDATE"""
    )
    return [row["id"] for row in rows]


async def change_role(tx: Transaction, id: int, role: str) -> Row | None:
    return await tx.fetchrow(f"UPDATE accounts SET role = $2 WHERE id = $1 RETURNING {COLUMNS}", id, role)


async def note_activity(tx: Transaction, id: int, now: datetime, unless_since: datetime) -> None:
    await tx.execute("UPDATE accounts SET active_at = $2 WHERE id = $1 AND active_at < $3", id, now, unless_since)
