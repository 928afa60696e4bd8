"""On the host that carries the network: a beat a second while there is a standby, and what it says of itself, kept."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable

import structlog

from folkmoot import clock
from folkmoot.errors import FolkmootError
from folkmoot.hosting import state as states
from folkmoot.hosting.link import Link
from folkmoot.hosting.link.held import Held
from folkmoot.hosting.link.stream import Message
from folkmoot.hosting.postgres.following import slot_of
from folkmoot.hosting.standby import queries
from folkmoot.hosting.standby.report import Status, as_message, as_seen_later, later, parse
from folkmoot.settings import Settings

log = structlog.get_logger("folkmoot.standby")

EVERY = 1.0
KEPT_EVERY = 5.0
TIDIED_EVERY = 60.0


class Beating:
    """The first host's half of proving that the standby is fresh."""

    def __init__(self, link: Link, settings: Settings) -> None:
        self._link = link
        self._settings = settings
        self._server = Held(settings, queries.wait_for_nobody)
        self._heard: tuple[float, Status] | None = None
        """By the steady clock, when the standby last reported, and what."""
        self.each_second: list[Callable[[float | None], None]] = []
        """Called with the age of the last report, in seconds."""
        link.verb("standby.report", self._take_report)

    def status(self) -> Status:
        """How the standby does, as seen from here."""
        state = states.read(self._settings.data)
        partner = self._link.partner
        if partner is None or self._heard is None:
            following = "unlinked" if partner is None else "catching up"
            name = partner.name if partner else ""
            return Status(role="primary", side=state.side, partner=name, epoch=state.epoch, following=following)  # type: ignore[arg-type]  # one of the words
        heard, status = self._heard
        seen = as_seen_later(status, time.monotonic() - heard, clock.now_ms() / 1000, 0.0)
        return _from_here(seen, state, partner.name)

    @property
    def silent_for(self) -> float | None:
        """Seconds since the standby last reported; None when it never did."""
        return None if self._heard is None else time.monotonic() - self._heard[0]

    def run(self, over: threading.Event) -> None:
        """Beat until it is over."""
        kept = tidied = 0.0
        while not over.wait(EVERY):
            state, partner = states.read(self._settings.data), self._link.partner
            may_tidy = state.role == "primary" and not self._settings.database_url  # whose slots may be other networks'
            if may_tidy and time.monotonic() - tidied > TIDIED_EVERY:
                tidied = time.monotonic()
                self._tidy(partner.side if partner else "")
            if state.role != "primary" or partner is None:
                self._server.close()
                self._heard = None
                continue
            try:
                with self._server() as connection:
                    queries.beat(connection, state.side)
                    if time.monotonic() - kept > KEPT_EVERY:
                        queries.keep_report(connection, state.side, json.dumps(as_message(self.status())))
                        kept = time.monotonic()
            except FolkmootError as error:
                log.info("no_beat", cause=error.cause or error.words)
            for act in self.each_second:
                act(self.silent_for)
        self._server.close()

    def _tidy(self, side: str) -> None:
        """Keep no journal for who follows no more: one forgotten while the database did not run."""
        try:
            with self._server() as connection:
                queries.drop_slots_but(connection, slot_of(side))
        except FolkmootError as error:
            log.info("not_tidied", cause=error.cause or error.words)

    def _take_report(self, body: Message) -> Message:
        state = states.read(self._settings.data)
        status = parse(body.get("status"))
        partner = self._link.partner
        if status is not None:
            self._heard = (time.monotonic(), status)
        with self._server() as connection:
            found = queries.first_side(
                connection, slot_of(partner.side if partner else ""), float(body.get("beat_at") or 0)
            )
            if found["kept_from"] and (status is None or status.following != "following"):
                found["kept_from"] = later(found["kept_from"], queries.journal_begins(connection))
        return found | {
            "now": clock.now_ms() / 1000,
            "role": state.role,
            "sync": state.sync.mode,
            "when_lost": state.sync.when_lost,
            "sync_since": state.sync.since,
        }


def _from_here(status: Status, state: states.State, partner: str) -> Status:
    return Status(
        **{name: getattr(status, name) for name in status.__struct_fields__}
        | {
            "role": "primary",
            "side": state.side,
            "partner": partner,
            "epoch": state.epoch,
            "sync": state.sync.mode,
            "when_lost": state.sync.when_lost,
            "sync_since": state.sync.since,
        }
    )
