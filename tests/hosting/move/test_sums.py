"""Whether two databases hold the same, against a real one."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from folkmoot import clock
from folkmoot.hosting.move import queries, sums


@pytest.fixture
def connection(database_url: str) -> Iterator[queries.Connection]:
    with queries.connected(database_url) as connection:
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")


def test_every_small_table_is_compared_whole(database_url: str) -> None:
    with queries.connected(database_url) as connection:
        pieces = sums.new_rows(connection, clock.now_ms())
        found = sums.sums(connection, pieces)
    assert {"posts", "accounts", "tokens", "sessions", "procrastinate_jobs", "epochs"} <= {
        name for name, _, _ in pieces
    }
    assert "missing" not in found.values()


def test_one_letter_more_is_another_sum(connection: queries.Connection) -> None:
    begin = "INSERT INTO epochs (epoch, began_at, host, how) VALUES (7, now(), %s, '')"
    connection.execute(begin, ("one",))
    before = queries.sum_of(connection, "epochs", None, None)
    connection.execute("UPDATE epochs SET host = 'two'")
    assert queries.sum_of(connection, "epochs", None, None) != before
    assert before.startswith("1 rows")


def test_a_table_that_is_not_there_is_said_to_be_missing_and_nothing_of_it_is_run(database_url: str) -> None:
    with queries.connected(database_url) as connection:
        found = sums.sums(connection, [['posts"; DROP TABLE posts; --', None, None]])
    assert list(found.values()) == ["missing"]


def test_random_hours_end_before_what_is_being_written(database_url: str) -> None:
    now = clock.now_ms()
    with queries.connected(database_url) as connection:
        for _, low, high in sums.random_ranges(connection, now, random.Random(1)):
            assert low is not None
            assert high is not None
            assert low <= high <= (now - sums.TAIL_MS) << 16


def test_a_sequence_may_be_ahead_and_a_little_behind_but_not_more() -> None:
    assert sums.behind({"jobs": 50}, {"jobs": 82}) == []
    assert sums.behind({"jobs": 65}, {"jobs": 50}) == []  # written down in advance by the one, used by neither
    assert sums.behind({"jobs": 100}, {"jobs": 50}) == ["sequence jobs: 100 here, 50 there"]
    assert sums.behind({"jobs": 5}, {}) == ["sequence jobs: 5 here, missing there"]


def test_a_place_in_the_journal_is_a_number_of_bytes() -> None:
    assert queries.lsn("0/0") == 0
    assert queries.lsn("16/B374D848") == (0x16 << 32) + 0xB374D848
