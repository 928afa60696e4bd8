"""Many at the same time: real connections, real commits."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.errors import FolkmootError
from folkmoot.ids import new_id
from folkmoot.moderation.cases import Choice
from folkmoot.moderation.cases.cast import cast as cast_ballot
from folkmoot.moderation.cases.open import reweigh
from folkmoot.moderation.cases.summon import next_seat
from folkmoot.moderation.cases.views import SeatView
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft

WORDS = "The allotments by the river will be sold, and nobody on the council has said a word about it"


@pytest.fixture
def people(open_database: Any, run: Any) -> Iterator[list[Viewer]]:
    """Forty accounts, the last twenty of them jurors; everything they did is cleared away afterwards."""

    async def enrol() -> list[Viewer]:
        made, now = [], clock.now()
        for number in range(40):
            id, name = new_id(), f"m{secrets.token_hex(6)}"
            await open_database.fetch(
                "INSERT INTO accounts (id, name, created_at, approved_at, active_at) VALUES ($1, $2, $3, $3, $3)",
                id,
                name,
                now,
            )
            if number >= 20:
                await open_database.fetch(
                    """INSERT INTO jurors (account_id, since, qualified_at, record_at, hit, cleared, missed, accused)
                       VALUES ($1, $2, $2, $2, 60, 60, 5, 5)""",
                    id,
                    now,
                )
            made.append(Viewer(account_id=id, name=name))
        return made

    async def clear() -> None:
        tables = await open_database.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'notice_clocks')"
        )
        await open_database.fetch(f"TRUNCATE {', '.join(row['tablename'] for row in tables)} CASCADE")

    yield run(enrol())
    open_database.deliver = lambda news: None
    run(clear())


@pytest.fixture
def db(open_database: Any) -> Any:
    """Here everything is committed."""
    return open_database


async def test_reports_at_once_are_one_case_and_a_jury_at_once_is_one_jury(
    db: Any, people: list[Viewer], court: Any
) -> None:
    author, reporters, jurors = people[0], people[1:20], people[20:]
    posts = [await publish(court.desk, author, Draft(text=WORDS)) for _ in range(2)]  # the same words twice
    made = await asyncio.gather(
        *(court.report(reporter, author, posts[n % 2].id) for n, reporter in enumerate(reporters))
    )
    (case,) = {id for each in made for id in each.case_ids}
    await asyncio.gather(reweigh(db, case), reweigh(db, case), return_exceptions=True)
    assert (await court.folded(case)).reports == len(reporters) + 1, "and the copy"

    async def judge(juror: Viewer) -> str:
        seat = await next_seat(db, juror)
        if not isinstance(seat, SeatView):
            return "no seat"
        attempts = [
            cast_ballot(db, juror, seat.id, choice=Choice.BREAKS, seen_version=seat.content.id) for _ in range(2)
        ]
        done = await asyncio.gather(*attempts, return_exceptions=True)
        assert all(isinstance(each, FolkmootError) for each in done if isinstance(each, BaseException)), done
        return "cast"

    for _ in range(8):
        await asyncio.gather(*(judge(juror) for juror in jurors))
        await court.folded(case)
        if (await court.case(case))["state"] == "appealable":
            break
    row = await court.case(case)
    assert (row["state"], row["verdict"]) == ("appealable", "remove")
    cast = await db.fetch("SELECT juror_id FROM ballots WHERE case_id = $1", case)
    assert len(cast) == len({each["juror_id"] for each in cast}) == row["ballots"]
    assert row["ballots"] <= 8, "no more seats were out than were needed"
    assert await db.fetchval("SELECT count(*) FROM seats WHERE ended_at IS NULL") == 0
    statements = await db.fetchval("SELECT count(*) FROM statements WHERE account_id = $1", author.account_id)
    assert statements == 2


@pytest.mark.slow
async def test_a_flood_of_reports_is_one_case_and_nobody_else_waits(db: Any, people: list[Viewer], court: Any) -> None:
    """As many as the connections carry, in waves, on one post; between them somebody reads and a juror gets a seat."""
    author, judge, waves, each = people[0], people[39], 5, 200
    post = await publish(court.desk, author, Draft(text=WORDS))
    now = clock.now()
    first = new_id()
    await db.fetch(
        """INSERT INTO accounts (id, name, created_at, approved_at, active_at)
           SELECT $1::bigint + n, 'crowd_' || n, $3::timestamptz, $3, $3 FROM generate_series(1, $2::int) AS n""",
        first,
        waves * each,
        now,
    )
    crowd = [Viewer(account_id=first + n, name=f"crowd_{n}") for n in range(1, waves * each + 1)]
    cases: set[int] = set()
    for wave in range(waves):
        some = crowd[wave * each : (wave + 1) * each]
        made, read = await asyncio.gather(
            asyncio.gather(*(court.report(reporter, author, post.id) for reporter in some)),
            court.desk.find(people[1], post.id),
        )
        cases |= {id for report in made for id in report.case_ids}
        assert read is not None, "no number of reports hides a post"
    (case,) = cases
    assert await db.fetchval("SELECT count(*) FROM case_reports WHERE case_id = $1", case) == waves * each
    queued = "SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE '%reweigh' AND status = 'todo'"
    assert await db.fetchval(queued) <= 1, "a thousand reports leave one piece of work behind"
    assert isinstance(await next_seat(db, judge), SeatView)
    await reweigh(db, case)
    file = await court.folded(case)
    assert (file.reports, file.hidden) == (waves * each, False)
