"""The channel `pg`: a standby's server and the one it follows, joined through the link.

On the follower's side a Unix socket that looks like a PostgreSQL server's; at the other end the real one's socket, or the
operator's own server (hosting/own). The embedded server has no TCP and no TLS of its own. Only the roles made for copying
come through.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from folkmoot.errors import FolkmootError, Kind, Unavailable
from folkmoot.hosting import state as states
from folkmoot.hosting.doors import POSTGRES, doors, listen
from folkmoot.hosting.link.link import Link
from folkmoot.hosting.link.local import close_door, serve_door
from folkmoot.hosting.link.packing import Line
from folkmoot.hosting.link.stream import Hurry, LinkBroken, Message, Stream, join
from folkmoot.hosting.own import open_session
from folkmoot.hosting.own.entering import enter
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.hosting.postgres.following import slot_of
from folkmoot.hosting.postgres.places import find_owner
from folkmoot.settings import Settings

PLAIN, FRAMED = "pg", "pg.framed"
"""The channel as it was first, and as it is: what crosses the line may be packed."""
MAY_COME = {"folkmoot_repl", "folkmoot_rewind"}
"""Roles the partner may be on our server: one copies and follows, one reads files to rewind."""
TLS_ASKED, GSS_ASKED = 80877103, 80877104
LONGEST_GREETING = 10_000
SETTLED_SECONDS = 10.0


def connect(settings: Settings) -> psycopg.Connection[Any]:
    """A connection to this folder's running server as its administrator, which whoever runs Folkmoot is; to a server of the
    operator's own as the role of its address.

    Raises Unavailable when none runs or it does not answer.
    """
    if settings.database_url:
        return open_session(settings.database_url)
    found = EmbeddedPostgres(settings).find_postmaster()
    if found is None or found.sockets is None:
        raise Unavailable("The database of {folder} does not run.", folder=settings.data)
    names = states.read(settings.data).names
    try:
        return psycopg.connect(
            host=str(found.sockets),
            user=names.superuser,
            dbname=names.database,
            connect_timeout=5,
            autocommit=True,
            application_name="folkmoot agent",
            options="-c statement_timeout=15000 -c jit=off",
            row_factory=dict_row,
        )
    except psycopg.Error as error:
        raise Unavailable("The database does not answer.", cause=f"agent: {error}") from error


class PostgresDoor:
    """The socket on the follower's side that leads to the partner's server."""

    def __init__(self, data: Path, link: Link, side: str, passed: Callable[[int], None] = lambda count: None) -> None:
        self._link = link
        self._side = side
        self._passed = passed
        self._door = listen(doors(data) / POSTGRES)

    def start(self) -> None:
        """Take calls of the server's user from now on."""
        owner = find_owner()
        serve_door(self._door, {os.geteuid(), 0, *([owner.uid] if owner else [])}, self._serve)

    def close(self) -> None:
        """Take none any more."""
        close_door(self._door)

    def _serve(self, near: Stream) -> None:
        try:
            far = Line(self._link.open(FRAMED, 15.0, side=self._side))
        except FolkmootError as error:
            if error.kind is not Kind.MISSING:
                raise
            join(near, self._link.open(PLAIN, 15.0, side=self._side), self._passed)  # its Folkmoot is older
        else:
            far.join(near, self._passed)


def serve_postgres(settings: Settings, *, framed: bool) -> Callable[[Stream, Message], None]:
    """The channel on the side of the server that is followed; `framed` when what crosses the line may be packed."""

    def serve(stream: Stream, hello: Message) -> None:
        far = Line(stream) if framed else stream
        far.patience(15)
        greeting = read_greeting(far)
        keep_slot(settings, str(hello.get("side", "")))
        hurry = _hurry(settings.data)
        if settings.database_url:
            _join(far, enter(settings.database_url, greeting, far.write), hurry)
            return
        found = EmbeddedPostgres(settings).find_postmaster()
        if found is None or found.sockets is None:
            raise LinkBroken(cause="pg: no server runs here")
        near = socket.socket(socket.AF_UNIX)
        try:
            near.settimeout(10)
            near.connect(str(found.sockets / POSTGRES))
            near.sendall(greeting)
        except OSError as error:
            near.close()
            raise LinkBroken(cause=f"pg: {error}") from error
        _join(far, Stream(near), hurry)

    return serve


def _join(far: Stream | Line, near: Stream, hurry: Hurry) -> None:
    if isinstance(far, Line):
        far.join(near, hurry=hurry)
    else:
        join(far, near, hurry=hurry)


def _hurry(data: Path) -> Hurry:
    """Whether what one stream carries must not be held up: at its beginning, where questions and answers go to and fro, and
    as long as members' answers wait for the standby, which is looked up once a second. Otherwise the first host gains by
    passing on several commits at once.
    """
    begun = time.monotonic()
    found, asked = True, 0.0

    def hurry() -> bool:
        nonlocal found, asked
        now = time.monotonic()
        if now - begun > SETTLED_SECONDS and now - asked > 1:
            found, asked = states.read(data).sync.mode == "on", now
        return found

    return hurry


def read_greeting(stream: Stream | Line) -> bytes:
    """A client's first message, as PostgreSQL 3.x has it. Raises LinkBroken when the role may not come in."""
    while True:
        head = stream.read(8)
        length, code = int.from_bytes(head[:4]), int.from_bytes(head[4:])
        if code not in (TLS_ASKED, GSS_ASKED):
            break
        stream.write(b"N")
    if not 8 < length <= LONGEST_GREETING or code >> 16 != 3:
        raise LinkBroken(cause="pg: no greeting of a PostgreSQL client")
    rest = stream.read(length - 8)
    words = rest.split(b"\0")
    said = dict(zip(words[::2], words[1::2], strict=False))
    if said.get(b"user", b"").decode("ascii", "replace") not in MAY_COME:
        raise LinkBroken(cause=f"pg: the partner wanted to be {said.get(b'user')!r}")
    return head + rest


def keep_slot(settings: Settings, side: str) -> None:
    """Have the server keep for this follower what it has not had yet, bounded by max_slot_wal_keep_size."""
    if not side:
        return
    with connect(settings) as connection:
        if connection.execute("SELECT pg_is_in_recovery() AS follows").fetchone()["follows"]:  # type: ignore[index]  # a row
            return
        connection.execute(
            """SELECT pg_create_physical_replication_slot(%(slot)s, true)
               WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = %(slot)s)""",
            {"slot": slot_of(side)},
        )


def drop_slot(settings: Settings, side: str) -> bool:
    """Keep nothing for this follower any more; False while it is connected."""
    with connect(settings) as connection:
        connection.execute(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s AND NOT active",
            (slot_of(side),),
        )
        left = connection.execute("SELECT FROM pg_replication_slots WHERE slot_name = %s", (slot_of(side),))
        return left.fetchone() is None
