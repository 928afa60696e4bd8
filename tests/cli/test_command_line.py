"""The command: what it loads, and how it says that something is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from folkmoot.cli import COMMANDS, folkmoot
from folkmoot.cli.database import plain


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FOLKMOOT_")}
    return subprocess.run(
        [sys.executable, "-m", "folkmoot.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**kept, **environment},
        stdin=subprocess.DEVNULL,
    )


def test_serving_loads_no_database_driver_and_no_web_framework() -> None:
    heavy = "{'asyncio', 'asyncpg', 'psycopg', 'sqlalchemy', 'alembic', 'litestar', 'msgspec', 'rich'}"
    question = f"import sys, folkmoot.cli.serve; print({heavy} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"


def test_every_noun_is_in_the_list_and_can_be_loaded() -> None:
    shown = run("--help").stdout
    for name in COMMANDS:
        assert f"  {name} " in shown
        assert folkmoot.get_command(None, name) is not None  # type: ignore[arg-type]  # our own group asks for no context


@pytest.mark.parametrize("port", ["eighty", "99999"])
def test_an_error_is_one_sentence_and_exit_code_1(port: str) -> None:
    done = run("settings", FOLKMOOT_PORT=port)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("folkmoot: Setting port (from FOLKMOOT_PORT)")


def test_debug_shows_the_trace() -> None:
    done = run("--debug", "settings", FOLKMOOT_PORT="eighty")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_an_unknown_noun_is_a_usage_error() -> None:
    done = run("sevre")
    assert done.returncode == 2
    assert "No such command 'sevre'" in done.stderr


def test_an_unwritable_data_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("serve", "--data", str(tmp_path / "file" / "data"), "--port", "0")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "is not a folder" in done.stderr


def test_a_schema_is_shown_without_what_differs_from_machine_to_machine() -> None:
    dump = "\\restrict k7\n--\n-- x\nSET a = 1;\nSELECT pg_catalog.set_config('x', '');\n\n\n\nCREATE TABLE t ();\n"
    assert plain(dump) == "CREATE TABLE t ();\n"


def test_a_command_that_says_no_says_it_to_scripts_as_well(tmp_path: Path) -> None:
    done = run("standby", "status", FOLKMOOT_DATA=str(tmp_path))
    assert done.stdout.startswith("There is no standby.")
    assert done.returncode == 1
