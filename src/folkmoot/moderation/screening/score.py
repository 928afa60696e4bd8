"""Lines of JSON in, lines of JSON out, in order: how others measure our screening."""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, BinaryIO

from folkmoot.moderation.screening.finding import Finding, Words
from folkmoot.moderation.screening.model import Model
from folkmoot.moderation.screening.rules import STARTER, Rules
from folkmoot.moderation.screening.screen import Answer, Screen, Step

ALONE = 256
"""So many lines are answered before other processes are asked to help."""
BATCH, BATCH_BYTES = 64, 1 << 20
"""Lines that are answered together, and their bytes: the line that reaches one of both is the last."""
WAITING, WAITING_BYTES = 4096, 32 << 20
"""Lines read ahead of those being answered, and their bytes: further ones wait unread, but for one."""
LONGEST_LINE = 16 << 20
LEAST = 0.05
"""Reasons weaker than that are not told."""


def shipped() -> Screen:
    """Screening as it comes: the starter rules and the shipped model with its thresholds."""
    model = Model.open()
    rules = Rules.load(STARTER)
    steps = (
        Step("rules", rules.version, lambda words: Answer(tuple(rules.match(words)))),
        Step("model", model.version, lambda words: Answer(tuple(model.reasons(words)))),
    )
    return Screen(steps, model.limits, limits_version=model.version)


def answer(line: bytes, look: Callable[[Words], Finding]) -> bytes:
    """The answer to one line, which may be anything; always one line."""
    try:
        found = _told(look(_words(line)))
    except _Unreadable as error:
        found = {"error": str(error)}
    except Exception as error:  # one bad line must not end the rest
        found = {"error": f"screening failed: {type(error).__name__}"}
    return json.dumps(found).encode() + b"\n"


class _Unreadable(ValueError):
    pass


def _words(line: bytes) -> Words:
    if len(line) > LONGEST_LINE:
        raise _Unreadable("this line is longer than 16 MB")
    try:
        asked = json.loads(line.decode())
    except UnicodeDecodeError:
        raise _Unreadable("this line is not UTF-8") from None
    except (ValueError, RecursionError):
        raise _Unreadable("this line is not JSON") from None
    if not isinstance(asked, dict) or not isinstance(asked.get("text"), str):
        raise _Unreadable('this line is not an object with a "text"')
    for name in ("lang", "reply_to"):
        if not isinstance(asked.get(name), str | None):
            raise _Unreadable(f'"{name}" is not a text')
    return Words(text=asked["text"], language=asked.get("lang"), reply_to=asked.get("reply_to"))


def _told(finding: Finding) -> dict[str, Any]:
    return {
        "score": round(finding.probability, 6),
        "categories": {category.value: round(p, 6) for category, p in finding.categories.items()},
        "outcome": finding.outcome.value,
        "because": [
            {
                "stage": reason.stage.value,
                "category": reason.category.value,
                "probability": round(reason.probability, 6),
                "name": reason.name,
                "words": list(reason.words),
            }
            for reason in finding.because
            if reason.probability >= LEAST
        ],
    }


_here: Screen | None = None


def _answer_all(lines: list[bytes]) -> bytes:
    global _here
    if _here is None:
        _here = shipped()
    return b"".join(answer(line, _here.look_now) for line in lines)


def score(source: BinaryIO, to: BinaryIO, processes: int | None = None) -> None:
    """Answer every line of `source`; at once while they come slowly, on all cores when there are many."""
    processes = processes or len(os.sched_getaffinity(0))
    lines = _Ahead()
    threading.Thread(target=_read, args=(source, lines), daemon=True).start()
    _answer_all([])
    waiting: deque[tuple[list[bytes], Future[bytes]]] = deque()
    helpers: Executor | None = None
    seen, more = 0, True
    try:
        while more or waiting:
            batch, more = lines.take(wait=not waiting) if more else ([], False)
            seen += len(batch)
            idle = not batch
            if batch and seen > ALONE and _is_full(batch) and processes > 1:
                helpers = helpers or ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
                waiting.append((batch, _submit(helpers, batch)))
                batch = []
            while waiting and (batch or idle or len(waiting) > 2 * processes or waiting[0][1].done()):
                to.write(_result(*waiting.popleft()))
            if batch:
                to.write(_answer_all(batch))
            if not waiting or lines.is_empty():
                to.flush()
    finally:
        if helpers is not None:
            helpers.shutdown(wait=False, cancel_futures=True)
    to.flush()


class _Ahead:
    """Lines that were read and are not being answered yet: a queue between two threads, bounded in lines and in bytes."""

    def __init__(self) -> None:
        self._lines: deque[bytes] = deque()
        self._bytes = 0
        self._ended = False
        self._changed = threading.Condition()

    def put(self, line: bytes) -> None:
        """Wait until there is room for the line."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_room(line))
            self._lines.append(line)
            self._bytes += len(line)
            self._changed.notify_all()

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def take(self, *, wait: bool) -> tuple[list[bytes], bool]:
        """What has come by now, a batch at most, and whether more may come."""
        batch: list[bytes] = []
        with self._changed:
            if wait:
                self._changed.wait_for(lambda: self._lines or self._ended)
            while self._lines and not _is_full(batch):
                batch.append(self._lines.popleft())
                self._bytes -= len(batch[-1])
            self._changed.notify_all()
            return batch, bool(self._lines) or not self._ended

    def is_empty(self) -> bool:
        return not self._lines

    def _has_room(self, line: bytes) -> bool:
        return len(self._lines) < WAITING and self._bytes + len(line) <= WAITING_BYTES


def _is_full(batch: list[bytes]) -> bool:
    return len(batch) >= BATCH or sum(map(len, batch)) >= BATCH_BYTES


def _read(source: BinaryIO, lines: _Ahead) -> None:
    for line in _lines(source):
        lines.put(line)
    lines.end()


def _lines(source: BinaryIO) -> Iterator[bytes]:
    """Lines without their ends; of one that is too long only enough to see that it is."""
    while line := source.readline(LONGEST_LINE + 1):
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = source.readline(LONGEST_LINE)
        yield line.rstrip(b"\r\n")


def _submit(helpers: Executor, batch: list[bytes]) -> Future[bytes]:
    try:
        return helpers.submit(_answer_all, batch)
    except BrokenExecutor as error:
        failed: Future[bytes] = Future()
        failed.set_exception(error)
        return failed


def _result(batch: list[bytes], future: Future[bytes]) -> bytes:
    try:
        return future.result()
    except BrokenExecutor:  # a helper was killed, for its memory say: do it here
        return _answer_all(batch)
