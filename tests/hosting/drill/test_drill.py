"""The drill, as an operator runs it; and the wire it cuts."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading

import pytest

from folkmoot.hosting.drill.hosts import Wire
from folkmoot.hosting.drill.verify import is_clean

NOTHING_LOST = {
    "lost_posts": 0, "lost_media": 0, "lost_jobs": 0, "lost_reports": 0, "lost_scheduled": 0, "lost_log_entries": 0,
    "lost_ballots": 0, "lost_notices": 0, "posted_twice": 0,
}  # fmt: skip


@pytest.mark.slow
def test_a_quick_drill_loses_nothing_and_prints_its_figures() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "folkmoot.cli", "drill", "--quick", "--json"],
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    outcome = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    for scene in ("planned", "killed_at_each_step", "host_lost_async", "host_lost_sync", "restore"):
        found = outcome[scene]
        assert found["acknowledged"] > 0, scene
        # Without synchronous mode, what the board said before may be missing; on one machine it mostly arrives.
        assert found.get("lost_beyond_said", 0) == 0, scene
        if scene != "host_lost_async":
            assert {name: found[name] for name in NOTHING_LOST} == NOTHING_LOST, scene
    assert outcome["planned"]["moved"]
    assert outcome["planned"]["ballots"] > 0
    assert outcome["planned"]["notices"] > 0
    assert outcome["planned"]["failed_reads"] == 0
    assert outcome["planned"]["write_pause_ms"] is not None
    for scene in ("host_lost_async", "host_lost_sync"):
        assert outcome[scene]["taken_by_old_side"] == 0
        assert outcome[scene]["old_side_awake"].startswith("former")
        assert outcome[scene]["old_side_says_so"]


def test_a_scene_that_lost_something_or_broke_off_is_not_clean() -> None:
    assert is_clean({"lost_posts": 0, "failed_reads": 0, "moved": True})
    assert not is_clean({"lost_posts": 1})
    assert not is_clean({"lost_ballots": 1})
    assert is_clean({"lost_posts": 1, "lost_beyond_said": 0, "taken_by_old_side": 0})
    assert not is_clean({"lost_posts": 2, "lost_beyond_said": 1})
    assert not is_clean({"lost_beyond_said": 0, "taken_by_old_side": 1})
    assert not is_clean({"moved": False})
    assert not is_clean({"two_first": 1})
    assert not is_clean({"failed": "it did not come up"})


def test_a_wire_passes_bytes_until_it_is_cut_and_again_when_it_is_mended() -> None:
    with socket.create_server(("127.0.0.1", 0)) as far:

        def echo() -> None:
            while True:
                try:
                    there, _ = far.accept()
                except OSError:
                    return
                with there:
                    while data := there.recv(100):
                        there.sendall(data)

        threading.Thread(target=echo, daemon=True).start()
        wire = Wire(far.getsockname()[1])
        try:
            with socket.create_connection(("127.0.0.1", wire.port), timeout=5) as near:
                near.sendall(b"hello")
                assert near.recv(100) == b"hello"
                wire.cut()
                assert near.recv(100) == b""
            wire.mend()
            with socket.create_connection(("127.0.0.1", wire.port), timeout=5) as near:
                near.sendall(b"again")
                assert near.recv(100) == b"again"
        finally:
            wire.close()
            far.shutdown(socket.SHUT_RDWR)
