"""The bar on a role: nobody of the network writes any more, from whichever machine, until it is lifted."""

from __future__ import annotations

import psycopg
import pytest
from tests.hosting.conftest import OwnServer

from folkmoot.hosting.own import queries

pytestmark = pytest.mark.slow


def test_whoever_writes_is_ended_and_who_comes_after_cannot_until_it_is_lifted(own_17: OwnServer) -> None:
    url = own_17.new_database("barred")
    other = own_17.new_database("untouched")
    with psycopg.connect(url, autocommit=True) as agent, psycopg.connect(other, autocommit=True) as neighbour:
        agent.execute("CREATE TABLE probe (word text)")
        writer = psycopg.connect(url)
        writer.execute("INSERT INTO probe VALUES ('never committed')")
        queries.bar(agent)
        with pytest.raises(psycopg.OperationalError):
            writer.commit()
        writer.close()
        with psycopg.connect(url, autocommit=True) as late:
            assert late.execute("SELECT count(*) FROM probe").fetchone() == (0,)
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                late.execute("INSERT INTO probe VALUES ('late')")
        neighbour.execute("CREATE TABLE probe (word text)")
        queries.bar(agent)  # again, as after a crash
        assert queries.lift(agent)
        assert not queries.lift(agent)
        with psycopg.connect(url, autocommit=True) as freed:
            freed.execute("INSERT INTO probe VALUES ('freed')")


def test_a_superuser_of_the_copy_lifts_what_came_along_with_it(own_17: OwnServer) -> None:
    url = own_17.new_database("copied")
    with psycopg.connect(url, autocommit=True) as role:
        queries.bar(role)
    with psycopg.connect(own_17.admin.removesuffix("postgres") + "copied", autocommit=True) as admin:
        assert queries.lift(admin)
    with psycopg.connect(url, autocommit=True) as freed:
        freed.execute("CREATE TABLE probe (word text)")
