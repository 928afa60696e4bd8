"""The side that takes the network answers the giving side's questions, and follows one order: to become the first.

An order is followed once, and never after it was burned; the journal decides which came first. Before the server is
promoted the folder says that it is first, so that a crash in between ends in the promotion being finished, not in a
server that follows a host which has already given up.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

from folkmoot import clock
from folkmoot.barrier import State
from folkmoot.errors import FolkmootError, Missing, Unavailable
from folkmoot.hosting import own, supervise
from folkmoot.hosting import state as states
from folkmoot.hosting.move import queries, rules, sums
from folkmoot.hosting.move.here import Here, Stopped
from folkmoot.hosting.move.journal import Entry, Journal, What
from folkmoot.hosting.postgres import EmbeddedPostgres

log = structlog.get_logger("folkmoot.move")

Body = Mapping[str, Any]
PROMOTE_SECONDS = 30
LEAST_ROOM = 64 * 2**20
"""Bytes free without which no database becomes the first: it would stop at its first posts."""


class Taker:
    """This host, as the other one sees it during a move."""

    def __init__(self, here: Here) -> None:
        self._here = here
        self._journal = Journal(here.data)
        self._deciding = threading.Lock()
        self._burned: set[str] = set()
        """Orders burned while the disk took no line about it. They came over connections of this process, and whoever
        was told that they are burned gives them no more: so it is enough to know it as long as the process lives."""

    def ready(self, body: Body) -> dict[str, Any]:
        """What speaks against a move to this host, and where people reach it."""
        complaints = []
        role = self._here.state().role
        if role != "standby":
            complaints.append(f"The other host is no standby (it says: {role}).")
        if self._here.barrier.processes() == 0:
            complaints.append("The other host has no web process running: start `folkmoot serve` there.")
        try:
            with self._here.connected() as connection:
                if not queries.is_following(connection):
                    complaints.append("The other host's database does not follow this one.")
                elif self._here.has_own_server:
                    complaints += filter(None, [own.why_not_promoted(connection)])
        except FolkmootError as error:
            complaints.append(f"The other host's database does not answer: {error.words}")
        if not self._has_room():
            complaints.append("The other host's disk is full.")
        return {"complaints": complaints, "home": self._here.settings.base_url, "host": socket.gethostname()}

    def flush(self, body: Body) -> dict[str, Any]:
        """Write down what was replayed, so that becoming first is quick."""
        with self._here.connected() as connection:
            queries.checkpoint(connection)
        return {}

    def fresh(self, body: Body) -> dict[str, Any]:
        """Our web processes forget what they remember, since readers are sent to them now."""
        return {"processes": self._here.freshen_webs(2.5)}

    def reached(self, body: Body) -> dict[str, Any]:
        """Answer once our database has come to this place of the journal, and past it. Raises Stopped."""
        place, seconds = int(body["place"]), float(body.get("seconds", 10))
        with self._here.connected() as connection:
            self._here.wait(lambda: queries.replayed(connection) > place, seconds, "Getting the last word")
            return {"replayed": queries.replayed(connection)}

    def sums(self, body: Body) -> dict[str, Any]:
        """The sums of these pieces, once our database has come to this place. Raises Stopped."""
        place = int(body["place"])
        with self._here.connected() as connection:
            self._here.wait(lambda: queries.replayed(connection) >= place, 10, "Catching up")
            return {"sums": sums.sums(connection, body["pieces"])}

    def counters(self, body: Body) -> dict[str, Any]:
        """Where our sequences stand."""
        with self._here.connected() as connection:
            return {"counters": queries.counters(connection)}

    def media(self, body: Body) -> dict[str, Any]:
        """How many objects of the manifest are not in our storage, of those entered since a moment.

        In a bucket both hosts use the same objects, so none can be missing.
        """
        if self._here.settings.storage_url:
            return {"missing": 0}
        folder = self._here.data / "media"
        with self._here.connected() as connection:
            known = queries.objects_since(connection, str(body["since"]))
        return {"missing": sum(1 for key, size in known if not _is_there(folder / key, size)), "known": len(known)}

    def epoch(self, body: Body) -> dict[str, Any]:
        """When an epoch began, for a host that was left behind."""
        with self._here.connected() as connection:
            return {"began_ms": queries.began_ms(connection, int(body["epoch"]))}

    def missing(self, body: Body) -> dict[str, Any]:
        """Which of these rows the network does not have. Raises Missing for a table we do not know."""
        table = str(body["table"])
        with self._here.connected() as connection:
            if table not in {name for name, by_id, _ in queries.tables(connection) if by_id}:
                raise Missing(cause=f"move: table {table!r}")
            return {"missing": sorted(queries.missing_here(connection, table, [int(id) for id in body["ids"]]))}

    def promote(self, body: Body) -> dict[str, Any]:
        """Become the first. Raises CannotMove when the order was burned, Stopped when the server would not."""
        move, epoch = str(body["move"]), int(body["epoch"])
        with self._deciding:
            order = self._order(move)
            if not order.promoted:
                if not rules.may_follow(order):
                    raise rules.CannotMove(why="its order was taken back.")
                if not order.begun:
                    self._check_may_become_first(epoch)
                    self._write(move, "promote", "begun", epoch=epoch)
                if body.get("waits"):
                    wish_to_wait(self._here.data).write_text(str(body["waits"]))
                become_first(self._here, epoch, f"move {move}")
                self._write(move, "promote", "done", epoch=epoch)
        return {"promoted": True, "epoch": epoch}

    def outcome(self, body: Body) -> dict[str, Any]:
        """What became of an order."""
        order = self._order(str(body["move"]))
        return {"promoted": order.promoted, "burned": order.burned and not order.begun}

    def burn(self, body: Body) -> dict[str, Any]:
        """Never follow this order, unless it has been begun."""
        move = str(body["move"])
        with self._deciding:
            order = self._order(move)
            if rules.may_burn(order):
                if not order.burned:
                    self._burned.add(move)
                    with contextlib.suppress(OSError):  # a full disk must not keep the other side from going on
                        self._write(move, "promote", "burned")
                return {"promoted": False, "burned": True}
        return {"promoted": order.promoted, "burned": False}

    def take_up(self) -> None:
        """After a start of the agent: finish a promotion that was begun; an order once begun is carried through."""
        with self._deciding:
            entries = [entry for entry in self._journal.entries() if entry.side == "taker"]
            if not entries:
                return
            move = entries[-1].move
            order = rules.order_of(entries, move)
            if order.begun and not order.promoted:
                begun = next(entry for entry in entries if entry.move == move and entry.what == "begun")
                become_first(self._here, int(begun.detail["epoch"]), f"move {move}")
                self._write(move, "promote", "done", epoch=begun.detail["epoch"])

    def _check_may_become_first(self, epoch: int) -> None:
        state = self._here.state()
        if state.role != "standby" or epoch <= state.epoch:
            raise rules.CannotMove(why=f"the other host is {state.role} of epoch {state.epoch} already.")
        if not self._has_room():
            raise rules.CannotMove(why="the other host's disk is full.")

    def _has_room(self) -> bool:
        has_own = self._here.has_own_server  # whose disk we do not see
        folder = self._here.data if has_own else EmbeddedPostgres(self._here.settings).cluster
        return shutil.disk_usage(folder).free >= LEAST_ROOM

    def _order(self, move: str) -> rules.Order:
        order = rules.order_of(self._journal.entries(), move)
        return dataclasses.replace(order, burned=order.burned or move in self._burned)

    def _write(self, move: str, step: str, what: What, **detail: Any) -> None:
        self._journal.add(Entry(move, "taker", step, what, "", detail))


def wish_to_wait(data: Path) -> Path:
    """While this file exists, answers shall wait for the standby as soon as there is one; it says what when it is lost."""
    return data / "move" / "wait-for-standby"


def _is_there(file: Path, size: int) -> bool:
    try:
        return file.stat().st_size == size
    except OSError:
        return False


def become_first(here: Here, epoch: int, how: str) -> None:
    """Take the network over: from now on writes are ours. Raises Stopped, Unavailable; may be done again after those."""
    if (here.state().role, here.state().epoch) != ("primary", epoch):
        # What this folder promised when it carried the network before is not kept yet: nothing waits for a standby here.
        waits_for_nobody = states.Sync(since=clock.stamp(clock.now()))
        states.change(here.data, role="primary", epoch=epoch, home="", sync=waits_for_nobody)
    with here.connected() as connection:
        if not queries.promote(connection, PROMOTE_SECONDS):
            raise Stopped(what="Making the database the first", seconds=PROMOTE_SECONDS)
        if not here.has_own_server:
            queries.make_roles(connection)
        here.lift_bar(connection)
        queries.begin_epoch(connection, epoch, socket.gethostname(), how)
        if queries.newest_epoch(connection) != epoch:
            raise Unavailable(
                "The database knows of epoch {found} already, which is newer than {epoch}.",
                found=queries.newest_epoch(connection),
                epoch=epoch,
            )
    here.barrier.set(State.OPEN)
    here.wake_worker()
    supervise.nudge(here.data)
    log.info("became_first", epoch=epoch, how=how)
