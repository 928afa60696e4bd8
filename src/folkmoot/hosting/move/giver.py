"""The side that gives the network away runs the move: step by step, each written down before and after.

It runs in the agent, so that neither the command nor a closed terminal stops it; when the agent itself dies, the next one
reads the journal and goes on, takes everything back or asks the other side (rules.py).
"""

from __future__ import annotations

import contextlib
import random
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import structlog

from folkmoot import clock
from folkmoot.barrier import State
from folkmoot.errors import FolkmootError
from folkmoot.hosting import state as states
from folkmoot.hosting import supervise
from folkmoot.hosting.move import queries, rules, steps, sums
from folkmoot.hosting.move.here import Here
from folkmoot.hosting.move.journal import Entry, Journal, What
from folkmoot.hosting.move.taker import wish_to_wait

log = structlog.get_logger("folkmoot.move")

DRAIN_SECONDS = 5.0
WORKER_SECONDS = 15.0
COPY_SECONDS = 600.0
ANSWER_SECONDS = 3.0
MEDIA_SECONDS = 10.0
EVER = "2000-01-01T00:00:00+00:00"
ASK_AGAIN_SECONDS = 0.5
COMPARISONS = 5
"""A row may change between looking here and there; what differs is looked at again this often."""
AGAIN_AFTER = 0.1
"""Seconds, more with every time."""


class There(Protocol):
    """The other side, as the link reaches it."""

    def ask(self, verb: str, timeout: float = 10.0, **body: Any) -> Mapping[str, Any]: ...


class Readiness(Protocol):
    """What the standby knows: complaints that speak against a move, what is missing, and a last copying."""

    def complaints(self) -> list[str]: ...
    def media_missing(self, since: str) -> int: ...
    def is_near(self) -> bool: ...


@dataclass
class Figures:
    """What one move took. Times in ms; `silent_at` by the steady clock while posting is stopped."""

    steps: dict[str, float] = field(default_factory=dict)
    silent_at: float | None = None
    write_pause_ms: float | None = None
    compared: int = 0
    waits_for: str = ""
    """What the step at hand waits for, for the operator."""
    notes: list[str] = field(default_factory=list)

    def silent_ms(self) -> float | None:
        """How long posting is or was stopped."""
        if self.write_pause_ms is not None or self.silent_at is None:
            return self.write_pause_ms
        return round((time.monotonic() - self.silent_at) * 1000, 1)


class Giver:
    """One move at a time of the network that runs on this host."""

    def __init__(
        self, here: Here, there: There, readiness: Readiness, names: Callable[[], str], longest_silence: float
    ) -> None:
        self._here = here
        self._there = there
        self._readiness = readiness
        self._change_names = names
        self._longest = longest_silence
        self._journal = Journal(here.data)
        self._calling_off = threading.Event()
        self._insisting = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._silent_at: float | None = None
        self.figures = Figures()
        self.start_thread = True
        """Whether steps are done in a thread of their own; else the caller waits for them."""

    # From outside ----------------------------------------------------------------------------------------------------

    def begin(self, *, skip_checks: bool = False, keep_names: bool = False) -> str:
        """Start a move; its name. Raises CannotMove when one is under way or this host is not the first.

        `keep_names`: leave the network's names as they are, for a rehearsal.
        """
        with self._lock:
            progress = self.progress()
            if progress.is_under_way:
                raise rules.CannotMove(why="a move is under way; `folkmoot move status` shows it.")
            if self._here.state().role != "primary":
                raise rules.CannotMove(why="this host is not the first one; give the order on the other.")
            move = secrets.token_hex(8)
            try:
                self._journal.put_aside()
                self._write(
                    move, "", "begun", epoch=self._here.state().epoch, skip_checks=skip_checks, keep_names=keep_names
                )
            except OSError as error:
                raise rules.CannotMove(why=_reason(error)) from error
            self._run(move, "check")
            return move

    def call_off(self, *, insist: bool = False) -> None:
        """Have the move that is under way take everything back. Raises NoWayBack, CannotMove.

        `insist`: even without the other side's word on an order it was given. The operator has made sure that it did
        not take over, and never will.
        """
        progress = self.progress()
        if not progress.is_under_way:
            raise rules.CannotMove(why="no move is under way that could be called off.")
        if progress.reached == steps.RETURN_ENDS and steps.RETURN_ENDS not in progress.done:
            self._calling_off.set()
            if insist:
                self._insisting.set()
        elif not progress.may_turn_back:
            raise rules.NoWayBack
        self._calling_off.set()

    def progress(self) -> rules.Progress:
        """How far the last move came."""
        return rules.progress_of(self._journal.of_last_move("giver"))

    @property
    def is_running(self) -> bool:
        """Whether a step is being done right now."""
        return self._thread is not None and self._thread.is_alive()

    def take_up(self) -> None:
        """After a start of the agent: what becomes of a move that was interrupted."""
        progress = self.progress()
        if progress.silent_since and progress.is_under_way:
            since = clock.now() - datetime.fromisoformat(progress.silent_since)
            self._silent_at = time.monotonic() - max(0.0, since.total_seconds())
        match rules.after_crash(progress, clock.now(), self._longest):
            case "continue":
                self._run(progress.move, progress.reached)
            case "take back":
                self._run(progress.move, progress.reached, back="the agent was gone for too long.")
            case "ask":
                self._run(progress.move, steps.RETURN_ENDS)
            case "nothing":
                self._here.wake_worker()

    def compare(self, pieces: Sequence[sums.Piece]) -> list[str]:
        """What differs between the two hosts, looked at again a few times."""
        return self._compare_both(pieces)

    def wait(self, seconds: float | None = None) -> None:
        """Until the thread that does the steps is through."""
        if self._thread is not None:
            self._thread.join(seconds)

    # The run ---------------------------------------------------------------------------------------------------------

    def _run(self, move: str, begin_at: str, back: str = "") -> None:
        self._calling_off.clear()
        self._insisting.clear()
        self.figures = Figures(silent_at=self._silent_at)
        self._silent_at = None
        if not self.start_thread:
            self._go(move, begin_at, back)
            return
        self._thread = threading.Thread(target=self._go, args=(move, begin_at, back), name="move", daemon=True)
        self._thread.start()

    def _go(self, move: str, begin_at: str, back: str) -> None:
        try:
            if back:
                self._take_back(move, begin_at, back)
                return
            for step in steps.STEPS[steps.NAMES.index(begin_at) :]:
                self._do(move, step)
            self._end(
                move, moved=True, write_pause_ms=self.figures.write_pause_ms, steps=self.figures.steps,
                compared=self.figures.compared, notes=self.figures.notes,
            )  # fmt: skip
        except _TurnBack as turn:
            self._take_back(move, turn.reached, turn.why)
        except Exception:  # whatever it was, the journal says where, and the next start of the agent takes it up
            log.exception("move_broke_off", move=move)

    def _do(self, move: str, step: steps.Step) -> None:
        self._check_called_off(step.name)
        begun = time.monotonic()
        if step.name == steps.SILENCE_BEGINS:
            self.figures.silent_at = begun
        act: Callable[[str], Mapping[str, Any] | None] = getattr(self, f"_{step.name}")
        try:
            self._write_begun(move, step)
            detail = act(move) or {}
            took = round((time.monotonic() - begun) * 1000, 1)
            write = self._write if steps.is_before(step.name, steps.RETURN_ENDS) else self._note
            write(move, step.name, "done", ms=took, **detail)
        except _TurnBack:
            raise
        except Exception as error:
            why = _reason(error)
            self._note(move, step.name, "failed", why=why)
            if steps.is_before(step.name, steps.RETURN_ENDS):
                raise _TurnBack(step.name, why) from error
            raise
        self.figures.waits_for = ""
        self.figures.steps[step.name] = took

    def _write_begun(self, move: str, step: steps.Step) -> None:
        """No order is given that is not written down. Once it may have been given, a full disk stops nothing any more."""
        if not steps.is_before(self.progress().reached or steps.NAMES[0], steps.RETURN_ENDS):
            self._note(move, step.name, "begun")
            return
        try:
            self._write(move, step.name, "begun")
        except OSError as error:
            raise _TurnBack(step.name, _reason(error)) from error

    def _check_called_off(self, name: str) -> None:
        if self._calling_off.is_set() and steps.is_before(name, steps.RETURN_ENDS):
            earlier = steps.NAMES[max(0, steps.NAMES.index(name) - 1)]
            raise _TurnBack(earlier, "the operator said so.")

    def _left(self) -> float:
        """Seconds of silence that are left; a move must be over or called off then."""
        silent_at = self.figures.silent_at
        if silent_at is None:
            return self._longest
        left = self._longest - (time.monotonic() - silent_at)
        if left <= 0:
            raise rules.MoveCalledOff(why=f"posting had been stopped for {self._longest:.0f} s.")
        return left

    def _write(self, move: str, step: str, what: What, **detail: Any) -> None:
        self._journal.add(Entry(move, "giver", step, what, "", detail))

    def _note(self, move: str, step: str, what: What, **detail: Any) -> None:
        """Write down what the next start would find out or do again anyhow: going on matters more."""
        try:
            self._write(move, step, what, **detail)
        except OSError as error:
            log.error("move_not_noted", move=move, step=step, what=what, cause=str(error))

    def _end(self, move: str, **detail: Any) -> None:
        """Write the end down, as soon as the disk takes it: a move without an end would keep the next from beginning."""
        while True:
            try:
                self._write(move, "", "ended", **detail)
                return
            except OSError as error:
                self.figures.waits_for = _reason(error)
                time.sleep(ASK_AGAIN_SECONDS)

    # The steps: each may be done twice ---------------------------------------------------------------------------------

    def _check(self, move: str) -> Mapping[str, Any]:
        complaints = self._readiness.complaints()
        answer = self._there.ask("move.ready", ANSWER_SECONDS, move=move)
        complaints += list(answer.get("complaints", ()))
        if complaints and not self._waives_complaints:
            raise rules.CannotMove(why=" ".join(complaints))
        return {"waived": complaints}

    @property
    def _waives_complaints(self) -> bool:
        return bool(self._journal.of_last_move("giver")[0].detail.get("skip_checks"))

    def _copy(self, move: str) -> Mapping[str, Any]:
        until = time.monotonic() + COPY_SECONDS
        missing = -1
        while time.monotonic() < until:
            self._check_called_off("copy")
            missing = self._readiness.media_missing(EVER)
            is_near = self._readiness.is_near()
            if missing == 0 and is_near:
                break
            self.figures.waits_for = f"{missing} media are missing there" if missing else "its database is behind"
            time.sleep(0.1)
        else:
            raise rules.CannotMove(why=f"the other host does not catch up ({max(missing, 0)} media are missing there).")
        with self._here.connected() as connection:
            ranges = sums.random_ranges(connection, clock.now_ms(), random.Random())
        different = self._compare_both(ranges)
        if different:
            raise rules.CannotMove(why=f"the copy differs: {'; '.join(different[:3])}.")
        return {"ranges": len(ranges)}

    def _flush(self, move: str) -> None:
        with self._here.connected() as connection:
            queries.checkpoint(connection)
        self._there.ask("move.flush", 120)
        with self._here.connected() as connection:  # what was posted meanwhile
            queries.checkpoint(connection)

    def _rest(self, move: str) -> None:
        self._here.rest_worker(WORKER_SECONDS)

    def _close(self, move: str) -> None:
        if self.figures.silent_at is None:
            self.figures.silent_at = time.monotonic()
        self._here.hold_writes(min(DRAIN_SECONDS, self._left()))

    def _compare(self, move: str) -> Mapping[str, Any]:
        with self._here.connected() as connection:
            pieces = sums.new_rows(connection, clock.now_ms())
            counters = queries.counters(connection)
        different = self._compare_both(pieces)
        theirs = self._there.ask("move.counters", min(5.0, self._left()))["counters"]
        different += sums.behind(counters, theirs)
        if different:
            raise rules.MoveCalledOff(why=f"the two hosts differ: {'; '.join(different[:3])}.")
        self.figures.compared = len(pieces)
        self._send_last_media(move)
        return {"pieces": len(pieces)}

    def _send_last_media(self, move: str) -> None:
        """What was uploaded since the copy was found whole must be there, too. Raises MoveCalledOff."""
        since = next(entry.at for entry in self._journal.of_last_move("giver") if entry.step == "copy")
        until = time.monotonic() + min(MEDIA_SECONDS, self._left())
        while self._readiness.media_missing(since):
            if time.monotonic() > until:
                raise rules.MoveCalledOff(why="the last media had not reached the other host yet.")
            time.sleep(0.02)

    def _compare_both(self, pieces: Sequence[sums.Piece]) -> list[str]:
        """What differs, and did not change here while it was looked at; a few tries, since things go on being written.

        A commit that waits for the standby is seen there before it is seen here: what differs is looked at again.
        """
        different: list[str] = []
        for attempt in range(COMPARISONS if pieces else 0):
            if different:
                time.sleep(AGAIN_AFTER * attempt)
            different, moving = both(self._here, self._there, pieces, min(60.0, self._left()))
            if not different and not moving:
                break
            pieces = pieces if different else moving
        return different

    def _away(self, move: str) -> None:
        self._there.ask("move.fresh", min(3.0, self._left()))
        self._here.send_readers_away(min(DRAIN_SECONDS, self._left()))

    def _stop(self, move: str) -> Mapping[str, Any]:
        return {"place": self._here.stop_database(self._left())}

    def _ship(self, move: str) -> None:
        self._there.ask("move.reached", min(10.0, self._left()), place=self._here.last_place())

    def _fence(self, move: str) -> None:
        self._left()
        state = self._here.state()
        epoch = self._epoch_before(move) + 1
        answer = self._there.ask("move.ready", min(3.0, self._left()), move=move)
        # Its disk has become full meanwhile, say: better called off now than promoted to a full disk.
        if answer.get("complaints") and not self._waives_complaints:
            raise rules.MoveCalledOff(why=" ".join(answer["complaints"]))
        self._here.fence(epoch, str(answer.get("home") or state.home))

    def _promote(self, move: str) -> None:
        """Give the order, and until the other side has said what became of it, nothing else: only it knows."""
        while True:
            if self._insisting.is_set():
                raise _TurnBack(steps.RETURN_ENDS, "the operator insisted, without an answer of the other host.")
            with contextlib.suppress(FolkmootError):
                answer = self._there.ask("move.outcome", ANSWER_SECONDS, move=move)
                follows = rules.after_answer(bool(answer.get("promoted")), bool(answer.get("burned")))
                if follows == "continue":
                    return
                if follows == "take back":
                    raise _TurnBack(steps.RETURN_ENDS, "the other host did not take over.")
                if self._calling_off.is_set() or self._is_too_late():
                    self._there.ask("move.burn", ANSWER_SECONDS, move=move)
                    continue
                epoch, waits = self._here.state().epoch, self._promised()
                self._there.ask("move.promote", 40.0, move=move, epoch=epoch, waits=waits)
                continue
            time.sleep(ASK_AGAIN_SECONDS)

    def _promised(self) -> str:
        """What happens to answers when the standby is lost, if they wait for it or are to as soon as there is one; else nothing."""
        sync, wish = self._here.state().sync, wish_to_wait(self._here.data)
        if sync.mode != "off":
            return sync.when_lost
        return wish.read_text() if wish.exists() else ""

    def _is_too_late(self) -> bool:
        silent_at = self.figures.silent_at
        return silent_at is not None and time.monotonic() - silent_at > self._longest

    def _relay(self, move: str) -> Mapping[str, Any]:
        self._here.barrier.set(State.RELAY)
        if self.figures.silent_at is not None and self.figures.write_pause_ms is None:
            self.figures.write_pause_ms = round((time.monotonic() - self.figures.silent_at) * 1000, 1)
        return {"write_pause_ms": self.figures.write_pause_ms}

    def _follow(self, move: str) -> None:
        wish_to_wait(self._here.data).unlink(missing_ok=True)  # it has gone along
        if self._here.has_own_server:  # which only its operator can make follow
            self._here.release_waiting()
            self.figures.notes.append(rules.OWN_SERVER_STAYS)
        else:
            states.change(self._here.data, role="standby")
        self._here.wake_worker()
        supervise.nudge(self._here.data)

    def _names(self, move: str) -> Mapping[str, Any]:
        if self._journal.of_last_move("giver")[0].detail.get("keep_names"):
            return {"names": "The names were left as they are: this was a rehearsal."}
        try:
            return {"names": self._change_names()}
        except FolkmootError as error:  # the network has moved; names can be changed again, and by hand
            self.figures.notes.append(error.words)
            return {"names": error.words}

    # Taking back -----------------------------------------------------------------------------------------------------

    def _take_back(self, move: str, reached: str, why: str) -> None:
        log.warning("move_called_off", move=move, reached=reached, why=why)
        for step in steps.to_undo(reached):
            undo: Callable[[str], None] = getattr(self, f"_undo_{step.name}")
            while True:
                try:
                    undo(move)
                    break
                except (FolkmootError, OSError) as error:
                    log.error("move_cannot_take_back", step=step.name, why=_reason(error))
                    time.sleep(ASK_AGAIN_SECONDS)
            self._note(move, step.name, "undone")
        self._end(move, moved=False, why=why)

    def _undo_fence(self, move: str) -> None:
        self._here.unfence(self._epoch_before(move))

    def _undo_stop(self, move: str) -> None:
        self._here.start_database(60)

    def _undo_away(self, move: str) -> None:
        self._here.barrier.set(State.HELD)

    def _undo_close(self, move: str) -> None:
        self._here.barrier.set(State.OPEN)

    def _undo_rest(self, move: str) -> None:
        self._here.wake_worker()

    def _epoch_before(self, move: str) -> int:
        """The epoch that ends with this move: what the folder said when it began."""
        return int(self._journal.of_last_move("giver")[0].detail["epoch"])


def both(here: Here, there: There, pieces: Sequence[sums.Piece], seconds: float) -> tuple[list[str], list[sums.Piece]]:
    """What differs between here and there, looked at on both sides at once from the same place of the journal on.

    Only what was the same here before and afterwards can be said to differ; the pieces that changed meanwhile come second.
    """
    with here.connected() as connection:
        place = queries.written(connection)
        with ThreadPoolExecutor(1) as aside:
            asked = aside.submit(there.ask, "move.sums", seconds, pieces=list(pieces), place=place)
            ours = sums.sums(connection, pieces)
            theirs = asked.result()["sums"]
        doubtful = [piece for piece in pieces if ours[sums.name_of(piece)] != theirs.get(sums.name_of(piece))]
        if not doubtful:
            return [], []
        ours, place = sums.sums(connection, doubtful), queries.written(connection)
        theirs = there.ask("move.sums", seconds, pieces=doubtful, place=place)["sums"]
        again = sums.sums(connection, doubtful)
    moving = [piece for piece in doubtful if ours[sums.name_of(piece)] != again[sums.name_of(piece)]]
    still = {name: total for name, total in ours.items() if again[name] == total}
    return sums.differences(still, {name: theirs.get(name, "missing") for name in still}), moving


class _TurnBack(Exception):
    """Everything up to and with `reached` is to be taken back."""

    def __init__(self, reached: str, why: str) -> None:
        self.reached = reached
        self.why = why
        super().__init__(why)


def _reason(error: Exception) -> str:
    if isinstance(error, FolkmootError):
        return f"{error.words} ({error.cause})" if error.cause else error.words
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}."
    return f"{type(error).__name__}: {error}"
