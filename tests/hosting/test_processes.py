"""How processes are tied to the one that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

from folkmoot.hosting import processes


def test_a_child_goes_with_its_parent() -> None:
    program = """
        import signal, subprocess, sys
        from folkmoot.hosting.processes import tied_to_us
        child = subprocess.Popen(["sleep", "60"], preexec_fn=tied_to_us(signal.SIGKILL), start_new_session=True)
        print(child.pid, flush=True)
        sys.stdin.read()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert processes.is_alive(child)
        parent.kill()
    assert processes.wait_for_end(child, 30)


def test_only_leftovers_of_this_folder_are_ended(tmp_path: Path) -> None:
    environment = {**os.environ, processes.MARK: str(tmp_path)}
    with subprocess.Popen(["sleep", "60"], env=environment, start_new_session=True) as ours:
        while not Path(f"/proc/{ours.pid}/environ").read_bytes():  # the kernel has not come so far yet
            time.sleep(0.01)
        processes.end_leftovers(ours.pid, tmp_path / "another")
        assert ours.poll() is None
        processes.end_leftovers(ours.pid, tmp_path)
        assert ours.wait(30) == -signal.SIGKILL


def test_a_process_that_waits_to_be_buried_is_not_alive() -> None:
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not processes.is_alive(child.pid)
    child.wait()
