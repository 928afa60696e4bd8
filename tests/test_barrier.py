"""The page of memory requests ask before they pass."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from folkmoot.barrier import SLOTS, Barrier, State, file_of


def test_a_new_barrier_is_open_and_one_that_was_left_keeps_its_state(tmp_path: Path) -> None:
    barrier = Barrier(tmp_path)
    assert barrier.is_open
    barrier.set(State.FENCED)
    barrier.close()
    again = Barrier(tmp_path)
    assert again.state is State.FENCED
    assert not again.is_open
    again.close()


def test_everybody_sees_the_same_page(tmp_path: Path) -> None:
    ours, theirs = Barrier(tmp_path), Barrier(tmp_path)
    ours.set(State.HELD)
    assert theirs.state is State.HELD
    slot = theirs.join()
    slot.enter(True)
    slot.enter(False)
    assert ours.under_way() == (1, 2)
    slot.leave(True)
    slot.leave(False)
    assert ours.under_way() == (0, 0)
    ours.close()
    theirs.close()


def test_a_change_is_noted_by_all_or_it_is_not_noted(tmp_path: Path) -> None:
    barrier = Barrier(tmp_path)
    slot = barrier.join()
    assert barrier.is_noted()
    barrier.set(State.STANDBY)
    barrier.set(State.STANDBY)  # the same again is news, too
    assert not barrier.is_noted()
    slot.note(barrier.changes)
    assert barrier.is_noted()
    barrier.close()


def test_what_a_killed_process_was_doing_does_not_count(tmp_path: Path) -> None:
    barrier = Barrier(tmp_path)
    code = (
        "import sys, pathlib, os; from folkmoot.barrier import Barrier\n"
        "slot = Barrier(pathlib.Path(sys.argv[1])).join(); slot.enter(True); print('in', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in\n"
        assert barrier.under_way() == (1, 1)
        process.kill()
        process.wait()
        assert barrier.under_way() == (0, 0)
    for _ in range(SLOTS + 1):  # its place is given away again
        barrier.join()
    barrier.close()


def test_the_page_is_nobody_elses_to_read(tmp_path: Path) -> None:
    Barrier(tmp_path).close()
    assert os.stat(file_of(tmp_path)).st_mode & 0o077 == 0
