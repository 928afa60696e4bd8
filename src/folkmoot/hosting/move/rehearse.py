"""Rehearsals on the real pair: the checks alone, the cut by the millisecond, a copy brought to life, there and back.

Level 0 asks everything a move asks first. Level 1 holds what members post for an instant, compares both hosts as a move does,
and lets go. Level 2 copies the standby's database beside it, starts the copy by itself, reads its pages, examines it and
throws it away: no worker runs on it, so it can send nothing to anybody. Level 3 moves to the standby and back again.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

from folkmoot.barrier import State
from folkmoot.errors import FolkmootError, Unavailable
from folkmoot.hosting import state as states
from folkmoot.hosting.move import queries, rules, sums
from folkmoot.hosting.move.examine import examine
from folkmoot.hosting.move.giver import Giver, Readiness, There, both
from folkmoot.hosting.move.here import SIGNAL, Here
from folkmoot.hosting.move.there_and_back import ThereAndBack
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.hosting.postgres.places import as_owner
from folkmoot.hosting.postgres.server import run_program
from folkmoot.hosting.standby.copy import check_room
from folkmoot.settings import Settings

log = structlog.get_logger("folkmoot.move")

LEVELS = (0, 1, 2, 3)
LOOK_SECONDS = 0.5
HELD_AT_MOST = 2.0
"""Seconds a rehearsal may hold what members post; after that it lets go and says so."""
CLONE_SECONDS = 4 * 3600.0


class Rehearsal:
    """On the host that carries the network. Raises CannotMove when a move is under way."""

    def __init__(self, here: Here, there: There, readiness: Readiness, giver: Giver) -> None:
        self._here = here
        self._there = there
        self._readiness = readiness
        self._giver = giver
        self._both_ways = ThereAndBack(here, there, giver)

    def run(self, level: int) -> dict[str, Any]:
        """Rehearse up to this level, and write down what came of it."""
        if self._giver.progress().is_under_way or self._both_ways.is_under_way:
            raise rules.CannotMove(why="a move is under way.")
        if self._here.state().role != "primary" or level not in LEVELS:
            raise rules.CannotMove(why="this host is not the first one, or there is no such level (0 to 3).")
        outcome: dict[str, Any] = {"level": level, "complaints": self._complaints(), "well": True, "why": ""}
        try:
            if level >= 1:
                outcome |= self._live()
            if level == 2 or (level > 2 and not self._here.has_own_server):  # such a server is not ours to copy
                outcome |= self._there.ask("move.clone", CLONE_SECONDS)
        except FolkmootError as error:
            outcome |= {"well": False, "why": error.words}
        outcome["well"] = outcome["well"] and not outcome["complaints"] and not outcome.get("different")
        if level >= 3 and outcome["well"]:
            self._both_ways.begin(outcome)
            while (over := self.go_on()) is None:
                time.sleep(LOOK_SECONDS)
            return over
        self.note(outcome)
        return outcome

    def go_on(self) -> dict[str, Any] | None:
        """What came of a rehearsal there and back that was begun, once it is over and written down; None before."""
        if not self._both_ways.is_under_way:
            return None
        try:
            outcome = self._both_ways.look()
            if outcome is None:
                return None
            if self._here.state().role == "primary":
                self.note(outcome)
            else:
                self._there.ask("move.rehearsed", 10.0, outcome=outcome)
        except FolkmootError as error:  # a host is only coming up, say
            log.info("rehearsal_waits", why=error.words, cause=error.cause)
            return None
        self._both_ways.forget()
        return outcome

    def note(self, outcome: Mapping[str, Any]) -> None:
        """Write down what came of one, where the network lives. Raises Unavailable."""
        with self._here.connected() as connection:
            queries.write_rehearsal(connection, outcome)

    def _complaints(self) -> list[str]:
        answer = self._there.ask("move.ready", 5.0, move="")
        return [*self._readiness.complaints(), *answer.get("complaints", ())]

    def _live(self) -> dict[str, Any]:
        """The cut of a move, up to where the database would be stopped."""
        with self._here.connected() as connection:
            pieces = sums.new_rows(connection, time.time_ns() // 1_000_000)
            sums.sums(connection, pieces)  # once before, so that what is read is in memory
        begun = time.monotonic()
        try:
            self._here.hold_writes(HELD_AT_MOST)
            different, moving = both(self._here, self._there, pieces, HELD_AT_MOST)
        finally:
            self._here.barrier.set(State.OPEN)
            held = (time.monotonic() - begun) * 1000
        if different or moving:  # a commit that waits for the standby, what beats each second, or counts readers
            different = self._giver.compare(pieces if different else moving)
        return {
            "held_ms": round(held, 1),
            "instant_ms": round(held, 1),
            "compared": len(pieces),
            "different": different[:5],
        }


def clone(here: Here) -> dict[str, Any]:
    """On the standby: copy its database, start the copy by itself, examine it, throw it away. Milliseconds for each."""
    if here.has_own_server:
        raise rules.CannotMove(
            why="level 2 copies the standby's database, and yours is a server of your own: use level 1."
        )
    data = here.data / "rehearsal"
    names = here.state().names
    shutil.rmtree(data, ignore_errors=True)
    settings = dataclasses.replace(Settings(data=data), shared_buffers_mb=16, web_processes=1)
    scratch, ours = EmbeddedPostgres(settings), EmbeddedPostgres(here.settings)
    running = ours.find_postmaster()
    if running is None or running.sockets is None:
        raise Unavailable("The standby's database does not run.")
    with here.connected() as connection:
        size = int(queries.value(connection, "SELECT sum(pg_database_size(oid))::bigint FROM pg_database"))
    check_room(here.data, size)
    try:
        ground = scratch.prepare()
        states.write(data, states.State(names=names))
        begun = time.monotonic()
        _copy(ground, running.sockets, names)
        copied = time.monotonic()
        scratch.start()
        started = time.monotonic()
        counts = examine(here, data, scratch, ground)
        examined = time.monotonic()
    finally:
        scratch.stop("immediate")
        cluster = scratch.cluster
        shutil.rmtree(cluster, ignore_errors=True)
        shutil.rmtree(data, ignore_errors=True)
    return {
        "bytes": size,
        "copy_ms": round((copied - begun) * 1000),
        "start_ms": round((started - copied) * 1000),
        "examine_ms": round((examined - started) * 1000),
        **counts,
    }


def _copy(ground: Any, sockets: Path, names: states.Names) -> None:
    cluster: Path = ground.cluster
    cluster.parent.mkdir(parents=True, exist_ok=True)
    cluster.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(cluster, ground.owner.uid, ground.owner.gid)
    done = run_program(
        ground,
        [
            "pg_basebackup", f"--pgdata={cluster}", "--wal-method=stream", "--checkpoint=fast", "--no-password",
            f"--dbname=host={sockets} user='{names.superuser}' application_name=rehearsal",
        ],
    )  # fmt: skip
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        why = next((line for line in said if " error: " in line), said[-1] if said else "it said nothing")
        raise Unavailable("The standby could not be copied: {why}.", why=why[:300])
    if not as_owner(ground.owner, lambda: (cluster / SIGNAL).unlink(missing_ok=True)):
        raise Unavailable(cause=f"{cluster / SIGNAL} cannot be removed")
