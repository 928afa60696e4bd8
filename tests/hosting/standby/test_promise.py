"""What the first host promised is still known when it is gone and this host's agent has begun anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from folkmoot.hosting import state as states
from folkmoot.hosting.link import Link
from folkmoot.hosting.link.partner import Partner, keep_partner
from folkmoot.hosting.standby import promise
from folkmoot.hosting.standby.promise import Promise
from folkmoot.hosting.standby.report import loss
from folkmoot.hosting.standby.watching import Watching
from folkmoot.settings import Settings

REPLAYED = {"streams": False, "received": "0/3000000", "replayed": "0/3000000", "timeline": 1, "beat_at": 1000.0}


@pytest.fixture
def watching(tmp_path: Path) -> Callable[[], Watching]:
    """The watching of a standby whose partner is known and was not heard since the agent began."""
    settings = Settings(data=tmp_path)
    keep_partner(tmp_path, Partner("a", "first", "", "", ("127.0.0.1:9",)))

    def begin() -> Watching:
        return Watching(Link(tmp_path, lambda: pytest.fail("nobody asks for our facts")), settings)

    return begin


def look(watching: Watching) -> Any:
    return watching._compose(states.State(role="standby", side="b"), REPLAYED)


def test_an_agent_that_begins_anew_knows_that_every_answer_waited(
    tmp_path: Path, watching: Callable[[], Watching]
) -> None:
    assert look(watching()).sync == "off"
    promise.write(tmp_path, Promise("on", "hold", "2026-11-29T03:00:00Z", 1001.0, 1000.0))
    status = look(watching())
    assert (status.sync, status.when_lost, status.sync_since) == ("on", "hold", "2026-11-29T03:00:00Z")
    assert status.lag_bytes is None  # nobody has said how far the first host is
    assert "every answer waits" in loss(status).words


def test_who_follows_nobody_any_more_forgets_the_promise(tmp_path: Path, watching: Callable[[], Watching]) -> None:
    promise.write(tmp_path, Promise("on", "hold", "", 1001.0, 1000.0))
    promise.forget(tmp_path)
    promise.forget(tmp_path)
    assert look(watching()).sync == "off"
