"""What tests of cases work with: a desk as in a web process, jurors who qualified, jobs done on the spot."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from folkmoot import clock
from folkmoot.bus import Bus
from folkmoot.jobs.schedule import JOBS
from folkmoot.jobs.tools import Tools
from folkmoot.moderation.cases import CaseFile, Choice, Event, State, Step, fold
from folkmoot.moderation.cases import queries as cases
from folkmoot.moderation.cases.cast import cast as cast_ballot
from folkmoot.moderation.cases.summon import next_seat
from folkmoot.moderation.cases.views import Cast, SeatView
from folkmoot.moderation.reports import report
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.gate import Gate
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.shelf import Shelf
from folkmoot.network.visibility import Watch
from folkmoot.settings import Settings

LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Court:
    """Everything around a case, by our own verbs."""

    def __init__(self, db: Any, desk: Desk, enrol: Any) -> None:
        self.db, self.desk, self.enrol = db, desk, enrol
        self.made = 0

    async def juror(self, *, good: float = 60.0, **columns: Any) -> Viewer:
        """A juror of some experience."""
        self.made += 1
        name = f"juror_{LETTERS[self.made // 26]}{LETTERS[self.made % 26]}"
        viewer: Viewer = await self.enrol(name)
        now = clock.now()
        row = {"account_id": viewer.account_id, "since": now, "qualified_at": now, "record_at": now} | columns
        row |= {"hit": good, "cleared": good, "missed": good / 12, "accused": good / 12}
        places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
        await self.db.fetch(f"INSERT INTO jurors ({', '.join(row)}) VALUES ({places})", *row.values())
        return viewer

    async def jurors(self, count: int) -> list[Viewer]:
        return [await self.juror() for _ in range(count)]

    async def report(self, reporter: Viewer, author: Viewer, *post_ids: int, **more: Any) -> Any:
        return await report(self.desk, reporter, account_id=author.account_id, post_ids=post_ids, **more)

    async def case_of(self, post_id: int) -> Any:
        """The row of the latest case a post is in."""
        return await self.db.fetchrow(
            """SELECT c.* FROM cases c JOIN case_posts m ON m.case_id = c.id WHERE m.post_id = $1
               ORDER BY c.id DESC LIMIT 1""",
            post_id,
        )

    async def case(self, case_id: int) -> Any:
        return await self.db.fetchrow("SELECT * FROM cases WHERE id = $1", case_id)

    async def sit(self, juror: Viewer) -> SeatView:
        seat = await next_seat(self.db, juror)
        assert isinstance(seat, SeatView), seat
        return seat

    async def vote(self, juror: Viewer, choice: Choice, rule_id: int | None = None) -> Cast:
        seat = await self.sit(juror)
        return await cast_ballot(self.db, juror, seat.id, choice=choice, rule_id=rule_id, seen_version=seat.content.id)

    async def decide(self, choice: Choice, case_id: int, rule_id: int | None = None) -> None:
        """Have fresh jurors vote the same until the jury has decided."""
        for _ in range(12):
            state = (await self.case(case_id))["state"]
            if state not in ("empanelled", "voting"):
                return
            await self.first(case_id)
            await self.vote(await self.juror(), choice, rule_id)
        raise AssertionError("undecided after twelve ballots")

    async def first(self, case_id: int) -> None:
        """Put a case at the head of the queue, with a seat to take."""
        await self.set(case_id, place=1e9, seats_free=1)

    async def work(self) -> list[str]:
        """Do the jobs of moderation that wait, and those they make; which they were."""
        tools = Tools(self.db, None, Settings(), self.desk.gate)  # type: ignore[arg-type]  # none of these jobs stores anything
        done = []
        while rows := await self.db.fetch(
            """DELETE FROM procrastinate_jobs WHERE task_name LIKE 'moderation.%' AND status = 'todo'
               RETURNING task_name, args"""
        ):
            for row in rows:
                await JOBS[row["task_name"]](tools, **msgspec.json.decode(row["args"]))
                done.append(row["task_name"].rpartition(".")[2])
        return done

    async def folded(self, case_id: int) -> CaseFile:
        """The case as its events make it; the row has to say the same."""
        events = [
            Event(
                step=Step(row["step"]),
                at=row["at"],
                key=row["key"],
                by=row["by_id"],
                about=row["about"],
                why=row["why"],
            )
            for row in await cases.events(self.db, case_id)
        ]
        file = fold(events)
        row = await self.case(case_id)
        assert (State(row["state"]), row["version"], row["hidden_at"] is not None, row["reports"]) == (
            file.state,
            file.version,
            file.hidden,
            file.reports,
        )
        assert (row["life_at_risk"], row["overridden"], row["frozen"], row["first_hidden_at"]) == (
            file.life_at_risk,
            file.overridden,
            file.frozen,
            file.hidden_at,
        )
        return file

    async def set(self, case_id: int, **columns: Any) -> None:
        """Change columns of a case, for what would take too long to bring about."""
        places = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 2))
        await self.db.fetch(f"UPDATE cases SET {places} WHERE id = $1", case_id, *columns.values())

    @property
    def later(self) -> Any:
        """Hold the clock so much later."""
        return lambda **span: clock.held_at(clock.now() + timedelta(**span))


@pytest.fixture
def desk(db: Any) -> Desk:
    bus = Bus()
    made = Desk(db, Shelf(db, bus), Watch(db, bus), Settings(), Gate(db, Settings(), bus))
    db.deliver = bus.deliver
    return made


@pytest.fixture
def court(db: Any, desk: Desk, enrol: Any) -> Court:
    return Court(db, desk, enrol)
