"""A post room: letters as hosts and authorities write them, received by our own verb, worked at times of one's choice."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import msgspec
import pytest

from folkmoot import clock
from folkmoot.jobs.schedule import JOBS
from folkmoot.jobs.tools import Tools
from folkmoot.moderation.cases import timers
from folkmoot.moderation.notices import Received, get_notice, house, receive
from folkmoot.moderation.notices.reading import Verification, read_mail
from folkmoot.moderation.notices.work import work
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.gate import Gate
from folkmoot.network.posts.desk import Desk
from folkmoot.settings import Settings

SETTINGS = Settings(public_url="https://folk.example", site_name="Folk", screening="off")
"""Without screening: what it says is not what these tests are about, and loading it takes a second each."""


class PostRoom:
    """Receives letters and looks at what came of them."""

    def __init__(self, db: Any, desk: Desk, court: Any) -> None:
        self.db, self.desk, self.court = db, desk, court
        self.settings = SETTINGS
        self.gate = Gate(db, SETTINGS)
        self.sent = 0

    def address(self, author: Viewer, post_id: int) -> str:
        return f"{SETTINGS.base_url}/@{author.name}/{post_id}"

    def mail(
        self, text: str, *, sender: str = "abuse@host.example", subject: str = "Abuse notice", **headers: str
    ) -> bytes:
        """A plain mail as it comes in."""
        self.sent += 1
        made = EmailMessage()
        made["From"] = sender
        made["To"] = "abuse@folk.example"
        made["Subject"] = subject
        made["Date"] = format_datetime(clock.now())
        made["Message-ID"] = f"<letter-{self.sent}@{sender.rpartition('@')[2]}>"
        for name, value in headers.items():
            del made[name.replace("_", "-")]
            made[name.replace("_", "-")] = value
        made.set_content(text)
        return bytes(made)

    async def receive(self, raw: bytes, *, level: str = "unverified", door: str = "lmtp", **changes: Any) -> Received:
        """A mail through the door, its sender verified as far as `level` says."""
        reading = read_mail(raw, received_at=clock.now(), house=await house(self.db, SETTINGS))
        reading = msgspec.structs.replace(reading, verification=Verification(level=level), **changes)  # type: ignore[arg-type]
        return await receive(self.db, self.gate, SETTINGS, raw, reading, door=door)  # type: ignore[arg-type]

    async def letter(self, text: str, **more: Any) -> Received:
        """Write and receive at once."""
        headers = {name: more.pop(name) for name in ("sender", "subject", "In_Reply_To", "Message_ID") if name in more}
        return await self.receive(self.mail(text, **headers), **more)

    async def view(self, steward: Viewer, received: Received) -> Any:
        return await get_notice(self.db, SETTINGS, steward, received.notice_id)

    async def states(self, received: Received) -> list[str]:
        rows = await self.db.fetch(
            "SELECT state FROM notice_items WHERE notice_id = $1 ORDER BY number", received.notice_id
        )
        return [row["state"] for row in rows]

    async def row(self, received: Received) -> Any:
        return await self.db.fetchrow("SELECT * FROM notices WHERE id = $1", received.notice_id)

    async def letters(self, received: Received, kind: str | None = None) -> list[Any]:
        """What went out."""
        rows = await self.db.fetch(
            "SELECT * FROM notice_letters WHERE notice_id = $1 AND direction = 'out' ORDER BY id", received.notice_id
        )
        return [row for row in rows if kind in (None, row["kind"])]

    async def mails(self) -> list[Any]:
        return list(await self.db.fetch("SELECT * FROM mails ORDER BY id"))

    async def chores(self) -> None:
        """Do the jobs of cases and notices that wait."""
        tools = Tools(self.db, None, SETTINGS, self.gate)  # type: ignore[arg-type]  # none of these jobs stores anything
        while rows := await self.db.fetch(
            """DELETE FROM procrastinate_jobs WHERE task_name LIKE 'moderation.%' AND status = 'todo'
               RETURNING task_name, args"""
        ):
            for row in rows:
                await JOBS[row["task_name"]](tools, **msgspec.json.decode(row["args"]))

    async def pass_time(self, until: datetime, step: timedelta = timedelta(minutes=10)) -> None:
        """Let the worker look at every clock again and again until then."""
        moment = clock.now()
        while moment < until:
            moment = min(moment + step, until)
            with clock.held_at(moment):
                await timers.work_clocks(self.db)
                await self.chores()
                await work(self.db, SETTINGS)


@pytest.fixture
def room(db: Any, desk: Desk, court: Any) -> PostRoom:
    return PostRoom(db, desk, court)
