"""A session on the operator's own server, and what it lacks before another host may follow it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import psycopg
from psycopg.rows import dict_row

from folkmoot.errors import Unavailable
from folkmoot.hosting.own import queries
from folkmoot.hosting.own.rules import Server, admission, lacking

CONNECT_SECONDS = 5
REFUSED = "pg_hba.conf"
"""What PostgreSQL's refusals of an address have in common."""


def open_session(url: str, name: str = "folkmoot agent") -> psycopg.Connection[Any]:
    """A session that gives rows by name. Raises Unavailable."""
    try:
        return psycopg.connect(
            url,
            connect_timeout=CONNECT_SECONDS,
            autocommit=True,
            application_name=name,
            options="-c statement_timeout=15000 -c jit=off",
            row_factory=dict_row,
        )
    except psycopg.Error as error:
        raise Unavailable(
            "The database of DATABASE_URL cannot be reached: {reason}.",
            reason=_reason(error),
            cause=f"own server: {error}",
        ) from error


def who_it_is(url: str) -> Server:
    """What the server says of itself. Raises Unavailable."""
    with open_session(url) as connection:
        try:
            return queries.describe(connection)
        except psycopg.Error as error:
            raise Unavailable("The database does not answer.", cause=f"own server: {error}") from error


def major(url: str) -> int:
    """The server's major version; 0 while it does not answer."""
    try:
        return _major(url)
    except Unavailable:
        return 0


@lru_cache(maxsize=4)
def _major(url: str) -> int:
    return who_it_is(url).number // 10000


def what_it_lacks(url: str) -> list[str]:
    """What keeps a host with the embedded PostgreSQL from following, each with what to run. Raises Unavailable."""
    found = lacking(who_it_is(url))
    return found if found else _refusals(url)


def why_not_promoted(connection: psycopg.Connection[Any]) -> str:
    """Why we could not make this replica the first, with what to run; empty when we could."""
    try:
        if queries.value(connection, queries.MAY_PROMOTE):
            return ""
        role = queries.value(connection, queries.ROLE)
    except psycopg.Error as error:
        raise Unavailable("The database does not answer.", cause=f"own server: {error}") from error
    return (
        "Folkmoot may not make your own server the first. On the network's server, in the database "
        f"{connection.info.dbname}, run: GRANT EXECUTE ON FUNCTION pg_catalog.pg_promote(boolean, integer) TO {role};"
    )


def _refusals(url: str) -> list[str]:
    """Whether its door opens for replication: asked by knocking, since nobody but it can say."""
    with open_session(url) as session:
        role, is_encrypted = session.info.user, session.pgconn.ssl_in_use
        address = queries.value(session, queries.CALLER)
    try:
        psycopg.connect(url, connect_timeout=CONNECT_SECONDS, autocommit=True, replication="true").close()
    except psycopg.Error as error:
        reason = _reason(error)
        if REFUSED not in reason:
            return [f"It refuses to be copied: {reason}."]
        line = admission(role, address or "", is_encrypted)
        return [
            f"It lets nobody in who wants to copy it. Add this line to its pg_hba.conf, then SELECT pg_reload_conf(); {line}"
        ]
    return []


def _reason(error: psycopg.Error) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1].split("FATAL:")[-1].strip().rstrip(".")
