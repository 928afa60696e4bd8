"""`folkmoot screen check` and `use`, as an operator types them: what is no rule file is refused before anything is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from folkmoot.cli import folkmoot
from folkmoot.errors import Invalid

LISTS = '[lists]\nbells = ["bell*", "läuten"]\n'
RULE = """
[[rule]]
id = "no-bells"
title = "Nobody rings bells here"
category = "spam"
weight = 0.5
all = ["bells"]
examples.match = ["ring the bells tonight"]
examples.leave = ["good evening"]
"""


def refused(*arguments: str | Path) -> str:
    done = CliRunner().invoke(folkmoot, ["screen", *map(str, arguments)])
    assert isinstance(done.exception, Invalid), (done.output, done.exception)
    return done.exception.words


@pytest.mark.parametrize("command", ["check", "try", "use"])
def test_a_file_that_is_not_utf_8_is_refused_with_its_line(command: str, tmp_path: Path) -> None:
    file = tmp_path / "latin.toml"
    file.write_bytes((LISTS + RULE).encode("latin-1"))
    said = refused(command, file, *([] if command == "check" else ["--data", tmp_path / "data"]))
    assert said == "latin.toml, line 2: this is not UTF-8."
    assert not (tmp_path / "data").exists()


def test_a_check_loads_in_the_order_of_use(tmp_path: Path) -> None:
    lists, rule = tmp_path / "a.toml", tmp_path / "b.toml"
    lists.write_text(LISTS)
    rule.write_text(RULE)
    done = CliRunner().invoke(folkmoot, ["screen", "check", str(rule), str(lists)])
    assert done.output == "1 rules, 2 examples, all as they should be.\n"
    lists.rename(tmp_path / "c.toml")
    assert "there is no list or pattern 'bells'" in refused("check", tmp_path / "c.toml", rule)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "bells.toml").write_text(LISTS)
    assert "Two files are called bells" in refused("use", tmp_path / "one/bells.toml", tmp_path / "two/bells.toml")
