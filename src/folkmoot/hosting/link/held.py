"""A connection to this folder's server that a thread keeps, and makes anew when the server was away."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import psycopg

from folkmoot.errors import Unavailable
from folkmoot.hosting.link.database import connect
from folkmoot.settings import Settings

Prepare = Callable[[psycopg.Connection[Any]], None]


class Held:
    """The connection of one thread, or of several that take turns (psycopg sees to that)."""

    def __init__(self, settings: Settings, prepare: Prepare = lambda connection: None) -> None:
        self._settings = settings
        self._prepare = prepare
        self._connection: psycopg.Connection[Any] | None = None

    @contextlib.contextmanager
    def __call__(self) -> Iterator[psycopg.Connection[Any]]:
        """The connection; trouble with the server is Unavailable, and the next use makes a new one."""
        connection = self._connection
        try:
            if connection is None or connection.closed:
                connection = self._connection = connect(self._settings)
                self._prepare(connection)
            yield connection
        except psycopg.Error as error:
            self.close()
            raise Unavailable("The database does not answer.", cause=f"agent: {error}") from error

    def close(self) -> None:
        """Let it go."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                connection.close()
