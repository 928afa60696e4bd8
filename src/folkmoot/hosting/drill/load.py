"""Members as a drill has them: they write, read, upload, object, judge and listen through the front door, and note every answer.

What was acknowledged stands in a ledger of their own, outside of any host. Whoever gets no answer asks again under the same
idempotency key, as a client should.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import itertools
import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from PIL import Image

from folkmoot.hosting.drill import court
from folkmoot.hosting.drill.court import Court

ANSWER_SECONDS = 40.0
"""Longer than anything is held, so that a held request is waited for."""
WRITE_EVERY = 0.02
READ_EVERY = 0.02
UPLOAD_EVERY = 0.4
REPORT_EVERY = 0.5
SCHEDULE_EVERY = 0.7
JUDGE_EVERY = 0.3
NOTICE_EVERY = 0.6
GIVE_UP_AFTER = 90.0


@dataclass
class Ledger:
    """What was acknowledged, and how the hosts behaved towards their members."""

    file: Path
    posts: dict[int, str] = field(default_factory=dict)
    media: dict[str, str] = field(default_factory=dict)
    """Key in storage of each acknowledged upload, and the SHA-256 of its bytes as they were served."""
    reports: list[int] = field(default_factory=list)
    scheduled: list[int] = field(default_factory=list)
    ballots: list[int] = field(default_factory=list)
    """Seats whose jurors were told that their answer counts."""
    notices: dict[str, str] = field(default_factory=dict)
    """Reference of each notice that was received, and when it is due, as its sender was told."""
    noted_at: dict[tuple[str, str], float] = field(default_factory=dict)
    """By the steady clock, when each kind and name of thing was acknowledged."""
    reads: int = 0
    failed_reads: int = 0
    failed_writes: int = 0
    reads_ms: list[float] = field(default_factory=list)
    acknowledged_at: list[float] = field(default_factory=list)
    """Moments, by the steady clock, at which a write was acknowledged."""
    read_at: list[float] = field(default_factory=list)
    streamed: int = 0
    reconnected: int = 0
    reasons: list[str] = field(default_factory=list)

    def note(self, kind: str, id: object, what: str = "") -> None:
        """Write an acknowledgement down, outside of every host."""
        self.acknowledged_at.append(time.monotonic())
        self.noted_at[kind, str(id)] = time.monotonic()
        with self.file.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"kind": kind, "id": str(id), "what": what, "at": time.time()}) + "\n")

    def longest_gap_ms(self, moments: Sequence[float], since: float, until: float) -> float:
        """The longest time without any of these moments."""
        inside = [since, *(moment for moment in moments if since <= moment <= until), until]
        return round(max((b - a for a, b in itertools.pairwise(inside)), default=0.0) * 1000, 1)


class Members:
    """The load: a few writers, readers and the rest, against one address after the other."""

    def __init__(
        self, addresses: Sequence[str], tokens: Sequence[str], ledger: Ledger, court: Court | None = None
    ) -> None:
        self.addresses = list(addresses)
        """Where members look, in this order; a drill changes it as names would."""
        self._tokens = list(tokens)
        self._court = court
        self.ledger = ledger
        self._over = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._session: aiohttp.ClientSession | None = None

    async def begin(self, *, writers: int = 4, readers: int = 3) -> None:
        """Let them in."""
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS), cookie_jar=aiohttp.DummyCookieJar()
        )
        work = [self._write(number) for number in range(writers)]
        work += [self._read(number) for number in range(readers)]
        work += [self._upload(), self._object(), self._plan(), self._listen()]
        if self._court is not None:
            work += [self._give_notice(self._court), *(self._judge(session) for session in self._court.sessions)]
        self._tasks = [asyncio.create_task(part) for part in work]

    async def end(self) -> None:
        """Have everybody finish what they are at."""
        self._over.set()
        _, late = await asyncio.wait(self._tasks, timeout=ANSWER_SECONDS)
        for task in late:
            task.cancel()
        for outcome in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                self.ledger.reasons.append(f"{type(outcome).__name__}: {outcome}"[:300])
        if self._session:
            await self._session.close()

    @property
    def _http(self) -> aiohttp.ClientSession:
        assert self._session is not None
        return self._session

    async def _pause(self, seconds: float) -> bool:
        """Wait; whether to go on."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        return not self._over.is_set()

    async def _post(self, path: str, token: str, document: object = None, **form: Any) -> dict[str, Any] | None:
        """Send a form, or a JSON document. Ask until it is answered, under one idempotency key; None when nobody answers for very long."""
        headers = {"authorization": f"Bearer {token}", "idempotency-key": secrets.token_hex(16)}
        until = time.monotonic() + GIVE_UP_AFTER
        first = True
        while time.monotonic() < until and (first or not self._over.is_set()):
            first = False
            for address in self.addresses:
                try:
                    data: Any = aiohttp.FormData(form) if "file" not in form else _upload_form(form["file"])
                    body = {"data": data} if document is None else {"json": document}
                    async with self._http.post(f"{address}{path}", headers=headers, **body) as answer:
                        said = await answer.read()
                        if answer.status in (200, 201, 202):
                            return dict(json.loads(said))
                        self.ledger.reasons.append(f"{path}: {answer.status} {said[:120]!r}")
                        if answer.status < 500:
                            return None
                except (aiohttp.ClientError, TimeoutError, OSError) as error:
                    self.ledger.reasons.append(f"{path}: {type(error).__name__}")
                self.ledger.failed_writes += 1
            await asyncio.sleep(0.1)
        return None

    async def _write(self, number: int) -> None:
        token = self._tokens[number % len(self._tokens)]
        count = 0
        while await self._pause(WRITE_EVERY):
            count += 1
            words = f"Drill {number}.{count} {secrets.token_hex(4)}"
            found = await self._post("/api/v1/statuses", token, status=words)
            if found:
                self.ledger.posts[int(found["id"])] = words
                self.ledger.note("post", found["id"], words)

    async def _read(self, number: int) -> None:
        token = self._tokens[number % len(self._tokens)]
        paths = ("/api/v1/timelines/home", "/api/v1/timelines/public", "/about", "/api/v1/accounts/verify_credentials")
        turn = 0
        while await self._pause(READ_EVERY):
            turn += 1
            begun = time.monotonic()
            read = False
            for address in self.addresses:
                try:
                    async with self._http.get(
                        f"{address}{paths[turn % len(paths)]}", headers={"authorization": f"Bearer {token}"}
                    ) as answer:
                        await answer.read()
                        read = answer.status == 200
                        if not read:
                            self.ledger.reasons.append(f"read {paths[turn % len(paths)]}: {answer.status}")
                except (aiohttp.ClientError, TimeoutError, OSError) as error:
                    self.ledger.reasons.append(f"read: {type(error).__name__} {error}")
                if read:
                    break
            self.ledger.reads += 1
            self.ledger.failed_reads += not read
            self.ledger.reads_ms.append((time.monotonic() - begun) * 1000)
            if read:
                self.ledger.read_at.append(time.monotonic())

    async def _upload(self) -> None:
        count = 0
        while await self._pause(UPLOAD_EVERY):
            count += 1
            found = await self._post("/api/v2/media", self._tokens[0], file=_picture(count))
            if not found or not found.get("url"):
                continue
            path = "/" + str(found["url"]).split("/", 3)[3]
            for address in self.addresses:
                with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
                    async with self._http.get(f"{address}{path}") as answer:
                        if answer.status == 200:
                            key = path.partition("/media/")[2]
                            self.ledger.media[key] = hashlib.sha256(await answer.read()).hexdigest()
                            self.ledger.note("medium", key)
                            break

    async def _object(self) -> None:
        """Report a post now and then, so that cases open and juries are summoned. Nobody may report very much in a day,
        so that the others of its author take turns.
        """
        count = 0
        while await self._pause(REPORT_EVERY):
            if not self.ledger.posts or len(self._tokens) < 2:
                continue
            post_id, words = next(reversed(self.ledger.posts.items()))
            author = int(words.split()[1].partition(".")[0])
            count += 1
            post = await self._get(f"/api/v1/statuses/{post_id}")
            if post is None:
                continue
            found = await self._post(
                "/api/v1/reports",
                self._tokens[(author + 1 + count % (len(self._tokens) - 1)) % len(self._tokens)],
                account_id=post["account"]["id"],
                **{"status_ids[]": str(post_id)},
            )
            # While nobody can post, the same is reported again, and the network answers with the first report.
            if found and int(found["id"]) not in self.ledger.reports:
                self.ledger.reports.append(int(found["id"]))
                self.ledger.note("report", found["id"])

    async def _get(self, path: str) -> dict[str, Any] | None:
        for address in self.addresses:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
                async with self._http.get(f"{address}{path}") as answer:
                    if answer.status == 200:
                        return dict(await answer.json())
        return None

    async def _plan(self) -> None:
        """Write for later: rows with a date, worked off by jobs on whichever host is the first then."""
        while await self._pause(SCHEDULE_EVERY):
            later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
            found = await self._post("/api/v1/statuses", self._tokens[0], status="Later", scheduled_at=later)
            if found:
                self.ledger.scheduled.append(int(found["id"]))
                self.ledger.note("scheduled", found["id"])

    async def _judge(self, session: str) -> None:
        """Take the next case and answer it, as a juror does in the browser; no answer is given twice."""
        count = 0
        while await self._pause(JUDGE_EVERY):
            ballot = await court.next_ballot(self._http, self.addresses, session)
            if ballot is None:
                continue
            count += 1
            if await court.cast(self._http, self.addresses, session, ballot, "unsure" if count % 2 else "fine"):
                self.ledger.ballots.append(ballot.seat)
                self.ledger.note("ballot", ballot.seat)

    async def _give_notice(self, court: Court) -> None:
        """Hand in a notice about a post, as a trusted flagger does with its key; its clock runs from then on."""
        while await self._pause(NOTICE_EVERY):
            if not self.ledger.posts:
                continue
            post = await self._get(f"/api/v1/statuses/{next(reversed(self.ledger.posts))}")
            if post is None:
                continue
            document = {
                "addresses": [post["url"]],
                "text": "Please look at this.",
                "client_token": secrets.token_hex(8),
            }
            found = await self._post("/api/v1/notices", court.key, document)
            if found:
                self.ledger.notices[str(found["reference"])] = str(found["due_at"])
                self.ledger.note("notice", found["reference"], str(found["due_at"]))

    async def _listen(self) -> None:
        """Keep a stream open; when it is cut, come back, as clients do."""
        while not self._over.is_set():
            for address in self.addresses:
                with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
                    async with self._http.get(
                        f"{address}/api/v1/streaming/public",
                        headers={"authorization": f"Bearer {self._tokens[0]}"},
                        timeout=aiohttp.ClientTimeout(total=None, sock_read=20),
                    ) as answer:
                        while not self._over.is_set():
                            try:
                                async with asyncio.timeout(0.5):
                                    line = await answer.content.readline()
                            except TimeoutError:
                                continue
                            if not line:
                                break
                            self.ledger.streamed += line.startswith(b"event: update")
            self.ledger.reconnected += 1
            await self._pause(0.2)


def _picture(number: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (24, 24), (number * 7 % 256, number * 13 % 256, number // 256 % 256)).save(out, "PNG")
    return out.getvalue()


def _upload_form(data: bytes) -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("file", data, filename="drill.png", content_type="image/png")
    return form
