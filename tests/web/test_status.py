"""The status page tells everybody when a move was last rehearsed, out of what its watch reads anyway."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from folkmoot.bus import Bus
from folkmoot.settings import Settings
from folkmoot.storage import open_storage
from folkmoot.web.pages import status as page
from folkmoot.web.server import Server
from folkmoot.web.status import StatusBoard

GERMAN = {"headers": [(b"accept-language", b"de")]}


@pytest.fixture
def look(db: Any, run: Callable[[Any], Any], tmp_path: Path) -> Callable[[], StatusBoard]:
    settings = Settings(data=tmp_path, public_url="https://moot.example")
    server = Server(settings, db, Bus(), open_storage(settings))

    def seen() -> StatusBoard:
        board = StatusBoard(settings)
        run(board.look(db, server.storage, server.writes))
        return board

    return seen


def test_without_a_rehearsal_nothing_is_said_of_one(look: Callable[[], StatusBoard], tmp_path: Path) -> None:
    status = look().status()
    assert status.database.up
    assert msgspec.json.decode(page.in_json(status))["rehearsal"] is None
    assert "Probe" not in page.in_html(status, Settings(data=tmp_path), GERMAN).decode()


def test_the_newest_rehearsal_is_shown_with_its_figures(
    db: Any, run: Callable[[Any], Any], look: Callable[[], StatusBoard], tmp_path: Path
) -> None:
    run(
        db.fetch(
            """INSERT INTO rehearsals (id, at, level, well, held_ms, outcome) VALUES
               (1, now() - interval '2 days', 1, false, null, '{}'), (2, now() - interval '1 day', 1, true, 142.4, '{}')"""
        )
    )
    status = look().status()
    said = msgspec.json.decode(page.in_json(status))["rehearsal"]
    assert (said["well"], round(said["held_ms"], 1)) == (True, 142.4)
    shown = page.in_html(status, Settings(data=tmp_path), GERMAN).decode()
    assert "Die letzte Probe eines Umzugs" in shown
    assert "Mitglieder warteten 142 ms" in shown
    assert (
        StatusBoard(Settings(data=tmp_path)).status().rehearsal == status.rehearsal
    )  # kept for a start without a database
