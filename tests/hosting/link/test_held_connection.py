"""The connection that several threads of the agent share: one at a time, and none left behind."""

from __future__ import annotations

import gc
import threading
import warnings
from pathlib import Path

import psycopg
import pytest

from folkmoot.errors import Unavailable
from folkmoot.hosting.link.held import Held
from folkmoot.settings import Settings

THREADS = 8


def settings_for(url: str, tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, database_url=url)


def process_of(held: Held) -> int:
    with held() as connection:
        return connection.info.backend_pid


def test_threads_that_find_it_gone_make_one_new_connection(database_url: str, tmp_path: Path) -> None:
    made: list[int] = []
    held = Held(settings_for(database_url, tmp_path), lambda connection: made.append(connection.info.backend_pid))
    together = threading.Barrier(THREADS)
    seen: list[int] = []

    def use() -> None:
        together.wait()
        seen.append(process_of(held))

    threads = [threading.Thread(target=use) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held.close()
    assert len(made) == 1
    assert seen == made * THREADS


def test_one_that_broke_is_let_go_and_the_next_use_makes_another(database_url: str, tmp_path: Path) -> None:
    held = Held(settings_for(database_url, tmp_path))
    first = process_of(held)
    with pytest.raises(Unavailable), held() as connection:
        connection.execute("SELECT 1 / 0")
    assert connection.closed
    assert process_of(held) != first
    held.close()


def test_a_late_error_leaves_the_connection_made_since(database_url: str, tmp_path: Path) -> None:
    held = Held(settings_for(database_url, tmp_path))
    seen: list[int] = []

    def be_late() -> None:
        with held() as old:
            held.close()
            seen.append(process_of(held))
            old.execute("SELECT 1")

    with pytest.raises(Unavailable):
        be_late()
    assert [process_of(held)] == seen
    held.close()


def test_one_that_cannot_be_prepared_is_closed(database_url: str, tmp_path: Path) -> None:
    def refuse(connection: psycopg.Connection[object]) -> None:
        connection.execute("SET no_such_setting = 1")

    held = Held(settings_for(database_url, tmp_path), refuse)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", ResourceWarning)
        with pytest.raises(Unavailable), held():
            raise AssertionError("it was handed out")
        gc.collect()
    assert not [one for one in said if "Connection" in str(one.message)]
