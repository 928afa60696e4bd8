"""January 2021: a host's letter comes on a Saturday with thirty addresses, and its deadline is Sunday midnight, Pacific time.

Everything goes through the front door: the letter as a file, the board and the private page as pages, the jury by its own
verbs; only the clock is turned.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest

from folkmoot import clock
from folkmoot.bus import Bus
from folkmoot.jobs.schedule import JOBS
from folkmoot.jobs.tools import Tools
from folkmoot.moderation.cases import Choice, timers
from folkmoot.moderation.cases.cast import cast as cast_ballot
from folkmoot.moderation.cases.summon import next_seat
from folkmoot.moderation.cases.views import SeatView
from folkmoot.moderation.notices import Received
from folkmoot.moderation.notices.submit import submit_mail
from folkmoot.moderation.notices.work import log_deletions, work
from folkmoot.moderation.transparency.log import origin_of
from folkmoot.moderation.transparency.log.proofs import BadProof, read_proof
from folkmoot.moderation.transparency.log.sequence import sequence
from folkmoot.network.access import Viewer
from folkmoot.network.access.sessions import open_session
from folkmoot.network.posts.remove import remove
from folkmoot.settings import Settings
from folkmoot.storage import open_storage
from folkmoot.vault import open_vault
from folkmoot.web.pages import create_pages
from folkmoot.web.pages.forms import SESSION_COOKIE
from folkmoot.web.server import Server

pytestmark = pytest.mark.slow
PACIFIC = ZoneInfo("America/Los_Angeles")
SATURDAY = datetime(2021, 1, 9, 10, 1, tzinfo=PACIFIC)
MIDNIGHT = datetime(2021, 1, 11, 0, 0, tzinfo=PACIFIC)
"""The end of Sunday."""
HOUR = timedelta(hours=1)
GONE, LIVE = 20, 10


class Town:
    """A network in this process, with a clock one can turn."""

    def __init__(self, db: Any, settings: Settings) -> None:
        self.db, self.settings = db, settings
        self.server = Server(settings, db, Bus(), open_storage(settings))
        self.pages: Any = create_pages(self.server)
        self.tools = Tools(db, self.server.storage, settings, self.server.desk.gate)

    async def look(self, path: str, who: Viewer | None = None) -> httpx.Response:
        cookies = {}
        if who is not None:
            async with self.db.transaction() as tx:
                cookies[SESSION_COOKIE] = (await open_session(tx, who, address="127.0.0.1", agent="story"))[0]
        transport = httpx.ASGITransport(self.pages)
        async with httpx.AsyncClient(transport=transport, base_url="https://folk.example", cookies=cookies) as client:
            return await client.get(path)

    async def work_until(self, moment: datetime, step: timedelta = 15 * timedelta(minutes=1)) -> None:
        """What the worker does, again and again, until then."""
        now = clock.now()
        while now < moment:
            now = min(now + step, moment)
            with clock.held_at(now):
                await timers.work_clocks(self.db)
                await self.do_jobs()
                await work(self.db, self.settings)
                await log_deletions(self.db)
                await sequence(self.db, open_vault(self.settings.data), origin_of(self.settings))

    async def do_jobs(self) -> None:
        while rows := await self.db.fetch(
            "DELETE FROM procrastinate_jobs WHERE task_name LIKE 'moderation.%' RETURNING task_name, args"
        ):
            for row in rows:
                await JOBS[row["task_name"]](self.tools, **msgspec.json.decode(row["args"]))


@pytest.fixture
def town(db: Any, tmp_path: Path) -> Town:
    return Town(db, Settings(data=tmp_path, public_url="https://folk.example", screening="off", rate_limits=False))


def letter(addresses: list[str]) -> bytes:
    made = EmailMessage()
    made["From"] = "Cloudhost Trust & Safety <abuse@cloudhost.example>"
    made["To"] = "abuse@folk.example"
    made["Subject"] = "Violent content on your service"
    made["Date"] = format_datetime(SATURDAY)
    made["Message-ID"] = "<ultimatum@cloudhost.example>"
    made.set_content(
        "Dear operator,\n\nyou have not taken down much of the content we have sent you, and your plan to use volunteers does "
        "not\nconvince us. Unless the content below is dealt with, we will switch your service off. You have until Sunday\n"
        "midnight PST.\n\n" + "\n".join(addresses) + "\n"
    )
    return bytes(made)


async def vote(town: Town, enrol: Any, breaks: set[int]) -> None:
    """Fifteen members drawn by lot judge whatever they are given."""
    for number in range(15):
        juror = await enrol(f"juror_{'abcdefghijklmno'[number]}")
        await town.db.fetch(
            """INSERT INTO jurors (account_id, since, qualified_at, record_at, hit, cleared, missed, accused)
               VALUES ($1, $2, $2, $2, 60, 60, 4, 4)""",
            juror.account_id,
            clock.now(),
        )
        while isinstance(seat := await next_seat(town.db, juror), SeatView):
            about = await town.db.fetchval("SELECT post_id FROM case_contents WHERE id = $1", seat.content.id)
            says = Choice.BREAKS if about in breaks else Choice.FINE
            await cast_ballot(town.db, juror, seat.id, choice=says, seen_version=seat.content.id)


async def test_the_letter_is_met_in_time_and_answered_with_proof(
    town: Town, cast: Any, write: Any, enrol: Any, tmp_path: Path
) -> None:
    # Thirty posts of the week, of which their authors have deleted twenty.
    posts: list[int] = []
    for number in range(GONE + LIVE):
        with clock.held_at(SATURDAY - 3 * 24 * HOUR + number * HOUR):
            words = hashlib.sha256(f"post {number}".encode()).hexdigest()  # nothing like any of the others
            posts.append(await write(cast.ada, " ".join(words[turn : turn + 5] for turn in range(0, 60, 5))))
    for post in posts[:GONE]:
        with clock.held_at(SATURDAY - 20 * HOUR):
            await remove(town.server.desk, cast.ada, post)
    with clock.held_at(SATURDAY - 19 * HOUR):
        await town.work_until(SATURDAY - 18 * HOUR, HOUR)

    # The letter arrives while nobody is awake.
    addresses = [f"https://folk.example/@ada/{post}" for post in posts]
    with clock.held_at(SATURDAY):
        received: Received = await submit_mail(town.db, town.server.desk.gate, town.settings, letter(addresses))
        row = await town.db.fetchrow("SELECT * FROM notices")
        assert (row["deadline_at"], row["deadline_sure"]) == (MIDNIGHT.astimezone(UTC), True)
        assert row["due_at"] == (SATURDAY + 24 * HOUR).astimezone(UTC)
        board = (await town.look("/admin/board", cast.dora)).text
        assert "Cloudhost" in board
        assert f"{LIVE} still in sight" in re.sub(r"\s+", " ", board)
        assert "data-until" in board
        receipt = await town.db.fetchval("SELECT text FROM notice_letters WHERE kind = 'receipt'")
        assert receipt.count("deleted by its author") == receipt.count("proof: ") == GONE

    # The clock is the table's 24 hours, since the host's own deadline is later. The board counts down; nobody looks.
    with clock.held_at(SATURDAY + 2 * HOUR):
        await town.work_until(row["due_at"] - 2 * HOUR)
        assert await town.db.fetchval("SELECT count(*) FROM posts WHERE hidden_at IS NOT NULL") == 0

    # No jury was done: everything is out of sight in time, and the host is told.
    with clock.held_at(row["due_at"] - 2 * HOUR):
        await town.work_until(row["due_at"])
    row = await town.db.fetchrow("SELECT * FROM notices")
    assert row["state"] == "interim"
    assert row["met_at"] <= row["due_at"] - timedelta(minutes=30)
    assert await town.db.fetchval("SELECT count(*) FROM posts WHERE hidden_at IS NOT NULL") == LIVE
    interim = await town.db.fetchval("SELECT text FROM notice_letters WHERE kind = 'interim'")
    assert interim.count("until a jury has decided") == LIVE

    # On Monday the jury decides: seven broke the rules, three did not.
    breaks = set(posts[GONE : GONE + 7])
    with clock.held_at(MIDNIGHT + 9 * HOUR):
        await vote(town, enrol, breaks)
        await town.work_until(MIDNIGHT + 10 * HOUR)
    row = await town.db.fetchrow("SELECT * FROM notices")
    assert (row["state"], row["answered_at"] is not None) == ("answered", True)
    answer = await town.db.fetchval("SELECT text FROM notice_letters WHERE kind = 'answer'")
    assert [int(number) for number in re.findall(r"^(\d+)\. https://", answer, re.MULTILINE)] == list(range(1, 31))
    assert answer.count("deleted by its author") == GONE
    assert answer.count("removed on 11 January 2021") == len(breaks)
    assert answer.count("within the rules") == LIVE - len(breaks)
    assert await town.db.fetchval("SELECT count(*) FROM notice_events WHERE by_id IS NOT NULL") == 0

    # The host can prove all of it without us, and a changed byte is found.
    with clock.held_at(MIDNIGHT + 11 * HOUR):
        page = await town.look(f"/notices/at/{received.token}")
        assert page.text.count("download>Proof</a>") == GONE + LIVE
        for number in (0, 1, GONE, GONE + 1, GONE + LIVE):
            file = await town.look(f"/notices/at/{received.token}/proof/{number}")
            assert file.status_code == 200, file.text
            proof = read_proof(file.content)
            assert proof.extra is not None
            entry = proof.extra.entry.encode()
            proof.check(entry)
            with pytest.raises(BadProof):
                proof.check(entry.replace(b"2021", b"2022", 1))
