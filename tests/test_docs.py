"""Documentation that fails with the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from folkmoot.cli import COMMANDS, folkmoot
from folkmoot.settings import described

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "folkmoot.cli", *arguments], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout


def commands() -> list[str]:
    """Every command in full: `account create`."""
    found = []
    context = click.Context(folkmoot)
    for noun in COMMANDS:
        command = folkmoot.get_command(context, noun)
        assert command is not None
        if isinstance(command, click.Group):
            found += [f"{noun} {verb}" for verb in command.list_commands(context)]
        else:
            found.append(noun)
    return found


def written() -> str:
    """All that is written for readers."""
    pages = [*DOCS.rglob("*.md"), *ROOT.glob("*.md")]
    return "\n".join(page.read_text() for page in pages)


def test_every_setting_is_described() -> None:
    page = (DOCS / "settings.md").read_text()
    for each in described():
        assert f"| `{each.name}` | `{each.variable}` |" in page, f"{each.name} is missing: make docs"
        assert each.sentence.strip().endswith("."), f"{each.name} wants a sentence"


def test_the_page_of_settings_is_what_the_code_says() -> None:
    assert (DOCS / "settings.md").read_text() == run("settings", "--markdown"), "make docs"


@pytest.mark.parametrize("command", commands())
def test_every_command_explains_itself(command: str) -> None:
    found: click.Command | None = folkmoot
    for word in command.split():
        assert isinstance(found, click.Group)
        found = found.get_command(click.Context(found), word)
    assert found is not None
    assert (found.help or "").strip().endswith((".", ":"))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_noun_is_written_about(command: str) -> None:
    assert f"folkmoot {command}" in written()


def test_every_folder_on_the_map_exists() -> None:
    page = DOCS / "map.md"
    assert page.exists()
    for named in re.findall(r"`((?:src|tests|docs|bench)/[\w./-]*)`", page.read_text()):
        assert (ROOT / named).exists(), f"docs/map.md: {named}"


def test_every_link_between_pages_leads_somewhere() -> None:
    for page in [*DOCS.rglob("*.md"), *ROOT.glob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
            if not re.match(r"[a-z]+:|/|(docs/)?pictures/", target):
                assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} points to {target}"


@pytest.mark.slow
def test_the_schema_on_paper_is_the_one_a_new_database_gets() -> None:
    assert (DOCS / "schema.sql").read_text() == run("database", "schema", "--fresh"), "make docs"
