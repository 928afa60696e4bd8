"""The page that teaches rules holds a rule that works."""

from __future__ import annotations

from pathlib import Path

from folkmoot.moderation.screening.finding import Words
from folkmoot.moderation.screening.rules import STARTER, Rules

PAGE = Path(__file__).parents[4] / "docs" / "screening-rules.md"


def test_the_example_on_the_page_loads_after_the_starter_rules(tmp_path):
    example = PAGE.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    (tmp_path / "own.toml").write_text(example, encoding="utf-8")
    rules = Rules.load([*STARTER, tmp_path / "own.toml"])
    assert "en-veiled-accident" not in {rule.id for rule in rules.rules}
    found = rules.match(Words(text="At 9 pm we ch4se off the people in tents"))
    assert [reason.name for reason in found] == ["campers-chased"]
