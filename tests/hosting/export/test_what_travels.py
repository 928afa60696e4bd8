"""Which tables and columns an export is about, and that a line of it is the row it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from folkmoot.hosting.export import queries, rules
from folkmoot.hosting.export.rules import Column, Table

PUBLIC_IN_SPITE_OF_ITS_NAME = {
    ("idempotency_keys", "key"), ("mails", "key"), ("webhook_calls", "key"), ("site", "key"), ("learned", "key"),
    ("case_events", "key"), ("notice_events", "key"), ("media", "object_key"), ("media", "preview_key"), ("objects", "key"),
    ("accounts", "avatar_key"), ("accounts", "header_key"), ("findings", "text_hash"), ("cases", "text_hash"),
    ("case_contents", "text_hash"), ("judged", "text_hash"), ("known_pictures", "hash"), ("media", "picture_hash"),
    ("log_tiles", "hashes"), ("evidence_media", "object_key"), ("profile_pictures", "object_key"), ("profile_pictures", "hashes"),
    ("evidence_media", "sealed_key"), ("unhashed_pictures", "object_key"),
    # Opens with a key from evidence_keys alone.
    ("case_contents", "sealed"),
    ("media", "blurhash"), ("notice_items", "is_private"), ("backups", "sealed_size"),
    ("notice_senders", "public_key"),
    # A link in a letter: it shows one statement or notice to whoever holds it, and whoever holds an export has both.
    ("notices", "token"), ("notices", "client_token"), ("statements", "token"), ("reports", "receipt_hash"),
    # Keeps strangers from guessing who is meant in the public log; an export names everybody anyway.
    ("log_salts", "salt"),
}  # fmt: skip


@pytest.fixture(scope="module")
def connection(database_url: str) -> Iterator[queries.Connection]:
    with psycopg.connect(database_url, autocommit=True) as opened:
        opened.execute(queries.PLAIN_SESSION)
        yield opened


def test_every_table_has_a_key_and_comes_after_all_it_refers_to(connection: queries.Connection):
    ordered = rules.travelling(queries.tables(connection))
    seen: set[str] = set()
    for table in ordered:
        assert table.key, table.name
        # A row that refers to its own table would need an order of rows, too.
        assert table.refers_to - set(rules.LEFT_BEHIND) <= seen, table.name
        # Or an import without secrets would lack what it refers to.
        assert table.name in rules.SECRET_TABLES or not table.refers_to & rules.SECRET_TABLES, table.name
        seen.add(table.name)


def test_what_is_left_behind_or_sealed_exists(connection: queries.Connection):
    tables = {each.name: each for each in queries.tables(connection)}
    assert set(rules.LEFT_BEHIND) | rules.SECRET_TABLES | set(rules.SECRET_COLUMNS) | set(rules.PARTLY) <= set(tables)
    for name, columns in rules.SECRET_COLUMNS.items():
        assert set(columns) <= {each.name for each in tables[name].columns}


def test_nothing_travels_in_the_open_that_sounds_like_a_secret(connection: queries.Connection):
    sounds = re.compile(r"password|secret|token|salt|sealed|hash|key$|private", re.ASCII)
    found = {
        (table.name, column.name)
        for table in rules.travelling(queries.tables(connection))
        if table.name not in rules.SECRET_TABLES
        for column in table.open_columns
        if sounds.search(column.name)
    }
    assert found - PUBLIC_IN_SPITE_OF_ITS_NAME == set()


def test_tables_in_a_circle_are_refused():
    one, two = (
        Table(name, ("id",), (Column("id", "bigint"),), frozenset({other})) for name, other in (("a", "b"), ("b", "a"))
    )
    with pytest.raises(ValueError, match="circle: a, b"):
        rules.travelling([one, two])


@pytest.mark.parametrize(
    "line", ["", "x", "0" * 63 + "  a", "0" * 64 + " a", "0" * 64 + "  a b", "0" * 64 + "  ../../\x00"]
)
def test_a_list_of_sums_is_read_strictly(line: str):
    if line:
        with pytest.raises(ValueError):
            rules.read_sums(line + "\n")
    else:
        assert rules.read_sums(line) == {}


def test_sums_are_written_as_they_are_read():
    sums = {"manifest.json": "a" * 64, "tables/posts.jsonl": "0" * 64}
    assert rules.read_sums(rules.sums_text(sums)) == sums


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
plain: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | words
)
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=8
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=words,
    value=values,
    body=st.binary(max_size=60),
    subjects=st.lists(words, max_size=4),
    figure=st.floats(width=64, allow_nan=True),
    small=st.floats(width=32, allow_nan=True),
    moment=st.datetimes(),
)
def test_any_row_comes_out_as_it_went_in(
    connection: queries.Connection,
    text: str,
    value: Any,
    body: bytes,
    subjects: list[str],
    figure: float,
    small: float,
    moment: Any,
):
    with connection.transaction(force_rollback=True):
        connection.execute(
            "CREATE TABLE thing (name text PRIMARY KEY, value jsonb NOT NULL, body bytea, subjects text[], figure double"
            " precision, small real, figures double precision[], at timestamptz)"
        )
        connection.execute(
            "INSERT INTO thing VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (text, psycopg.types.json.Jsonb(value), body, subjects, figure, small, [figure, None, small], moment),
        )
        before = connection.execute("SELECT t::text FROM thing t").fetchall()
        table = next(each for each in queries.tables(connection) if each.name == "thing")
        lines = list(queries.lines(connection, table, table.columns))
        assert [line.count(b"\n") for line in lines] == [1]
        queries.empty(connection, [table])
        assert queries.insert(connection, table, table.columns, lines) == 1
        assert connection.execute("SELECT t::text FROM thing t").fetchall() == before
        assert list(queries.lines(connection, table, table.columns)) == lines
