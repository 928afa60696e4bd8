"""When a database's stream may be held up for a moment: not at its beginning, and never while answers wait for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from folkmoot.hosting import state as states
from folkmoot.hosting.link import database


@pytest.mark.parametrize(("mode", "in_a_hurry"), [("off", False), ("relaxed", False), ("on", True)])
def test_only_where_answers_wait_for_the_standby_every_piece_goes_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: states.SyncMode, in_a_hurry: bool
) -> None:
    (tmp_path / "run").mkdir()
    states.write(tmp_path, states.State(sync=states.Sync(mode)))
    assert database._hurry(tmp_path)()
    monkeypatch.setattr(database, "SETTLED_SECONDS", -1.0)
    assert database._hurry(tmp_path)() == in_a_hurry
