"""`folkmoot notice`, as an operator types it, on a data folder of its own."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from folkmoot.cli import folkmoot
from folkmoot.cli.notice import NoAddress
from folkmoot.database import migrate
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.settings import Settings

pytestmark = pytest.mark.slow


@pytest.fixture
def data() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="folkmoot-notice-"))
    place.chmod(0o711)
    (place / "data").mkdir(mode=0o711)
    server = EmbeddedPostgres(Settings(data=place / "data"))
    server.start()  # once, instead of by every command
    migrate.upgrade(server.url)
    yield place / "data"
    server.stop("immediate")
    shutil.rmtree(server.prepare().sockets, ignore_errors=True)
    shutil.rmtree(place, ignore_errors=True)


def test_a_letter_in_a_file_is_taken_in_shown_extended_and_refused(data: Path, tmp_path: Path) -> None:
    def run(*arguments: str, code: int = 0) -> str:
        address = {"FOLKMOOT_PUBLIC_URL": "http://localhost:8000"}
        done = CliRunner().invoke(folkmoot, ["notice", *arguments, "--data", str(data)], env=address)
        assert done.exit_code == code, (done.output, done.exception)
        return done.stdout

    letter = tmp_path / "letter.eml"
    letter.write_bytes(
        b"From: Trust <abuse@host.example>\r\nTo: abuse@localhost\r\nSubject: Abuse\r\nMessage-ID: <1@host.example>\r\n\r\n"
        b"Please remove http://localhost:8000/@ada/117696657715732535 within 6 hours.\r\n"
    )
    said = run("add", str(letter))
    assert "Received as FM-" in said
    reference = said.split("Received as ")[1].split(",")[0]
    assert "Belongs to " + reference in run("add", str(letter))
    shown = json.loads(run("show", reference, "--json"))
    assert [item["state"] for item in shown["items"]] == ["not_found"]
    assert reference in run("list", "--all")
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"addresses": ["http://localhost:8000/@ada"], "sender": {"email": "a@b.example"}}))
    assert "Received as" in run("add", str(report))
    assert "order" in run("clock", "list")
    run("clock", "set", "12h", "--kind", "host", "--remind", "50%,30m", "--why", "Our contract")
    assert {
        "kind": "host",
        "sender": "",
        "minutes": 720,
        "warnings": ["50%", "30m"],
        "why": "Our contract",
    } in json.loads(run("clock", "list", "--json"))
    assert run("flagger", "add", "A flagger").strip().startswith("fmk_")
    assert [each["name"] for each in json.loads(run("flagger", "list", "--json"))] == ["A flagger"]
    run("show", "FM-0000-0000", code=1)


@pytest.mark.parametrize(
    "arguments",
    [("add", "LETTER"), ("answer", "FM-1", "--text", "x"), ("extend", "FM-1"), ("confirm", "FM-1"),
     ("refuse", "FM-1", "--why", "x", "--tell")],
)  # fmt: skip
def test_no_letter_is_written_by_who_does_not_know_the_address_of_the_network(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    letter = tmp_path / "letter.eml"
    letter.write_bytes(b"From: a@b.example\r\n\r\nhttps://moot.example/@ada\r\n")
    given = [str(letter) if each == "LETTER" else each for each in arguments]
    done = CliRunner().invoke(folkmoot, ["notice", *given, "--data", str(tmp_path / "data")])
    assert isinstance(done.exception, NoAddress)
    assert "http://localhost:8000" in done.exception.words
    assert not (tmp_path / "data").exists()
