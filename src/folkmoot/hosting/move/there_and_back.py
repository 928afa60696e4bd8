"""The rehearsal that really moves: to the other host and, as soon as that can be, back again. Names stay as they are.

What is under way lies in DATA/move/there-and-back.json on the host it began on, so that a restart in between forgets
nothing. When there is no way back in time the network stays where it is, which loses nothing, and the outcome says so.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from folkmoot import clock
from folkmoot.errors import FolkmootError
from folkmoot.hosting.move.giver import Giver, There
from folkmoot.hosting.move.here import Here
from folkmoot.hosting.move.journal import Journal
from folkmoot.hosting.standby import status as standing
from folkmoot.hosting.state import write_whole

BACK_WITHIN_MS = 20 * 60_000
TRIES = 3
"""How often the way back is begun before the network stays where it is."""
ANSWER_SECONDS = 3.0
STAYS = "The network stays on the other host: `folkmoot move back` brings it back."


@dataclass(frozen=True, slots=True)
class Note:
    """What must survive a restart: the epoch and the move before, when to give up, and the outcome so far."""

    epoch: int
    before: str
    until_ms: int
    tries: int = 0
    outcome: Mapping[str, Any] = field(default_factory=dict)


class ThereAndBack:
    """Of the host that carries the network when it begins."""

    def __init__(self, here: Here, there: There, giver: Giver) -> None:
        self._here = here
        self._there = there
        self._giver = giver
        self._file: Path = here.data / "move" / "there-and-back.json"

    @property
    def is_under_way(self) -> bool:
        """Whether one was begun and its outcome has not been told."""
        return self._file.exists()

    def begin(self, outcome: Mapping[str, Any]) -> None:
        """Set out. Raises CannotMove."""
        before = self._giver.progress().move
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._keep(Note(self._here.state().epoch, before, clock.now_ms() + BACK_WITHIN_MS, 0, dict(outcome)))
        try:
            self._giver.begin(keep_names=True)
        except FolkmootError:
            self.forget()
            raise

    def look(self) -> dict[str, Any] | None:
        """Do what is next; what came of it once it is over, None before. Called again and again."""
        note, state, progress = self._read(), self._here.state(), self._giver.progress()
        if progress.is_under_way or self._giver.is_running:
            return None
        if state.role == "primary" and state.epoch == note.epoch:
            why = progress.why if progress.move != note.before else "it was interrupted before it began."
            return {**note.outcome, "well": False, "why": why}
        if state.role == "primary":
            return self._is_back(note)
        if clock.now_ms() > note.until_ms or note.tries > TRIES:
            return {**note.outcome, **self._way("there"), "well": False, "why": STAYS}
        if state.role == "standby" and standing.read(self._here.data).ready:
            self._set_out_for_home(note)
        return None

    def forget(self) -> None:
        """The outcome has been told."""
        self._file.unlink(missing_ok=True)

    def _set_out_for_home(self, note: Note) -> None:
        theirs = self._there.ask("move.state", ANSWER_SECONDS)
        if not theirs["progress"]["move"] or theirs["progress"]["ended"]:
            self._keep(dataclasses.replace(note, tries=note.tries + 1))
            if note.tries < TRIES:
                self._there.ask("move.begin", 10.0, keep_names=True)

    def _is_back(self, note: Note) -> dict[str, Any] | None:
        """Both ways' figures, once the other host has finished the second one; without its figures when it falls silent."""
        back: dict[str, Any] = {}
        try:
            theirs = self._there.ask("move.state", ANSWER_SECONDS)
            if not theirs["progress"]["ended"]:
                return None
            back = {"write_pause_ms": theirs["write_pause_ms"], "steps_ms": dict(theirs["steps"])}
        except FolkmootError:
            if clock.now_ms() <= note.until_ms:
                return None
        found = {**note.outcome, **self._way("there"), "back": back, "well": True}
        waited = [found.get("held_ms"), *(found[way].get("write_pause_ms") for way in ("there", "back"))]
        return found | {"held_ms": max((each for each in waited if each is not None), default=None)}

    def _way(self, name: str) -> dict[str, Any]:
        """What the move away from here took, as the journal has it."""
        ended = next(
            (e.detail for e in reversed(Journal(self._here.data).of_last_move("giver")) if e.what == "ended"), {}
        )
        return {name: {"write_pause_ms": ended.get("write_pause_ms"), "steps_ms": dict(ended.get("steps") or {})}}

    def _keep(self, note: Note) -> None:
        write_whole(self._file, json.dumps(dataclasses.asdict(note)) + "\n")

    def _read(self) -> Note:
        return Note(**json.loads(self._file.read_text(encoding="utf-8")))
