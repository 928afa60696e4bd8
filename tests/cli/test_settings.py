"""Settings: where they come from, and what is said when one cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from folkmoot.cli.settings import settings as command
from folkmoot.errors import FolkmootError
from folkmoot.settings import (
    HOST_ONLY,
    Secret,
    Settings,
    WrongSetting,
    described,
    load,
    load_with_sources,
    travelling,
    unknown_variables,
)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_defaults_run_a_network(tmp_path: Path) -> None:
    found = load(environ={})
    assert found.data == tmp_path / "data"
    assert found.base_url == "http://localhost:8000"
    assert found.domain == "localhost:8000"


def test_later_sources_win(tmp_path: Path) -> None:
    (tmp_path / "folkmoot.toml").write_text('port = 1\nsite_name = "Dorf"\nupload_mb = 3\n')
    found, sources = load_with_sources(
        environ={"FOLKMOOT_PORT": "2", "FOLKMOOT_UPLOAD_MB": "4"}, overrides={"port": 3, "host": None}
    )
    assert (found.port, found.upload_mb, found.site_name, found.host) == (3, 4, "Dorf", "127.0.0.1")
    assert sources["port"] == "--port"
    assert sources["upload_mb"] == "FOLKMOOT_UPLOAD_MB"
    assert sources["site_name"].endswith("folkmoot.toml")
    assert sources["host"] == "default"


def test_our_own_variable_wins_over_the_customary_one() -> None:
    both = {"DATABASE_URL": "postgresql:///theirs", "FOLKMOOT_DATABASE_URL": "postgresql:///ours"}
    assert load(environ=both).database_url == "postgresql:///ours"
    assert load(environ={"DATABASE_URL": "postgres:///theirs"}).database_url == "postgres:///theirs"


def test_paths_in_a_file_start_at_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "moot.toml").write_text('data = "var"\n')
    assert load(folder / "moot.toml", {}).data == folder / "var"
    assert load(environ={"FOLKMOOT_CONFIG": str(folder / "moot.toml")}).data == folder / "var"


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("PORT", "eighty", "a whole number from 0 to 65535"),
        ("PORT", "70000", "a whole number from 0 to 65535"),
        ("LOG_LEVEL", "loud", "one of debug, info, warning, error"),
        ("RATE_LIMITS", "maybe", "true or false"),
        ("PUBLIC_URL", "example.org", "an address such as https://example.org"),
        ("PUBLIC_URL", "https://example.org/moot", "no path"),
        ("DATABASE_URL", "mysql://me:secret@host/db", "begins with postgresql://"),
        ("OTHER_MODEL_URL", "ftp://host/v1", "https://example.org/v1/moderations"),
        ("OTHER_MODEL_URL", "http://host:99999/v1", "its port, if it has one, 1 to 65535"),
        ("OTHER_MODEL_URL", "http://host:abc/v1", "its port, if it has one, 1 to 65535"),
        ("OTHER_MODEL_URL", "http://[::1/v1", "https://example.org/v1/moderations"),
        ("STORAGE_URL", "bucket", "s3://bucket/prefix"),
        ("DATA", "", "a folder"),
        ("SCREENING_WITHOUT", "copies, model", "a list of pictures, copies, rules, context"),
    ],
)
def test_a_wrong_setting_names_itself_its_source_and_what_is_expected(variable: str, value: str, expected: str) -> None:
    with pytest.raises(WrongSetting) as wrong:
        load(environ={f"FOLKMOOT_{variable}": value})
    words = wrong.value.words
    assert variable.lower() in words
    assert f"FOLKMOOT_{variable}" in words
    assert expected in words
    assert "secret" not in words


@pytest.mark.parametrize(
    ("text", "words"),
    [("prot = 80\n", "did you mean port?"), ("port = \n", "not valid TOML"), ("port = true\n", "port")],
)
def test_a_slip_in_the_file_is_pointed_at(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "folkmoot.toml").write_text(text)
    with pytest.raises(FolkmootError) as wrong:
        load(environ={})
    assert words in wrong.value.words
    assert "folkmoot.toml" in wrong.value.words


def test_a_list_may_be_named_in_either_form(tmp_path: Path) -> None:
    (tmp_path / "moot.toml").write_text('screening_without = ["copies", "context"]\n')

    assert load(tmp_path / "moot.toml", {}).screening_without == ("copies", "context")
    assert load(environ={"FOLKMOOT_SCREENING_WITHOUT": "copies, context,"}).screening_without == ("copies", "context")


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FolkmootError, match="cannot be read"):
        load(tmp_path / "none.toml", {})


def test_secrets_never_print() -> None:
    found = load(
        environ={"DATABASE_URL": "postgresql://me:hush@host/db?password=hush2", "FOLKMOOT_STORAGE_SECRET_KEY": "hush3"}
    )
    assert "hush" not in repr(found) + str(found) + f"{found.storage_secret_key}{found.storage_secret_key!r}"
    assert found.storage_secret_key.reveal() == "hush3"
    assert found.storage_secret_key == Secret("hush3")


def test_a_variable_that_only_looks_like_ours_is_noticed() -> None:
    assert unknown_variables({"FOLKMOOT_PROT": "1", "FOLKMOOT_PORT": "1", "FOLKMOOT_CONFIG": "", "HOME": ""}) == [
        "FOLKMOOT_PROT"
    ]


def test_every_setting_has_its_sentence() -> None:
    assert all(each.sentence.endswith(".") and each.kind for each in described())


def test_the_command_shows_value_and_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLKMOOT_SITE_NAME", "Dorf")
    shown = CliRunner().invoke(command, [], catch_exceptions=False).output
    assert "site_name = Dorf   [FOLKMOOT_SITE_NAME]" in shown
    assert "port = 8000   [default]" in shown
    page = CliRunner().invoke(command, ["--markdown"], catch_exceptions=False).output
    assert page.count("\n| `") == len(described())
    assert "Dorf" not in page


def test_settings_stay_as_they_are() -> None:
    with pytest.raises(AttributeError):
        Settings().port = 1  # type: ignore[misc]  # that is the point


def test_what_is_this_host_s_alone_stays_when_the_network_travels(tmp_path: Path) -> None:
    assert {each.name for each in described()} >= HOST_ONLY
    sent = travelling(Settings(public_addresses=("203.0.113.7",), names_command="touch x", dns_server="ns.example"))
    assert "203.0.113.7" not in sent
    assert "touch" not in sent
    (tmp_path / "data").mkdir()
    brought = 'public_addresses = ["203.0.113.7"]\nnames_command = "touch x"\nstorage_before = "folder"\n'
    (tmp_path / "data/network.toml").write_text(brought + sent)
    found = load(environ={})
    assert (found.public_addresses, found.names_command, found.storage_before) == ((), "", "")
    assert found.dns_server == "ns.example"
