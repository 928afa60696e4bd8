"""Votes drawn one by one, here invented ones: how they are read, decided and compared."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from folkmoot.cli.simulate import simulate as command
from folkmoot.errors import Invalid
from folkmoot.moderation.simulation import read_votes, replay
from folkmoot.moderation.simulation.replay import Vote


def crowd(items: int = 400, jurors: int = 40, accuracy: float = 0.8, spammers: float = 0.25) -> list[Vote]:
    """A paid crowd: most of them fair, some who press the same button all day."""
    chaos = random.Random(7)
    votes = []
    for item in range(items):
        truth = chaos.random() < 0.4
        for juror in chaos.sample(range(jurors), 12):
            lazy = juror < jurors * spammers
            says = False if lazy else truth if chaos.random() < accuracy else not truth
            votes.append(Vote("a task", f"item {item}", f"juror {juror}", "1" if says else "0", "1" if truth else "0"))
    return votes


def test_weighing_beats_counting_where_some_press_the_same_button() -> None:
    [found] = replay(crowd(1500, spammers=0.2))
    assert (found.items, found.known, found.votes) == (1500, 1500, 18000)
    assert found.accuracy is not None
    assert found.majority_of_five_accuracy is not None
    assert found.accuracy > 0.92 > found.majority_of_five_accuracy
    assert found.ballots_per_item < 8
    assert found.decided + found.escalated + found.unfinished == pytest.approx(1.0)


def test_the_same_seed_draws_the_same_votes() -> None:
    assert replay(crowd(60), seed=3) == replay(crowd(60), seed=3)


def test_which_labels_break_the_rules_can_be_said() -> None:
    votes = [Vote("t", "i", f"j{n}", "nasty", "nasty") for n in range(9)]
    [found] = replay(votes, breaks=frozenset({"nasty"}))
    assert found.accuracy == 1.0
    [other] = replay(votes)
    assert other.known == 1


def write(path: Path, lines: list[str]) -> Path:
    if path.suffix == ".gz":
        with gzip.open(path, "wt") as file:
            file.write("\n".join(lines))
    else:
        path.write_text("\n".join(lines))
    return path


LINE = json.dumps({"task": "t", "item": "i", "annotator": "a", "label": "1", "gold": None})


@pytest.mark.parametrize("name", ["votes.jsonl", "votes.jsonl.gz"])
def test_votes_are_read_packed_or_not(tmp_path: Path, name: str) -> None:
    votes = list(read_votes(write(tmp_path / name, [LINE, "", LINE])))
    assert votes == [Vote("t", "i", "a", "1", None)] * 2


@pytest.mark.parametrize("line", ["{", '{"task": "t"}', "[]"])
def test_a_line_that_is_no_vote_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(Invalid, match="Line 2 is not a vote"):
        list(read_votes(write(tmp_path / "votes.jsonl", [LINE, line])))


def test_the_commands_print_a_table_or_json(tmp_path: Path) -> None:
    chart = tmp_path / "backlog.svg"
    small = ["--reports", "200", "--arrivals", "50", "--volunteers", "20", "--hours", "26"]
    shown = CliRunner().invoke(command, ["backlog", *small, "--compare", "--json", "--chart", str(chart)])
    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.stdout)
    asked = (
        "hours_to_empty violations_hidden_within_1h p95_threat_minutes ballots_per_case missed wrong in_group_missed"
    )
    assert {*asked.split(), "escalated", "exposure_p95_minutes", "deadlines_kept"} <= set(found)
    assert set(found["compared"]) == {"3 of 5", "4 of 5"}
    assert chart.read_text().startswith("<svg")
    table = CliRunner().invoke(command, ["backlog", *small])
    assert "ballots a case" in table.stdout
    replayed = CliRunner().invoke(command, ["replay", str(write(tmp_path / "v.jsonl", [LINE] * 3))])
    assert "ballots per item" in replayed.stdout
    staffed = CliRunner().invoke(command, ["staffing", "--reports-per-day", "40"])
    assert "keep up with 40 reports a day" in staffed.stdout
