"""What a status amounts to: plain decisions."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from folkmoot.hosting import standby
from folkmoot.hosting.standby.report import (
    Check,
    Status,
    as_message,
    as_seen_later,
    following_of,
    loss,
    lsn,
    parse,
)
from folkmoot.network.site.standby import StandbyView
from folkmoot.web.pages import words

FOLLOWS = Status(
    role="standby",
    following="following",
    link_up=True,
    lag_seconds=0.4,
    beat_at=1000.0,
    unseen_posts=2,
    checks=(Check("link", True, "Heard."), Check("mail", None, "No mail.")),
)


@pytest.mark.parametrize(
    ("pieces", "wanted"),
    [
        ({}, "following"),
        ({"lag_seconds": 9.0}, "catching up"),
        ({"lag_seconds": None}, "catching up"),
        ({"is_streaming": False}, "catching up"),
        ({"link_up": False}, "catching up"),
        ({"is_kept": False}, "lost"),
        ({"timelines_agree": False}, "lost"),
    ],
)
def test_that_it_streams_proves_nothing_a_beat_must_have_come_back(pieces: dict[str, Any], wanted: str) -> None:
    well: dict[str, Any] = {
        "is_streaming": True,
        "lag_seconds": 0.5,
        "timelines_agree": True,
        "is_kept": True,
        "link_up": True,
    }
    assert following_of(**(well | pieces)) == wanted


def test_a_move_works_when_nothing_is_against_it_and_something_was_asked() -> None:
    assert FOLLOWS.ready
    assert not Status(role="standby").ready
    against = msgspec.structs.replace(FOLLOWS, checks=(*FOLLOWS.checks, Check("disk", False, "Full.")))
    assert not against.ready
    assert [check.name for check in against.hindrances] == ["disk"]


def test_a_status_ages() -> None:
    later = as_seen_later(FOLLOWS, heard_ago=30.0, now=1030.0, offset=0.0)
    assert (later.following, later.link_up, later.lag_seconds) == ("catching up", False, 30.0)
    assert [check.name for check in later.hindrances] == ["link"]
    again = as_seen_later(later, heard_ago=0.1, now=1031.0, offset=0.0)
    assert again.link_up


@pytest.mark.parametrize(
    ("changes", "well", "said"),
    [
        ({}, True, "in the last 0.4 s: 2 public posts"),
        ({"lag_seconds": 70.0, "unseen_posts": 31}, False, "in the last 70.0 s: 31 public posts"),
        ({"unseen_posts": None}, None, "in the last 0.4 s"),
        ({"sync": "on"}, True, "Nothing that was answered"),
        ({"sync": "on", "link_up": False, "when_lost": "hold"}, True, "Nothing that was answered"),
        ({"sync": "on", "link_up": False, "when_lost": "relax"}, True, "in the last"),
        ({"sync": "relaxed"}, True, "in the last"),
        ({"following": "unlinked"}, False, "Everything since the last backup"),
        ({"following": "copying"}, False, "Everything since the last backup"),
    ],
)
def test_what_would_be_lost_is_never_said_better_than_it_is(
    changes: dict[str, Any], well: bool | None, said: str
) -> None:
    found = loss(msgspec.structs.replace(FOLLOWS, **changes))
    assert said in found.words
    assert found.well is well


def test_a_status_crosses_the_link_whole() -> None:
    assert parse(json.loads(json.dumps(as_message(FOLLOWS)))) == FOLLOWS
    assert parse({"role": 3}) is None
    assert parse(None) is None


def test_the_page_reads_what_the_agent_writes() -> None:
    seen = msgspec.json.decode(json.dumps(as_message(FOLLOWS)), type=StandbyView)
    assert (seen.following, seen.ready, seen.loss is not None) == ("following", True, True)


@pytest.mark.parametrize(("text", "number"), [("0/0", 0), ("0/16B3748", 0x16B3748), ("2/10", (2 << 32) + 16), ("", 0)])
def test_places_in_the_journal_are_numbers(text: str, number: int) -> None:
    assert lsn(text) == number


def test_every_check_is_said_in_german_with_the_same_gaps() -> None:
    german = words.catalogue("de")
    said = set()
    for file in Path(standby.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Check" and len(node.args) > 2:
                assert isinstance(node.args[2], ast.Constant)
                said.add(str(node.args[2].value))
    assert len(said) > 30
    assert [sentence for sentence in said if not german.knows(sentence)] == []
    gaps = lambda sentence: sorted(part.split("}")[0] for part in sentence.split("{")[1:])  # noqa: E731
    assert [sentence for sentence in said if gaps(sentence) != gaps(german.gettext(sentence))] == []
