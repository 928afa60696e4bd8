"""Every SQL statement about accounts and invitations, and how a row becomes a view."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from folkmoot import clock
from folkmoot.database import Database, Row, Transaction
from folkmoot.network.accounts.views import AccountView, Field, ProfilePicture

_COLUMNS = """accounts.id, accounts.name, accounts.display_name, accounts.bio, accounts.fields, accounts.avatar_key,
    accounts.header_key, accounts.avatar_alt, accounts.header_alt, accounts.locked, accounts.bot,
    accounts.discoverable, accounts.indexable, accounts.hides_relations, accounts.role, accounts.created_at,
    accounts.approved_at, accounts.suspended_at, accounts.closed_at, accounts.posts_count, accounts.followers_count,
    accounts.following_count, accounts.last_post_at"""
_FOR_STAFF = f"""{_COLUMNS}, credentials.email, coalesce(credentials.locale, 'en') AS locale,
    coalesce(credentials.sign_up_reason, '') AS reason, credentials.invited_by_code, accounts.active_at,
    credentials.signed_in_at, accounts.suspended_by, accounts.suspended_why"""
_INVITATION = "code, account_id, created_at, expires_at, uses_left, used, revoked_at"

_fields = msgspec.json.Decoder(tuple[Field, ...])


def view(row: Row) -> AccountView:
    """A row of the statements below as a view."""
    columns = {name: row[name] for name in AccountView.__struct_fields__ if name != "fields"}
    return AccountView(fields=_fields.decode(row["fields"]), **columns)


# Finding -------------------------------------------------------------------------------------------------------------


async def find_account(db: Database | Transaction, id: int) -> Row | None:
    return await db.fetchrow(f"SELECT {_COLUMNS} FROM accounts WHERE id = $1", id)


async def lock_account(tx: Transaction, id: int) -> Row | None:
    """The account, held until the end of the transaction, so that no two decisions are made on its old state."""
    return await tx.fetchrow(f"SELECT {_COLUMNS} FROM accounts WHERE id = $1 FOR NO KEY UPDATE", id)


async def find_by_name(db: Database, name: str) -> Row | None:
    return await db.fetchrow(f"SELECT {_COLUMNS} FROM accounts WHERE lower(name) = lower($1)", name)


async def load_accounts(db: Database | Transaction, ids: Sequence[int]) -> dict[int, AccountView]:
    # One by itself has a statement of its own: PostgreSQL keeps that plan, and makes the other anew each time.
    which, wanted = ("= $1", ids[0]) if len(ids) == 1 else ("= ANY($1::bigint[])", list(ids))
    rows = await db.fetch(f"SELECT {_COLUMNS} FROM accounts WHERE id {which}", wanted)
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
            VALUES ($1, $2, $3, $4, $5, $4) RETURNING {_COLUMNS}""",
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


async def use_invitation(tx: Transaction, code: str, now: datetime) -> bool:
    return bool(
        await tx.execute(
            """UPDATE invitations SET used = used + 1, uses_left = uses_left - 1
               WHERE code = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
                 AND (uses_left IS NULL OR uses_left > 0)""",
            code,
            now,
        )
    )


# Changing ------------------------------------------------------------------------------------------------------------


async def update_profile(tx: Transaction, id: int, profile: Row | dict[str, object]) -> Row:
    row = await tx.fetchrow(
        f"""UPDATE accounts SET display_name = $2, bio = $3, fields = $4::jsonb, locked = $5, bot = $6,
              discoverable = $7, indexable = $8, hides_relations = $9, avatar_key = $10, header_key = $11,
              avatar_alt = $12, header_alt = $13
            WHERE id = $1 RETURNING {_COLUMNS}""",
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
        f"UPDATE accounts SET approved_at = $2 WHERE id = $1 AND approved_at IS NULL RETURNING {_COLUMNS}", id, now
    )


async def suspend(tx: Transaction, id: int, by: int | None, why: str, now: datetime) -> Row | None:
    return await tx.fetchrow(
        f"""UPDATE accounts SET suspended_at = $4, suspended_by = $2, suspended_why = $3
            WHERE id = $1 RETURNING {_COLUMNS}""",
        id,
        by,
        why,
        now,
    )


async def restore(tx: Transaction, id: int) -> Row | None:
    return await tx.fetchrow(
        f"""UPDATE accounts SET suspended_at = NULL, suspended_by = NULL, suspended_why = NULL
            WHERE id = $1 RETURNING {_COLUMNS}""",
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
    return await tx.fetchrow(f"UPDATE accounts SET role = $2 WHERE id = $1 RETURNING {_COLUMNS}", id, role)


async def note_activity(tx: Transaction, id: int, now: datetime, unless_since: datetime) -> None:
    await tx.execute("UPDATE accounts SET active_at = $2 WHERE id = $1 AND active_at < $3", id, now, unless_since)


# Closing -------------------------------------------------------------------------------------------------------------


async def delete_waiting(tx: Transaction, id: int) -> None:
    """Remove an account that never took part, and free its name."""
    for statement in (
        "DELETE FROM tokens WHERE account_id = $1",
        "DELETE FROM grants WHERE account_id = $1",
        "DELETE FROM sessions WHERE account_id = $1",
        "DELETE FROM credentials WHERE account_id = $1",
        "DELETE FROM accounts WHERE id = $1",
    ):
        await tx.execute(statement, id)


async def close(tx: Transaction, id: int, now: datetime) -> Row | None:
    """Leave of the account its name and its times."""
    return await tx.fetchrow(
        f"""UPDATE accounts SET closed_at = $2, display_name = '', bio = '', fields = '[]', avatar_key = NULL,
              header_key = NULL, avatar_alt = '', header_alt = '', role = 'member', suspended_by = NULL,
              suspended_why = NULL, discoverable = false, indexable = false
            WHERE id = $1 AND closed_at IS NULL RETURNING {_COLUMNS}""",
        id,
        now,
    )


async def erase_person(tx: Transaction, id: int, now: datetime) -> None:
    """Delete what says who somebody is and what they set up for themselves: small tables, by their owner's index."""
    for statement in (
        "DELETE FROM sessions WHERE account_id = $1",
        "DELETE FROM grants WHERE account_id = $1",
        "DELETE FROM tokens WHERE account_id = $1",
        "DELETE FROM credentials WHERE account_id = $1",
        "DELETE FROM scheduled_posts WHERE account_id = $1",
        "DELETE FROM taken_back WHERE account_id = $1",
        "DELETE FROM follow_requests WHERE account_id = $1 OR target_id = $1",
        "DELETE FROM blocks WHERE account_id = $1 OR target_id = $1",
        "DELETE FROM mutes WHERE account_id = $1",
        "DELETE FROM profile_pictures WHERE account_id = $1",
        "DELETE FROM account_notes WHERE account_id = $1",
        "DELETE FROM tag_follows WHERE account_id = $1",
        "DELETE FROM featured_tags WHERE account_id = $1",
        "DELETE FROM pins WHERE account_id = $1",
        "DELETE FROM bookmarks WHERE account_id = $1",
        "DELETE FROM thread_mutes WHERE account_id = $1",
        "DELETE FROM idempotency_keys WHERE account_id = $1",
        "DELETE FROM markers WHERE account_id = $1",
        "DELETE FROM announcement_dismissals WHERE account_id = $1",
        "DELETE FROM announcement_reactions WHERE account_id = $1",
    ):
        await tx.execute(statement, id)
    await tx.execute("UPDATE invitations SET revoked_at = $2 WHERE account_id = $1 AND revoked_at IS NULL", id, now)


async def erase_posts(tx: Transaction, id: int, most: int) -> tuple[list[Row], list[int]]:
    """Delete up to `most` posts with all that hangs on them, others' boosts of them too.

    Which posts are gone (id, account_id, shows_id; the account's own first), and whose tallies have changed.
    """
    posts = await tx.fetch(
        "SELECT id, account_id, shows_id, waiting FROM posts WHERE account_id = $1 ORDER BY id LIMIT $2", id, most
    )
    ids = [row["id"] for row in posts]
    if not ids:
        return [], []
    # Tallies of what these posts answered or showed, by the primary key of posts, in order so that two erasures
    # wait for one another instead of blocking each other.
    touched = await tx.fetch(
        """WITH touched AS (
             SELECT target.id, target.account_id, sum(replies) AS replies, sum(boosts) AS boosts FROM (
               SELECT in_reply_to_id AS id, in_reply_to_account_id AS account_id, 1 AS replies, 0 AS boosts
               FROM posts WHERE id = ANY($2::bigint[]) AND account_id = $1 AND in_reply_to_id IS NOT NULL AND NOT waiting
               UNION ALL
               SELECT shows_id, shows_account_id, 0, 1
               FROM posts WHERE id = ANY($2::bigint[]) AND account_id = $1 AND shows_id IS NOT NULL
             ) AS target WHERE account_id <> $1 GROUP BY target.id, target.account_id
           ), held AS (
             SELECT posts.id, posts.account_id FROM posts JOIN touched USING (id, account_id)
             ORDER BY posts.id FOR UPDATE OF posts
           )
           UPDATE posts SET replies_count = greatest(0, posts.replies_count - touched.replies),
                            boosts_count = greatest(0, posts.boosts_count - touched.boosts)
           FROM touched JOIN held USING (id, account_id)
           WHERE posts.id = touched.id AND posts.account_id = touched.account_id
           RETURNING posts.id""",
        id,
        ids,
    )
    boosts = await tx.fetch(
        "DELETE FROM posts WHERE shows_id = ANY($1::bigint[]) AND account_id <> $2 RETURNING id, account_id, shows_id",
        ids,
        id,
    )
    await _count_posts_less(tx, [row["account_id"] for row in boosts])
    gone = [*ids, *(row["id"] for row in boosts)]
    for statement in (
        "DELETE FROM favourites WHERE post_id = ANY($1::bigint[])",
        "DELETE FROM bookmarks WHERE post_id = ANY($1::bigint[])",
        "DELETE FROM notifications WHERE post_id = ANY($1::bigint[])",
    ):
        await tx.execute(statement, gone)
    await tx.execute("DELETE FROM posts WHERE account_id = $1 AND id = ANY($2::bigint[])", id, ids)
    await tx.execute(
        """INSERT INTO tombstones (post_id, gone_at, how) SELECT post_id, $2, 'closed' FROM unnest($1::bigint[]) AS post_id
           ON CONFLICT DO NOTHING""",
        [row["id"] for row in posts if row["shows_id"] is None and not row["waiting"]],
        clock.now(),
    )
    return [*posts, *boosts], [row["id"] for row in touched]


async def _count_posts_less(tx: Transaction, authors: list[int]) -> None:
    await tx.execute(
        """WITH less AS (SELECT author, count(*) AS number FROM unnest($1::bigint[]) AS author GROUP BY author),
           held AS (SELECT id FROM accounts WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE)
           UPDATE accounts SET posts_count = greatest(0, posts_count - less.number)
           FROM less JOIN held ON held.id = less.author WHERE accounts.id = held.id""",
        authors,
    )


async def erase_favourites(tx: Transaction, id: int, most: int) -> list[int]:
    """Take back up to `most` favourites, out of the tallies too; of which posts."""
    taken = await tx.fetch(
        """WITH gone AS (
             DELETE FROM favourites WHERE account_id = $1 AND post_id IN (
               SELECT post_id FROM favourites WHERE account_id = $1 ORDER BY post_id LIMIT $2)
             RETURNING post_id
           ), held AS (
             SELECT id, account_id FROM posts WHERE id IN (SELECT post_id FROM gone) ORDER BY id FOR UPDATE
           ), told AS (
             UPDATE posts SET favourites_count = greatest(0, favourites_count - 1)
             FROM held WHERE posts.id = held.id AND posts.account_id = held.account_id
           )
           SELECT post_id FROM gone""",
        id,
        most,
    )
    return [row["post_id"] for row in taken]


async def erase_follows(tx: Transaction, id: int, most: int) -> tuple[list[int], list[int]]:
    """Undo up to `most` follows each way, with tallies and home timelines: whom it followed, who followed it."""
    following = await tx.fetch(
        """DELETE FROM follows WHERE account_id = $1 AND target_id IN (
             SELECT target_id FROM follows WHERE account_id = $1 ORDER BY target_id LIMIT $2) RETURNING target_id""",
        id,
        most,
    )
    followers = await tx.fetch(
        """DELETE FROM follows WHERE target_id = $1 AND account_id IN (
             SELECT account_id FROM follows WHERE target_id = $1 ORDER BY account_id LIMIT $2) RETURNING account_id""",
        id,
        most,
    )
    targets, sources = [row["target_id"] for row in following], [row["account_id"] for row in followers]
    if targets or sources:
        await tx.execute(
            """WITH held AS (
                 SELECT id FROM accounts WHERE id = ANY($1::bigint[]) OR id = ANY($2::bigint[]) ORDER BY id FOR UPDATE
               )
               UPDATE accounts
               SET followers_count = greatest(0, followers_count - (accounts.id = ANY($1::bigint[]))::int),
                   following_count = greatest(0, following_count - (accounts.id = ANY($2::bigint[]))::int)
               FROM held WHERE accounts.id = held.id""",
            targets,
            sources,
        )
    if sources:
        await tx.execute(
            "DELETE FROM home_entries WHERE account_id = ANY($1::bigint[]) AND author_id = $2", sources, id
        )
    return targets, sources


async def erase_rest(tx: Transaction, id: int, most: int) -> int:
    """Delete up to `most` rows each of the account's media, home, notifications and votes; how many."""
    deleted = 0
    for table, key in (
        ("media", "id"),
        ("home_entries", "post_id"),
        ("notifications", "id"),
        ("poll_votes", "poll_id"),
    ):
        deleted += await tx.execute(
            f"""DELETE FROM {table} WHERE account_id = $1 AND {key} IN (
                  SELECT {key} FROM {table} WHERE account_id = $1 LIMIT $2)""",
            id,
            most,
        )
    return deleted


async def erase_sent_notifications(tx: Transaction, id: int, most: int) -> int:
    """Delete up to `most` notifications others got from the account."""
    return await tx.execute(
        """DELETE FROM notifications WHERE (account_id, id) IN (
             SELECT account_id, id FROM notifications WHERE from_account_id = $1 LIMIT $2)""",
        id,
        most,
    )


async def zero_tallies(tx: Transaction, id: int) -> None:
    await tx.execute(
        """UPDATE accounts SET posts_count = 0, followers_count = 0, following_count = 0, last_post_at = NULL
           WHERE id = $1 AND closed_at IS NOT NULL""",
        id,
    )


# Invitations ---------------------------------------------------------------------------------------------------------


async def insert_invitation(
    tx: Transaction, code: str, account_id: int, now: datetime, expires_at: datetime | None, uses: int | None
) -> Row:
    row = await tx.fetchrow(
        f"""INSERT INTO invitations (code, account_id, created_at, expires_at, uses_left)
            VALUES ($1, $2, $3, $4, $5) RETURNING {_INVITATION}""",
        code,
        account_id,
        now,
        expires_at,
        uses,
    )
    assert row is not None
    return row


async def count_usable_invitations(tx: Transaction, account_id: int, now: datetime) -> int:
    found: int = await tx.fetchval(
        """SELECT count(*) FROM invitations WHERE account_id = $1 AND revoked_at IS NULL
             AND (expires_at IS NULL OR expires_at > $2) AND (uses_left IS NULL OR uses_left > 0)""",
        account_id,
        now,
    )
    return found


async def list_invitations(db: Database, account_id: int | None) -> list[Row]:
    return await db.fetch(
        f"""SELECT {_INVITATION} FROM invitations WHERE $1::bigint IS NULL OR account_id = $1
            ORDER BY created_at DESC, code LIMIT 200""",
        account_id,
    )


async def find_invitation(db: Database | Transaction, code: str) -> Row | None:
    return await db.fetchrow(f"SELECT {_INVITATION} FROM invitations WHERE code = $1", code)


async def revoke_invitation(tx: Transaction, code: str, now: datetime) -> bool:
    return bool(
        await tx.execute("UPDATE invitations SET revoked_at = $2 WHERE code = $1 AND revoked_at IS NULL", code, now)
    )
