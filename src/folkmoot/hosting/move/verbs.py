"""What moving adds to the agent: questions the partner may ask, orders from this machine's commands, relayed requests."""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any

import structlog

from folkmoot import clock
from folkmoot.barrier import State
from folkmoot.errors import FolkmootError
from folkmoot.hosting import supervise
from folkmoot.hosting.link import Link, Stream, join, local
from folkmoot.hosting.link.local import LocalDoor
from folkmoot.hosting.move import names, queries, takeover
from folkmoot.hosting.move import rejoin as rejoining
from folkmoot.hosting.move.giver import Giver
from folkmoot.hosting.move.here import Here
from folkmoot.hosting.move.journal import Entry, Journal
from folkmoot.hosting.move.rehearse import CLONE_SECONDS, Rehearsal, clone
from folkmoot.hosting.move.rules import LEFT_BEHIND
from folkmoot.hosting.move.taker import Taker, wish_to_wait
from folkmoot.hosting.standby import certificates
from folkmoot.hosting.standby import secrets as standby_secrets
from folkmoot.hosting.standby import status as standing
from folkmoot.hosting.standby.report import loss
from folkmoot.settings import Settings

log = structlog.get_logger("folkmoot.move")

COMES_BY_ITSELF = {"media", "heartbeat", "replication"}
"""Checks that only say that something is not through yet: a move waits for it."""
CARRIED = ("keys/", f"{certificates.FOLDER}/")
"""What must be the same on both hosts before a move."""
WATCH_SECONDS = 3.0
EPOCH_SECONDS = 6.0
"""How long a first host waits at its start for the other one to say whether the network has moved on."""


class Mover:
    """Both sides of moving, as one agent has them."""

    def __init__(self, settings: Settings, link: Link, door: LocalDoor) -> None:
        self.here = Here(settings)
        self.link = link
        self.taker = Taker(self.here)
        whole = Askance(self.here, link)
        self.giver = Giver(self.here, link, whole, self._change_names, float(settings.move_silence_seconds))
        self.rehearsal = Rehearsal(self.here, link, whole, self.giver)
        self._rejoining = threading.Lock()
        self._rehearsing = threading.Lock()
        self._is_barred = False
        self.doing: Mapping[str, Any] = {}
        """What a copy for rejoining is at."""
        self._register(link, door)

    def _register(self, link: Link, door: LocalDoor) -> None:
        taker = self.taker
        asked = ["ready", "flush", "fresh", "reached", "sums", "media", "epoch", "missing", "counters", "promote"]
        for name in asked:
            link.verb(f"move.{name}", _plain(getattr(taker, name)))
        link.verb("move.clone", lambda body: clone(self.here))
        link.verb("move.rehearse", self._rehearse)
        link.verb("move.rehearsed", self._rehearsed)
        door.verb("move.rehearse", self._rehearse)
        link.verb("move.begin", _plain(self._begin))
        link.verb("move.names", lambda body: {"said": names.change(self.here.settings)})
        for name, act in {"move.outcome": taker.outcome, "move.burn": taker.burn, "move.state": self._state}.items():
            link.verb(name, _plain(act), any_epoch=True)
        for name, act in {
            "move.begin": self._begin, "move.state": self._state, "move.abort": self._abort, "move.finish": self._finish,
            "move.names": lambda body: {"said": names.change(self.here.settings)},
            "move.rejoin": self._rejoin, "takeover.look": self._look, "takeover.go": self._take_over,
        }.items():  # fmt: skip
            door.verb(name, _plain(act))
        link.channel("http", self._http)
        link.on_newer_epoch = self.left_behind

    def start(self) -> None:
        """Take up what was interrupted, in a thread: the partner may have to be asked first."""
        threading.Thread(target=self._take_up, name="move-take-up", daemon=True).start()
        threading.Thread(target=self.watch, name="move-watch", daemon=True).start()

    def _take_up(self) -> None:
        while True:
            try:
                self.take_up()
                return
            except FolkmootError as error:  # the database is only coming up, say
                log.warning("move_waits", why=error.words, cause=error.cause)
                time.sleep(0.5)

    # At the start of the agent ---------------------------------------------------------------------------------------

    def take_up(self) -> None:
        """What was interrupted goes on; and a first host lets nobody post before it knows that it still is the first."""
        self.taker.take_up()
        state = self.here.state()
        if state.role == "primary" and not self.giver.progress().is_under_way:
            until = time.monotonic() + EPOCH_SECONDS
            while self.link.partner and not self._has_asked_epoch() and time.monotonic() < until:
                time.sleep(0.1)
            if self.here.state().role == "primary":
                self.here.barrier.set(State.OPEN)
        self.giver.take_up()

    def watch(self) -> None:
        """Until the process ends: hear from the partner now and then whether the network has moved on without us."""
        while True:
            time.sleep(WATCH_SECONDS)
            self._keep_barred()
            if self._rehearsing.acquire(blocking=False):  # one that was interrupted by a restart
                try:
                    self.rehearsal.go_on()
                finally:
                    self._rehearsing.release()
            if self.link.partner and self.here.state().role == "primary" and self._has_asked_epoch():
                with contextlib.suppress(FolkmootError):
                    self._wait_for_standby_again()
                    self._rehearse_when_due()

    def _keep_barred(self) -> None:
        """A server of the operator's own that the network left was perhaps out of reach at that moment."""
        if self.here.has_own_server and self.here.state().role == "former" and not self.giver.progress().is_under_way:
            if self._is_barred:
                return
            with contextlib.suppress(FolkmootError):
                self.here.release_waiting()
                self.here.bar()
                self._is_barred = True
        else:
            self._is_barred = False

    def _has_asked_epoch(self) -> bool:
        """Ask the partner for its epoch, and act on a newer one; whether it answered."""
        try:
            answer = self.link.ask("move.state", 2.0)
        except FolkmootError:
            return False
        if int(answer.get("epoch", 0)) > self.here.state().epoch:
            self.left_behind(int(answer["epoch"]), str(answer.get("home", "")))
        return True

    def left_behind(self, epoch: int, home: str) -> None:
        """The network went on without us: never take a write again, and say where it lives."""
        state = self.here.state()
        if state.role != "primary" or epoch <= state.epoch or self.giver.progress().is_under_way:
            return
        self.here.barrier.set(State.FENCED)
        try:
            self.here.fence(epoch, home or self.here.settings.base_url)
        except (
            FolkmootError
        ) as error:  # the folder says it already; a server of the operator's own is barred when it answers
            log.warning("not_barred_yet", why=error.words, cause=error.cause)
        Journal(self.here.data).add(
            Entry(f"{LEFT_BEHIND}{epoch}", "giver", "", "ended", "", {"moved": True, "epoch": epoch})
        )
        supervise.nudge(self.here.data)  # whose terminal says so
        self.here.barrier.set(State.RELAY)

    # Orders of this machine's commands -----------------------------------------------------------------------------

    def _begin(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.here.state().role == "standby":  # the order was given on the side that takes the network
            return self.link.ask("move.begin", 10.0, **body)
        skip_checks, keep_names = bool(body.get("skip_checks")), bool(body.get("keep_names"))
        return {"move": self.giver.begin(skip_checks=skip_checks, keep_names=keep_names)}

    def _rehearse(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if self.here.state().role == "standby":
            return dict(self.link.ask("move.rehearse", CLONE_SECONDS, **body))
        with self._rehearsing:
            return self.rehearsal.run(int(body.get("level", 1)))

    def _rehearsed(self, body: Mapping[str, Any]) -> dict[str, Any]:
        self.rehearsal.note(dict(body["outcome"]))
        return {}

    def _wait_for_standby_again(self) -> None:
        """What the old host promised its members is promised here as well, once the new standby is fresh."""
        wish = wish_to_wait(self.here.data)
        if wish.exists():
            local.ask(self.here.data, "standby.sync", timeout=30, on=True, when_lost=wish.read_text())
            wish.unlink()

    def _rehearse_when_due(self) -> None:
        """As often as the setting says, on the host that carries the network."""
        every_ms = self.here.settings.rehearse_every * 3_600_000
        if not every_ms:
            return
        with self.here.connected() as connection:
            is_due = clock.now_ms() - queries.last_rehearsal_ms(connection) >= every_ms
        if is_due:
            outcome = self._rehearse({"level": self.here.settings.rehearse_level})
            log.info("rehearsed", **outcome)

    def _state(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        state = self.here.state()
        progress = dataclasses.asdict(self.giver.progress())
        figures = self.giver.figures
        journal = Journal(self.here.data)
        entries, taken = journal.of_last_move("giver"), journal.of_last_move("taker")
        ended = entries[-1].detail if entries and entries[-1].what == "ended" else {}
        return {
            "role": state.role,
            "epoch": state.epoch,
            "home": state.home or self.here.settings.base_url,
            "progress": progress,
            "running": self.giver.is_running,
            "silent_ms": figures.silent_ms(),
            "write_pause_ms": figures.write_pause_ms or ended.get("write_pause_ms"),
            "steps": figures.steps or ended.get("steps", {}),
            "waits_for": figures.waits_for,
            "notes": figures.notes,
            "barrier": self.here.barrier.state.name.lower(),
            "doing": self.doing,
            "at": entries[-1].at if entries else "",
            "names": next((str(e.detail.get("names", "")) for e in reversed(entries) if e.step == "names"), ""),
            "host": socket.gethostname(),
            "took_over": taken[-1].at if taken and taken[-1].move.startswith(takeover.ORDER) else "",
        }

    def _abort(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        insist = str(body.get("domain", "")).lower() == takeover.domain_of(self.here).lower()
        self.giver.call_off(insist=insist)
        return {}

    def _finish(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """End the time in which this host hands over what still arrives here."""
        state = self.here.state()
        entries = Journal(self.here.data).of_last_move("giver")
        if state.role == "primary" or not entries:
            raise FolkmootError("Nothing is handed over from here: this is the first host, or it never was.")
        Journal(self.here.data).add(Entry(entries[-1].move, "giver", "", "finished"))
        self.here.barrier.set(State.STANDBY if state.role == "standby" else State.FENCED)
        return {}

    def _rejoin(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        with self._rejoining:
            aside = rejoining.rejoin(self.here, self.link, self._tell)
        return {"words": aside.words, "folder": str(aside.folder), "rows": dict(aside.rows)}

    def _tell(self, what: str, done: int, total: int) -> None:
        self.doing = {"what": what, "done": done, "total": total}

    def _look(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return dataclasses.asdict(takeover.look(self.here, self.link, self._may_be_missing))

    def _take_over(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        view = takeover.look(self.here, self.link, self._may_be_missing)
        begun = time.monotonic()
        epoch = takeover.take_over(self.here, view, str(body.get("domain", "")))
        took = round((time.monotonic() - begun) * 1000, 1)
        return {"epoch": epoch, "ms": took, "may_be_missing": view.may_be_missing, "names": self._names_or_why()}

    def _may_be_missing(self) -> str:
        """What would be lost if the other host never came back, by what is known of it here."""
        return loss(standing.read(self.here.data)).words

    def _names_or_why(self) -> str:
        try:
            return names.change(self.here.settings)
        except FolkmootError as error:
            return error.words

    def _change_names(self) -> str:
        """By the side that is first now: the addresses are its own."""
        return str(self.link.ask("move.names", names.COMMAND_SECONDS + 10)["said"])

    # Relayed requests --------------------------------------------------------------------------------------------------

    def _http(self, stream: Stream, hello: Mapping[str, Any]) -> None:
        """Give a stream to this host's web."""
        settings = self.here.settings
        host = "127.0.0.1" if settings.host in ("0.0.0.0", "") else "::1" if settings.host == "::" else settings.host
        with socket.create_connection((host, settings.port), timeout=5) as web:
            web.settimeout(None)
            web.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            join(stream, Stream(web))


class Askance:
    """Whether the other host is whole, asked of it and not assumed."""

    def __init__(self, here: Here, link: Link) -> None:
        self._here = here
        self._link = link

    def complaints(self) -> list[str]:
        """What speaks against a move, in sentences."""
        checks = standing.read(self._here.data).checks
        complaints = [check.words for check in checks if check.well is False and check.name not in COMES_BY_ITSELF]
        nonce = secrets.token_hex(16)
        theirs = self._link.ask("secrets.digests", 10.0, nonce=nonce)
        ours = standby_secrets.digests(standby_secrets.bundle(self._here.settings), nonce)
        different = sorted(n for n, digest in ours.items() if n.startswith(CARRIED) and theirs.get(n) != digest)
        if different:
            complaints.append(f"The other host has not the same {', '.join(different)}.")
        try:
            certificates.carried(self._here.settings)
        except certificates.CannotCarry as error:
            complaints.append(error.words)
        return complaints

    def media_missing(self, since: str) -> int:
        """Media entered since a moment (ISO 8601) that the other host does not have yet."""
        return int(self._link.ask("move.media", 60.0, since=since)["missing"])

    def is_near(self) -> bool:
        """Whether the other host's database is less than a second behind."""
        with self._here.connected() as connection:
            place = queries.written(connection)
        try:
            self._link.ask("move.reached", 1.0, place=place - 1, seconds=1.0)
        except FolkmootError:
            return False
        return True


def _plain(act: Any) -> Any:
    return lambda body: dict(act(body))
