"""A deed and its entry are one: what an entry says, what it never says, and who can tell whom it means."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.moderation.transparency.log import Deed, enter, entry
from folkmoot.moderation.transparency.log.entry import Subjects

NOON = datetime(2021, 1, 9, 12, tzinfo=UTC)


async def queued(db: Database) -> list[dict[str, Any]]:
    rows = await db.fetch("SELECT body FROM log_queue ORDER BY id")
    return [msgspec.json.decode(row["body"]) for row in rows]


async def test_an_entry_is_written_in_the_deed_s_own_transaction(db: Database) -> None:
    async def deed_that_fails() -> None:
        async with db.transaction() as tx:
            await enter(tx, Deed.CASE_DECIDED, case=7, verdict="remove")
            raise RuntimeError("the deed fails")

    with pytest.raises(RuntimeError):
        await deed_that_fails()
    assert await queued(db) == []
    with clock.held_at(NOON):
        async with db.transaction() as tx:
            await enter(tx, Deed.CASE_DECIDED, case=7, verdict="remove", ballots=4, sure=0.99, rule=None)
    (said,) = await queued(db)
    assert said.pop("case") not in ("7", "")
    assert said == {
        "v": 1,
        "deed": "case.decided",
        "at": "2021-01-09T12:00:00.000Z",
        "verdict": "remove",
        "ballots": 4,
        "sure": 0.99,
    }


async def test_a_case_has_one_pseudonym_and_an_author_another_one_in_every_case(db: Database) -> None:
    async with db.transaction() as tx:
        await enter(tx, Deed.CASE_DECIDED, case=7, account=1, steward=2)
        await enter(tx, Deed.APPEAL_REVERSED, case=7, account=1, steward=2)
        await enter(tx, Deed.CASE_DECIDED, case=8, account=1, steward=2)
    first, second, third = await queued(db)
    assert first["case"] == second["case"] != third["case"]
    assert first["account"] == second["account"] != third["account"]
    assert first["steward"] == second["steward"] == third["steward"]


async def test_a_steward_judged_as_a_member_is_not_known_by_the_office(db: Database) -> None:
    async with db.transaction() as tx:
        await enter(tx, Deed.CASE_DECIDED, case=7, account=2)
        await enter(tx, Deed.CASE_HIDDEN, case=8, steward=2)
    judged, judging = await queued(db)
    assert judged["account"] != judging["steward"]


async def test_who_is_told_the_salt_can_check_a_pseudonym_by_hand(db: Database) -> None:
    async with db.transaction() as tx:
        await enter(tx, Deed.NOTICE_RECEIVED, notice=5, account=9, hashed={"sender": "host.example"})
    (said,) = await queued(db)
    salts = {row["subject"]: row["salt"].hex() for row in await db.fetch("SELECT * FROM log_salts")}
    assert hashlib.sha256(f"{salts['notice:5']} notice 5".encode()).hexdigest() == said["notice"]
    assert hashlib.sha256(f"{salts['notice:5']} sender host.example".encode()).hexdigest() == said["sender"]
    assert hashlib.sha256(f"{salts['account:9']} account 9 notice 5".encode()).hexdigest() == said["account"]


@given(st.text(min_size=1).filter(lambda text: any(not c.isascii() or c.isspace() for c in text)))
def test_no_text_gets_into_the_log(text: str) -> None:
    with pytest.raises(ValueError, match="no texts"):
        entry.draft(Deed.CASE_DECIDED, NOON, Subjects(), {"why": text}, {})


@pytest.mark.parametrize("name", ["deed", "at", "v", "Case", "x y", ""])
def test_a_fact_cannot_stand_in_for_what_every_entry_says(name: str) -> None:
    with pytest.raises(ValueError, match="name of a fact"):
        entry.draft(Deed.CASE_DECIDED, NOON, Subjects(), {name: 1}, {})


async def test_an_entry_is_one_exchange_with_the_database(db: Database, round_trips: Any) -> None:
    async with db.transaction() as tx:
        with round_trips(db, 1):
            await enter(tx, Deed.CASE_DECIDED, case=7, account=1, steward=2, hashed={"text": "x"}, verdict="keep")


async def test_the_same_id_twice_is_one_entry(db: Database) -> None:
    for _ in range(2):
        async with db.transaction() as tx:
            assert await enter(tx, Deed.ACCOUNT_SUSPENDED, id=77, account=1) == 77
    assert len(await queued(db)) == 1


async def test_two_deeds_about_somebody_new_at_once_agree_on_the_salt(open_database: Database) -> None:
    async def deed() -> None:
        async with open_database.transaction() as tx:
            await enter(tx, Deed.CASE_DECIDED, case=7, account=1)
            await asyncio.sleep(0.05)

    try:
        await asyncio.gather(*(deed() for _ in range(5)))
        said = await queued(open_database)
        assert (len(said), len({each["case"] for each in said})) == (5, 1)
    finally:
        await open_database.fetch("DELETE FROM log_queue")
        await open_database.fetch("DELETE FROM log_salts")


def test_deeds_are_words_of_their_own() -> None:
    assert len({deed.value for deed in Deed}) == len(list(Deed))
