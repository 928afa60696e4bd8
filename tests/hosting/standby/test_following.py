"""A second host that follows the first: real processes, real copies."""

from __future__ import annotations

import pytest

from folkmoot.hosting import state as states

from .conftest import Pair, until

pytestmark = pytest.mark.slow


def test_a_joined_host_has_what_is_there_and_gets_what_comes(pair: Pair) -> None:
    pair.primary.sql("INSERT INTO probe VALUES ('first')")
    assert until(lambda: pair.standby.sql("SELECT word FROM probe") == [{"word": "first"}])
    assert pair.standby.sql("SELECT pg_is_in_recovery() AS follows") == [{"follows": True}]
    state = states.read(pair.standby.data)
    assert (state.role, state.epoch, state.network) == ("standby", 1, states.read(pair.primary.data).network)
    assert "This host follows the network at" in pair.standby.said or until(lambda: "follows the" in pair.standby.said)


def test_after_a_cut_it_catches_up(pair: Pair) -> None:
    pair.wire.cut()
    pair.primary.sql("INSERT INTO probe VALUES ('unseen')")
    assert not until(lambda: pair.standby.sql("SELECT word FROM probe WHERE word = 'unseen'"), 1)
    pair.wire.mend()
    assert until(lambda: pair.standby.sql("SELECT word FROM probe WHERE word = 'unseen'"))


def test_started_again_it_goes_on(pair: Pair) -> None:
    pair.standby.end()
    pair.primary.sql("INSERT INTO probe VALUES ('meanwhile')")
    pair.standby.begin("serve")
    assert until(lambda: pair.standby.sql("SELECT word FROM probe WHERE word = 'meanwhile'"))


def test_a_folder_that_carries_a_network_cannot_be_made_a_standby(pair: Pair) -> None:
    pair.primary.end()
    said = pair.primary.command("standby", "join", "127.0.0.1:9", "--code", "x", check=False)
    pair.primary.begin("serve")
    assert "holds a network of its own" in said
    assert states.read(pair.primary.data).role == "primary"
