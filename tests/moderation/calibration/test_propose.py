"""A proposal shows old against new, and changes nothing by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from folkmoot.errors import Invalid
from folkmoot.moderation import calibration, rulebook
from folkmoot.moderation.screening import Category
from folkmoot.network.gate import Gate
from folkmoot.network.gate.parts import read
from folkmoot.settings import Settings

VIOLENT = "I will come to {n} street tonight and kill you, every one of you"
HARMLESS = "{n} cakes for the street party tonight, come everyone and bring your children"


def judgements() -> list[calibration.Judgement]:
    return [calibration.Judgement(VIOLENT.format(n=n), True, "en") for n in range(80)] + [
        calibration.Judgement(HARMLESS.format(n=n), False, "en") for n in range(80)
    ]


async def test_a_proposal_changes_nothing_until_told(db: Any, gate: Gate, cast: Any) -> None:
    proposal = await calibration.propose(db, Settings(), judgements(), days=30)
    assert proposal.new.log_loss <= proposal.old.log_loss + 0.01
    assert (await read(db, Settings())).tuning is None
    before = (await gate.screen()).versions["limits"]
    version = await rulebook.use_limits(db, cast.dora, proposal.tuning)
    in_force = await read(db, Settings())
    assert in_force.tuning == proposal.tuning
    gate._changed(None)
    screen = await gate.screen()
    assert screen.versions["limits"] == version != before
    assert screen.limits[Category.VIOLENCE] == proposal.tuning.limits[Category.VIOLENCE]


async def test_too_few_verdicts_are_refused(db: Any) -> None:
    with pytest.raises(Invalid, match="too few"):
        await calibration.propose(db, Settings(), judgements()[:10], days=30)


def test_a_file_of_verdicts_names_its_broken_line(tmp_path: Path) -> None:
    file = tmp_path / "verdicts.jsonl"
    file.write_text('{"text": "a", "violates": true}\n\n{"text": "b"}\n')
    with pytest.raises(Invalid, match="line 3"):
        calibration.read_judgements(file)
    file.write_text('{"text": "a", "violates": true, "lang": "de"}\n')
    assert calibration.read_judgements(file) == [calibration.Judgement("a", True, "de")]
