"""Which part a folder plays, on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from folkmoot.hosting import state as states


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path


def test_a_folder_without_a_state_carries_its_network_alone(data: Path) -> None:
    assert states.read(data) == states.State(role="primary", epoch=1, network="")


def test_what_was_written_is_read(data: Path) -> None:
    state = states.State("net", "side", "standby", 7, "https://a.example", "", states.Sync("on", "relax"))
    states.write(data, state)
    assert states.read(data) == state
    assert states.change(data, role="former").role == "former"
    assert states.read(data).epoch == 7


def test_a_name_is_given_once(data: Path) -> None:
    first = states.named(data)
    assert first.side
    assert first.network
    assert states.named(data) == first


def test_a_standby_takes_no_network_name_of_its_own(data: Path) -> None:
    states.write(data, states.State(role="standby"))
    assert states.named(data).network == ""


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"role": "king"}', '{"epoch": 0}', '{"sync": {"mood": 1}}'])
def test_a_damaged_state_is_never_taken_for_a_network_of_its_own(data: Path, damaged: str) -> None:
    states.state_file(data).write_text(damaged)
    with pytest.raises(states.UnreadableState, match="nothing starts"):
        states.read(data)
