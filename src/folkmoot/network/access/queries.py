"""Every SQL statement about sessions, passwords, apps, codes and tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from folkmoot.database import Database, Row, Transaction

_APP = "apps.id, apps.client_id, apps.name, apps.website, apps.redirect_uris, apps.scopes, apps.created_at"
_WHO = """accounts.id AS account_id, accounts.name AS account_name, accounts.role, accounts.approved_at,
          accounts.suspended_at, accounts.closed_at, credentials.locale,
          (SELECT coalesce(standings.until, '9999-12-31Z') FROM standings
           WHERE standings.account_id = accounts.id AND standings.limited = 'slow') AS slowed_until"""

# Sign-in -------------------------------------------------------------------------------------------------------------


async def find_for_sign_in(db: Database, name_or_email: str) -> Row | None:
    """Who goes by this name or e-mail address, with the password's hash."""
    where = "lower(credentials.email) = lower($1)" if "@" in name_or_email else "lower(accounts.name) = lower($1)"
    return await db.fetchrow(
        f"""SELECT {_WHO}, credentials.password_hash
            FROM accounts JOIN credentials ON credentials.account_id = accounts.id WHERE {where}""",
        name_or_email,
    )


async def find_credentials(db: Database, account_id: int) -> Row | None:
    return await db.fetchrow(
        f"""SELECT {_WHO}, credentials.password_hash
            FROM accounts JOIN credentials ON credentials.account_id = accounts.id WHERE accounts.id = $1""",
        account_id,
    )


async def count_failures(db: Database, event: str, account_id: int | None, origin: str, since_id: int) -> int:
    """Failures of one account (or of an unknown name, None) from one place, by the index on events' subjects."""
    subject = "subject_id = $4" if account_id is not None else "subject_id IS NULL AND $4::bigint IS NULL"
    found: int = await db.fetchval(
        f"SELECT count(*) FROM events WHERE {subject} AND id > $3 AND name = $1 AND detail->>'origin' = $2",
        event,
        origin,
        since_id,
        account_id,
    )
    return found


async def set_password(tx: Transaction, account_id: int, password_hash: str) -> bool:
    """Store the hash; False when the account has no credentials (any more)."""
    return bool(
        await tx.execute("UPDATE credentials SET password_hash = $2 WHERE account_id = $1", account_id, password_hash)
    )


# Sessions ------------------------------------------------------------------------------------------------------------


async def insert_session(
    tx: Transaction, id: int, account_id: int, token_hash: bytes, now: datetime, address: str, agent: str
) -> None:
    await tx.execute(
        """INSERT INTO sessions (id, account_id, token_hash, created_at, seen_at, address, agent)
           VALUES ($1, $2, $3, $4, $4, $5, $6)""",
        id,
        account_id,
        token_hash,
        now,
        address,
        agent,
    )


async def note_sign_in(tx: Transaction, account_id: int, now: datetime) -> None:
    await tx.execute("UPDATE credentials SET signed_in_at = $2 WHERE account_id = $1", account_id, now)


async def find_session(db: Database, token_hash: bytes) -> Row | None:
    return await db.fetchrow(
        f"""SELECT sessions.id, sessions.seen_at, {_WHO}
            FROM sessions JOIN accounts ON accounts.id = sessions.account_id
            JOIN credentials ON credentials.account_id = accounts.id
            WHERE sessions.token_hash = $1 AND sessions.revoked_at IS NULL""",
        token_hash,
    )


async def note_session_seen(tx: Transaction, id: int, now: datetime) -> None:
    await tx.execute("UPDATE sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2", id, now)


async def list_sessions(db: Database, account_id: int, since: datetime) -> list[Row]:
    return await db.fetch(
        """SELECT id, created_at, seen_at, address, agent FROM sessions
           WHERE account_id = $1 AND revoked_at IS NULL AND seen_at > $2 ORDER BY seen_at DESC, id DESC""",
        account_id,
        since,
    )


async def revoke_session(tx: Transaction, account_id: int, id: int, now: datetime) -> bool:
    return bool(
        await tx.execute(
            """UPDATE sessions SET revoked_at = $3, address = '', agent = ''
               WHERE account_id = $1 AND id = $2 AND revoked_at IS NULL""",
            account_id,
            id,
            now,
        )
    )


async def revoke_sessions(tx: Transaction, account_id: int, but: int | None, now: datetime) -> None:
    """End every session of the account, except perhaps the one at hand."""
    await tx.execute(
        """UPDATE sessions SET revoked_at = $3, address = '', agent = ''
           WHERE account_id = $1 AND revoked_at IS NULL AND id IS DISTINCT FROM $2""",
        account_id,
        but,
        now,
    )


# Apps ----------------------------------------------------------------------------------------------------------------


async def insert_app(
    tx: Transaction,
    id: int,
    client_id: str,
    secret_hash: bytes,
    name: str,
    website: str | None,
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
    now: datetime,
) -> Row:
    """Store an app; one whose client_id is there already is widened to the new scopes and answered instead."""
    row = await tx.fetchrow(
        f"""INSERT INTO apps (id, client_id, secret_hash, name, website, redirect_uris, scopes, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (client_id) DO UPDATE SET scopes = excluded.scopes
            RETURNING {_APP}""",
        id,
        client_id,
        secret_hash,
        name,
        website,
        list(redirect_uris),
        list(scopes),
        now,
    )
    assert row is not None
    return row


async def find_app(db: Database, client_id: str) -> Row | None:
    return await db.fetchrow(f"SELECT {_APP}, apps.secret_hash FROM apps WHERE client_id = $1", client_id)


async def get_app(db: Database, id: int) -> Row | None:
    return await db.fetchrow(f"SELECT {_APP} FROM apps WHERE id = $1", id)


# Codes ---------------------------------------------------------------------------------------------------------------


async def insert_grant(
    tx: Transaction,
    code_hash: bytes,
    app_id: int,
    account_id: int,
    redirect_uri: str,
    scopes: Sequence[str],
    challenge: str | None,
    expires_at: datetime,
) -> None:
    await tx.execute(
        """INSERT INTO grants (code_hash, app_id, account_id, redirect_uri, scopes, challenge, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        code_hash,
        app_id,
        account_id,
        redirect_uri,
        list(scopes),
        challenge,
        expires_at,
    )


async def lock_grant(tx: Transaction, code_hash: bytes) -> Row | None:
    """The code with its account's standing, held until the end of the transaction: a code is redeemed once."""
    return await tx.fetchrow(
        f"""SELECT grants.app_id, grants.redirect_uri, grants.scopes, grants.challenge, grants.expires_at,
                   grants.used_at, {_WHO}
            FROM grants JOIN accounts ON accounts.id = grants.account_id
            JOIN credentials ON credentials.account_id = accounts.id
            WHERE grants.code_hash = $1 FOR UPDATE OF grants""",
        code_hash,
    )


async def use_grant(tx: Transaction, code_hash: bytes, now: datetime) -> None:
    await tx.execute("UPDATE grants SET used_at = $2 WHERE code_hash = $1", code_hash, now)


async def delete_old_grants(tx: Transaction, before: datetime) -> None:
    await tx.execute("DELETE FROM grants WHERE expires_at < $1", before)


async def delete_old_sessions(tx: Transaction, before: datetime) -> None:
    await tx.execute("DELETE FROM sessions WHERE seen_at < $1", before)


# Tokens --------------------------------------------------------------------------------------------------------------


async def insert_token(
    tx: Transaction,
    id: int,
    token_hash: bytes,
    app_id: int,
    account_id: int | None,
    scopes: Sequence[str],
    now: datetime,
) -> None:
    await tx.execute(
        """INSERT INTO tokens (id, token_hash, app_id, account_id, scopes, created_at)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        id,
        token_hash,
        app_id,
        account_id,
        list(scopes),
        now,
    )


async def find_token(db: Database, token_hash: bytes) -> Row | None:
    return await db.fetchrow(
        f"""SELECT tokens.id, tokens.app_id, tokens.scopes, tokens.seen_on, tokens.account_id AS holder_id, {_WHO}
            FROM tokens LEFT JOIN accounts ON accounts.id = tokens.account_id
            LEFT JOIN credentials ON credentials.account_id = accounts.id
            WHERE tokens.token_hash = $1 AND tokens.revoked_at IS NULL""",
        token_hash,
    )


async def note_token_seen(tx: Transaction, id: int, now: datetime) -> None:
    await tx.execute("UPDATE tokens SET seen_on = $2::timestamptz::date WHERE id = $1", id, now)


async def revoke_token(tx: Transaction, token_hash: bytes, now: datetime) -> Row | None:
    return await tx.fetchrow(
        """UPDATE tokens SET revoked_at = $2 WHERE token_hash = $1 AND revoked_at IS NULL
           RETURNING id, app_id, account_id""",
        token_hash,
        now,
    )


async def find_token_app(tx: Transaction, token_hash: bytes) -> int | None:
    found: int | None = await tx.fetchval("SELECT app_id FROM tokens WHERE token_hash = $1", token_hash)
    return found


async def revoke_tokens(tx: Transaction, account_id: int, now: datetime) -> None:
    """Take every app's tokens, and its codes not yet redeemed."""
    await tx.execute("UPDATE tokens SET revoked_at = $2 WHERE account_id = $1 AND revoked_at IS NULL", account_id, now)
    await tx.execute("DELETE FROM grants WHERE account_id = $1", account_id)


async def revoke_tokens_of_app(tx: Transaction, account_id: int, app_id: int, now: datetime) -> int:
    revoked = await tx.execute(
        "UPDATE tokens SET revoked_at = $3 WHERE account_id = $1 AND app_id = $2 AND revoked_at IS NULL",
        account_id,
        app_id,
        now,
    )
    await tx.execute("DELETE FROM grants WHERE account_id = $1 AND app_id = $2", account_id, app_id)
    return revoked


async def revoke_tokens_made_at(
    tx: Transaction, account_id: int, app_id: int, created_at: datetime, now: datetime
) -> None:
    """Take the token a code was redeemed for: both carry the same moment."""
    await tx.execute(
        """UPDATE tokens SET revoked_at = $4
           WHERE account_id = $1 AND app_id = $2 AND created_at = $3 AND revoked_at IS NULL""",
        account_id,
        app_id,
        created_at,
        now,
    )


async def list_authorised_apps(db: Database, account_id: int) -> list[Row]:
    return await db.fetch(
        f"""SELECT {_APP}, held.scopes AS held, held.since, held.seen_on
            FROM (SELECT app_id, min(created_at) AS since, max(seen_on) AS seen_on,
                         array(SELECT DISTINCT scope FROM tokens AS other, unnest(other.scopes) AS scope
                               WHERE other.account_id = $1 AND other.app_id = tokens.app_id
                                 AND other.revoked_at IS NULL ORDER BY scope) AS scopes
                  FROM tokens WHERE account_id = $1 AND revoked_at IS NULL GROUP BY app_id) AS held
            JOIN apps ON apps.id = held.app_id ORDER BY held.since DESC, apps.id DESC""",
        account_id,
    )
