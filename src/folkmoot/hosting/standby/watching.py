"""On the standby: once a second, what has arrived and how old it is, told to the first host and written down."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from folkmoot import clock
from folkmoot.errors import FolkmootError
from folkmoot.hosting import state as states
from folkmoot.hosting.link import Link
from folkmoot.hosting.link.held import Held
from folkmoot.hosting.standby import promise, queries
from folkmoot.hosting.standby.report import (
    SILENT_SECONDS,
    Check,
    Equality,
    Status,
    as_message,
    following_of,
    heartbeat_check,
    link_check,
    lsn,
    parse,
    replication_check,
)
from folkmoot.settings import Settings

log = structlog.get_logger("folkmoot.standby")

EVERY = 1.0


@dataclass
class Noted:
    """What the other threads of the standby found last."""

    media_total: int = 0
    media_missing: int | None = None
    media_missing_bytes: int = 0
    media_absent: int = 0
    secrets_equal: bool | None = None
    equality: Equality = field(default_factory=Equality)
    checks: tuple[Check, ...] = ()
    from_archive: tuple[int, int] | None = None
    """While the journal is read from the backups: segments still to come, and how many in all."""
    copying: bool = False
    copied: int = 0
    to_copy: int = 0


class Watching:
    """The standby's half of proving that it is fresh."""

    def __init__(self, link: Link, settings: Settings) -> None:
        self._link = link
        self._settings = settings
        self._server = Held(settings)
        self._said: dict[str, Any] = promise.read(settings.data).as_said()
        """The first host's last answer; to begin with what it had promised when it was last heard."""
        self._offset: float | None = None
        self.noted = Noted()
        self.status = Status(role="standby")

    def run(self, over: threading.Event) -> None:
        """Watch until it is over."""
        while not over.wait(EVERY):
            role = states.read(self._settings.data).role
            if role != "standby":
                self._server.close()
                self._said = {}
                promise.forget(self._settings.data)
                if role == "former":
                    self._say_left_behind()
                continue
            try:
                self.look()
            except FolkmootError as error:
                log.info("not_watched", cause=error.cause or error.words)
            except Exception:
                log.exception("not_watched")
        self._server.close()

    def look(self) -> Status:
        """Find out how it stands, tell the first host, write it down."""
        state = states.read(self._settings.data)
        partner = self._link.partner
        found: dict[str, Any] = {}
        with contextlib.suppress(FolkmootError), self._server() as connection:
            found = queries.following_side(connection, partner.side if partner else "")
        self.status = self._compose(state, found)
        if partner is not None:
            try:
                self._tell(found)
            except FolkmootError as error:
                log.debug("not_told", cause=error.cause or error.words)
            self.status = self._compose(state, found)
        keep(self._settings.data, self.status)
        return self.status

    def _say_left_behind(self) -> None:
        """Who was left behind and follows nobody says so, that nobody takes it for a standby that is only late."""
        state, partner = states.read(self._settings.data), self._link.partner
        self.status = Status(
            role="former", side=state.side, partner=partner.name if partner else "", epoch=state.epoch,
            at=clock.stamp(clock.now()), following="unlinked", link_up=self._link.heard_ago is not None,
            heard_ago=self._link.heard_ago,
        )  # fmt: skip
        if partner is not None:
            try:
                self._link.ask("standby.report", timeout=4, status=as_message(self.status))
            except FolkmootError as error:
                log.debug("not_told", cause=error.cause or error.words)

    def _tell(self, found: dict[str, Any]) -> None:
        begun = clock.now_ms() / 1000
        self._said = self._link.ask(
            "standby.report", timeout=4, status=as_message(self.status), beat_at=found.get("beat_at")
        )
        ended = clock.now_ms() / 1000
        self._offset = float(self._said["now"]) - (begun + ended) / 2
        promised = promise.Promise(
            str(self._said["sync"]),
            str(self._said["when_lost"]),
            str(self._said["sync_since"]),
            ended,
            found.get("beat_at") or 0.0,
        )
        with contextlib.suppress(OSError):  # a full disk must not end the watching
            promise.write(self._settings.data, promised)

    def _compose(self, state: states.State, found: dict[str, Any]) -> Status:
        partner, said, noted = self._link.partner, self._said, self.noted
        ago = self._link.heard_ago
        is_up = ago is not None and ago < SILENT_SECONDS
        beat_at = found.get("beat_at")
        lag = None if beat_at is None else max(0.0, clock.now_ms() / 1000 + (self._offset or 0.0) - beat_at)
        timeline, first_timeline = int(found.get("timeline") or 0), int(said.get("timeline") or 0)
        behind = lsn(str(said.get("lsn", ""))) - lsn(found.get("replayed", ""))
        return Status(
            role=state.role,
            side=state.side,
            partner=partner.name if partner else "",
            epoch=state.epoch,
            at=clock.stamp(clock.now()),
            following="unlinked"
            if partner is None
            else "copying"
            if noted.copying
            else following_of(
                is_streaming=bool(found.get("streams")),
                lag_seconds=lag,
                timelines_agree=not found or not first_timeline or not timeline or timeline == first_timeline,
                is_kept=noted.from_archive is not None or _is_kept(said, found),
                link_up=is_up,
            ),
            link_up=is_up,
            heard_ago=ago,
            lag_bytes=max(0, behind) if said.get("lsn") and found else None,
            lag_seconds=lag,
            beat_at=beat_at,
            clock_offset=self._offset,
            primary_lsn=str(said.get("lsn", "")),
            received_lsn=found.get("received", ""),
            replayed_lsn=found.get("replayed", ""),
            timeline=timeline,
            primary_timeline=first_timeline,
            slot=str(said.get("slot", "")),
            unseen_posts=said.get("unseen_posts") if is_up else None,
            media_total=noted.media_total,
            media_missing=noted.media_missing,
            media_missing_bytes=noted.media_missing_bytes,
            media_absent=noted.media_absent,
            secrets_equal=noted.secrets_equal,
            equality=noted.equality,
            sync=str(said.get("sync", "off")),
            when_lost=str(said.get("when_lost", "hold")),
            sync_since=str(said.get("sync_since", "")),
            copied=noted.copied,
            to_copy=noted.to_copy,
            checks=(link_check(is_up), *self._quick_checks(found, lag), *noted.checks),
        )

    def _quick_checks(self, found: dict[str, Any], lag: float | None) -> tuple[Check, ...]:
        noted, offset = self.noted, self._offset
        replication, heartbeat = replication_check(bool(found.get("streams"))), heartbeat_check(lag)
        if noted.from_archive is not None:
            left, total = noted.from_archive
            replication = Check(
                "replication",
                False,
                "The database reads its journal from the backups: {left} of {total} pieces are still to come.",
                {"left": left, "total": total},
            )
        if noted.media_missing is None:
            media = Check("media", None, "The media have not been compared yet.")
        else:
            media = Check(
                "media",
                noted.media_missing == 0,
                "{missing} of {total} media are still to come.",
                {"missing": noted.media_missing, "total": noted.media_total},
            )
        if noted.secrets_equal is None:
            secrets = Check("secrets", None, "Keys and settings have not been compared yet.")
        elif noted.secrets_equal:
            secrets = Check("secrets", True, "Keys and settings are the same on both.")
        else:
            secrets = Check(
                "secrets", False, "Keys or settings differ: the standby fetches them again within a minute."
            )
        if noted.equality.well is None:
            equality = Check("equality", None, "No rows have been compared yet.")
        elif noted.equality.well:
            equality = Check("equality", True, "{rows} rows compared, all equal.", {"rows": noted.equality.rows})
        elif self._settings.database_url:
            equality = Check(
                "equality",
                False,
                "Rows of the table {table} differ: make your replica anew by the means you made it with.",
                {"table": noted.equality.where},
            )
        else:
            equality = Check(
                "equality",
                False,
                "Rows of the table {table} differ: make the standby anew with `folkmoot standby join --again`.",
                {"table": noted.equality.where},
            )
        if offset is None:
            clocks = Check("clock", None, "The clocks have not been compared yet.")
        else:
            clocks = Check(
                "clock", abs(offset) < 1.0, "The clocks differ by {seconds} s.", {"seconds": round(abs(offset), 2)}
            )
        return replication, heartbeat, media, secrets, equality, clocks


def _is_kept(said: dict[str, Any], found: dict[str, Any]) -> bool:
    """Whether the first host still has the journal this one needs next. A slot made anew keeps it from then on only."""
    if said.get("slot") == "lost":
        return False
    if found.get("streams") or not found:
        return True
    has = max(lsn(str(found["received"])), lsn(str(found["replayed"])))
    return lsn(str(said.get("kept_from", ""))) <= has


def keep(data: Path, status: Status) -> None:
    """Write a status where a command finds it when no agent runs."""
    with contextlib.suppress(OSError):  # a full disk must not end the watching
        file = data / "run" / "standby.json"
        beside = file.with_suffix(".new")
        beside.write_text(json.dumps(as_message(status)), encoding="utf-8")
        beside.replace(file)


def kept(data: Path) -> Status | None:
    """The status written last."""
    with contextlib.suppress(OSError, ValueError):
        return parse(json.loads((data / "run" / "standby.json").read_text(encoding="utf-8")))
    return None
