"""Every statement about invitations."""

from __future__ import annotations

from datetime import datetime

from folkmoot.database import Database, Row, Transaction

_INVITATION = "code, account_id, created_at, expires_at, uses_left, used, revoked_at"


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
