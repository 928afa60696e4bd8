"""Every SQL statement of following. Plain connections: the agent has no pool and no event loop."""

from __future__ import annotations

from typing import Any

import psycopg

Connection = psycopg.Connection[Any]


def sizes(connection: Connection) -> dict[str, Any]:
    """Bytes of the whole cluster and of all media, and how many media there are."""
    return _one(
        connection,
        """SELECT (SELECT sum(pg_database_size(oid)) FROM pg_database)::bigint AS database,
                  count(*) AS media, coalesce(sum(size), 0)::bigint AS media_bytes FROM objects""",
    )


def _one(connection: Connection, sql: str, values: dict[str, Any] | None = None) -> dict[str, Any]:
    row: dict[str, Any] | None = connection.execute(sql, values).fetchone()
    assert row is not None
    return row
