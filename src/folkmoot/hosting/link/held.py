"""A connection to this folder's server that a thread keeps, and makes anew when the server was away."""

from __future__ import annotations

import contextlib
import threading
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
        self._changing = threading.Lock()

    @contextlib.contextmanager
    def __call__(self) -> Iterator[psycopg.Connection[Any]]:
        """The connection; trouble with the server is Unavailable, and the next use makes a new one."""
        connection = None
        try:
            connection = self._held()
            yield connection
        except psycopg.Error as error:
            self._let_go(connection)
            raise Unavailable("The database does not answer.", cause=f"agent: {error}") from error

    def close(self) -> None:
        """Let it go."""
        self._let_go(self._connection)

    def _held(self) -> psycopg.Connection[Any]:
        """The one there is, or a new one: never two, however many threads find that it is gone."""
        with self._changing:
            if self._connection is None or self._connection.closed:
                made = connect(self._settings)
                try:
                    self._prepare(made)
                except BaseException:
                    made.close()
                    raise
                self._connection = made
            return self._connection

    def _let_go(self, connection: psycopg.Connection[Any] | None) -> None:
        """Close this one, and keep another that a thread may have made since."""
        with self._changing:
            if self._connection is connection:
                self._connection = None
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                connection.close()
