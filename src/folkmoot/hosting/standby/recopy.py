"""On the standby: when the first host no longer has the journal this one needs, it is read from the backups; when they do
not have it all either, a fresh copy is made beside the old one.

The old copy goes on answering until the new one is whole; then the server is ended, and its next start takes the new one
into place. Nothing is thrown away before that.
"""

from __future__ import annotations

import threading
import time

import structlog

from folkmoot.errors import FolkmootError
from folkmoot.hosting import state as states
from folkmoot.hosting.link import Link
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.hosting.standby.catching_up import CatchingUp
from folkmoot.hosting.standby.copy import check_room, copy_database, names_of
from folkmoot.hosting.standby.watching import Watching
from folkmoot.settings import Settings

log = structlog.get_logger("folkmoot.standby")

EVERY = 2.0
PATIENCE = 20.0
"""Seconds a standby must be lost before it is copied anew: a restart of the first host looks like that for a moment."""


class Recopying:
    """The standby's thread that starts over when following has become impossible."""

    def __init__(self, link: Link, settings: Settings, watching: Watching) -> None:
        self._link = link
        self._settings = settings
        self._watching = watching
        self._catching_up = CatchingUp(link, settings, watching.noted)

    def run(self, over: threading.Event) -> None:
        """Watch for it until it is over."""
        lost_since: float | None = None
        if self._settings.database_url:
            return  # a replica of the operator's own is his to make anew; the status says when it must be
        self._catching_up.clear()  # of an agent that was killed
        while not over.wait(EVERY):
            if states.read(self._settings.data).role != "standby" or self._watching.status.following != "lost":
                lost_since = None
                continue
            lost_since = lost_since or time.monotonic()
            if time.monotonic() - lost_since < PATIENCE:
                continue
            try:
                self.mend(over)
                lost_since = None
            except FolkmootError as error:
                log.error("not_copied_again", why=error.words)
                over.wait(30)

    def mend(self, over: threading.Event) -> bool:
        """Have the server follow again; whether that could be done without a fresh copy."""
        log.warning("lost_track", slot=self._watching.status.slot, timeline=self._watching.status.timeline)
        if self._catching_up.catch_up(over):
            return True
        if not over.is_set() and states.read(self._settings.data).role == "standby":
            self.copy_again(over)
        return False

    def copy_again(self, over: threading.Event) -> None:
        """Make a fresh copy and have the server start from it."""
        log.warning("copying_again")
        server = EmbeddedPostgres(self._settings)
        side = states.named(self._settings.data).side
        prepared = self._link.ask("standby.prepare", side=side, anew=True)
        check_room(self._settings.data, int(prepared["database"]))
        noted = self._watching.noted
        noted.copying = True

        def tell(what: str, done: int, total: int) -> None:
            noted.copied, noted.to_copy = done, total

        try:
            copy_database(self._settings, side, tell, over)
        finally:
            noted.copied = noted.to_copy = 0
            noted.copying = False
        if states.read(self._settings.data).role == "standby":  # it may have been promoted meanwhile
            states.change(self._settings.data, names=names_of(prepared))
            server.ask_to_end()
