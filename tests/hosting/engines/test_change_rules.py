"""What a new server must be, what is understood of a decoded journal, and where the address is written."""

from __future__ import annotations

import dataclasses
import struct
from pathlib import Path

import pytest

from folkmoot import address
from folkmoot.hosting.engines import switch
from folkmoot.hosting.engines.pgoutput import UNCHANGED, Delete, Insert, NotUnderstood, Truncate, Update, transactions
from folkmoot.hosting.engines.queries import statement
from folkmoot.hosting.engines.rules import CannotChange, Server, can_follow, complaints
from folkmoot.settings import load

GOOD = Server(170010, "UTF8", "C.UTF-8", "c", 0, "", True, ("pg_trgm", "unaccent"), "logical", True, 3, 100)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": 140001}, "it is PostgreSQL 14"),
        ({"number": 190001}, "it is PostgreSQL 19"),
        ({"encoding": "LATIN1"}, "encoded in LATIN1"),
        ({"order": "de_DE.UTF-8"}, "sorts by de_DE.UTF-8"),
        ({"order": "en-US", "provider": "i"}, "sorts by en-US"),
        ({"tables": 3}, "holds tables already"),
        ({"may_create": False}, "may not make tables"),
        ({"extensions": ("unaccent",)}, "pg_trgm cannot be installed"),
        ({"connections": 20}, "takes 20 connections"),
    ],
)
def test_a_server_that_cannot_carry_the_network_is_told_why(changes: dict[str, object], words: str):
    found = complaints(_with(GOOD, changes), GOOD, 40)
    assert len(found) == 1
    assert words in found[0]


def _with(server: Server, changes: dict[str, object]) -> Server:
    return dataclasses.replace(server, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("changes", [{}, {"order": "en_US.utf8", "provider": "b"}, {"tables": 90, "schema": "ours"}])
def test_a_server_that_can_is_not_troubled(changes: dict[str, object]):
    assert complaints(_with(GOOD, changes), GOOD, 40) == []


@pytest.mark.parametrize("changes", [{"wal_level": "replica"}, {"may_replicate": False}, {"slots_free": 0}])
def test_a_server_that_tells_nothing_is_copied_while_nobody_posts(changes: dict[str, object]):
    assert can_follow(GOOD)
    assert not can_follow(_with(GOOD, changes))


# The decoded journal -----------------------------------------------------------------------------------------------------

RELATION = (
    b"R" + struct.pack(">I", 7) + b"public\0posts\0d" + struct.pack(">H", 3)
    + b"\x01id\0" + struct.pack(">Ii", 20, -1) + b"\x00text\0" + struct.pack(">Ii", 25, -1) + b"\x00at\0" + struct.pack(">Ii", 1184, -1)
)  # fmt: skip
BEGIN = b"B" + struct.pack(">QqI", 90, 0, 5)
COMMIT = b"C\0" + struct.pack(">QQq", 90, 100, 0)


def row(*values: str | object | None) -> bytes:
    made = struct.pack(">H", len(values))
    for value in values:
        if isinstance(value, str):
            made += b"t" + struct.pack(">I", len(value.encode())) + value.encode()
        else:
            made += b"n" if value is None else b"u"
    return made


def test_a_transaction_is_read_whole_and_in_order():
    number = struct.pack(">I", 7)
    messages = [
        BEGIN, RELATION,
        b"I" + number + b"N" + row("1", "Grüße \\ 'quoted'", None),
        b"U" + number + b"N" + row("1", UNCHANGED, "2026-01-01"),
        b"U" + number + b"K" + row("1", None, None) + b"N" + row("2", "x", None),
        b"D" + number + b"K" + row("2", None, None),
        b"T" + struct.pack(">IB", 1, 0) + number,
        COMMIT, BEGIN, COMMIT,
    ]  # fmt: skip
    first, second = transactions(messages)
    assert (first.end, second.changes) == (100, ())
    insert, update, renamed, delete, truncate = first.changes
    assert isinstance(insert, Insert)
    assert insert.new == {"id": "1", "text": "Grüße \\ 'quoted'", "at": None}
    assert isinstance(update, Update)
    assert update.new["text"] is UNCHANGED
    assert isinstance(renamed, Update)
    assert (renamed.key, renamed.new["id"]) == ({"id": "1"}, "2")
    assert isinstance(delete, Delete)
    assert delete.key == {"id": "2"}
    assert isinstance(truncate, Truncate)
    assert statement(update)[1] == ["2026-01-01", "1"]
    assert statement(renamed)[1] == ["2", "x", None, "1"]


def test_a_transaction_that_is_not_whole_yet_is_not_told():
    assert list(transactions([BEGIN, RELATION, b"I" + struct.pack(">I", 7) + b"N" + row("1", "a", None)])) == []


def test_a_message_of_another_protocol_is_refused():
    with pytest.raises(NotUnderstood, match="message b'S'"):
        list(transactions([BEGIN, b"S\0\0\0\0\1"]))


# Where the address is ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["DATABASE_URL", "FOLKMOOT_DATABASE_URL", "--database-url"])
def test_an_address_from_the_environment_cannot_be_changed_from_here(source: str, tmp_path: Path):
    with pytest.raises(CannotChange, match=f"{source} says where it is"):
        switch.find(source, tmp_path)


def test_without_a_settings_file_the_address_is_written_into_the_data_folder(tmp_path: Path):
    url = "postgresql://moot:p%22w@db.example/moot"
    written = switch.find("default", tmp_path)
    written.say(url)
    assert load(environ={}, overrides={"data": tmp_path}).database_url == url
    assert written.file.stat().st_mode & 0o077 == 0
    written.say("postgresql://other/moot")
    assert load(environ={}, overrides={"data": tmp_path}).database_url == "postgresql://other/moot"
    assert load(environ={"DATABASE_URL": url}, overrides={"data": tmp_path}).database_url == url


@pytest.mark.parametrize("before", ["", 'database_url = "postgresql://old/x"\n'])
def test_in_a_settings_file_only_that_line_changes(before: str, tmp_path: Path):
    file = tmp_path / "folkmoot.toml"
    file.write_text(f'# Ours.\n{before}site_name = "Thorpe"\n')
    switch.find(str(file), tmp_path).say("postgresql://new/moot?a=\\1")
    found = load(file, environ={}, overrides={"data": tmp_path})
    assert (found.database_url, found.site_name) == ("postgresql://new/moot?a=\\1", "Thorpe")
    assert "# Ours." in file.read_text()


def test_processes_learn_of_an_address_until_the_next_start(tmp_path: Path):
    (tmp_path / "run").mkdir()
    assert address.changed_to(tmp_path) == ""
    address.change(tmp_path, "postgresql://a/b")
    assert address.changed_to(tmp_path) == "postgresql://a/b"
    assert address.file_of(tmp_path).stat().st_mode & 0o077 == 0
    address.forget(tmp_path)
    address.forget(tmp_path)
    assert address.changed_to(tmp_path) == ""
