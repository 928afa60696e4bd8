"""On the host that carries the network: answers that wait for the standby, and what happens when it is not there.

What is waited for is that the standby has written a commit to its disk (`synchronous_commit=on`). When it is lost, the
operator's rule decides. *hold*: writes wait, and fail when they have waited long enough; nothing answered is ever on one
disk only. *relax*: after some seconds nothing waits any more, which is written down first, shown, and told to the
stewards; it waits again once the standby has been fresh for a while.
"""

from __future__ import annotations

import dataclasses
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any, get_args

import psycopg
import structlog

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.errors import FolkmootError, Kind, Unavailable
from folkmoot.hosting import state as states
from folkmoot.hosting.link import Link
from folkmoot.hosting.link.database import connect
from folkmoot.hosting.link.stream import Message
from folkmoot.hosting.own import queries as own_queries
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.hosting.postgres.following import slot_of
from folkmoot.hosting.standby import queries
from folkmoot.hosting.standby.report import Status
from folkmoot.settings import Settings

log = structlog.get_logger("folkmoot.standby")

RELAX_SECONDS = 5.0
"""Silence of the standby after which nothing waits for it any more, under the rule *relax*."""
TIGHTEN_SECONDS = 15.0
"""How long it must have been fresh before answers wait for it again."""
TAKES_SECONDS = 10.0
PROBES = 25


class CannotWait(FolkmootError):
    """Answers cannot be made to wait for the standby."""

    kind = Kind.CONFLICT


class Syncing:
    """Switches, watches and tells."""

    def __init__(self, link: Link, settings: Settings, status: Callable[[], Status]) -> None:
        self._link = link
        self._settings = settings
        self._status = status
        self._lock = threading.Lock()
        self._alone_since: float | None = None
        self._fresh_since: float | None = None

    def switch(self, body: Message) -> Message:
        """Turn waiting on or off. Raises CannotWait; says what a commit takes before and after, in milliseconds."""
        state = states.read(self._settings.data)
        when_lost = str(body.get("when_lost") or state.sync.when_lost)
        if state.role != "primary":
            raise CannotWait("This host carries no network: it is a {role}.", role=state.role)
        if when_lost not in get_args(states.WhenLost):
            raise CannotWait("When the standby is lost, answers hold or relax; there is no third way.")
        with self._lock:
            if not body.get("on"):
                self._enforce(states.Sync(mode="off", since=clock.stamp(clock.now())), Event.STANDBY_SYNC_OFF)
                return {"mode": "off"}
            partner, status = self._link.partner, self._status()
            if partner is None or not status.is_fresh:
                raise CannotWait(
                    "The standby does not follow closely ({following}): answers that wait for it now would wait "
                    "for long. `folkmoot standby status` says what is missing.",
                    following=status.following,
                )
            if self._settings.database_url:
                self._check_may_wait(slot_of(partner.side))
            alone = self._commit_ms()
            sync = states.Sync("on", when_lost, partner.side, clock.stamp(clock.now()))  # type: ignore[arg-type]  # checked
            self._enforce(sync, Event.STANDBY_SYNC_ON)
            if not self._takes():
                self._enforce(states.Sync(mode="off", since=clock.stamp(clock.now())), Event.STANDBY_SYNC_OFF)
                raise CannotWait("The standby did not take part within {seconds:.0f} s; nothing was changed.",
                                 seconds=TAKES_SECONDS)  # fmt: skip
            return {"mode": "on", "when_lost": when_lost, "alone_ms": alone, "waiting_ms": self._commit_ms()}

    def tick(self, silent_for: float | None) -> None:
        """Called each second: relax or wait again, as the rule says."""
        sync = states.read(self._settings.data).sync
        if sync.mode == "off":
            self._alone_since = self._fresh_since = None
            return
        now = time.monotonic()
        is_there = silent_for is not None and silent_for < RELAX_SECONDS and self._status().is_fresh
        self._alone_since = None if is_there else self._alone_since or now
        self._fresh_since = (self._fresh_since or now) if is_there else None
        try:
            with self._lock:
                if sync.mode == "on" and sync.when_lost == "relax" and self._alone_since:
                    if now - self._alone_since > RELAX_SECONDS:
                        self._relax(sync)
                elif sync.mode == "relaxed" and self._fresh_since and now - self._fresh_since > TIGHTEN_SECONDS:
                    again = dataclasses.replace(sync, mode="on", since=clock.stamp(clock.now()), relaxed_lsn="")
                    self._enforce(again, Event.STANDBY_SYNC_ON)
        except FolkmootError as error:
            log.error("sync_not_changed", cause=error.cause or error.words)

    def _relax(self, sync: states.Sync) -> None:
        with connect(self._settings) as connection:
            lsn = queries.place(connection)
        # The file first: from here on nobody may claim that nothing can be lost.
        relaxed = dataclasses.replace(sync, mode="relaxed", since=clock.stamp(clock.now()), relaxed_lsn=lsn)
        self._enforce(relaxed, Event.STANDBY_SYNC_RELAXED)

    def _enforce(self, sync: states.Sync, event: Event) -> None:
        """Write it down, have the server do it, record it, and tell whoever must know."""
        states.change(self._settings.data, sync=sync)
        if not self._settings.database_url:
            EmbeddedPostgres(self._settings).configure()
        log.warning("sync", mode=sync.mode, when_lost=sync.when_lost, lsn=sync.relaxed_lsn)
        try:
            with connect(self._settings) as connection:
                if self._settings.database_url:
                    own_queries.wait_for(connection, slot_of(sync.follower) if sync.mode == "on" else "")
                else:
                    queries.reload(connection)
                queries.wait_for_nobody(connection)
                queries.record(connection, event.value, dataclasses.asdict(sync))
                if event is Event.STANDBY_SYNC_RELAXED or sync.mode == "on":
                    queries.tell_staff(connection, event.value, sync.since)
        except psycopg.Error as error:
            raise Unavailable("The database does not answer.", cause=f"agent: {error}") from error

    def _check_may_wait(self, follower: str) -> None:
        """Whether we may have an operator's own server wait for the standby. Raises CannotWait with what to run."""
        with connect(self._settings) as connection:
            if not queries.is_connected(connection, follower):
                raise CannotWait(
                    "Your own servers replicate by your own means: have the one wait for the other there "
                    "(synchronous_standby_names)."
                )
            waits_for = own_queries.value(connection, own_queries.WAITS_FOR)
            if waits_for and follower not in waits_for:
                raise CannotWait("Your own server waits for other standbys already: {names}.", names=waits_for)
            if not own_queries.value(connection, own_queries.MAY_WAIT):
                role = own_queries.value(connection, own_queries.ROLE)
                raise CannotWait(
                    "Folkmoot may not tell your own server for whom to wait. Run in its database {database}: "
                    "GRANT ALTER SYSTEM ON PARAMETER synchronous_standby_names TO {role}; "
                    "GRANT EXECUTE ON FUNCTION pg_catalog.pg_reload_conf() TO {role};",
                    role=role,
                    database=connection.info.dbname,
                )

    def _takes(self) -> bool:
        until = time.monotonic() + TAKES_SECONDS
        partner = self._link.partner
        while partner is not None and time.monotonic() < until:
            with connect(self._settings) as connection:
                if queries.is_waited_for(connection, slot_of(partner.side)):
                    return True
            time.sleep(0.1)
        return False

    def _commit_ms(self) -> float:
        """What one small commit takes: the middle of a few."""
        taken = []
        with connect(self._settings) as connection:
            for _ in range(PROBES):
                begun = time.perf_counter()
                queries.beat(connection, "probe")
                taken.append((time.perf_counter() - begun) * 1000)
        return round(statistics.median(taken), 2)


def shown(answer: dict[str, Any]) -> str:
    """What a switch did, in words."""
    if answer["mode"] == "off":
        return "Answers wait for nobody. If this host dies, what was written in the last moments may be lost."
    cost = answer["waiting_ms"] - answer["alone_ms"]
    rule = (
        "When it is lost, writes wait and then fail, until it is back or you run `folkmoot standby sync off`."
        if answer["when_lost"] == "hold"
        else f"When it is lost for {RELAX_SECONDS:.0f} s, writes go on without it; that is recorded and the stewards are told."
    )
    return (
        "Every answer now waits until the standby has it on its disk: none is lost when this host dies. "
        f"A commit takes {answer['waiting_ms']} ms instead of {answer['alone_ms']} ms ({cost:+.1f} ms). {rule}"
    )
