"""`folkmoot move status` says what is true now, whatever moved before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from folkmoot.cli.move import in_words
from folkmoot.hosting.move.journal import Entry
from folkmoot.hosting.move.rules import was_left_behind

MOVED, LATER = "2026-01-01T10:00:00.000+00:00", "2026-01-02T10:00:00.000+00:00"


def state(role: str, *, move: str = "m1", barrier: str = "open", took_over: str = "") -> Mapping[str, Any]:
    progress = {"move": move, "ended": "moved" if move else "", "why": "", "reached": "", "done": []}
    return {
        "role": role, "barrier": barrier, "progress": progress, "at": MOVED if move else "", "took_over": took_over,
        "write_pause_ms": 800.0, "silent_ms": None, "notes": [], "waits_for": "", "steps": {},
    }  # fmt: skip


def test_the_host_that_was_moved_away_from_follows_and_hands_over() -> None:
    here = state("standby", barrier="relay")
    assert "follows the other one and hands over" in in_words(here, here)
    assert "hands over" not in in_words(state("standby", barrier="standby"), here)


def test_the_host_that_was_moved_to_carries_the_network() -> None:
    words = in_words(state("primary", move=""), state("standby", barrier="relay"))
    assert words.endswith("This host carries the network.")
    assert "follows" not in words


def test_a_host_that_took_over_after_an_earlier_move_no_longer_speaks_of_that() -> None:
    here = state("primary", took_over=LATER)
    words = in_words(here, here)
    assert LATER in words
    assert "This host carries the network." in words
    assert "follows" not in words


def test_a_takeover_before_the_last_move_is_forgotten() -> None:
    here = state("standby", barrier="relay", took_over="2025-12-31T10:00:00.000+00:00")
    assert in_words(here, here).startswith("The network has moved.")


def test_a_host_that_was_left_behind_names_the_way_back() -> None:
    here = state("former", move="left-behind-3", barrier="relay")
    words = in_words(here, here)
    assert "takes no posts" in words
    assert "folkmoot move rejoin" in words


def test_only_who_is_still_out_was_left_behind() -> None:
    lines = [Entry("left-behind-3", "giver", "", "ended")]
    assert was_left_behind("former", lines)
    assert not was_left_behind("standby", lines)
    assert not was_left_behind("former", [*lines, Entry("m2", "giver", "stop", "begun")])
    assert not was_left_behind("former", [])
