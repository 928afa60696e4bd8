"""The accounts, the app and the tokens that Mastodon.py's suite expects to find on its server.

Run beside a server: `python seed_mastodonpy.py DATA`. For a test network only: these tokens are known to everybody.
"""

from __future__ import annotations

import secrets
import sys

from folkmoot import clock
from folkmoot.cli.reach import with_database
from folkmoot.database import Database
from folkmoot.ids import new_id
from folkmoot.network.access import COMMAND_LINE, Role
from folkmoot.network.access.rules import digest
from folkmoot.network.accounts import create_account
from folkmoot.settings import load

PREFIX = "__MASTODON_PY_TEST_"
MEMBER_SCOPES = ["read", "write", "follow", "push", "profile"]
STAFF_SCOPES = [*MEMBER_SCOPES, "admin:read", "admin:write"]

ACCOUNTS = (
    # name, role, e-mail, language, locked, the token's suffix
    ("admin", Role.OPERATOR, "admin@localhost", "en", False, "ACCESS_TOKEN_2"),
    ("admin2", Role.OPERATOR, "zerocool@example.com", "de", False, None),
    ("mastodonpy_test", Role.MEMBER, "mastodonpy_test@localhost", "en", True, "ACCESS_TOKEN"),
    ("mastodonpy_test_2", Role.MEMBER, "mastodonpy_test_2@localhost", "en", False, "ACCESS_TOKEN_3"),
)


async def seed(db: Database) -> None:
    """Make them, each token for its account."""
    app_id = new_id()
    await db.fetch(
        """INSERT INTO apps (id, client_id, secret_hash, name, redirect_uris, scopes, created_at)
           VALUES ($1, $2, $3, 'Mastodon.py test suite', ARRAY['urn:ietf:wg:oauth:2.0:oob'], $4, $5)""",
        app_id,
        PREFIX + "CLIENT_ID",
        digest(PREFIX + "CLIENT_SECRET"),
        STAFF_SCOPES,
        clock.now(),
    )
    for name, role, email, locale, locked, token in ACCOUNTS:
        made = await create_account(
            db, COMMAND_LINE, name=name, password=secrets.token_urlsafe(), email=email, locale=locale, role=role
        )
        await db.fetch("UPDATE accounts SET locked = $2 WHERE id = $1", made.id, locked)
        if token is not None:
            await db.fetch(
                """INSERT INTO tokens (id, token_hash, app_id, account_id, scopes, created_at)
                   VALUES ($1, $2, $3, $4, $5, $6)""",
                new_id(),
                digest(PREFIX + token),
                app_id,
                made.id,
                STAFF_SCOPES if role.is_staff else MEMBER_SCOPES,
                clock.now(),
            )


if __name__ == "__main__":
    with_database(load(overrides={"data": sys.argv[1]}), seed)
