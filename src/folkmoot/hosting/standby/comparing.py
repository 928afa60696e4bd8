"""On the standby: whether both hosts hold the same. Rows of blocks chosen by lot, and every secret, by sums and HMACs."""

from __future__ import annotations

import secrets as random
import threading
import time

import structlog

from folkmoot import clock
from folkmoot.errors import FolkmootError
from folkmoot.hosting import state as states
from folkmoot.hosting.link import Link
from folkmoot.hosting.link.held import Held
from folkmoot.hosting.link.stream import Message
from folkmoot.hosting.standby import certificates, queries, secrets
from folkmoot.hosting.standby.report import Equality
from folkmoot.hosting.standby.watching import Noted
from folkmoot.settings import Settings

log = structlog.get_logger("folkmoot.standby")

EVERY = 30.0
BLOCKS = 64
TRIES = 4
"""A block may be written between the two looks; one that differs so often in a row differs."""


class Comparing:
    """Both halves: what the first host answers, and what the standby makes of it."""

    def __init__(self, link: Link, settings: Settings, noted: Noted) -> None:
        self._link = link
        self._settings = settings
        self._noted = noted
        self._server = Held(settings)
        self._rows = 0
        link.verb("standby.content", self._say_content)

    def run(self, over: threading.Event) -> None:
        """Compare now and then until it is over; soon after the start for the first time."""
        pause = 3.0
        while not over.wait(pause):
            if states.read(self._settings.data).role != "standby" or self._link.partner is None:
                self._server.close()
                pause = 3.0
                continue
            try:
                self.look()
                pause = EVERY
            except FolkmootError as error:
                log.info("not_compared", cause=error.cause or error.words)
                pause = 3.0
        self._server.close()

    def look(self) -> None:
        """Compare the secrets, fetching what differs, and some rows."""
        if not self._secrets_are_equal():
            changed = secrets.keep(self._settings.data, self._link.ask("secrets.bundle"))
            if changed & set(secrets.CERTIFICATES):
                certificates.announce(self._settings)
            self._noted.secrets_equal = self._secrets_are_equal()
        else:
            self._noted.secrets_equal = True
        self._noted.equality = self._compare_rows()

    def _secrets_are_equal(self) -> bool:
        nonce = random.token_hex(32)
        theirs = self._link.ask("secrets.digests", nonce=nonce)
        ours = secrets.digests(secrets.held(self._settings.data), nonce)
        return not secrets.differing(ours, theirs)

    def _compare_rows(self) -> Equality:
        with self._server() as connection:
            chosen = queries.some_blocks(connection, BLOCKS)
        if chosen is None:
            return self._noted.equality
        for _ in range(TRIES):
            theirs = self._link.ask("standby.content", timeout=20, **chosen)
            if not self._wait_for(str(theirs["lsn"])):
                return self._noted.equality  # too far behind to compare: that is another check's business
            with self._server() as connection:
                ours = queries.content_of(connection, chosen["table"], chosen["from"], chosen["to"])
            if (ours["rows"], ours["sum"]) == (theirs["rows"], theirs["sum"]):
                self._rows += int(ours["rows"])
                return Equality(clock.stamp(clock.now()), self._rows, True)
        return Equality(clock.stamp(clock.now()), self._rows, False, str(chosen["table"]))

    def _wait_for(self, lsn: str, seconds: float = 5.0) -> bool:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with self._server() as connection:
                if queries.has_replayed(connection, lsn):
                    return True
            time.sleep(0.02)
        return False

    def _say_content(self, body: Message) -> Message:
        with self._server() as connection:
            found = queries.content_of(connection, str(body["table"]), int(body["from"]), int(body["to"]))
            return found | {"lsn": queries.place(connection)}
