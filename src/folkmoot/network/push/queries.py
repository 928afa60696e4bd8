"""Every statement about web push, but for one: a notification's own statement adds its messages (notifications/queries.py)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from folkmoot.database import Database, Row, Transaction

_VIEW = "id, endpoint, standard, alerts, policy"


async def upsert(
    tx: Transaction,
    id: int,
    account_id: int,
    token_id: int | None,
    session_id: int | None,
    endpoint: str,
    public_key: bytes,
    auth_secret: bytes,
    standard: bool,
    alerts: Sequence[str],
    policy: str,
    sealed_token: bytes | None,
    now: datetime,
) -> Row:
    """One subscription for a token or session: a second one takes the place of the first, under a new number."""
    await tx.execute(
        "DELETE FROM push_subscriptions WHERE account_id = $1 AND (token_id = $2 OR session_id = $3)",
        account_id,
        token_id,
        session_id,
    )
    row = await tx.fetchrow(
        f"""INSERT INTO push_subscriptions (id, account_id, token_id, session_id, endpoint, public_key, auth_secret, standard,
              alerts, policy, sealed_token, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING {_VIEW}""",
        id,
        account_id,
        token_id,
        session_id,
        endpoint,
        public_key,
        auth_secret,
        standard,
        list(alerts),
        policy,
        sealed_token,
        now,
    )
    assert row is not None
    return row


async def find(
    source: Database | Transaction, account_id: int, token_id: int | None, session_id: int | None
) -> Row | None:
    return await source.fetchrow(
        f"SELECT {_VIEW} FROM push_subscriptions WHERE account_id = $1 AND (token_id = $2 OR session_id = $3)",
        account_id,
        token_id,
        session_id,
    )


async def update(tx: Transaction, id: int, alerts: Sequence[str], policy: str) -> Row | None:
    return await tx.fetchrow(
        f"UPDATE push_subscriptions SET alerts = $2, policy = $3 WHERE id = $1 RETURNING {_VIEW}",
        id,
        list(alerts),
        policy,
    )


async def delete(tx: Transaction, account_id: int, token_id: int | None, session_id: int | None) -> None:
    await tx.execute(
        "DELETE FROM push_subscriptions WHERE account_id = $1 AND (token_id = $2 OR session_id = $3)",
        account_id,
        token_id,
        session_id,
    )


async def drop(tx: Transaction, id: int) -> None:
    await tx.execute("DELETE FROM push_subscriptions WHERE id = $1", id)


async def claim(tx: Transaction, now: datetime, until: datetime, limit: int) -> list[Row]:
    """Take what is due, so that no other worker does before `until`; what is too old, or for nobody any more, goes.

    A row that a worker which died had taken is due again at `until`: one message too many is better than none.
    """
    return await tx.fetch(
        """WITH due AS (
             SELECT subscription_id, about, about_id FROM push_messages WHERE due_at <= $1
             ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED),
           taken AS (
             UPDATE push_messages m SET due_at = $2, attempts = attempts + 1
             FROM due WHERE (m.subscription_id, m.about, m.about_id) = (due.subscription_id, due.about, due.about_id)
             RETURNING m.subscription_id, m.about, m.about_id, m.attempts, m.fresh_until)
           SELECT taken.*, s.account_id, s.endpoint, s.public_key, s.auth_secret, s.standard, s.policy, s.sealed_token,
                  s.token_id, coalesce(c.locale, 'en') AS locale,
                  a.suspended_at IS NULL AND a.closed_at IS NULL AND taken.fresh_until > $1
                    AND (t.id IS NOT NULL OR n.id IS NOT NULL) AS wanted
           FROM taken JOIN push_subscriptions s ON s.id = taken.subscription_id
           JOIN accounts a ON a.id = s.account_id
           LEFT JOIN credentials c ON c.account_id = s.account_id
           LEFT JOIN tokens t ON t.id = s.token_id AND t.revoked_at IS NULL
           LEFT JOIN sessions n ON n.id = s.session_id AND n.revoked_at IS NULL""",
        now,
        until,
        limit,
    )


async def done(tx: Transaction, subscription_id: int, about: str, about_id: int) -> None:
    await tx.execute(
        "DELETE FROM push_messages WHERE subscription_id = $1 AND about = $2 AND about_id = $3",
        subscription_id,
        about,
        about_id,
    )


async def put_off(tx: Transaction, subscription_id: int, about: str, about_id: int, due_at: datetime) -> None:
    await tx.execute(
        "UPDATE push_messages SET due_at = $4 WHERE subscription_id = $1 AND about = $2 AND about_id = $3",
        subscription_id,
        about,
        about_id,
        due_at,
    )


async def note_failure(tx: Transaction, subscription_id: int, most: int) -> None:
    """Count a refusal; after `most` in a row the subscription goes."""
    await tx.execute("UPDATE push_subscriptions SET failures = failures + 1 WHERE id = $1", subscription_id)
    await tx.execute("DELETE FROM push_subscriptions WHERE id = $1 AND failures >= $2", subscription_id, most)


async def note_success(tx: Transaction, subscription_id: int) -> None:
    await tx.execute("UPDATE push_subscriptions SET failures = 0 WHERE id = $1 AND failures > 0", subscription_id)


async def contents(db: Database, account_id: int, from_id: int, post_id: int | None) -> Row | None:
    """Who did it and what the post says; whether they follow or are followed."""
    return await db.fetchrow(
        """SELECT a.name, a.display_name, a.avatar_key, p.text, p.warning, author.name AS author,
                  EXISTS (SELECT FROM follows WHERE account_id = $1 AND target_id = a.id) AS followed,
                  EXISTS (SELECT FROM follows WHERE account_id = a.id AND target_id = $1) AS follower
           FROM accounts a LEFT JOIN posts p ON p.id = $3 LEFT JOIN accounts author ON author.id = p.account_id
           WHERE a.id = $2""",
        account_id,
        from_id,
        post_id,
    )


async def forget_ended(tx: Transaction) -> None:
    """Forget subscriptions whose token or session was ended."""
    await tx.execute(
        """DELETE FROM push_subscriptions s
           WHERE NOT EXISTS (SELECT FROM tokens WHERE id = s.token_id AND revoked_at IS NULL)
             AND NOT EXISTS (SELECT FROM sessions WHERE id = s.session_id AND revoked_at IS NULL)"""
    )
