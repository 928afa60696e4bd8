"""Whether a server that is not ours can carry the network."""

from __future__ import annotations

import asyncpg

from folkmoot.hosting.postgres.errors import NoDatabase

OLDEST, NEWEST = 15, 18
TAKES_WRITES = "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'off'"
"""A bar on a role (hosting/own) or on everybody is a default of the session. That a replica takes none is as it should be."""


async def check_server(url: str) -> str:
    """The server's version in words; raises NoDatabase when it cannot be reached or cannot carry us."""
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise NoDatabase(
            "The database of DATABASE_URL cannot be reached: {reason}.",
            reason=str(error).rstrip(".") or type(error).__name__,
        ) from error
    try:
        number = int(await connection.fetchval("SHOW server_version_num"))
        encoding = await connection.fetchval("SHOW server_encoding")
        takes_writes = await connection.fetchval(TAKES_WRITES)
    finally:
        await connection.close()
    check_version(number)
    if encoding != "UTF8":
        raise NoDatabase(
            "The database of DATABASE_URL is encoded in {encoding}; make one with ENCODING 'UTF8'.", encoding=encoding
        )
    if not takes_writes:
        raise NoDatabase(
            "The database of DATABASE_URL takes no writes from this role: the network has left it for another host, or its "
            "administrator wants it so (default_transaction_read_only). docs/moving.md says more."
        )
    return f"PostgreSQL {number // 10000}.{number % 10000}"


def check_version(number: int) -> None:
    """Refuse a server older or newer than those we are tested with."""
    if not OLDEST <= number // 10000 <= NEWEST:
        raise NoDatabase(
            "The server of DATABASE_URL is PostgreSQL {found}; Folkmoot needs {oldest} to {newest}.",
            found=number // 10000,
            oldest=OLDEST,
            newest=NEWEST,
        )
