"""The replay of notices, in small: every clock is kept by the real code, and nobody lifts a hand."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from folkmoot.cli.simulate import NOTICE_WORDS
from folkmoot.cli.simulate import simulate as command
from folkmoot.moderation.simulation.notices import NoticesOutcome


def test_every_figure_has_its_words() -> None:
    assert set(NOTICE_WORDS) == set(NoticesOutcome.__struct_fields__)


@pytest.mark.slow
def test_every_clock_is_kept_on_a_weekend_without_stewards() -> None:
    small = ["--notices", "8", "--jurors", "7", "--authors", "4", "--weeks", "0.5"]
    done = CliRunner().invoke(command, ["notices", *small, "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["notices"] == 8
    assert found["clocks_kept"] == found["answered_without_a_hand"] == 8
    assert found["clocks_missed"] == 0
    assert found["live"] > 10
    assert found["hidden_in_time"] == found["live"]
    assert found["gone_already"] > 10
    assert 0 < found["median_answer_minutes"] <= 1440
    assert found["last_wave_kept"] == found["last_wave_notices"] > 0
    assert found["letters_sent"] >= 8
